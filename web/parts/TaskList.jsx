import { route } from '../core/router.js';
import { useTopic } from '../core/store.js';
import { stateText, stateTone } from '../core/task.js';
import { text } from '../core/text.js';
import { Badge } from './Badge.jsx';
import { TaskName } from './TaskName.jsx';

/** @typedef {import('../core/task.js').Task} Task */

/** All tasks beside the one that is shown, where the window is wide enough. */
export function TaskList() {
  const { data } = useTopic('tasks');
  /** @type {Task[]} */
  const tasks = Object.values(data ?? {});
  if (tasks.length < 2)
    return null;
  return (
    <nav class="task-list" aria-label={text('node.tasks')}>
      <ul>
        {tasks.map((task) => (
          <li key={task.task}>
            <a href={`#/tasks/${task.task}`} aria-current={
              route.value.params.task === task.task ? 'true' : undefined}>
              <TaskName task={task.task} name={task.name} />
              <State task={task} />
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** @param {{task: Task}} props */
function State({ task }) {
  const { tone, icon } = stateTone(task);
  return <Badge tone={tone} icon={icon}>{stateText(task)}</Badge>;
}
