import { formatAmount } from '../core/amount.js';
import { plain } from '../core/plain.js';
import { hasText, pieces, text } from '../core/text.js';
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
 *          actionOf: (row: AttentionRow) => any}} props
 * names: of a task; actionOf: a button or a link, or null
 */
export function AttentionRows({ rows, names, actionOf }) {
  return (
    <ul class="attention" aria-label={text('attention.list')}>
      {rows.map((row) => (
        <li key={row.id} class={TONES[row.level]}>
          <Icon name={ICONS[row.level]} />
          <p>
            <span class="hidden">{text(`attention.level_${row.level}`)} </span>
            {attentionSentence(row, names)}
            {row.at && <span class="muted small"> <Time at={row.at} isQuiet />
            </span>}
          </p>
          {actionOf(row)}
        </li>
      ))}
    </ul>
  );
}

/**
 * @param {AttentionRow} row
 * @param {(task: string) => string | undefined} names
 * @returns {any[]} texts and elements
 */
function attentionSentence(row, names) {
  const key = `attention.${row.kind}`;
  const { task = '', reason } = row;
  const name = names(task);
  const why = `reason.${reason}`;
  return pieces(hasText(key) ? key : 'attention.other', {
    ...row,
    kind: row.kind,
    amount: `${formatAmount(row.amount ?? '0')} ${text('amount.koii')}`,
    reason: reason && hasText(why)
      ? text(why, { error: plain(row.text ?? '', { max: 120 }) })
      : plain(reason ?? ''),
    text: <bdi class="outside">{plain(row.text ?? '', { max: 120 })}</bdi>,
    task: <a href={`#/tasks/${task}`}>
      {name && <><bdi>{plain(name, { max: 64 })}</bdi>{' '}</>}
      <code>{shortKey(task)}</code></a>,
  });
}
