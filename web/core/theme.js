/**
 * How the page looks in this browser: light, dark, or as the system has it; and
 * how large its text is. styles/tokens.css has the colours and the sizes.
 */
import { signal } from '@preact/signals';
import { keep, kept } from './kept.js';

// early.js reads both, too.
const KEPT = 'pond.theme';
const KEPT_SIZE = 'pond.text_size';

/** Of the browser's own size, in percent. */
export const TEXT_SIZES = ['100', '125', '150', '175', '200'];

/** @typedef {'system' | 'light' | 'dark'} Theme */
const stored = kept('local', KEPT);
/** @type {import('@preact/signals').Signal<Theme>} */
export const theme = signal(stored === 'light' || stored === 'dark'
  ? stored : 'system');

const storedSize = kept('local', KEPT_SIZE) ?? '';
export const textSize = signal(TEXT_SIZES.includes(storedSize)
  ? storedSize : '100');

/** @param {Theme} wanted */
export function chooseTheme(wanted) {
  theme.value = wanted;
  choose('theme', KEPT, wanted === 'system' ? null : wanted);
}

/** @param {string} wanted of TEXT_SIZES */
export function chooseTextSize(wanted) {
  textSize.value = wanted;
  choose('text', KEPT_SIZE, wanted === '100' ? null : wanted);
}

/**
 * @param {string} name of the attribute data-NAME
 * @param {string} key
 * @param {string | null} value null: as the browser has it
 */
function choose(name, key, value) {
  const { dataset } = document.documentElement;
  if (value === null)
    delete dataset[name];
  else
    dataset[name] = value;
  keep('local', key, value);
}
