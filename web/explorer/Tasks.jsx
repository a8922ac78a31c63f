import { useMemo } from 'preact/hooks';
import { language, text } from '../core/text.js';
import { Badge } from '../parts/Badge.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { useChain } from './chain.js';
import { ExplorerTabs } from './parts.jsx';
import { askTasks } from './tasks.js';

/** #/explorer/tasks — all tasks. */
export default function Tasks() {
  const answer = useChain(askTasks, [], { everyMs: 10000 });
  return (
    <Screen title={text('explorer.tasks')}>
      <ExplorerTabs />
      <Answered answer={answer}>
        {answer.data?.length ? <Rows rows={answer.data} />
          : <Empty>{text('explorer.no_tasks')}</Empty>}
      </Answered>
    </Screen>
  );
}

/** @param {{rows: import('./tasks.js').TaskRow[]}} props */
function Rows({ rows }) {
  const columns = useMemo(() => /** @type {import('../parts/Table.jsx').Column<import('./tasks.js').TaskRow>[]} */([
    { id: 'name', label: text('explorer.task'), isHead: true,
      sort: ({ name }) => name, cell: ({ key, name }) =>
        <TaskName task={key} name={name} href={`#/explorer/task/${key}`} /> },
    { id: 'state', label: text('explorer.state'),
      sort: ({ isActive }) => isActive ? 0 : 1, cell: ({ isActive }) => isActive
        ? <Badge tone="good" icon="check">{text('explorer.active')}</Badge>
        : <Badge icon="stop">{text('explorer.inactive')}</Badge> },
    { id: 'paid', label: text('explorer.paid_in'), sort: ({ isKpl }) =>
      Number(isKpl), cell: ({ isKpl }) => text(isKpl ? 'explorer.a_token'
      : 'amount.koii') },
    { id: 'listed', label: text('explorer.listed'),
      cell: ({ isListed }) => text(isListed ? 'explorer.yes' : 'explorer.no') },
  ]), [language.value]);
  return <Table label={text('explorer.tasks')} columns={columns} rows={rows}
    keyOf={({ key }) => key} sortedBy="name" />;
}
