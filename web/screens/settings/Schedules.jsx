import { useAnswer, useTopic } from '../../core/store.js';
import { text } from '../../core/text.js';
import { Hours, HoursClock } from './Hours.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { TaskName } from '../../parts/TaskName.jsx';

/** #/settings/schedules — the hours of all tasks, and of those with their own. */
export default function Schedules() {
  const answer = useAnswer('schedules');
  const tasks = useTopic('tasks').data;
  return (
    <Answered answer={answer}>
      {(/** @type {import('./Hours.jsx').Schedules} */ schedules) => (
        <>
          <HoursClock schedules={schedules} />
          <Hours title={text('book.all_tasks')} task={null}
            schedules={schedules} onChange={answer.reload} />
          {[...new Set(schedules.items.flatMap(({ task }) => task ?? []))]
            .map((task) => (
              <Hours key={task} task={task} schedules={schedules}
                onChange={answer.reload}
                title={<TaskName task={task} name={tasks?.[task]?.name}
                  href={`#/tasks/${task}/settings`} />} />
            ))}
        </>
      )}
    </Answered>
  );
}
