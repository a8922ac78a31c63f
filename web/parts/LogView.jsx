import { Component } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { columnsOf, fitting, splitAt } from '../core/log_lines.js';
import { plain } from '../core/plain.js';
import { text } from '../core/text.js';
import { logTime } from '../core/time.js';
import { Button } from './Button.jsx';
import { Checkbox, Field, Select } from './Field.jsx';

/** @typedef {import('../core/log_lines.js').Line} Line */

const ROW = 20; // px
/** Rows that are drawn above and below those that are seen; they are drawn anew
 * after so many steps of STEP px. */
const SPARE = 12;
const STEP = 8 * ROW;
/** Closer to the top than this, older lines are asked for. */
const MORE_AT = 10 * ROW;
const LINE_MAX = 4096;
const HEAD_COLUMNS = 15; // time and level, with their spaces
const LEVEL_COLUMNS = 5;
const PADDING = 24; // px, of a row
const LETTER = 7.83; // px, of the fixed font at 13 px; measured when it is drawn

/**
 * A log: of thousands of lines those are drawn that are seen.
 *
 * @param {{label: string, lines: Line[], came: number, dropped: number,
 *          hasMore: boolean, onMore: () => void, onSave: () => any}} props
 * came: how many lines have come since it is shown
 */
export function LogView({ label, lines, came, dropped, hasMore, onMore, onSave }) {
  const [find, setFind] = useState('');
  const [level, setLevel] = useState('debug');
  const [isFollowing, setFollowing] = useState(true);
  const [isWrapped, setWrapped] = useState(false);
  const [seen, setSeen] = useState(came);
  const shown = useMemo(() => fitting(lines, { level, find }),
    [lines, level, find]);
  const isFiltered = shown !== lines;
  const isNew = !isFollowing && came > seen;

  /** @param {boolean} is */
  function follow(is) {
    setFollowing(is);
    setSeen(came);
  }

  return (
    <div class="log">
      <div class="filters log-tools">
        <Field label={text('log.find')} type="search" value={find}
          onInput={setFind} />
        <Select label={text('log.level')} value={level} onInput={setLevel}
          options={['debug', 'info', 'warn', 'error'].map((value) =>
            ({ value, label: text(`log.from_${value}`) }))} />
        <Checkbox label={text('log.follow')} isOn={isFollowing} onInput={follow} />
        <Checkbox label={text('log.wrap')} isOn={isWrapped} onInput={setWrapped} />
        <Button icon="save" onPress={onSave}>{text('log.save')}</Button>
      </div>
      <p class="small muted log-count" role="status">
        {[isFiltered && text('log.found', { n: shown.length, of: lines.length }),
          dropped > 0 && text('log.dropped', { n: dropped })]
          .filter(Boolean).join(' · ')}</p>
      <Rows label={label} lines={shown} find={find} isWrapped={isWrapped}
        isFollowing={isFollowing} onFollow={follow}
        onTop={hasMore ? onMore : undefined} />
      {isNew && <div class="log-new"><Button icon="down"
        onPress={() => follow(true)}>{text('log.new',
          { n: came - seen })}</Button></div>}
    </div>
  );
}

/**
 * @param {{label: string, lines: Line[], find: string, isWrapped: boolean,
 *          isFollowing: boolean, onFollow: (is: boolean) => void,
 *          onTop?: () => void}} props
 */
