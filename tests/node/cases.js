/*
 * Cases whose results are shown as lines of text: "name => result", so that the
 * worker's can be held against Node's.
 */
'use strict';

function show(value) {
  if (typeof value === 'bigint')
    return `${value}n`;
  if (typeof value === 'number')
    return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Uint8Array)
    return `${value.constructor.name} ${value.length}: ` +
      [...value].slice(0, 40);
  if (value instanceof ArrayBuffer)
    return `ArrayBuffer ${value.byteLength}`;
  if (typeof value === 'string' || typeof value === 'object' && value !== null)
    return JSON.stringify(value);
  return String(value);
}

/* Errors of the engine itself have words of their own. */
const show_error = (error) => [error.name, error.code,
  error.code && error.message, error.errno, error.syscall, error.path,
  error.dest].join(' ');

function make() {
  const lines = [];
  function run(name, own) {
    let text;
    try {
      text = show(own());
    } catch (error) {
      text = show_error(error);
    }
    lines.push(`${name} => ${text.replaceAll(process.cwd(), '<folder>')}`
      .toWellFormed().trim());
  }
  return { lines, run };
}

module.exports = { make, show };
