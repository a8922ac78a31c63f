import { useMemo } from 'preact/hooks';
import { formatAmount } from '../core/amount.js';
import { order, orderKey } from '../core/api.js';
import { text } from '../core/text.js';
import { duration } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { say } from '../parts/Notice.jsx';
import { Sheet } from '../parts/Sheet.jsx';
import { Steps } from '../parts/Steps.jsx';

/** @typedef {import('../core/task.js').Task} Task */

/** After the round of the last proof so many must have begun. */
const ROUNDS_LOCKED = 4;
/** The node's words; it withdraws from the order on, and waits while the stake is
 * locked. At the end it waits for its book. */
const WITHDRAWING = 1;
const STEPS = { withdrawing: WITHDRAWING, claiming: 2, waiting: 3, starting: 3 };

/**
 * The order to get the stake back, while it is carried out: it goes on by
 * itself, and with the page closed.
 *
 * @param {{task: Task}} props
 */
export function LeavingCard({ task }) {
  const step = STEPS[/** @type {keyof STEPS} */(task.leaving)] ?? 0;
  const isLocked = typeof task.unlock_round === 'number' &&
    (task.round ?? 0) < task.unlock_round;
  const at = step === WITHDRAWING && isLocked ? 0 : step;
  return (
    <Card title={text('leave.under_way')} actions={step <= WITHDRAWING && (
      <Button icon="cross" acts onPress={() =>
        order(`tasks/${task.task}/unstake`, {}, { method: 'DELETE' })}>
        {text('leave.call_off')}</Button>)}>
      <Steps label={text('leave.steps')} at={at}
        steps={[unlockText(task), text('leave.withdraw'), text('leave.claim')]} />
      <p class="muted">{text('leave.by_itself')}</p>
    </Card>
  );
}

/**
 * Until when the stake is locked, as well as it is known.
 *
 * @param {Task} task
 */
function unlockText(task) {
  if (typeof task.unlock_round === 'number')
    return typeof task.unlock_in_ms === 'number'
      ? text('leave.wait_until', { round: task.unlock_round,
        time: duration(task.unlock_in_ms) })
      : text('leave.wait_round', { round: task.unlock_round });
  return text('leave.wait');
}

/**
 * Asks before the stake is taken back: what is locked, and until when.
 *
 * @param {{task: Task, slotMs: number, onClose: () => void}} props
 */
export function LeaveSheet({ task, slotMs, onClose }) {
  const once = useMemo(orderKey, []);
  const lockedMs = ROUNDS_LOCKED * (task.round_time ?? 0) * slotMs;

  async function leave() {
    await order(`tasks/${task.task}/unstake`, {}, { once });
    say({ tone: 'good', words: text('leave.ordered') });
    onClose();
  }

  const isKoii = !task.token;
  return (
    <Sheet title={text('leave.title')} onClose={onClose} actions={
      <Button kind="primary" icon="out" acts onPress={leave}>
        {isKoii && task.stake
          ? text('leave.leave', { sum: formatAmount(task.stake) })
          : text('node.leave')}</Button>}>
      <dl class="pairs">
        <div><dt>{text('leave.stake')}</dt>
          <dd><Amount value={task.stake} unit={task.token} /></dd></div>
        <div><dt>{text('leave.claimable')}</dt>
          <dd><Amount value={task.claimable} unit={task.token} /></dd></div>
        <div><dt>{text('leave.locked')}</dt>
          <dd>{lockedMs ? text('leave.locked_for', { n: ROUNDS_LOCKED,
            time: duration(lockedMs) })
            : text('leave.locked_rounds', { n: ROUNDS_LOCKED })}</dd></div>
      </dl>
      <p>{text('leave.what')}</p>
      <p>{text('leave.meanwhile')}</p>
    </Sheet>
  );
}
