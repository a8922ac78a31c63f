import { useMemo } from 'preact/hooks';
import { baseUnits } from '../core/amount.js';
import { roundsLeft } from '../core/catalog.js';
import { formOfTask } from '../core/creator.js';
import { can } from '../core/node.js';
import { plain } from '../core/plain.js';
import { useAnswer } from '../core/store.js';
import { language, pieces, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { LinkButton } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Menu } from '../parts/Menu.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { OwnActions, OwnState, useOwnOrders } from './CreateOrders.jsx';

/** @typedef {import('../core/creator.js').OwnTask} OwnTask */

/** #/create — the tasks that this wallet has made. */
export default function Create() {
  const answer = useAnswer('create/tasks', { everyMs: 15000 });
  /** @type {OwnTask[] | undefined} */
  const rows = answer.data?.items;
  const { ask, sheet } = useOwnOrders(answer.reload);
  const columns = useMemo(() => columnsOf(ask), [language.value]);
  return (
    <Screen title={text('create.title')} lead={text('create.lead')}
      answer={answer} actions={can('deploy') && <LinkButton kind="primary"
        href="#/create/new" icon="create">{text('create.new')}</LinkButton>}>
      {rows?.length
        ? <Table label={text('create.mine')} columns={columns} rows={rows}
          keyOf={({ task }) => task} />
        : <Empty>{pieces('create.empty',
          { command: <code>pond task new</code> })}</Empty>}
      {sheet}
    </Screen>
  );
}

/**
 * @param {import('./CreateOrders.jsx').Ask} ask
 * @returns {import('../parts/Table.jsx').Column<OwnTask>[]}
 */
function columnsOf(ask) {
  return [
    { id: 'name', label: text('node.name'), isHead: true,
      sort: ({ name }) => name, cell: ({ task, name }) =>
        <TaskName task={task} name={name} href={`#/create/${task}`} /> },
    { id: 'state', label: text('node.state'),
      cell: (row) => <OwnState task={row} /> },
    { id: 'bounty', label: text('create.bounty'), isNumber: true,
      sort: ({ bounty }) => baseUnits(bounty),
      cell: (row) => <Amount value={row.bounty} {...formOfTask(row)} isQuiet /> },
    { id: 'rounds', label: text('create.rounds'), isNumber: true,
      sort: (row) => roundsLeft(row) ?? 0n,
      cell: (row) => String(roundsLeft(row) ?? text('amount.unknown')) },
    { id: 'nodes', label: text('add.nodes'), isNumber: true,
      sort: ({ nodes }) => nodes, cell: ({ nodes }) => nodes },
    { id: 'paid', label: text('create.last_paid'), isMinor: true,
      cell: (row) => lastPaid(row) },
    { id: 'acts', label: text('create.acts'), isAction: true,
      cell: (row) => !row.migrated_to &&
        <Menu label={plain(row.name, { max: 64 })}>
          <OwnActions task={row} ask={ask} /></Menu> },
  ];
}

/** @param {OwnTask} task */
export function lastPaid({ last_paid: round }) {
  return round === null ? text('create.none_paid')
    : text('create.round', { n: round });
}
