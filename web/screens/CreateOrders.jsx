import { useMemo, useRef, useState } from 'preact/hooks';
import { baseUnits, formatAmount, parseAmount } from '../core/amount.js';
import { ApiError, order, orderKey } from '../core/api.js';
import { formOfTask } from '../core/creator.js';
import { useDraft } from '../core/drafts.js';
import { ended } from '../core/job.js';
import { can, node } from '../core/node.js';
import { plain, sentence } from '../core/plain.js';
import { text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { AmountField, amountFault } from '../parts/AmountField.jsx';
import { Badge } from '../parts/Badge.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { focusFirstError } from '../parts/Field.jsx';
import { shortKey } from '../parts/Key.jsx';
import { say } from '../parts/Notice.jsx';
import { Sheet } from '../parts/Sheet.jsx';

/**
 * @typedef {import('../core/creator.js').OwnTask} OwnTask
 * @typedef {(task: OwnTask, what: 'fund' | 'active') => void} Ask
 * @typedef {{task: OwnTask, onDone: () => void, onClose: () => void}} Props
 */

/** @param {{task: OwnTask}} props */
export function OwnState({ task }) {
  return task.migrated_to ? <Badge icon="out">{text('create.moved')}</Badge>
    : task.active
      ? <Badge tone="good" icon="check">{text('create.active')}</Badge>
      : <Badge tone="warn" icon="stop">{text('create.inactive')}</Badge>;
}

/**
 * What can be ordered about tasks of one's own, and the sheet that asks first,
 * which stands beside a table and not within.
 *
 * @param {() => void} onDone
 * @returns {{ask: Ask, sheet: any}}
 */
export function useOwnOrders(onDone) {
  const [asked, setAsked] = useState(/** @type {{task: OwnTask,
    Which: typeof FundSheet} | null} */(null));
  const ask = useMemo(() => (/** @type {OwnTask} */ task,
    /** @type {'fund' | 'active'} */ what) => setAsked({ task,
    Which: what === 'fund' ? FundSheet : SwitchSheet }), []);
  return { ask, sheet: asked && <asked.Which task={asked.task} onDone={onDone}
    onClose={() => setAsked(null)} /> };
}

/**
 * Nothing is ordered about one that moved.
 *
 * @param {{task: OwnTask, ask: Ask}} props
 */
export function OwnActions({ task, ask }) {
  const name = plain(task.name, { max: 64 });
  if (task.migrated_to)
    return null;
  return (
    <>
      <Button icon="money" onPress={() => ask(task, 'fund')}
        label={`${text('create.fund')} ${name}`}>{text('create.fund')}</Button>
      {' '}
      <Button icon={task.active ? 'stop' : 'play'}
        onPress={() => ask(task, 'active')} label={`${switchText(task)} ${name}`}>
        {switchText(task)}</Button>
      {task.active && can('deploy') && <>
        {' '}
        <LinkButton icon="restart" href={`#/create/new?task=${task.task}`}>
          {text('create.update')}<span class="hidden"> {name}</span></LinkButton>
      </>}
    </>
  );
}

/** @param {OwnTask} task */
function switchText({ active }) {
  return text(active ? 'create.off' : 'create.on');
}

/**
 * Orders once, and waits until it is final; a press on Close does not call it
 * off.
 *
 * @param {string} path
 * @param {any} body
 * @param {string} once
 * @param {string} words that say it
 */
async function carryOut(path, body, once, words) {
  const { job } = await order(path, body, { once });
  await ended(job);
  say({ tone: 'good', words });
}

/**
 * Asks before coins are added to a bounty.
 *
 * @param {Props} props
 */
function FundSheet({ task, onDone, onClose }) {
  const once = useMemo(orderKey, []);
  const { draft, clear } = useDraft(`fund-${task.task}`, { amount: '' });
  const [refused, setRefused] = useState(/** @type {string | null} */(null));
  const [isTried, setTried] = useState(false);
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const { unit, decimals } = formOfTask(task);
  const { fee, account } = task.costs.fund;
  const extra = baseUnits(fee) + baseUnits(account);
  const wallet = node.value?.figures?.wallet;
  const most = unit || wallet === undefined ? undefined
    : baseUnits(wallet) > extra ? baseUnits(wallet) - extra : 0n;
  const read = parseAmount(draft.value.amount, decimals);
  const amount = 'value' in read ? read.value : 0n;
  const fault = refused ?? amountFault(draft.value.amount,
    { min: 1n, max: most, decimals });
  const each = baseUnits(task.bounty_per_round);
  const sum = `${formatAmount(amount, { decimals })} ${
    unit ? shortKey(unit) : text('amount.koii')}`;

  async function fund() {
    setTried(true);
    if (fault) {
      focusFirstError(form.current);
      return;
    }
    try {
      await carryOut(`tasks/${task.task}/fund`, { amount: String(amount) }, once,
        text('create.funded', { sum }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.field !== 'amount')
        throw error;
      setRefused(sentence(error.message));
      focusFirstError(form.current);
      return;
    }
    clear();
    onDone();
    onClose();
  }

  return (
    <Sheet title={text('create.fund_title', {
      task: plain(task.name, { max: 64 }) })} onClose={onClose} actions={
      <Button kind="primary" icon="money" acts onPress={fund}>
        {amount ? text('create.add', { sum }) : text('create.fund')}</Button>}>
      <div class="form" ref={form}>
        <p>{text('create.fund_what')}</p>
        <AmountField label={text('create.amount')} value={draft.value.amount}
          decimals={decimals} unit={unit ? shortKey(unit) : undefined} all={most}
          error={isTried || draft.value.amount ? fault : null} isRequired
          onInput={(value) => {
            setRefused(null);
            draft.value = { amount: value };
          }} />
        <dl class="pairs">
          {each > 0n && <div><dt>{text('create.pays_then')}</dt>
            <dd>{text('create.n_rounds', {
              n: (baseUnits(task.bounty) + amount) / each })}</dd></div>}
          {baseUnits(account) > 0n && <div><dt>{text('create.account')}</dt>
            <dd><Amount value={account} isExact /></dd></div>}
          <div><dt>{text('book.fee')}</dt>
            <dd><Amount value={fee} isExact /></dd></div>
          {most !== undefined && amount <= most && <div>
            <dt>{text('create.left')}</dt>
            <dd><Amount value={most - amount} isExact /></dd></div>}
        </dl>
      </div>
    </Sheet>
  );
}

/**
 * Asks before a task is taken out of work, or put back.
 *
 * @param {Props} props
 */
function SwitchSheet({ task, onDone, onClose }) {
  const once = useMemo(orderKey, []);
  const name = plain(task.name, { max: 64 });
  const way = task.active ? 'off' : 'on';

  async function press() {
    await carryOut(`tasks/${task.task}/active`, { active: !task.active }, once,
      text(`create.switched_${way}`, { task: name }));
    onDone();
    onClose();
  }

  return (
    <Sheet title={text(`create.switch_title_${way}`, { task: name })} onClose={onClose}
      actions={<Button kind={task.active ? 'danger' : 'primary'} acts
        icon={task.active ? 'stop' : 'play'} onPress={press}>
        {text(`create.switch_for_${way}`, { fee: formatAmount(task.costs.active.fee,
          { isExact: true }) })}</Button>}>
      <p>{text(`create.switch_what_${way}`, { n: task.nodes })}</p>
    </Sheet>
  );
}
