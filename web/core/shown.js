/**
 * What needs the operator as a notification of the system, while a tab of the
 * page is open: what is red, each once, and only where the operator has asked
 * for it. The browser asks for leave when it is switched on.
 */
import { effect } from '@preact/signals';
import { keep, kept } from './kept.js';
import { topicState } from './live.js';
import { attention, node } from './node.js';
import { plain } from './plain.js';
import { hasText, text } from './text.js';

const KEPT = 'pond.notify';

/** @type {Set<string> | null} what stood there already; null: nothing has come */
let told = null;

export function canShow() {
  return 'Notification' in window;
}

export function isShowing() {
  return canShow() && kept('local', KEPT) === 'on' &&
    Notification.permission === 'granted';
}

/**
 * @param {boolean} wanted
 * @returns {Promise<boolean>} whether the browser allows it
 */
export async function setShowing(wanted) {
  const isAllowed = !wanted ||
    await Notification.requestPermission() === 'granted';
  keep('local', KEPT, wanted && isAllowed ? 'on' : null);
  return isAllowed;
}

/** From the start of the page on. */
export function watchShown() {
  effect(() => {
    if (!topicState('attention').value.data)
      return;
    const red = attention.value.filter(({ level }) => level === 'red');
    const before = told;
    told = new Set(red.map(({ id }) => id));
    if (!before || !isShowing())
      return;
    for (const row of red)
      if (!before.has(row.id))
        new Notification(text('shown.title', { name: node.value?.name ?? '' }),
          { tag: row.id, body: row.text ? plain(row.text)
            : hasText(`attention.${row.kind}`) ? text(`attention.${row.kind}`)
              : '' });
  });
}
