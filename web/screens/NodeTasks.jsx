import { useMemo, useState } from 'preact/hooks';
import { baseUnits } from '../core/amount.js';
import { order, orderKey } from '../core/api.js';
import { canStakeMore, slotTime, stateOf, taskLabel } from '../core/task.js';
import { language, text } from '../core/text.js';
import { relative } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Select } from '../parts/Field.jsx';
import { Menu } from '../parts/Menu.jsx';
import { MiniRound } from '../parts/MiniRound.jsx';
import { say } from '../parts/Notice.jsx';
import { Count, Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { TaskState } from '../parts/TaskState.jsx';
import { hasPlace } from '../routes.js';

/** @typedef {import('../core/task.js').Task} Task */

/** States by what an operator looks for. */
const FILTERS = /** @type {Record<string, (state: string) => boolean>} */({
  all: () => true,
  working: (state) => state === 'running',
  waiting: (state) => ['loading', 'staking', 'resting', 'leaving', 'stopping']
    .includes(state),
  trouble: (state) => state === 'failed' || state === 'backing-off',
  stopped: (state) => state === 'stopped',
});
const MIB = 1 << 20;

/**
 * The node's tasks, and the orders about all of them.
 *
 * @param {{rows: Task[]}} props
 */
export function NodeTasks({ rows }) {
  const [filter, setFilter] = useState('all');
  const columns = useMemo(columnsOf, [language.value]);
  const shown = rows.filter((task) => FILTERS[filter](stateOf(task)));
  const canStop = rows.some(({ state }) =>
    state !== 'stopped' && state !== 'stopping');
  const canStart = rows.some((task) => stateOf(task) === 'stopped');
  return (
    <section class="node-tasks" aria-labelledby="tasks-head">
      <div class="card-head">
        <h2 id="tasks-head">{text('node.tasks')}</h2>
        <div class="filters">
          {rows.length > 1 && <Select label={text('node.filter')} value={filter}
            onInput={setFilter} options={Object.keys(FILTERS).map((value) =>
              ({ value, label: text(`node.filter_${value}`) }))} />}
          {canStart && <Button icon="play" acts onPress={() =>
            orderAll('start-all')}>{text('node.start_all')}</Button>}
          {canStop && <Button icon="stop" acts onPress={() =>
            orderAll('stop-all')}>{text('node.stop_all')}</Button>}
        </div>
      </div>
      {filter !== 'all' && <Count n={shown.length} of={rows.length} />}
      {shown.length
        ? <Table label={text('node.tasks')} columns={columns} rows={shown}
          keyOf={({ task }) => task} />
        : <Empty action={<Button onPress={() => setFilter('all')}>
          {text('node.filter_clear')}</Button>}>{text('node.none')}</Empty>}
    </section>
  );
}

/** The words follow the language. */
function columnsOf() {
  return [
    { id: 'name', label: text('node.name'), isHead: true,
      cell: (/** @type {Task} */ task) => <TaskName task={task.task}
        name={task.name} href={`#/tasks/${task.task}`} />,
      sort: (/** @type {Task} */ task) => task.name ?? task.task },
    { id: 'state', label: text('node.state'),
      cell: (/** @type {Task} */ task) => <TaskState task={task} />,
      sort: (/** @type {Task} */ task) => stateOf(task) },
    { id: 'round', label: text('node.round'), isMinor: true,
      cell: (/** @type {Task} */ task) => <Round task={task} /> },
    { id: 'next', label: text('node.next'),
      cell: (/** @type {Task} */ task) => <NextDuty task={task} /> },
    { id: 'claimable', label: text('node.claimable'), isNumber: true,
      cell: (/** @type {Task} */ task) => <Coins task={task} value={task.claimable} />,
      sort: (/** @type {Task} */ task) => baseUnits(task.claimable ?? '0') },
    { id: 'stake', label: text('node.stake'), isNumber: true,
      cell: (/** @type {Task} */ task) => <Coins task={task} value={task.stake} />,
      sort: (/** @type {Task} */ task) => baseUnits(task.stake ?? '0') },
    { id: 'machine', label: text('node.machine'), isNumber: true, isMinor: true,
      cell: (/** @type {Task} */ task) => <Machine task={task} />,
      sort: (/** @type {Task} */ task) => task.worker?.resident_bytes ?? 0 },
    { id: 'menu', label: text('node.actions'), isAction: true,
      cell: (/** @type {Task} */ task) => <TaskMenu task={task} /> },
  ];
}

/** @param {{task: Task}} props */
function Round({ task }) {
  if (typeof task.round !== 'number')
    return <span class="unknown">{text('amount.unknown')}</span>;
  return (
    <div class="node-round">
      <MiniRound task={task} />
      <span class="small muted">{text('node.round_n', { n: task.round })}</span>
    </div>
  );
}

/** @param {{task: Task}} props */
function NextDuty({ task }) {
  const { next } = task;
  if (!next)
    return <span class="unknown">{text('amount.unknown')}</span>;
  const at = slotTime(next.from) > Date.now() ? next.from : next.until;
  return (
    <div class="next-duty">
      {text(`duty.${next.kind.replace(' ', '_')}`)}
      {slotTime(at) > 0 && <div class="small muted">{text(at === next.from
        ? 'node.begins' : 'node.ends', { time: relative(slotTime(at)),
        slot: at })}</div>}
    </div>
  );
}

/** @param {{task: Task, value: string | undefined}} props */
function Coins({ task, value }) {
  return <Amount value={value} unit={task.token} isQuiet
    isBare={!task.token} />;
}

/** @param {{task: Task}} props */
function Machine({ task }) {
  const { worker } = task;
  if (!worker?.pid)
    return <span class="unknown">{text('amount.unknown')}</span>;
  return (
    <>
      {worker.cpu_percent !== undefined &&
        <div>{text('node.cpu', { n: worker.cpu_percent })}</div>}
      <div>{text('node.memory',
        { n: Math.round(worker.resident_bytes / MIB) })}</div>
    </>
  );
}

/** @param {{task: Task}} props */
function TaskMenu({ task }) {
  const path = `tasks/${task.task}`;
  const isStopped = task.state === 'stopped';
  return (
    <Menu label={taskLabel(task)}>
      {isStopped
        ? <Button icon="play" acts onPress={() =>
          order(`${path}/start`, {}, { once: orderKey() })}>
          {text('node.start')}</Button>
        : <Button icon="stop" acts onPress={() => order(`${path}/stop`)}>
          {text('node.stop')}</Button>}
      <LinkButton icon="log" href={`#/${path}/log`}>{text('node.log')}</LinkButton>
      {canStakeMore(task) && <LinkButton icon="add" href={`#/${path}?ask=stake`}>
        {text('stake.title')}</LinkButton>}
      {!task.leaving && <LinkButton icon="out" href={`#/${path}?ask=leave`}>
        {text('node.leave')}</LinkButton>}
      {hasPlace('explorer') && <LinkButton icon="explore"
        href={`#/explorer/task/${task.task}`}>{text('bar.explorer')}</LinkButton>}
    </Menu>
  );
}

/**
 * Those that could not are named.
 *
 * @param {'start-all' | 'stop-all'} what
 */
async function orderAll(what) {
  const { tasks = [] } = await order(`tasks/${what}`, {}, { once: orderKey() });
  const refused = tasks.filter((/** @type {any} */ one) => one.error);
  if (refused.length)
    say({ tone: 'bad', words: text('node.all_refused',
      { n: refused.length, of: tasks.length, error: refused[0].error }) });
}
