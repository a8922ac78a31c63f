/**
 * A log as a page keeps it: lines of the past that are asked for by pages, and
 * those that come.
 *
 * @typedef {[number, string, string]} Line Unix ms, level, text
 */

/** More are not kept: the oldest go first while the newest are followed. */
export const LINES_MAX = 10000;

const LEVELS = ['error', 'warn', 'info', 'debug'];

/**
 * @param {Line} a
 * @param {Line} b
 */
function isSame(a, b) {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/**
 * The newest page joined to what is there: where both overlap, the lines stand
 * once. Where they don't, something was missed between, and the page alone
 * stays.
 *
 * @param {Line[]} lines
 * @param {Line[]} page
 * @returns {{lines: Line[], isGap: boolean}}
 */
export function joinPage(lines, page) {
  if (!page.length || !lines.length)
    return { lines: page, isGap: false };
  for (let from = Math.max(lines.length - page.length, 0); from < lines.length;
    from++) {
    const count = lines.length - from;
    let same = 0;
    while (same < count && isSame(lines[from + same], page[same]))
      same++;
    if (same === count)
      return { lines: [...lines.slice(0, from), ...page], isGap: false };
  }
  return { lines: page, isGap: true };
}

/**
 * What has come while a page was on its way: the page may have some of it.
 *
 * @param {Line[]} lines
 * @param {Line[]} batch
 * @returns {Line[]}
 */
export function joinBatch(lines, batch) {
  for (let count = Math.min(lines.length, batch.length); count > 0; count--) {
    const from = lines.length - count;
    let same = 0;
    while (same < count && isSame(lines[from + same], batch[same]))
      same++;
    if (same === count)
      return [...lines, ...batch.slice(count)];
  }
  return [...lines, ...batch];
}

/**
 * The lines of a level and those that are worse, in which a text stands,
 * whatever its case.
 *
 * @param {Line[]} lines
 * @param {{level: string, find: string}} wanted
 * @returns {Line[]}
 */
export function fitting(lines, { level, find }) {
  const least = LEVELS.indexOf(level);
  const needle = find.toLowerCase();
  if (least >= LEVELS.length - 1 && !needle)
    return lines;
  return lines.filter(([, of, words]) =>
    (least < 0 || LEVELS.indexOf(of) <= least) &&
    (!needle || words.toLowerCase().includes(needle)));
}

/**
 * A text in pieces, of which every second one was looked for.
 *
 * @param {string} words
 * @param {string} find
 * @returns {string[]}
 */
export function splitAt(words, find) {
  const needle = find.toLowerCase();
  const all = words.toLowerCase();
  // Lower case may be of another length, as that of "İ" is.
  if (!needle || all.length !== words.length)
    return [words];
  const parts = [];
  let from = 0;
  for (let at = all.indexOf(needle); at >= 0; at = all.indexOf(needle, from)) {
    parts.push(words.slice(from, at), words.slice(at, at + needle.length));
    from = at + needle.length;
  }
  return [...parts, words.slice(from)];
}

/** Lines don't change, so each is measured once. @type {WeakMap<Line, number>} */
const measured = new WeakMap();

/**
 * How many columns of a fixed width a line's text takes: characters of East
 * Asia take two.
 *
 * @param {Line} line
 */
export function columnsOf(line) {
  let count = measured.get(line);
  if (count === undefined) {
    const words = line[2];
    count = 0;
    for (let at = 0; at < words.length; at++)
      count += words.charCodeAt(at) >= 0x1100 ? 2 : 1;
    measured.set(line, count);
  }
  return count;
}
