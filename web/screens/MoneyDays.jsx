import { useMemo, useState } from 'preact/hooks';
import { dayBefore, everyDay, KOII } from '../core/money.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { now } from '../core/time.js';
import { Card } from '../parts/Card.jsx';
import { DaysChart } from '../parts/DaysChart.jsx';
import { Select } from '../parts/Field.jsx';
import { Answered } from '../parts/Screen.jsx';
import { taskLabel } from '../core/task.js';
import { SaveBook } from './MoneyBook.jsx';

const PERIODS = [30, 90, 365];
const ASK_MS = 60000;

/**
 * What each day brought and cost, in KOII.
 *
 * @param {{tasks: {task: string, name?: string | null}[]}} props
 */
export function MoneyDays({ tasks }) {
  const [period, setPeriod] = useState(PERIODS[0]);
  const [task, setTask] = useState('');
  const to = dayBefore(now.value, 0);
  const from = dayBefore(now.value, period - 1);
  const answer = useAnswer('money/days', { everyMs: ASK_MS,
    query: { from, to, task: task || undefined } });
  const items = answer.data?.items;
  const days = useMemo(() => everyDay(items ?? [], from, to, KOII),
    [items, from, to]);
  return (
    <Card title={text('money.days')} actions={<SaveBook query={{
      task: task || undefined }} />}>
      <div class="filters">
        <Select label={text('money.period')} value={String(period)}
          onInput={(value) => setPeriod(Number(value))}
          options={PERIODS.map((n) => ({ value: String(n),
            label: text('time.days', { n }) }))} />
        <Select label={text('node.name')} value={task} onInput={setTask}
          options={[{ value: '', label: text('book.all_tasks') },
            ...tasks.map((one) => ({ value: one.task,
              label: taskLabel({ state: '', task: one.task,
                name: one.name ?? undefined }) }))]} />
      </div>
      <Answered answer={answer}><DaysChart days={days} /></Answered>
    </Card>
  );
}
