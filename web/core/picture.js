/**
 * A picture of a key, of 5 by 5 cells that mirror each other and one of eight
 * colours: two keys that begin and end alike look different. It helps the eye
 * and proves nothing.
 */
const CELLS = 5;

/**
 * A mixing of all characters into 32 bits (Murmur3's final steps).
 *
 * @param {string} source
 * @param {number} seed
 */
function mixed(source, seed) {
  let state = seed;
  for (let at = 0; at < source.length; at++) {
    state = Math.imul(state ^ source.charCodeAt(at), 0xcc9e2d51);
    state = state << 13 | state >>> 19;
  }
  state = Math.imul(state ^ state >>> 16, 0x85ebca6b);
  state = Math.imul(state ^ state >>> 13, 0xc2b2ae35);
  return (state ^ state >>> 16) >>> 0;
}

/**
 * @param {string} key
 * @returns {{colour: number, path: string}} colour 0 … 7; path in a box of 5 by 5
 */
export function pictureOf(key) {
  const cells = mixed(key, 0x9747b28c);
  let path = '';
  for (let column = 0; column < 3; column++) {
    for (let row = 0; row < CELLS; row++) {
      if (!(cells >>> (column * CELLS + row) & 1))
        continue;
      path += `M${column} ${row}h1v1h-1z`;
      if (column < 2)
        path += `M${CELLS - 1 - column} ${row}h1v1h-1z`;
    }
  }
  return { colour: mixed(key, 0x1b873593) & 7, path };
}
