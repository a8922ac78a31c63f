import { reasonAction } from '../core/reasons.js';
import { reasonText, stateText, stateTone } from '../core/task.js';
import { Badge } from './Badge.jsx';
import { LinkButton } from './Button.jsx';

/**
 * A task's state in a badge, and the reason below.
 *
 * @param {{task: import('../core/task.js').Task, acts?: boolean}} props
 * acts: with what can be done about it, unless it can be done on this screen
 */
export function TaskState({ task, acts }) {
  const { tone, icon } = stateTone(task);
  const reason = reasonText(task);
  const action = acts && reasonAction(task.reason, task.task);
  return (
    <div class="task-state">
      <Badge tone={tone} icon={icon}>{stateText(task)}</Badge>
      {reason && <p class="small muted outside">{reason}</p>}
      {action && action.href !== `#/tasks/${task.task}` &&
        <LinkButton href={action.href}>{action.words}</LinkButton>}
    </div>
  );
}
