import { reasonText, stateText, stateTone } from '../core/task.js';
import { Badge } from './Badge.jsx';

/**
 * A task's state in a badge, and the reason below.
 *
 * @param {{task: import('../core/task.js').Task}} props
 */
export function TaskState({ task }) {
  const { tone, icon } = stateTone(task);
  const reason = reasonText(task);
  return (
    <div class="task-state">
      <Badge tone={tone} icon={icon}>{stateText(task)}</Badge>
      {reason && <p class="small muted outside">{reason}</p>}
    </div>
  );
}
