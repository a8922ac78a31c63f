/**
 * JSON without loss: a whole number of 16 digits or more does not fit a double,
 * so it becomes a text of its digits. All others stay numbers.
 */
const LONG = /\d{16}/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const WHOLE = /^-?\d{16,}$/;

/**
 * @param {string} source
 * @returns {any}
 * @throws {SyntaxError}
 */
export function parseJson(source) {
  // Few answers have such a number, and the walk over all of it costs more than
  // the parser itself.
  if (!LONG.test(source))
    return JSON.parse(source);
  return JSON.parse(source.replace(TOKEN,
    (token) => WHOLE.test(token) ? `"${token}"` : token));
}
