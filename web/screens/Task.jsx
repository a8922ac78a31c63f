import { useEffect, useState } from 'preact/hooks';
import { connection, slot } from '../core/live.js';
import { can } from '../core/node.js';
import { momentOf, windowOf, dutyKind } from '../core/rounds.js';
import { useAnswer, useLive } from '../core/store.js';
import { canStakeMore, slotTime } from '../core/task.js';
import { text } from '../core/text.js';
import { relative } from '../core/time.js';
import { LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { RoundPicture } from '../parts/RoundPicture.jsx';
import { RoundRibbon } from '../parts/RoundRibbon.jsx';
import { Terms } from '../parts/Terms.jsx';
import { StakeSheet } from './StakeSheet.jsx';
import { TaskDays } from './TaskDays.jsx';
import { DutyTable } from './TaskDuties.jsx';
import { TaskFrame } from './TaskFrame.jsx';
import { LeaveSheet } from './TaskLeaving.jsx';
import { TaskMachine } from './TaskMachine.jsx';
import { MovedCard } from './TaskMoved.jsx';
import { TaskMoney } from './TaskMoney.jsx';

/** @typedef {import('../core/task.js').Task} Task */
/** @typedef {import('../core/rounds.js').Duty} Duty */

const RIBBON = 24;

/**
 * #/tasks/ID — what one task does, brings and costs.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function TaskScreen({ params, query }) {
  const [asks, setAsks] = useState(query.get('ask'));
  const terms = useAnswer(`catalog/${params.task}`).data;
  useEffect(() => setAsks(query.get('ask')), [query.get('ask')]);
  const close = () => setAsks(null);
  return (
    <TaskFrame id={params.task}>
      {(task) => (
        <>
          {task.reason === 'migrated' && can('catalog') && <MovedCard task={task} />}
          {task.state !== 'stopped' && <ThisRound task={task} />}
          <Rounds task={task} />
          <div class="task-cards">
            <div class="task-column">
              <TaskMoney task={task} terms={terms} onAsk={setAsks} />
              <TaskDays task={task} />
            </div>
            <TaskMachine task={task} />
          </div>
          {terms && <Card title={text('add.terms')}><Terms task={terms} /></Card>}
          {asks === 'leave' && !task.leaving && <LeaveSheet task={task}
            slotMs={slot.value.slotMs} onClose={close} />}
          {asks === 'stake' && canStakeMore(task) &&
            <StakeSheet task={task} terms={terms} onClose={close} />}
        </>
      )}
    </TaskFrame>
  );
}

/**
 * The node's duties, anew when one has begun or ended: then what comes next is
 * another.
 *
 * @param {Task} task
 * @returns {Duty[]}
 */
function useDuties(task) {
  const { data, reload } = useAnswer(`tasks/${task.task}/duties`);
  const moment = momentOf(task, slot.value.slot);
  const window = moment && `${moment.round} ${windowOf(moment)}`;
  const next = JSON.stringify(task.next);
  useEffect(() => {
    if (data)
      reload();
  }, [window, next]);
  useLive('duty', (message) => message.task === task.task && reload());
  return data?.items ?? [];
}

/** @param {{task: Task}} props */
export function ThisRound({ task }) {
  const duties = useDuties(task);
  const says = nextText(task);
  return (
    <Card title={typeof task.round === 'number'
      ? text('task.round_n', { n: task.round }) : text('task.this_round')}>
      <p class="task-next">{says}</p>
      <RoundPicture task={task} duties={duties} says={says} />
      {duties.length > 0 && (
        <details>
          <summary>{text('task.duties')}</summary>
          <DutyTable duties={duties} />
        </details>
      )}
    </Card>
  );
}

/**
 * "Audit window. Next: check proofs, until slot 36 (in 12 s)."
 *
 * @param {Task} task
 */
function nextText(task) {
  const moment = momentOf(task, slot.value.slot);
  if (!moment)
    return text('task.unknown_round');
  const window = text(`task.window_${windowOf(moment)}`);
  const { next } = task;
  if (!next)
    return text('task.nothing_next', { window });
  const isAhead = slot.value.slot < next.from;
  const at = isAhead ? next.from : next.until;
  return text(isAhead ? 'task.next_from' : 'task.next', {
    window, duty: text(`duty.${dutyKind(next.kind)}`), slot: at,
    time: relative(slotTime(at)),
  });
}

/** @param {{task: any}} props */
function Rounds({ task }) {
  const answer = useAnswer(`tasks/${task.task}/rounds`, { query: { limit: RIBBON } });
  useLive('round', (message) => message.task === task.task && answer.reload());
  useEffect(() => {
    if (answer.data)
      answer.reload();
  }, [task.round]);
  const rounds = answer.data?.items ?? task.rounds ?? [];
  const isKnown = rounds.length > 0;
  return (
    <Card title={text('task.rounds')} actions={isKnown && (
      <LinkButton kind="quiet" href={`#/tasks/${task.task}/rounds`}>
        {text('task.older')}</LinkButton>)}>
      {isKnown ? <RoundRibbon task={task} rounds={rounds.slice(0, RIBBON)} />
        : <p class="muted">{text(connection.value.state === 'connected'
          ? 'rounds.empty' : 'shapes.waiting')}</p>}
    </Card>
  );
}
