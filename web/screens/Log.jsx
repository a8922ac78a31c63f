import { useLog } from '../core/log.js';
import { logText } from '../core/log_lines.js';
import { save } from '../core/save.js';
import { text } from '../core/text.js';
import { LogView } from '../parts/LogView.jsx';
import { Answered } from '../parts/Screen.jsx';
import { TaskFrame } from './TaskFrame.jsx';

/**
 * #/tasks/ID/log — what a task has written.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function Log({ params }) {
  return (
    <TaskFrame id={params.task} title={text('task.log')}>
      {() => <TaskLog id={params.task} />}
    </TaskFrame>
  );
}

/** @param {{id: string}} props */
function TaskLog({ id }) {
  const log = useLog(`tasks/${id}/log`, `log/${id}`);

  async function keep() {
    save(`${id}.log`, logText(await log.all()), 'text/plain');
  }

  return (
    <Answered answer={{ data: log.isReady ? log : undefined, error: log.error,
      reload: log.reload }}>
      <LogView label={text('task.log')} lines={log.lines} came={log.came}
        dropped={log.dropped} hasMore={log.hasMore} onMore={log.more}
        onSave={keep} />
    </Answered>
  );
}
