import { text } from '../core/text.js';
import { reasonText } from '../core/task.js';
import { Card } from '../parts/Card.jsx';
import { Progress } from '../parts/Progress.jsx';
import { Time } from '../parts/Time.jsx';
import { TaskUse } from './TaskUse.jsx';

const MIB = 1 << 20;

/**
 * What the task takes of this machine, and how often it had to begin again.
 *
 * @param {{task: import('../core/task.js').Task & {
 *          stops?: {at: number, reason?: string, text?: string}[]}}} props
 */
export function TaskMachine({ task }) {
  const { worker, memory_limit: limit, stops = [] } = task;
  const used = Math.round((worker?.resident_bytes ?? 0) / MIB);
  return (
    <Card title={text('task.machine')}>
      {worker?.pid ? (
        <>
          {limit
            ? <Progress label={text('task.memory')} value={used}
              max={Math.round(limit / MIB)} note={text('task.memory_of',
                { n: used, of: Math.round(limit / MIB) })} />
            : <p>{text('task.memory_n', { n: used })}</p>}
        </>
      ) : <p class="muted">{text('task.no_process')}</p>}
      {worker?.pid && <TaskUse task={task.task} />}
      <p>{text('task.restarts', { n: worker?.restarts ?? 0 })}</p>
      {stops.length > 0 && (
        <details>
          <summary>{text('task.stops')}</summary>
          <ul class="rows">
            {stops.map((stop) => (
              <li key={stop.at}>
                <span class="outside">{reasonText({ reason: stop.reason,
                  error: stop.text })}</span>
                <span class="small muted"><Time at={stop.at} isQuiet /></span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}


