import { useMemo } from 'preact/hooks';
import { dayBefore, everyDay } from '../core/money.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { now } from '../core/time.js';
import { Card } from '../parts/Card.jsx';
import { DaysChart } from '../parts/DaysChart.jsx';

const DAYS = 30;
const ASK_MS = 60000;

/**
 * What a task brought and cost in the last thirty days; nothing of one that has
 * brought nothing yet, or pays in tokens.
 *
 * @param {{task: import('../core/task.js').Task}} props
 */
export function TaskDays({ task }) {
  const to = dayBefore(now.value, 0);
  const from = dayBefore(now.value, DAYS - 1);
  const items = useAnswer(task.token ? null : 'money/days', { everyMs: ASK_MS,
    query: { from, to, task: task.task } }).data?.items;
  const days = useMemo(() => everyDay(items ?? [], from, to), [items, from, to]);
  return items?.length
    ? <Card title={text('money.days')}><DaysChart days={days} /></Card> : null;
}
