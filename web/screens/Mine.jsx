import { useMemo } from 'preact/hooks';
import { roundsLeft } from '../core/catalog.js';
import { formOfTask } from '../core/creator.js';
import { node } from '../core/node.js';
import { plain } from '../core/plain.js';
import { useAnswer } from '../core/store.js';
import { language, number, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Badge } from '../parts/Badge.jsx';
import { LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Figure, Figures } from '../parts/Figure.jsx';
import { Key, shortKey } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { lastPaid } from './Create.jsx';
import { OwnActions, OwnState, useOwnOrders } from './CreateOrders.jsx';

/** @typedef {import('../core/creator.js').OwnRound} OwnRound */

/**
 * #/create/ID — a task that this wallet has made: its bounty and its rounds.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function Mine({ params: { task: id } }) {
  const answer = useAnswer(`create/tasks/${id}`, { everyMs: 10000 });
  /** @type {any} */
  const task = answer.data;
  const form = task && formOfTask(task);
  const left = task && roundsLeft(task);
  const { ask, sheet } = useOwnOrders(answer.reload);
  const isOwn = task && task.creator === node.value?.main;
  return (
    <Screen title={`${plain(task?.name, { max: 64 })} ${shortKey(id)}`}
      head={<TaskName task={id} name={task?.name} />} answer={answer}
      actions={isOwn && <OwnActions task={task} ask={ask} />}>
      {task && (
        <>
          {!isOwn && <Notice tone="warn"><p>{text('mine.others')}</p></Notice>}
          {task.migrated_to && <Notice tone="info" actions={
            <LinkButton href={`#/create/${task.migrated_to}`}>
              {text('add.newer')}</LinkButton>}>
            <p>{text('reason.migrated')}</p></Notice>}
          <Figures label={text('explorer.figures')}>
            <Figure label={text('mine.bounty')} note={left !== null &&
              text('create.n_rounds', { n: left })}>
              <Amount value={task.bounty} {...form} /></Figure>
            <Figure label={text('node.state')} note={task.last_paid !== null
              ? text('mine.last_paid', { n: task.last_paid })
              : lastPaid(task)}>
              <OwnState task={task} /></Figure>
            <Figure label={text('explorer.staked')}
              note={text('explorer.nodes', { n: task.nodes })}>
              <Amount value={task.total_stake} {...form} /></Figure>
          </Figures>
          <Card title={text('explorer.rounds')} actions={
            <LinkButton href={`#/explorer/task/${id}`} icon="explore">
              {text('mine.explorer')}</LinkButton>}>
            <Rounds task={id} rows={task.rounds} /></Card>
          <Card title={text('mine.on_chain')}>
            <dl class="pairs">
              <div><dt>{text('explorer.creator')}</dt>
                <dd><Key value={task.creator} hasCopy /></dd></div>
              <div><dt>{text('explorer.code')}</dt>
                <dd><Cid value={plain(task.code)} /></dd></div>
              <div><dt>{text('explorer.metadata')}</dt>
                <dd><Cid value={plain(task.metadata)} /></dd></div>
            </dl>
          </Card>
          {sheet}
        </>
      )}
    </Screen>
  );
}

/** @param {{task: string, rows: OwnRound[]}} props */
function Rounds({ task, rows }) {
  const columns = useMemo(() => columnsOf(task), [task, language.value]);
  return rows.length ? <Table label={text('explorer.rounds')} columns={columns}
    rows={rows} keyOf={({ round }) => String(round)} />
    : <Empty>{text('mine.no_rounds')}</Empty>;
}

/**
 * Who it was is a screen of the explorer.
 *
 * @param {string} task
 * @returns {import('../parts/Table.jsx').Column<OwnRound>[]}
 */
function columnsOf(task) {
  const count = (/** @type {'proofs' | 'accused' | 'lists' | 'lists_accused'} */
    id) => ({ id, label: text(`mine.n_${id}`), isNumber: true,
    cell: (/** @type {OwnRound} */ row) => number(row[id]) });
  return [
    { id: 'round', label: text('explorer.round'), isHead: true,
      cell: ({ round }) => <a href={`#/explorer/task/${task}/round/${round}`}>
        {text('explorer.round_title', { n: round })}</a> },
    count('proofs'), count('accused'), count('lists'), count('lists_accused'),
    { id: 'payout', label: text('mine.payout'), cell: ({ payout }) =>
      payout === 'paid'
        ? <Badge tone="good" icon="check">{text('explorer.paid')}</Badge>
        : payout === 'failed'
          ? <Badge tone="bad" icon="cross">{text('explorer.pay_failed')}</Badge>
          : <Badge>{text('mine.open')}</Badge> },
  ];
}
