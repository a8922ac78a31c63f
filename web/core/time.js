/**
 * Times: Unix milliseconds on the wire. The clock is the node's, whose
 * difference to the browser's own is learned with each connection.
 *
 * Near times are shown as "in 12 s" and "3 min ago", the full one on focus.
 */
import { computed, signal } from '@preact/signals';
import { intlLanguage, text } from './text.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The node's clock, a second fine; it stands while the page is hidden. */
export const now = signal(Date.now());

/** The same, a minute fine. */
export const minute = computed(() => now.value - now.value % MINUTE);

/**
 * The clock for saying how long ago something was: what is far away is not said
 * anew each second.
 *
 * @param {number} at
 */
export function clockFor(at) {
  return Math.abs(at - now.peek()) > 2 * MINUTE
    ? minute.value : now.value;
}

let ahead = 0; // of the browser's clock, in ms

/** @param {number} nodeNow what the node's clock shows at this moment */
export function setClock(nodeNow) {
  ahead = nodeNow - Date.now();
  now.value = nodeNow;
}

function tick() {
  if (!document.hidden)
    now.value = Date.now() + ahead;
}
setInterval(tick, SECOND);
document.addEventListener('visibilitychange', tick);

/**
 * A length of time in its largest unit that is not 0, cut: "12 s", "3 min".
 *
 * @param {number} ms
 */
export function duration(ms) {
  const size = Math.abs(ms);
  if (size < MINUTE)
    return text('time.seconds', { n: Math.floor(size / SECOND) });
  if (size < HOUR)
    return text('time.minutes', { n: Math.floor(size / MINUTE) });
  if (size < 2 * DAY)
    return text('time.hours', { n: Math.floor(size / HOUR) });
  return text('time.days', { n: Math.floor(size / DAY) });
}

/**
 * "in 12 s", "3 min ago"; "now" within a second.
 *
 * @param {number} at
 * @param {number} [from] the clock; the node's where it is left out
 */
export function relative(at, from = clockFor(at)) {
  const ms = at - from;
  if (Math.abs(ms) < SECOND)
    return text('time.now');
  return text(ms > 0 ? 'time.in' : 'time.ago', { time: duration(ms) });
}

/**
 * Date and time to the second, in the browser's zone.
 *
 * @param {number} at
 */
export function fullTime(at) {
  return new Intl.DateTimeFormat(intlLanguage(),
    { dateStyle: 'medium', timeStyle: 'long' }).format(at);
}

/**
 * The time alone if it is today's, else the date too.
 *
 * @param {number} at
 */
export function shortTime(at) {
  const today = new Date(now.value).toDateString() === new Date(at).toDateString();
  return new Intl.DateTimeFormat(intlLanguage(), today
    ? { timeStyle: 'medium' }
    : { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const logForms = new Map();

/**
 * The time of a line of a log, always as wide: "14:03:09".
 *
 * @param {number} at
 */
export function logTime(at) {
  const name = intlLanguage();
  const form = logForms.get(name) ?? new Intl.DateTimeFormat(name, { hour: '2-digit',
    minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  logForms.set(name, form);
  return form.format(at);
}

/**
 * A UTC day ("2026-11-30") as the language writes it.
 *
 * @param {string} day
 */
export function dayText(day) {
  return new Intl.DateTimeFormat(intlLanguage(),
    { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${day}T00:00Z`));
}
