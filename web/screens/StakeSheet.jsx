import { useRef, useState } from 'preact/hooks';
import { baseUnits, exactAmount, formatAmount, KOII_DECIMALS, parseAmount }
  from '../core/amount.js';
import { ApiError, order, orderKey } from '../core/api.js';
import { lockedMs } from '../core/catalog.js';
import { useDraft } from '../core/drafts.js';
import { jobEnd } from '../core/jobs.js';
import { node } from '../core/node.js';
import { sentence } from '../core/plain.js';
import { text } from '../core/text.js';
import { duration } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { AmountField, amountFault } from '../parts/AmountField.jsx';
import { Button } from '../parts/Button.jsx';
import { focusFirstError } from '../parts/Field.jsx';
import { shortKey } from '../parts/Key.jsx';
import { Notice, say } from '../parts/Notice.jsx';
import { Sheet } from '../parts/Sheet.jsx';

/** What is missing to the task's minimum is offered. */
function missing(/** @type {string | undefined} */ least,
  /** @type {string | undefined} */ stake) {
  const left = baseUnits(least ?? '0') - baseUnits(stake ?? '0');
  return left > 0n ? left : 0n;
}

/**
 * Asks before more is staked on a task that runs, and stays until that is final.
 *
 * @param {{task: import('../core/task.js').Task,
 *          terms?: import('../core/catalog.js').CatalogTask,
 *          onClose: () => void}} props
 */
export function StakeSheet({ task, terms, onClose }) {
  const { token } = task;
  const decimals = token ? 0 : KOII_DECIMALS;
  const least = missing(terms?.minimum_stake, task.stake);
  const [once, setOnce] = useState(orderKey);
  const { draft, clear } = useDraft(`stake-${task.task}`,
    { amount: least ? exactAmount(least, decimals) : '' });
  const [refusal, setRefusal] = useState(
    /** @type {{words: string, typed: string} | null} */(null));
  const [isTried, setTried] = useState(false);
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const wallet = token ? undefined : node.value?.figures?.wallet;
  const typed = draft.value.amount;
  const read = parseAmount(typed, decimals);
  const amount = 'value' in read ? read.value : null;
  const fault = amountFault(typed, { min: least || 1n, decimals,
    max: wallet === undefined ? undefined : baseUnits(wallet) });
  const refused = refusal?.typed === typed ? refusal.words : null;
  const sum = amount ? `${formatAmount(amount, { decimals })} ${
    token ? shortKey(token) : text('amount.koii')}` : '';

  async function stake() {
    setTried(true);
    if (fault || !amount) {
      focusFirstError(form.current);
      return;
    }
    try {
      const { job } = await order(`tasks/${task.task}/stake`,
        { amount: String(amount) }, { once });
      const end = await jobEnd(job);
      if (end.state !== 'done')
        throw new ApiError('refused', end.text ?? '');
    } catch (error) {
      // What was lost on the way is the same order when it is pressed again.
      if (!(error instanceof ApiError) || error.code !== 'refused')
        throw error;
      setOnce(orderKey());
      setRefusal({ words: sentence(error.message), typed });
      return;
    }
    clear();
    say({ tone: 'good', words: text('stake.done', { sum }) });
    onClose();
  }

  return (
    <Sheet title={text('stake.title')} onClose={onClose} actions={
      <Button kind="primary" icon="add" acts onPress={stake}>
        {sum ? text('stake.stake', { sum }) : text('stake.title')}</Button>}>
      <div class="form" ref={form}>
        {refused !== null && <Notice tone="bad" isUrgent>
          <p class="outside">{text('error.refused', { text: refused })}</p>
        </Notice>}
        <AmountField label={text('stake.amount')} value={typed} decimals={decimals}
          unit={token ? shortKey(token) : undefined}
          error={isTried || typed ? fault : null} isRequired
          onInput={(value) => { draft.value = { amount: value }; }} />
        <dl class="pairs">
          <div><dt>{text('leave.stake')}</dt>
            <dd><Amount value={task.stake} unit={token} /></dd></div>
          {amount !== null && !fault && <div><dt>{text('stake.then')}</dt>
            <dd><Amount value={baseUnits(task.stake ?? '0') + amount}
              unit={token} /></dd></div>}
          {wallet !== undefined && amount !== null && !fault && (
            <div><dt>{text('start.left')}</dt>
              <dd><Amount value={baseUnits(wallet) - amount} /></dd></div>)}
        </dl>
        <p>{text('stake.what')} {terms && lockedMs(terms)
          ? text('terms.back', { time: duration(lockedMs(terms)) })
          : text('terms.back_rounds')}</p>
      </div>
    </Sheet>
  );
}