function Rows({ label, lines, find, isWrapped, isFollowing, onFollow, onTop }) {
  const box = useRef(/** @type {HTMLDivElement | null} */(null));
  const [view, setView] = useState({ top: 0, height: 400, columns: 100 });
  const tops = useMemo(() => placeRows(lines, isWrapped ? view.columns : 0),
    [lines, isWrapped, view.columns]);
  const longest = useMemo(() => isWrapped ? 0
    : lines.reduce((most, line) => Math.max(most, columnsOf(line)), 0),
  [lines, isWrapped]);
  const whole = tops[lines.length];
  const before = useRef({ first: lines[0], whole });
  const lastTop = useRef(0);

  useEffect(() => {
    const element = box.current;
    if (!element)
      return undefined;
    const watcher = new ResizeObserver(() => setView((old) => ({ ...old,
      height: element.clientHeight, columns: columnsIn(element) })));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);

  // The last line stays in sight; or what is in sight stays where it is when
  // older lines come above it.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element)
      return;
    if (isFollowing)
      element.scrollTop = whole;
    else if (before.current.first !== lines[0] && before.current.first)
      element.scrollTop += whole - before.current.whole;
    before.current = { first: lines[0], whole };
  }, [lines, whole, isFollowing, view.height]);

  /** @param {Event & {currentTarget: HTMLElement}} event */
  function onScroll({ currentTarget: element }) {
    const top = element.scrollTop;
    const isAtEnd = top + element.clientHeight >= element.scrollHeight - ROW;
    if (isAtEnd !== isFollowing && (isAtEnd || top < lastTop.current))
      onFollow(isAtEnd);
    lastTop.current = top;
    if (top < MORE_AT)
      onTop?.();
    const step = Math.floor(top / STEP) * STEP;
    if (step !== view.top)
      setView((old) => ({ ...old, top: step }));
  }

  const from = Math.max(rowAt(tops, view.top) - SPARE, 0);
  const until = Math.min(rowAt(tops, view.top + view.height + STEP) + SPARE, lines.length);
  return (
    <div ref={box} class={`log-rows${isWrapped ? ' wrapped' : ''}`} tabIndex={0}
      role="region" aria-label={label} onScroll={onScroll} dir="ltr">
      <div class="log-room" style={{ height: `${whole}px`, width: isWrapped ? ''
        : `calc(${longest + HEAD_COLUMNS}ch + ${PADDING}px)` }}>
        <div class="log-drawn" style={{ transform: `translateY(${tops[from]}px)` }}>
          {lines.slice(from, until).map((line, at) => (
            <Row key={from + at} line={line} find={find}
              height={tops[from + at + 1] - tops[from + at]} />
          ))}
        </div>
      </div>
      {!lines.length && <p class="muted log-empty">
        {text(find ? 'log.none' : 'log.empty')}</p>}
    </div>
  );
}

/**
 * A line, which is drawn anew only when it is another one.
 *
 * @extends {Component<{line: Line, find: string, height: number}>}
 */
class Row extends Component {
  /** @param {{line: Line, find: string, height: number}} next */
  shouldComponentUpdate({ line, find, height }) {
    return line !== this.props.line || find !== this.props.find ||
      height !== this.props.height;
  }

  render() {
    const { line: [ms, level, words], find, height } = this.props;
    const shown = plain(words, { max: LINE_MAX });
    return (
      <div class={`log-row level-${level}`} style={{ height: `${height}px` }}>
        <span class="log-time">{logTime(ms)}</span>{' '}
        <span class="log-level">{text(`log.level_${level}`)
          .slice(0, LEVEL_COLUMNS).padEnd(LEVEL_COLUMNS)}</span>{' '}
        <bdi class="log-words">{find ? splitAt(shown, find).map((part, at) =>
          at % 2 ? <mark>{part}</mark> : part) : shown}</bdi>
      </div>
    );
  }
}

/**
 * Where each row begins, and at the end where the last one ends.
 *
 * @param {Line[]} lines
 * @param {number} columns that fit; 0: a line is a row
 */
function placeRows(lines, columns) {
  const tops = new Array(lines.length + 1);
  let top = 0;
  for (let at = 0; at < lines.length; at++) {
    tops[at] = top;
    top += columns ? ROW * Math.max(Math.ceil(
      columnsOf(lines[at]) / Math.max(columns - HEAD_COLUMNS, 8)), 1) : ROW;
  }
  tops[lines.length] = top;
  return tops;
}

/**
 * The row at a height.
 *
 * @param {number[]} tops
 * @param {number} height
 */
function rowAt(tops, height) {
  let low = 0;
  let high = tops.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= height)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

/** @param {HTMLElement} element */
function columnsIn(element) {
  const words = element.querySelector('.log-time');
  const wide = words?.textContent
    ? words.getBoundingClientRect().width / words.textContent.length : LETTER;
  return Math.max(Math.floor((element.clientWidth - PADDING) / (wide || LETTER)), 20);
}
