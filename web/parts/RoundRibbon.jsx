import { amountOf, outcomeLook, outcomeOf } from '../core/rounds.js';
import { formatAmount, KOII_DECIMALS } from '../core/amount.js';
import { text } from '../core/text.js';

/**
 * A task's rounds side by side, the newest first: a sign, the round, what it
 * has brought. Each leads to the round.
 *
 * @param {{task: import('../core/task.js').Task,
 *          rounds: import('../core/rounds.js').Round[]}} props
 */
export function RoundRibbon({ task, rounds }) {
  return (
    <ol class="ribbon" aria-label={text('ribbon.label')}>
      {rounds.map((round) => {
        const outcome = outcomeOf(round, task.round);
        const { sign, tone } = outcomeLook(outcome);
        const amount = amountOf(round);
        return (
          <li key={round.round}>
            <a href={`#/tasks/${task.task}/rounds/${round.round}`}>
              <span class={`ribbon-sign ${tone}`} aria-hidden="true">{sign}</span>
              <span class="hidden">{text(`outcome.${outcome}`)} </span>
              <span class="ribbon-round">{text('ribbon.round',
                { n: round.round })}</span>
              <span class="ribbon-amount">{amount === null ? ' '
                : formatAmount(amount, { kind: 'change',
                  decimals: task.token ? 0 : KOII_DECIMALS })}</span>
            </a>
          </li>
        );
      })}
    </ol>
  );
}
