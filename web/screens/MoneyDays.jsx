import { useMemo, useState } from 'preact/hooks';
import { formatAmount, KOII_DECIMALS } from '../core/amount.js';
import { dayBefore, everyDay, KOII } from '../core/money.js';
import { useAnswer } from '../core/store.js';
import { intlLanguage, language, text } from '../core/text.js';
import { dayText, now } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { Card } from '../parts/Card.jsx';
import { Chart } from '../parts/Chart.jsx';
import { Select } from '../parts/Field.jsx';
import { Answered } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { taskLabel } from '../core/task.js';
import { SaveBook } from './MoneyBook.jsx';

const PERIODS = [30, 90, 365];
const DAY_S = 24 * 3600;
const ASK_MS = 60000;

/** @typedef {ReturnType<typeof everyDay>[0]} DayRow */

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
      <Answered answer={answer}><Days days={days} /></Answered>
    </Card>
  );
}

/**
 * For the picture alone: a double is fine enough for a bar.
 *
 * @param {bigint} roe
 */
function bar(roe) {
  return Number(roe) / 10 ** KOII_DECIMALS;
}

/** @param {{days: DayRow[]}} props */
function Days({ days }) {
  const { x, series } = useMemo(() => ({
    x: days.map(({ day }) => Date.parse(day) / 1000),
    series: [
      { label: text('money.rewards'), colour: /** @type {const} */('good'),
        values: days.map(({ rewards }) => bar(rewards)) },
      { label: text('money.costs'), colour: /** @type {const} */('bad'),
        values: days.map(({ losses, fees }) => -bar(losses + fees)) },
    ],
  }), [days, language.value]);
  const sum = (/** @type {'rewards' | 'losses' | 'fees'} */ name) =>
    days.reduce((all, day) => all + day[name], 0n);
  const [rewards, losses, fees] = [sum('rewards'), sum('losses'), sum('fees')];
  return (
    <Chart label={text('money.days')} x={x} series={series}
      summary={text('money.days_sum', { n: days.length,
        rewards: formatAmount(rewards), losses: formatAmount(losses),
        fees: formatAmount(fees),
        net: formatAmount(rewards - losses - fees, { kind: 'change' }) })}
      formatX={(at) => at % DAY_S ? '' : new Intl.DateTimeFormat(intlLanguage(),
        { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(at * 1000)}
      formatY={(value) => new Intl.NumberFormat(intlLanguage(),
        { notation: 'compact', maximumFractionDigits: 4 }).format(value)}
      table={<DayTable days={days} />} />
  );
}

/** @param {{days: DayRow[]}} props */
function DayTable({ days }) {
  const columns = useMemo(() => {
    const sum = (/** @type {string} */ id, /** @type {string} */ label,
      /** @type {(day: DayRow) => bigint} */ value) => ({ id, label,
      isNumber: true, sort: value, cell: (/** @type {DayRow} */ day) =>
        <Amount value={value(day)} isQuiet isExact /> });
    return [
      { id: 'day', label: text('money.day'), isHead: true,
        sort: (/** @type {DayRow} */ { day }) => day,
        cell: (/** @type {DayRow} */ { day }) => dayText(day) },
      sum('rewards', text('money.rewards'), ({ rewards }) => rewards),
      sum('losses', text('money.losses'), ({ losses }) => losses),
      sum('fees', text('money.fees'), ({ fees }) => fees),
      { id: 'paid', label: text('money.paid'), isNumber: true,
        sort: (/** @type {DayRow} */ { paid }) => paid,
        cell: (/** @type {DayRow} */ { paid }) => paid },
    ];
  }, [language.value]);
  return <Table label={text('money.days')} columns={columns} rows={days}
    keyOf={({ day }) => day} sortedBy="-day" />;
}
