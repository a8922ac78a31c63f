/**
 * Amounts of coins: decimal texts of base units on the wire (roe, of which a
 * KOII has 10^9), BigInt here. Never a double: 10^18 roe do not fit one.
 *
 * Shown are two decimals from 1 on and four below, cut and never rounded up, so
 * that no figure promises more than there is.
 */
import { intlLanguage } from './text.js';

export const KOII_DECIMALS = 9;

/** @typedef {string | number | bigint} Amount base units */

/**
 * @param {Amount} amount
 * @returns {bigint}
 */
export function baseUnits(amount) {
  try {
    return BigInt(amount);
  } catch {
    return 0n; // a node of a later version may say more than this page knows
  }
}

/** The decimal point and the separator of thousands. */
function separators() {
  const parts = new Intl.NumberFormat(intlLanguage()).formatToParts(12345.6);
  const of = (/** @type {string} */ type) =>
    parts.find((part) => part.type === type)?.value;
  return { point: of('decimal') ?? '.' };
}

/**
 * @param {bigint} value not below 0
 * @param {number} decimals
 */
function split(value, decimals) {
  const unit = 10n ** BigInt(decimals);
  return {
    whole: value / unit,
    rest: decimals ? String(value % unit).padStart(decimals, '0') : '',
  };
}

/**
 * @param {bigint} value
 * @param {'change' | undefined} kind
 */
function signOf(value, kind) {
  if (value < 0n)
    return '−';
  return kind === 'change' && value > 0n ? '+' : '';
}

/**
 * As it is shown: "1,234.56", "0.0079", "< 0.0001"; a change as "+0.66", and a
 * tiny one, such as a fee, with every digit: "−0.000005".
 *
 * @param {Amount} amount
 * @param {{decimals?: number, kind?: 'change', isExact?: boolean}} [form]
 * isExact: with every digit
 * @returns {string}
 */
export function formatAmount(amount, form = {}) {
  const value = baseUnits(amount);
  const decimals = form.decimals ?? KOII_DECIMALS;
  const size = value < 0n ? -value : value;
  const sign = signOf(value, form.kind);
  const { whole, rest } = split(size, decimals);
  const { point } = separators();
  const isTiny = size > 0n && whole === 0n && decimals > 0 &&
    !/[1-9]/.test(rest.slice(0, 4));
  const shown = form.isExact || isTiny && sign ? rest.replace(/0+$/, '').padEnd(
    whole > 0n ? Math.min(2, decimals) : 0, '0')
    : rest.slice(0, whole > 0n ? 2 : 4);
  if (isTiny && !/[1-9]/.test(shown))
    return `< 0${point}${'1'.padStart(shown.length, '0')}`;
  const text = new Intl.NumberFormat(intlLanguage()).format(whole);
  return sign + text + (shown && size > 0n ? point + shown : '');
}

/**
 * Every digit, without separators of thousands: for copies.
 *
 * @param {Amount} amount
 * @param {number} [decimals]
 * @returns {string} "-1234.5679"
 */
export function exactAmount(amount, decimals = KOII_DECIMALS) {
  const value = baseUnits(amount);
  const { whole, rest } = split(value < 0n ? -value : value, decimals);
  const digits = rest.replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${whole}${digits ? `.${digits}` : ''}`;
}

/**
 * What was typed: digits with a point, or the language's own decimal
 * separator. Spaces count for nothing.
 *
 * @param {string} typed
 * @param {number} [decimals]
 * @returns {{value: bigint} | {fault: 'empty' | 'form' | 'fine' | 'large'}}
 *   fine: more decimals than there are; large: beyond 64 bits
 */
export function parseAmount(typed, decimals = KOII_DECIMALS) {
  const { point } = separators();
  const text = typed.replace(/[\s\u00a0\u202f_']/g, '').replace(point, '.');
  if (!text)
    return { fault: 'empty' };
  const found = /^(\d*)(?:\.(\d*))?$/.exec(text);
  if (!found || text === '.' || text.length > 40)
    return { fault: 'form' };
  const rest = (found[2] ?? '').replace(/0+$/, '');
  if (rest.length > decimals)
    return { fault: 'fine' };
  const value = BigInt((found[1] || '0') + rest.padEnd(decimals, '0'));
  return value < 1n << 64n ? { value } : { fault: 'large' };
}

/** @param {Iterable<Amount>} amounts */
export function sumOf(amounts) {
  let sum = 0n;
  for (const amount of amounts)
    sum += baseUnits(amount);
  return sum;
}
