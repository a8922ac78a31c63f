import { useId, useState } from 'preact/hooks';
import { text } from '../core/text.js';
import { Button } from './Button.jsx';
import { Plot } from './Plot.jsx';

/**
 * @typedef {{label: string, values: (number | null)[],
 *            colour: 'good' | 'bad' | 'warn' | 'info' | 'work' | 'pay' | 'accent',
 *            kind?: 'bars' | 'line'}} Series
 * values: one for each x, for the picture alone; null is a gap
 */

/**
 * A chart with what it says in a sentence, and the table behind it.
 *
 * @param {{label: string, summary: any, x: number[], series: Series[],
 *          formatX: (x: number) => string, formatY: (y: number) => string,
 *          table: any, actions?: any}} props
 * x: rising; Unix seconds, or any other number. table: a <Table> of the same
 * figures, to the last unit. Hold x and series with useMemo.
 */
export function Chart({ label, summary, x, series, formatX, formatY, table,
  actions }) {
  const [isTable, setTable] = useState(false);
  const words = useId();
  return (
    <figure class="chart" aria-label={label}>
      <div class="chart-head">
        <p id={words}>{summary}</p>
        <div class="actions">
          {actions}
          <Button kind="quiet" onPress={() => setTable(!isTable)}>
            {isTable ? text('chart.chart') : text('chart.table')}</Button>
        </div>
      </div>
      {isTable ? table : (
        <>
          <Plot x={x} series={series} formatX={formatX} formatY={formatY}
            describedBy={words} label={label} />
          {series.length > 1 && (
            <ul class="chart-key">
              {series.map((one) => (
                <li key={one.label}>
                  <svg class={one.colour} viewBox="0 0 10 10" aria-hidden="true">
                    <path d="M0 0h10v10h-10z" /></svg>
                  {one.label}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </figure>
  );
}
