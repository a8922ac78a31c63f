import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { slot } from '../core/live.js';
import { dutyKind, momentOf, placeDuties, windowOf } from '../core/rounds.js';
import { text } from '../core/text.js';

const HEIGHT = 184;
/** Below this width the lanes' names stand above their rails. */
const NARROW = 480;
const HEIGHT_NARROW = 216;
const LEFT = 120;
const RIGHT = 16;
const LANE_HEIGHT = 36;
const LANE_HEIGHT_NARROW = 47;
const LANES_TOP = 40;
const ZONES_TOP = 24;
const AXIS = 28; // below the lanes, for the numbers of slots
/** After this long without a slot the line stands. */
const RUNS_MS = 5000;
const LETTER = 7.2; // px, of a text of 12 px, on the wide side
const LANES = /** @type {const} */(['work', 'submit', 'pay']);

/**
 * Where in its round a task is, and its duties in three lanes: this round is
 * worked for, the one before is proved, the one before that is paid.
 *
 * It is drawn to its measured width and never scaled. A table with the same
 * facts stands below it on the screen.
 *
 * @param {{task: import('../core/task.js').Task & import('../core/rounds.js').Clock,
 *          duties: import('../core/rounds.js').Duty[], says: string}} props
 * says: the next duty in words, for readers
 */
export function RoundPicture({ task, duties, says }) {
  const box = useRef(/** @type {HTMLDivElement | null} */(null));
  const [width, setWidth] = useState(0);
  const [isLeft, setLeft] = useState(false);
  const heading = useId();
  useEffect(() => {
    if (!box.current)
      return undefined;
    const watcher = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry.contentRect.width)));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  const moment = momentOf(task, slot.value.slot);
  // Readers hear of a change with each window, and not with each slot.
  const told = useRef({ window: '', says });
  const window = moment ? `${moment.round} ${windowOf(moment)}` : '';
  if (told.current.window !== window)
    told.current = { window, says };

  return (
    <div class="round-picture">
      <div ref={box} class="round-box" dir="ltr">
        {moment && width > 0 && (
          <svg width={width} height={width < NARROW ? HEIGHT_NARROW : HEIGHT}
            role="img" aria-labelledby={`${heading}-title`}
            aria-describedby={`${heading}-desc`}>
            <title id={`${heading}-title`}>
              {text('picture.title', { round: moment.round })}</title>
            <desc id={`${heading}-desc`}>{told.current.says}</desc>
            <Drawing moment={moment} duties={duties} width={width}
              isLeft={isLeft} />
          </svg>
        )}
      </div>
      {moment && (
        <label class="round-switch small">
          <input type="checkbox" checked={isLeft}
            onInput={() => setLeft(!isLeft)} />
          <span>{text('picture.left')}</span>
        </label>
      )}
    </div>
  );
}

/**
 * @param {{moment: NonNullable<ReturnType<typeof momentOf>>, width: number,
 *          duties: import('../core/rounds.js').Duty[], isLeft: boolean}} props
 */
function Drawing({ moment, duties, width, isLeft }) {
  const isNarrow = width < NARROW;
  const height = isNarrow ? HEIGHT_NARROW : HEIGHT;
  const left = isNarrow ? 12 : LEFT;
  const right = width - RIGHT;
  const x = (/** @type {number} */ offset) =>
    left + (right - left) * offset / moment.length;
  const pitch = isNarrow ? LANE_HEIGHT_NARROW : LANE_HEIGHT;
  const rail = (/** @type {number} */ lane) =>
    LANES_TOP + pitch * lane + (isNarrow ? 28 : pitch / 2);
  const { lanes, older } = placeDuties(duties, moment, x);
  return (
    <>
      <Zones moment={moment} x={x} height={height - AXIS} />
      {LANES.map((name, lane) => (
        <g key={name} class={`lane-${name}`}>
          {/* Before round 0 there was none. */}
          {moment.round >= lane && <text class="lane-name"
            x={isNarrow ? left + 4 : 0}
            y={isNarrow ? rail(lane) - 15 : rail(lane) + 4}>
            {text(isNarrow ? `picture.long_${name}` : `picture.lane_${name}`,
              { round: moment.round - lane })}</text>}
          <path class="lane-rail" d={`M${left} ${rail(lane)}H${right}`} />
          {moment.round >= lane && lanes[lane].map(({ duty, from, until, mark }) => (
            <g key={`${duty.kind} ${duty.round}`} class={`duty duty-${duty.state}`}>
              {until > from && <path class="duty-span"
                d={`M${from} ${rail(lane)}H${until}`} />}
              <Mark state={duty.state} at={mark} y={rail(lane)}
                kind={duty.kind} />
            </g>
          ))}
        </g>
      ))}
      {older > 0 && <text class="lane-name" x={isNarrow ? right : 0}
        text-anchor={isNarrow ? 'end' : undefined}
        y={isNarrow ? rail(2) - 15 : rail(2) + 18}>
        {text('picture.older', { n: older })}</text>}
      <Axis moment={moment} x={x} y={height - 10} isLeft={isLeft} />
      <Now moment={moment} x={x} height={height - AXIS} isNarrow={isNarrow} />
    </>
  );
}

/**
 * @param {{moment: {length: number, submit: number, audit: number},
 *          x: (offset: number) => number, height: number}} props
 */
