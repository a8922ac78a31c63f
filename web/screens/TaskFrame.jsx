import { useEffect } from 'preact/hooks';
import { get, order, orderKey } from '../core/api.js';
import { seedTopic } from '../core/live.js';
import { learnNames } from '../core/names.js';
import { can } from '../core/node.js';
import { useTopic } from '../core/store.js';
import { taskLabel } from '../core/task.js';
import { text } from '../core/text.js';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Tabs } from '../parts/Tabs.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { TaskState } from '../parts/TaskState.jsx';
import { Time } from '../parts/Time.jsx';
import { hasPlace } from '../routes.js';
import { LeavingCard } from './TaskLeaving.jsx';

/**
 * What all screens about one task have: its name, state and reason, the orders
 * that start and stop it, and the tabs.
 *
 * @param {{id: string, title?: string,
 *          children: (task: import('../core/task.js').Task) => any}} props
 * title: of a screen below the task, for the window
 */
export function TaskFrame({ id, title, children }) {
  const topic = useTopic(`task/${id}`);
  const task = /** @type {import('../core/task.js').Task | undefined} */(topic.data);
  useEffect(() => {
    // Sooner than the live connection; what fails here, that one meets, too.
    get(`tasks/${id}`).then((data) => seedTopic(`task/${id}`, data), () => {});
  }, [id]);
  useEffect(() => task && learnNames([[task.task, task.name ?? '']]),
    [task?.name]);

  const label = task ? taskLabel(task) : id;
  const since = task?.since ?? task?.stopped;
  const code = /** @type {{code?: string} | undefined} */(topic.error)?.code;
  if (!task && code === 'not_found')
    return <NoSuchTask id={id} />;
  return (
    <Screen title={title ? `${title} · ${label}` : label} answer={topic}
      head={<TaskName task={id} name={task?.name} />}
      actions={task && <TaskActions task={task} />}>
      {task && (
        <>
          <div class="task-head">
            <TaskState task={task} acts />
            {since && <p class="small muted">{text('task.since')}{' '}
              <Time at={since} form="short" /></p>}
          </div>
          <Tabs label={text('task.tabs')} tabs={tabsOf(id)} />
          {task.leaving && <LeavingCard task={task} />}
          {children(task)}
        </>
      )}
    </Screen>
  );
}

/** @param {string} id */
function tabsOf(id) {
  const href = `#/tasks/${id}`;
  return [
    { href, label: text('task.overview') },
    { href: `${href}/rounds`, label: text('task.rounds') },
    { href: `${href}/log`, label: text('task.log') },
    ...can('evidence')
      ? [{ href: `${href}/evidence`, label: text('task.evidence') }] : [],
    { href: `${href}/settings`, label: text('task.settings') },
  ];
}

/** @param {{task: import('../core/task.js').Task}} props */
function TaskActions({ task }) {
  const path = `tasks/${task.task}`;
  const isStopped = task.state === 'stopped';
  return (
    <>
      {hasPlace('explorer') && <LinkButton kind="quiet" icon="explore"
        href={`#/explorer/task/${task.task}`}>{text('bar.explorer')}</LinkButton>}
      {!task.leaving && (isStopped
        ? <Button icon="play" acts onPress={() =>
          order(`${path}/start`, {}, { once: orderKey() })}>
          {text('node.start')}</Button>
        : <Button icon="stop" acts onPress={() => order(`${path}/stop`)}>
          {text('node.stop')}</Button>)}
    </>
  );
}

/**
 * A link to a task that was never here, or was forgotten.
 *
 * @param {{id: string}} props
 */
function NoSuchTask({ id }) {
  return (
    <Screen title={text('task.none')} head={text('task.none')}>
      <Empty action={
        <>
          <LinkButton href="#/" icon="node">{text('unknown.home')}</LinkButton>
          {hasPlace('add') && <LinkButton href={`#/add/${id}`} icon="add">
            {text('task.add')}</LinkButton>}
        </>}>
        {text('task.none_what')}
      </Empty>
    </Screen>
  );
}
