import { useEffect } from 'preact/hooks';
import { baseUnits } from '../../core/amount.js';
import { slot } from '../../core/live.js';
import { stepTo } from '../../core/setup.js';
import { useAnswer, useLive, useTopic } from '../../core/store.js';
import { reasonText, stateText } from '../../core/task.js';
import { pieces, text } from '../../core/text.js';
import { Amount } from '../../parts/Amount.jsx';
import { Button } from '../../parts/Button.jsx';
import { Notice } from '../../parts/Notice.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { Steps } from '../../parts/Steps.jsx';
import { ThisRound } from '../Task.jsx';

const STAGES = ['works', 'sent', 'checked', 'paid'];
const TITLES = ['setup.works', 'setup.sent', 'setup.checked', 'setup.paid'];
/** Outcomes of a round that is paid. */
const PAID = ['paid', 'amount_not_read'];

/**
 * Step 9: until the first reward.
 *
 * @param {{task: string | null}} props
 */
export function SetupWorks({ task: wanted }) {
  const tasks = useTopic('tasks').data;
  const id = wanted && tasks?.[wanted] ? wanted : Object.keys(tasks ?? {})[0];
  const task = id ? tasks?.[id] : undefined;
  if (!task)
    return <Screen title={text('setup.works')} answer={{ data: tasks }}>
      <p>{text('setup.no_task')}</p>
      <div class="actions">
        <Button kind="primary" acts onPress={() => stepTo('7')}>
          {text('setup.task')}</Button>
      </div>
    </Screen>;
  return <Works task={task} />;
}

/** @param {{task: any}} props */
function Works({ task: row }) {
  // With its duties, once they have come.
  const task = useTopic(`task/${row.task}`).data ?? row;
  const answer = useAnswer(`tasks/${task.task}/rounds`);
  useLive('round', (message) => message.task === task.task && answer.reload());
  const window = Math.floor((task.offset ?? 0) / 10);
  useEffect(() => {
    if (answer.data)
      answer.reload();
  }, [task.round, window]);
  const rounds = answer.data?.items ?? [];
  const stage = stageOf(task, rounds);
  const isTrouble = ['failed', 'backing-off', 'resting'].includes(task.state);
  const reason = reasonText(task);
  return (
    <Screen title={text(TITLES[stage], { amount: '' })}
      head={stage === 3 ? <Paid task={task} rounds={rounds} /> : undefined}>
      {isTrouble && <Notice tone="warn"><p>{stateText(task)}
        {reason && ` · ${reason}`}</p></Notice>}
      <Steps label={text('setup.stages')} at={stage === 3 ? 4 : stage + 1}
        steps={STAGES.map((name) => text(`setup.stage_${name}`))} />
      {slot.value.slot > 0 && <ThisRound task={task} />}
      <p>{text('setup.goes_on')}</p>
      <div class="actions">
        <Button kind={stage === 3 ? 'primary' : 'plain'} icon="node" acts
          onPress={() => stepTo('done')}>{text('setup.to_node')}</Button>
      </div>
    </Screen>
  );
}

/** @param {{task: any, rounds: any[]}} props */
function Paid({ task, rounds }) {
  const reward = rounds.find(({ reward: sum }) =>
    sum && baseUnits(sum) > 0n)?.reward;
  const isClaimable = baseUnits(task.claimable ?? '0') > 0n;
  return <>{pieces(isClaimable ? 'setup.paid_claimable' : 'setup.paid_now',
    { amount: <Amount value={isClaimable ? task.claimable : reward} /> })}</>;
}

/**
 * How far the first proof is.
 *
 * @param {any} task
 * @param {any[]} rounds
 */
function stageOf(task, rounds) {
  if (baseUnits(task.claimable ?? '0') > 0n ||
      rounds.some(({ outcome, reward }) => PAID.includes(outcome) ||
        (reward && baseUnits(reward) > 0n)))
    return 3;
  const proved = rounds.find((round) => round.proof ?? round.submission);
  if (!proved)
    return 0;
  // A proof of round R is sent in R+1, and checked once its window is over.
  const isChecked = (task.round ?? 0) > proved.round + 1 ||
    (task.offset ?? 0) >= (task.submission_window ?? 0);
  return isChecked ? 2 : 1;
}
