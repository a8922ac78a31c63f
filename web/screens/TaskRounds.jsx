import { useMemo } from 'preact/hooks';
import { KOII_DECIMALS } from '../core/amount.js';
import { ApiError } from '../core/api.js';
import { amountOf, outcomeLook, outcomeOf } from '../core/rounds.js';
import { useList, useLive } from '../core/store.js';
import { language, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Badge } from '../parts/Badge.jsx';
import { Button } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { ProofShort } from '../parts/Proof.jsx';
import { RoundRibbon } from '../parts/RoundRibbon.jsx';
import { Answered } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskFrame } from './TaskFrame.jsx';

/** @typedef {import('../core/task.js').Task} Task */
/** @typedef {import('../core/rounds.js').Round} Round */

const RIBBON = 24;

/**
 * #/tasks/ID/rounds — all that is known of them.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function TaskRounds({ params }) {
  return (
    <TaskFrame id={params.task} title={text('task.rounds')}>
      {(task) => <All task={task} />}
    </TaskFrame>
  );
}

/** @param {{task: any}} props */
function All({ task }) {
  const list = useList(`tasks/${task.task}/rounds`);
  useLive('round', (message) => message.task === task.task && list.refresh());
  // A node that keeps no book of rounds knows the newest ones.
  const isOld = list.error instanceof ApiError && list.error.code === 'not_found';
  const answer = isOld && task.rounds
    ? { data: task.rounds, error: null } : list;
  const columns = useMemo(() => columnsOf(task), [language.value, task.round]);
  return (
    <Answered answer={answer}>
      {(/** @type {Round[]} */ rounds) => rounds.length ? (
        <>
          <RoundRibbon task={task} rounds={rounds.slice(0, RIBBON)} />
          <Table label={text('task.rounds')} columns={columns} rows={rounds}
            keyOf={({ round }) => String(round)} />
          {list.hasMore && !isOld && <div class="actions">
            <Button icon="down" onPress={list.more}>{text('rounds.older')}</Button>
          </div>}
        </>
      ) : <Empty>{text('rounds.empty')}</Empty>}
    </Answered>
  );
}

/** @param {Task} task */
function columnsOf(task) {
  return [
    { id: 'round', label: text('node.round'), isHead: true,
      cell: (/** @type {Round} */ { round }) =>
        <a href={`#/tasks/${task.task}/rounds/${round}`}>
          {text('task.round_n', { n: round })}</a> },
    { id: 'outcome', label: text('rounds.outcome'),
      cell: (/** @type {Round} */ round) => <OutcomeBadge round={round}
        current={task.round} /> },
    { id: 'proof', label: text('rounds.proof'),
      cell: (/** @type {Round} */ { proof, submission }) =>
        <ProofShort value={proof ?? submission} /> },
    { id: 'amount', label: text('rounds.amount'), isNumber: true,
      cell: (/** @type {Round} */ round) => <Amount value={amountOf(round)}
        kind="change" unit={task.token} isBare={!task.token} isQuiet
        decimals={task.token ? 0 : KOII_DECIMALS} /> },
  ];
}

/**
 * @param {{round: Round, current: number | null | undefined}} props
 */
export function OutcomeBadge({ round, current }) {
  const outcome = outcomeOf(round, current);
  return (
    <Badge tone={outcomeLook(outcome).tone}>{text(`outcome.${outcome}`)}</Badge>
  );
}
