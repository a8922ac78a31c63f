/**
 * Where the marks of a chart's axes stand, and what its shapes are: numbers and
 * paths of SVG, without a picture.
 */

/**
 * Round numbers from below the lowest to above the highest value, 0 among them.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} about so many steps
 * @returns {number[]} rising, at least two
 */
export function marksOf(low, high, about = 4) {
  const from = Math.min(low, 0);
  const to = Math.max(high, 0);
  const rough = ((to - from) || 1) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power)
    .find((one) => one >= rough * 0.999) ?? 10 * power;
  const marks = [];
  // Whole multiples, for sums of steps would not meet 0.
  for (let at = Math.floor(from / step + 1e-9);
    (at - 1) * step < to - step * 1e-9 || marks.length < 2; at++)
    marks.push(at === 0 ? 0 : Number((at * step).toPrecision(12)));
  return marks;
}

/**
 * Which of so many places have a mark, where each needs some room.
 *
 * @param {number} count
 * @param {number} width of all
 * @param {number} room
 * @returns {number[]} the last one always
 */
export function placesOf(count, width, room) {
  const every = Math.max(1, Math.ceil(room * count / Math.max(width, 1)));
  const places = [];
  for (let at = count - 1; at >= 0; at -= every)
    places.unshift(at);
  return places;
}

/**
 * Bars from the line of 0, as one path.
 *
 * @param {(number | null)[]} values
 * @param {{xOf: (at: number) => number, yOf: (value: number) => number,
 *          width: number}} scale width: of a bar
 */
export function barsPath(values, { xOf, yOf, width }) {
  const ground = yOf(0);
  return values.map((value, at) => value
    ? `M${short(xOf(at) - width / 2)} ${short(ground)}h${short(width)}V${
      short(yOf(value))}h${short(-width)}z` : '').join('');
}

/**
 * A line, with gaps where there is no value.
 *
 * @param {(number | null)[]} values
 * @param {{xOf: (at: number) => number, yOf: (value: number) => number}} scale
 */
export function linePath(values, { xOf, yOf }) {
  let isDown = false;
  return values.map((value, at) => {
    if (value === null) {
      isDown = false;
      return '';
    }
    const pen = isDown ? 'L' : 'M';
    isDown = true;
    return `${pen}${short(xOf(at))} ${short(yOf(value))}`;
  }).join('');
}

/**
 * A tenth of a pixel is fine enough.
 *
 * @param {number} value
 */
function short(value) {
  return Math.round(value * 10) / 10;
}
