/**
 * Light, dark, or as the system has it. The colours are in styles/tokens.css.
 */
import { signal } from '@preact/signals';
import { keep, kept } from './kept.js';

const KEPT = 'pond.theme'; // early.js reads it, too

/** @typedef {'system' | 'light' | 'dark'} Theme */
const stored = kept('local', KEPT);
/** @type {import('@preact/signals').Signal<Theme>} */
export const theme = signal(stored === 'light' || stored === 'dark'
  ? stored : 'system');

/** @param {Theme} wanted */
export function chooseTheme(wanted) {
  theme.value = wanted;
  if (wanted === 'system')
    delete document.documentElement.dataset.theme;
  else
    document.documentElement.dataset.theme = wanted;
  keep('local', KEPT, wanted === 'system' ? null : wanted);
}
