/**
 * Single keys: "/" goes to the search field, "g" and a letter to a screen, "?"
 * shows the list. They can be switched off, as who speaks to the computer may
 * need (WCAG 2.1.4).
 */
import { signal } from '@preact/signals';
import { keep, kept } from './kept.js';
import { go } from './router.js';

const KEPT = 'pond.shortcuts';
/** Between "g" and its letter. */
const PAIR_MS_MAX = 1500;

export const PLACES = Object.freeze({
  n: '/', a: '/add', m: '/money', c: '/create', e: '/explorer', s: '/settings',
});

export const isShortcutsOn = signal(kept('local', KEPT) !== 'off');
/** The list is shown. */
export const isListShown = signal(false);

/** @param {boolean} isOn */
export function switchShortcuts(isOn) {
  isShortcutsOn.value = isOn;
  keep('local', KEPT, isOn ? null : 'off');
}

/**
 * Text can be typed there.
 *
 * @param {EventTarget | null} target
 */
function isTyping(target) {
  return target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'));
}

let pairUntil = 0;

/** @param {KeyboardEvent} event */
function take(event) {
  if (!isShortcutsOn.value || event.ctrlKey || event.metaKey || event.altKey ||
      isTyping(event.target) || document.querySelector('dialog[open]'))
    return;
  const isSecond = event.timeStamp < pairUntil;
  pairUntil = 0;
  if (isSecond && event.key in PLACES) {
    go(PLACES[/** @type {keyof PLACES} */(event.key)]);
  } else if (event.key === 'g') {
    pairUntil = event.timeStamp + PAIR_MS_MAX;
    return;
  } else if (event.key === '/') {
    focusSearch();
  } else if (event.key === '?') {
    isListShown.value = true;
  } else {
    return;
  }
  event.preventDefault();
}

function focusSearch() {
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector('#search');
  field?.focus();
  field?.select();
}

export function startShortcuts() {
  addEventListener('keydown', take);
}
