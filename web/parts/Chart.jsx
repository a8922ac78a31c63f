import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { text } from '../core/text.js';
import { theme } from '../core/theme.js';
import { Button } from './Button.jsx';
import { Notice } from './Notice.jsx';

const HEIGHT = 220;
const BAR_PX_MAX = 24;

/**
 * @typedef {{label: string, values: (number | null)[],
 *            colour: 'good' | 'bad' | 'warn' | 'info' | 'work' | 'pay' | 'accent',
 *            kind?: 'bars' | 'line'}} Series
 * values: one for each x, for the picture alone; null is a gap
 */

/**
 * A chart with what it says in a sentence, and the table behind it. uPlot comes
 * with the first one.
 *
 * @param {{label: string, summary: any, x: number[], series: Series[],
 *          formatX: (x: number) => string, formatY: (y: number) => string,
 *          table: any, actions?: any}} props
 * x: rising; Unix seconds, or any other number. table: a <Table> of the same
 * figures, to the last unit. Hold x and series with useMemo: others draw anew.
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

/**
 * @param {{x: number[], series: Series[], formatX: (x: number) => string,
 *          formatY: (y: number) => string, label: string,
 *          describedBy: string}} props
 */
function Plot({ x, series, formatX, formatY, label, describedBy }) {
  const place = useRef(/** @type {HTMLDivElement | null} */(null));
  const [fault, setFault] = useState(/** @type {unknown} */(null));
  const shownTheme = theme.value;

  useEffect(() => {
    let isHere = true;
    /** @type {(() => void) | undefined} */
    let end;
    import('uplot').then(({ default: Uplot }) => {
      if (isHere && place.current)
        end = draw(Uplot, place.current, { x, series, formatX, formatY });
    }, (error) => isHere && setFault(error));
    return () => {
      isHere = false;
      end?.();
    };
  }, [x, series, shownTheme]);

  if (fault)
    return <Notice tone="warn"><p>{text('app.not_loaded')}</p></Notice>;
  return <div ref={place} class="chart-plot" role="img" aria-label={label}
    aria-describedby={describedBy} />;
}

/**
 * @param {any} Uplot
 * @param {HTMLElement} place
 * @param {{x: number[], series: Series[], formatX: (x: number) => string,
 *          formatY: (y: number) => string}} what
 * @returns {() => void} that takes it away
 */
function draw(Uplot, place, { x, series, formatX, formatY }) {
  const colour = (/** @type {string} */ name) =>
    getComputedStyle(place).getPropertyValue(`--${name}`).trim();
  const font = `12px ${getComputedStyle(place).fontFamily}`;
  const axis = { stroke: colour('muted'), font,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 } };
  const bars = Uplot.paths.bars({ size: [0.7, BAR_PX_MAX], align: 0 });

  function make() {
    return new Uplot({
      width: place.clientWidth, height: HEIGHT,
      legend: { show: false }, cursor: { show: false }, select: { show: false },
      scales: { x: { time: false, range: edges(x) } },
      axes: [{ ...axis, space: 80, values: written(formatX) },
        { ...axis, size: 60, values: written(formatY) }],
      series: [{}, ...series.map((one) => one.kind === 'line'
        ? { stroke: colour(one.colour), width: 1.5, points: { show: false } }
        : { stroke: colour(one.colour), fill: colour(one.colour), width: 0,
          paths: bars, points: { show: false } })],
    }, [x, ...series.map((one) => one.values)], place);
  }

  let plot = make();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const anew = () => {
    plot.destroy();
    plot = make();
  };
  const watcher = new ResizeObserver(() =>
    plot.setSize({ width: place.clientWidth, height: HEIGHT }));
  watcher.observe(place);
  dark.addEventListener('change', anew);
  return () => {
    watcher.disconnect();
    dark.removeEventListener('change', anew);
    plot.destroy();
  };
}

/**
 * The marks of an axis, as uPlot asks for them.
 *
 * @param {(at: number) => string} format
 * @returns {(plot: any, marks: number[]) => string[]}
 */
function written(format) {
  return (_, marks) => marks.map(format);
}

/**
 * The ends of the axis: half a step of room, so that the outer bars are whole.
 *
 * @param {number[]} x
 */
function edges(x) {
  const last = x.length - 1;
  const half = last > 0 ? (x[last] - x[0]) / last / 2 : 1;
  return [(x[0] ?? 0) - half, (x[last] ?? 0) + half];
}
