import { useMemo } from 'preact/hooks';
import { formatAmount, KOII_DECIMALS } from '../core/amount.js';
import { intlLanguage, language, text } from '../core/text.js';
import { dayText } from '../core/time.js';
import { Amount } from './Amount.jsx';
import { Chart } from './Chart.jsx';
import { Table } from './Table.jsx';

const DAY_S = 24 * 3600;

/** @typedef {ReturnType<typeof import('../core/money.js').everyDay>[0]} DayRow */

/**
 * For the picture alone: a double is fine enough for a bar.
 *
 * @param {bigint} roe
 */
function bar(roe) {
  return Number(roe) / 10 ** KOII_DECIMALS;
}

/**
 * What each day brought, up, and cost, down, in KOII.
 *
 * @param {{days: DayRow[]}} props
 */
export function DaysChart({ days }) {
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
        // A day of fees alone is of 10⁻⁵ KOII.
        { notation: 'compact', maximumSignificantDigits: 3 }).format(value)}
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
