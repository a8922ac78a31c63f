import { useMemo } from 'preact/hooks';
import { node } from '../core/node.js';
import { momentOf } from '../core/rounds.js';
import { slot } from '../core/live.js';
import { useAnswer } from '../core/store.js';
import { slotTime } from '../core/task.js';
import { language, text } from '../core/text.js';
import { bytesText } from '../core/bytes.js';
import { LinkButton } from '../parts/Button.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Empty } from '../parts/Empty.jsx';
import { GatewayLink } from '../parts/GatewayLink.jsx';
import { Answered } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { Time } from '../parts/Time.jsx';
import { TaskFrame } from './TaskFrame.jsx';

/**
 * @typedef {{cid: string, round: number, name: string, bytes: number,
 *            at: number, until_round?: number, until?: number}} Item
 * until: of what is kept for days
 */

/**
 * #/tasks/ID/evidence — what is kept of the task's rounds.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function Evidence({ params }) {
  return (
    <TaskFrame id={params.task} title={text('task.evidence')}>
      {(task) => <Kept task={task} />}
    </TaskFrame>
  );
}

/** @param {{task: any}} props */
function Kept({ task }) {
  const answer = useAnswer(`tasks/${task.task}/evidence`, { everyMs: 30000 });
  const columns = useMemo(() => columnsOf(task), [language.value, task.task,
    node.value?.public_url]);
  return (
    <Answered answer={answer}>
      {(/** @type {{items: Item[]}} */ { items }) => items.length
        ? <Table label={text('task.evidence')} columns={columns} rows={items}
          keyOf={(item) => `${item.round} ${item.cid}`} />
        : <Empty>{text('evidence.empty')}</Empty>}
    </Answered>
  );
}

/** @param {any} task */
function columnsOf(task) {
  return [
    { id: 'round', label: text('node.round'), isHead: true,
      cell: (/** @type {Item} */ { round }) =>
        <a href={`#/tasks/${task.task}/rounds/${round}`}>
          {text('task.round_n', { n: round })}</a>,
      sort: (/** @type {Item} */ { round }) => round },
    { id: 'cid', label: text('evidence.cid'),
      cell: (/** @type {Item} */ { cid }) => <Cid value={cid} /> },
    { id: 'bytes', label: text('evidence.size'), isNumber: true,
      cell: (/** @type {Item} */ { bytes }) => bytes ? bytesText(bytes)
        : text('amount.unknown'),
      sort: (/** @type {Item} */ { bytes }) => bytes },
    { id: 'until', label: text('evidence.until'),
      cell: (/** @type {Item} */ { until_round: round, until }) => until
        ? <><Time at={until} isQuiet />
          <div class="small muted">{text('evidence.slashed')}</div></>
        : <Until task={task} round={round ?? 0} /> },
    { id: 'look', label: text('node.actions'), isAction: true,
      cell: (/** @type {Item} */ { cid }) => (
        <>
          <LinkButton kind="quiet" icon="eye"
            href={`#/tasks/${task.task}/evidence/${cid}`}>
            {text('round.look')}</LinkButton>
          <GatewayLink cid={cid} isQuiet />
        </>) },
  ];
}

/**
 * To the end of a round, and when that is about.
 *
 * @param {{task: any, round: number}} props
 */
function Until({ task, round }) {
  const moment = momentOf(task, slot.value.slot);
  const at = moment
    ? slotTime(moment.first + (round + 1 - moment.round) * moment.length) : 0;
  return (
    <>
      {text('evidence.until_round', { n: round })}
      {at > 0 && <div class="small muted"><Time at={at} isQuiet /></div>}
    </>
  );
}
