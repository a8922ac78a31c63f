import { text } from '../core/text.js';
import { LogLines } from '../parts/LogLines.jsx';
import { TaskFrame } from './TaskFrame.jsx';

/**
 * #/tasks/ID/log — what a task has written.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function Log({ params: { task } }) {
  const label = text('task.log');
  return (
    <TaskFrame id={task} title={label}>
      {() => <LogLines label={label} path={`tasks/${task}/log`}
        topic={`log/${task}`} name={`${task}.log`} />}
    </TaskFrame>
  );
}
