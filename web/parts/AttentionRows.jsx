import { formatAmount } from '../core/amount.js';
import { order } from '../core/api.js';
import { plain } from '../core/plain.js';
import { attentionAction } from '../core/reasons.js';
import { reasonText } from '../core/task.js';
import { hasText, pieces, text } from '../core/text.js';
import { now, relative } from '../core/time.js';
import { Button, LinkButton } from './Button.jsx';
import { Agent } from './Agent.jsx';
import { shortKey } from './Key.jsx';
import { Icon } from './Icon.jsx';
import { Time } from './Time.jsx';

/** @typedef {import('../core/node.js').AttentionRow} AttentionRow */

const ICONS = /** @type {const} */({ red: 'warn', amber: 'warn', info: 'info' });
const TONES = /** @type {const} */({ red: 'bad', amber: 'warn', info: 'info' });

/**
 * What needs the operator: a sentence each, and one thing to do.
 *
 * @param {{rows: AttentionRow[], names: (task: string) => string | undefined,
 *          onUnlock: () => void, onRead?: () => void}} props
 * names: of a task; onRead: each can be marked as read, and this one was
 */
export function AttentionRows({ rows, names, onUnlock, onRead }) {
  return (
    <ul class="attention" aria-label={text('attention.list')}>
      {rows.map((row) => (
        <li key={row.id} class={row.read ? 'muted' : TONES[row.level]}>
          <Icon name={ICONS[row.level]} />
          <p>
            <span class="hidden">{text(`attention.level_${row.level}`)} </span>
            {attentionSentence(row, names)}
            {row.at && <span class="muted small"> <Time at={row.at} isQuiet />
            </span>}
          </p>
          <div class="actions">
            <Action row={row} onUnlock={onUnlock} onRead={onRead} />
          </div>
        </li>
      ))}
    </ul>
  );
}

/**
 * @param {{row: AttentionRow, onUnlock: () => void, onRead?: () => void}} props
 */
function Action({ row, onUnlock, onRead }) {
  const read = () => order(`attention/${row.id}`, { read: true }).then(onRead);
  if (row.kind === 'locked')
    return <Button icon="unlock" acts onPress={onUnlock}>
      {text('attention.unlock')}</Button>;
  if (row.kind === 'session_new')
    return (
      <>
        <Button kind="quiet" icon="check" acts onPress={read}>
          {text('attention.known')}</Button>
        <Button kind="quiet" icon="cross" acts onPress={() => order(
          `sessions/${row.id.slice(1)}`, {}, { method: 'DELETE' })}>
          {text('attention.disconnect')}</Button>
      </>
    );
  const action = attentionAction(row) ?? (row.task && row.level !== 'info'
    ? { href: `#/tasks/${row.task}`, words: text('attention.why') } : null);
  return (
    <>
      {action && <LinkButton href={action.href}>{action.words}</LinkButton>}
      {!row.read && (onRead || !action) &&
        <Button kind="quiet" icon="check" acts onPress={read}>
          {text('attention.ok')}</Button>}
    </>
  );
}

/**
 * @param {AttentionRow} row
 * @param {(task: string) => string | undefined} names
 * @returns {any[]} texts and elements
 */
function attentionSentence(row, names) {
  const key = `attention.${row.kind}`;
  const { task = '', reason, error, until = 0 } = row;
  const name = names(task);
  return pieces(hasText(key) ? key : 'attention.other', {
    ...row,
    kind: row.kind,
    amount: `${formatAmount(row.amount ?? '0')} ${text('amount.koii')}`,
    reason: <span class="outside">{reasonText({ reason, error })}</span>,
    text: row.kind === 'session_new' ? <Agent agent={row.text ?? ''} />
      : <bdi class="outside">{plain(row.text ?? '', { max: 120 })}</bdi>,
    vote: until && (until > now.value
      ? text('attention.vote', { time: relative(until) })
      : text('attention.voted')),
    task: <a href={`#/tasks/${task}`}>
      {name && <><bdi>{plain(name, { max: 64 })}</bdi>{' '}</>}
      <code>{shortKey(task)}</code></a>,
  });
}
