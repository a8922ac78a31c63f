import { useEffect, useRef, useState } from 'preact/hooks';
import { barsPath, linePath, marksOf, placesOf } from '../core/chart.js';

const HEIGHT = 220;
const TOP = 8;
const BOTTOM = 28;
const START = 64; // "-0.00002"
const END = 8;
const BAR_PX_MAX = 24;
const BAR_SHARE = 0.7;
const ROOM_PX = 80;

/**
 * The picture of a chart: bars and lines over one axis. Drawn to its own width
 * and never scaled, so its text stays 12 px.
 *
 * @param {{x: number[], series: import('./Chart.jsx').Series[],
 *          formatX: (x: number) => string, formatY: (y: number) => string,
 *          label: string, describedBy: string}} props
 */
export function Plot({ x, series, formatX, formatY, label, describedBy }) {
  const place = useRef(/** @type {HTMLDivElement | null} */(null));
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry.contentRect.width)));
    if (place.current)
      watcher.observe(place.current);
    return () => watcher.disconnect();
  }, []);
  return (
    <div ref={place} class="chart-plot" role="img" aria-label={label}
      aria-describedby={describedBy}>
      {width > 0 && x.length > 0 && <Drawing x={x} series={series} width={width}
        formatX={formatX} formatY={formatY} />}
    </div>
  );
}

/**
 * One end of the axis; none where it would not be seen beside the other.
 *
 * @param {number} end
 * @param {number} other
 */
function visible(end, other) {
  return Math.abs(end) < Math.abs(other) / HEIGHT ? 0 : end;
}

/**
 * @param {{x: number[], series: import('./Chart.jsx').Series[], width: number,
 *          formatX: (x: number) => string, formatY: (y: number) => string
 *          }} props
 */
function Drawing({ x, series, width, formatX, formatY }) {
  const values = series.flatMap((one) => one.values.map((value) => value ?? 0));
  const marks = marksOf(visible(Math.min(0, ...values), Math.max(0, ...values)),
    visible(Math.max(0, ...values), Math.min(0, ...values)));
  const [low, high] = [marks[0], marks[marks.length - 1]];
  const inner = Math.max(width - START - END, 1);
  const step = inner / x.length;
  const xOf = (/** @type {number} */ at) => START + (at + 0.5) * step;
  const yOf = (/** @type {number} */ value) => TOP +
    (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low);
  const scale = { xOf, yOf, width: Math.min(step * BAR_SHARE, BAR_PX_MAX) };
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      {marks.map((mark) => (
        <g key={mark}>
          <path class={mark ? 'chart-grid' : 'chart-ground'}
            d={`M${START} ${Math.round(yOf(mark)) + 0.5}H${width - END}`} />
          <text x={START - 8} y={yOf(mark) + 4} text-anchor="end">
            {formatY(mark)}</text>
        </g>
      ))}
      {placesOf(x.length, inner, ROOM_PX).map((at) => (
        <text key={at} x={xOf(at)} y={HEIGHT - 8} text-anchor={
          xOf(at) > width - ROOM_PX / 2 ? 'end' : 'middle'}>
          {formatX(x[at])}</text>
      ))}
      {series.map((one) => one.kind === 'line'
        ? <path key={one.label} class={`chart-line ${one.colour}`}
          d={linePath(one.values, scale)} />
        : <path key={one.label} class={`chart-bars ${one.colour}`}
          d={barsPath(one.values, scale)} />)}
    </svg>
  );
}
