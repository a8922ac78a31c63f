import { useState } from 'preact/hooks';
import { baseUnits, KOII_DECIMALS } from '../core/amount.js';
import { countOutcomes } from '../core/rounds.js';
import { useAnswer } from '../core/store.js';
import { canStakeMore } from '../core/task.js';
import { text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { ClaimSheet } from '../parts/ClaimSheet.jsx';
import { Notice } from '../parts/Notice.jsx';

/** @typedef {import('../core/task.js').Task} Task */

const COUNTED = 100;

/**
 * What the task owes, what is staked on it, and how its rounds went.
 *
 * @param {{task: Task, terms?: import('../core/catalog.js').CatalogTask,
 *          onAsk: (what: 'stake' | 'leave') => void}} props
 */
export function TaskMoney({ task, terms, onAsk }) {
  const [isClaiming, setClaiming] = useState(false);
  const isOwing = task.state !== 'stopped' && baseUnits(task.claimable ?? 0) > 0n;
  const isStaked = Boolean(task.stake) && baseUnits(task.stake ?? 0) > 0n;
  const isLow = isStaked && terms !== undefined &&
    baseUnits(task.stake ?? 0) < baseUnits(terms.minimum_stake);
  const form = { unit: task.token, decimals: task.token ? 0 : KOII_DECIMALS };
  return (
    <Card title={text('task.money')}>
      <ul class="rows">
        <li>
          <div><span class="muted small">{text('node.claimable')}</span>
            <div class="task-sum"><Amount value={task.claimable} {...form} /></div>
          </div>
          {isOwing && !task.token && <Button icon="claim" acts
            onPress={() => setClaiming(true)}>{text('attention.claim')}</Button>}
        </li>
        <li>
          <div><span class="muted small">{text('node.staked')}</span>
            <div class="task-sum"><Amount value={task.stake} {...form} /></div>
          </div>
          <div class="actions">
            {canStakeMore(task) && <Button icon="add" acts
              onPress={() => onAsk('stake')}>{text('stake.title')}</Button>}
            {isStaked && !task.leaving && <Button icon="out" acts
              onPress={() => onAsk('leave')}>{text('node.leave')}</Button>}
          </div>
        </li>
      </ul>
      {isLow && <Notice tone="warn"><p>{text('reason.stake_low')}</p></Notice>}
      <Counts task={task} />
      {isClaiming &&
        <ClaimSheet tasks={[task]} onClose={() => setClaiming(false)} />}
    </Card>
  );
}

/**
 * @param {{task: Task}} props
 */
function Counts({ task }) {
  const answer = useAnswer(`tasks/${task.task}/rounds`, { query: { limit: COUNTED } });
  const rounds = answer.data?.items;
  if (!rounds)
    return null;
  const { paid, missed, slashed, of } = countOutcomes(rounds, task.round);
  return of > 0
    ? <p>{text('task.counts', { of, paid, missed, slashed })}</p> : null;
}