function Zones({ moment, x, height }) {
  const { length, submit, audit } = moment;
  const zones = [
    { name: 'submit', from: 0, until: submit },
    { name: 'audit', from: submit, until: submit + audit },
    { name: 'rest', from: submit + audit, until: length },
  ];
  return (
    <>
      {zones.filter(({ from, until }) => until > from).map(({ name, from, until }) => {
        const wide = x(until) - x(from);
        const words = text(`picture.zone_${name}`);
        return (
          <g key={name}>
            <rect class={`zone-${name}`} x={x(from)} y={ZONES_TOP} width={wide}
              height={height - ZONES_TOP} />
            {words.length * LETTER < wide && <text class="zone-name"
              x={x(from) + 4} y={16}>{words}</text>}
          </g>
        );
      })}
    </>
  );
}

/**
 * Slots at the windows' edges, or what is left until them.
 *
 * @param {{moment: {length: number, submit: number, audit: number,
 *          offset: number}, x: (offset: number) => number, y: number,
 *          isLeft: boolean}} props
 */
function Axis({ moment, x, y, isLeft }) {
  const { length, submit, audit, offset } = moment;
  const edges = [0, submit, submit + audit, length];
  const { slotMs } = slot.value;
  let last = -Infinity;
  return (
    <>
      {edges.map((edge, at) => {
        const isEnd = at === edges.length - 1;
        const words = isLeft
          ? edge > offset ? text('picture.in', { time: leftText(
            (edge - offset) * slotMs) }) : ''
          : String(edge);
        const wide = words.length * LETTER;
        const from = isEnd ? x(edge) - wide : at ? x(edge) - wide / 2 : x(edge);
        if (!words || from < last + 6 || edge === edges[at - 1])
          return null;
        last = from + wide;
        return <text key={at} class="axis" x={x(edge)} y={y}
          text-anchor={isEnd ? 'end' : at ? 'middle' : 'start'}>{words}</text>;
      })}
    </>
  );
}

/** @param {number} ms */
function leftText(ms) {
  const s = Math.max(Math.round(ms / 1000), 0);
  const minutes = Math.floor(s / 60);
  return `${minutes >= 60 ? `${Math.floor(minutes / 60)}:${String(minutes % 60)
    .padStart(2, '0')}` : minutes}:${String(s % 60).padStart(2, '0')}`;
}

/**
 * One duty, by its state: what it looks like says the same as its colour.
 *
 * @param {{state: string, at: number, y: number, kind: string}} props
 */
function Mark({ state, at, y, kind }) {
  const title = <title>{text(`duty.${dutyKind(kind)}`)}</title>;
  if (state === 'none')
    return <path class="mark short" d={`M${at - 4} ${y}h8`}>{title}</path>;
  const cross = state === 'failed' || state === 'missed';
  return (
    <g class="mark">
      {title}
      <circle class="mark-ground" cx={at} cy={y} r={9} />
      <circle class={`mark-ring ring-${state}`} cx={at} cy={y} r={6.25} />
      {state === 'running' && <path class="mark-half"
        d={`M${at} ${y - 6.25}a6.25 6.25 0 0 1 0 12.5z`} />}
      {state === 'done' && <path class="mark-sign on"
        d={`M${at - 3} ${y}l2.2 2.4l4 -4.6`} />}
      {cross && <path class={`mark-sign${state === 'failed' ? ' on' : ''}`}
        d={`M${at - 2.4} ${y - 2.4}l4.8 4.8m0 -4.8l-4.8 4.8`} />}
    </g>
  );
}

/**
 * Now: a line that runs on between the slots that are told, for a while.
 *
 * @param {{moment: {round: number, offset: number, length: number},
 *          x: (offset: number) => number, height: number,
 *          isNarrow: boolean}} props
 */
function Now({ moment, x, height, isNarrow }) {
  const line = useRef(/** @type {SVGGElement | null} */(null));
  const [isStill, setStill] = useState(false);
  const { slotMs, at } = slot.value;
  const { offset, length } = moment;

  useEffect(() => {
    const element = line.current;
    if (!element)
      return undefined;
    const place = (/** @type {number} */ slots) =>
      `translateX(${x(Math.min(slots, length))}px)`;
    const late = slotMs ? (Date.now() - at) / slotMs : 0;
    const from = offset + Math.min(late, RUNS_MS / (slotMs || 1));
    element.style.transition = 'none';
    element.style.transform = place(from);
    const runsMs = Math.max(RUNS_MS - (Date.now() - at), 0);
    if (slotMs && runsMs && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      const untilMs = Math.min(runsMs, Math.max(length - from, 0) * slotMs);
      element.getBoundingClientRect(); // so that the way begins at from
      element.style.transition = `transform ${untilMs}ms linear`;
      element.style.transform = place(from + untilMs / slotMs);
    }
    setStill(runsMs === 0);
    const timer = setTimeout(() => setStill(true), runsMs);
    return () => clearTimeout(timer);
  }, [at, offset, length, x(0), x(length)]);

  return (
    <>
      <g ref={line} class="now">
        <path class="now-line" d={`M0 ${ZONES_TOP}V${height}`} />
        <path class="now-head" d={`M-5 ${ZONES_TOP - 6}h10l-5 7z`} />
      </g>
      {isStill && <text class="now-still" x={x(length)} text-anchor="end"
        y={isNarrow ? height - 4 : height - 6}>{text('picture.still')}</text>}
    </>
  );
}
