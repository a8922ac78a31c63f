/**
 * How the page looks in this browser: light, dark, or as the system has it; and
 * how large its text is. styles/tokens.css has the colours and the sizes.
 */
import { effect, signal } from '@preact/signals';
import { keep, kept } from './kept.js';

// early.js reads both, too.
const KEPT = 'pond.theme';
const KEPT_SIZE = 'pond.text_size';

/** Of the browser's own size, in percent. */
export const TEXT_SIZES = ['100', '125', '150', '175', '200'];

/** @typedef {'system' | 'light' | 'dark'} Theme */
/** @type {import('@preact/signals').Signal<Theme>} */
export const theme = signal('system');
export const textSize = signal('100');

/** From the start of the page on: what another tab chooses holds here, too. */
export function startTheme() {
  takeKept();
  addEventListener('storage', takeKept);
  effect(() => mark('theme', theme.value, 'system'));
  effect(() => mark('text', textSize.value, '100'));
}

function takeKept() {
  const look = kept('local', KEPT);
  theme.value = look === 'light' || look === 'dark' ? look : 'system';
  const size = kept('local', KEPT_SIZE) ?? '';
  textSize.value = TEXT_SIZES.includes(size) ? size : '100';
}

/** @param {Theme} wanted */
export function chooseTheme(wanted) {
  theme.value = wanted;
  keep('local', KEPT, wanted === 'system' ? null : wanted);
}

/** @param {string} wanted of TEXT_SIZES */
export function chooseTextSize(wanted) {
  textSize.value = wanted;
  keep('local', KEPT_SIZE, wanted === '100' ? null : wanted);
}

/**
 * @param {string} name of the attribute data-NAME
 * @param {string} value
 * @param {string} own as the browser has it: no attribute
 */
function mark(name, value, own) {
  const { dataset } = document.documentElement;
  if (value === own)
    delete dataset[name];
  else
    dataset[name] = value;
}
