import { useMemo } from 'preact/hooks';
import { bytesText } from '../core/bytes.js';
import { useAnswer } from '../core/store.js';
import { language, number, text } from '../core/text.js';
import { duration, shortTime } from '../core/time.js';
import { Chart } from '../parts/Chart.jsx';
import { Table } from '../parts/Table.jsx';
import { Time } from '../parts/Time.jsx';

const ASK_MS = 10000;
/** A line needs two ends, and is worth a look from a few more on. */
const SAMPLES_MIN = 3;

/**
 * What a task took of the processor and of memory in the last hour.
 *
 * @param {{task: string}} props
 */
export function TaskUse({ task }) {
  const answer = useAnswer('metrics', { query: { task }, everyMs: ASK_MS }).data;
  const memory = answer?.memory?.[task] ?? [];
  if (memory.length < SAMPLES_MIN)
    return null;
  const at = answer.at - (memory.length - 1) * answer.step * 1000;
  return (
    <>
      <Use label={text('task.cpu')} colour="work" values={answer.cpu[task]}
        from={at} step={answer.step}
        format={(value) => text('node.cpu', { n: number(Math.round(value * 10) / 10) })} />
      <Use label={text('task.memory')} colour="info" values={memory} from={at}
        step={answer.step} format={bytesText} />
    </>
  );
}

/**
 * @param {{label: string, colour: 'work' | 'info', values: number[],
 *          from: number, step: number, format: (value: number) => string
 *          }} props
 */
function Use({ label, colour, values, from, step, format }) {
  const { x, series } = useMemo(() => ({
    x: values.map((_, place) => from / 1000 + place * step),
    series: [{ label, colour, values, kind: /** @type {const} */('line') }],
  }), [values, language.value]);
  const rows = values.map((value, place) =>
    ({ at: from + place * step * 1000, value }));
  return (
    <Chart label={label} x={x} series={series} summary={text('task.use', { label,
      now: format(values[values.length - 1]), most: format(Math.max(...values)),
      time: duration(values.length * step * 1000) })}
      formatX={(seconds) => shortTime(seconds * 1000)} formatY={format}
      table={<Table label={label} rows={rows} keyOf={({ at }) => String(at)}
        sortedBy="-at" columns={[
          { id: 'at', label: text('book.at'), isHead: true,
            sort: ({ at }) => at, cell: ({ at }) => <Time at={at} isQuiet /> },
          { id: 'value', label, isNumber: true, sort: ({ value }) => value,
            cell: ({ value }) => format(value) }]} />} />
  );
}
