import { formatAmount, KOII_DECIMALS } from '../core/amount.js';
import { feesADay, lockedMs, roundMs, roundsLeft } from '../core/catalog.js';
import { node } from '../core/node.js';
import { text } from '../core/text.js';
import { duration } from '../core/time.js';
import { shortKey } from './Key.jsx';

/** @typedef {import('../core/catalog.js').CatalogRow} CatalogRow */

/**
 * The terms in words. A task that is not on chain yet has no payouts.
 *
 * @param {{task: CatalogRow, decimals?: number}} props
 */
export function Terms({ task, decimals = task.token ? 0 : KOII_DECIMALS }) {
  const ms = roundMs(task);
  const fees = feesADay(task);
  const sum = (/** @type {string | bigint} */ value) =>
    `${formatAmount(value, { decimals })} ${task.token
      ? shortKey(task.token) : text('amount.koii')}`;
  const left = roundsLeft(task);
  return (
    <ul class="terms">
      <li>{text('terms.stake', { stake: sum(task.minimum_stake) })}</li>
      <li>{text('terms.round', { time: ms ? duration(ms)
        : text('add.slots', { n: task.round_time }) })}</li>
      <li>{text('terms.pays', { pays: sum(task.bounty_per_round) })}
        {task.payouts && ` ${text('terms.staked', { n: task.nodes })} ${
          latelyText(task)}`}</li>
      {left !== null && <li>{text('terms.bounty', { bounty: sum(task.bounty),
        n: left })}</li>}
      <li>{ms ? text('terms.back', { time: duration(lockedMs(task)) })
        : text('terms.back_rounds')}</li>
      {fees !== null && <li>{text('terms.fees',
        { fees: formatAmount(fees) })}</li>}
      <li>{text('terms.reach', { what: text(
        `reach.${node.value?.addresses ?? 'public'}`) })}</li>
    </ul>
  );
}

/**
 * Of the rounds that the chain still has.
 *
 * @param {CatalogRow} row
 */
export function latelyText({ payouts: { successful, failed } }) {
  return successful + failed
    ? text('add.paid_of', { n: successful, of: successful + failed })
    : text('add.no_round');
}
