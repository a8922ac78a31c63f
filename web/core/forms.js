/**
 * What forms of settings share: numbers as they are typed, and refusals of the
 * node at the field that they are about.
 */
import { ApiError, errorText } from './api.js';
import { text } from './text.js';

/** @typedef {Record<string, string | null>} Faults */

/**
 * What an order's refusal says of a field; others are thrown on.
 *
 * @param {unknown} error
 * @returns {Faults}
 */
export function faultsOf(error) {
  if (!(error instanceof ApiError) || !error.field)
    throw error;
  return { [error.field]: errorText(error) };
}

/**
 * A number as people type it, in the node's unit; null where nothing is typed,
 * NaN where it is none.
 *
 * @param {string} typed
 * @param {number} [scale] one of the node's units in the unit that is shown
 */
export function readNumber(typed, scale = 1) {
  const words = typed.trim().replace(',', '.');
  if (!words)
    return null;
  const value = /^\d+(\.\d+)?$/.test(words) ? Number(words) : NaN;
  return scale === 1 && !Number.isInteger(value) ? NaN
    : Math.round(value / scale);
}

/**
 * The other way, as short as it tells one from the next.
 *
 * @param {string | number | null | undefined} value
 * @param {number} [scale]
 */
export function showNumber(value, scale = 1) {
  return value === null || value === undefined ? ''
    : String(Number((Number(value) * scale).toPrecision(scale === 1 ? 15 : 4)));
}

/**
 * @param {string} typed
 * @param {number} min
 * @param {number} max
 * @param {number} [scale]
 * @returns {string | null} what is wrong with it
 */
export function numberFault(typed, min, max, scale = 1) {
  const value = readNumber(typed, scale);
  return value === null || value >= min && value <= max ? null
    : text('field.number', { min: showNumber(min, scale),
      max: showNumber(max, scale) });
}
