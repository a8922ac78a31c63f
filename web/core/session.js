/**
 * This browser's session with the node: the page's half of it, a key. The other
 * half is a cookie that scripts can't read. Neither opens anything alone.
 */
import { signal } from '@preact/signals';
import { keep, kept } from './kept.js';

const KEPT = 'pond.key'; // storage is apart for each port, as cookies are not

/** Where storage is switched off the session ends with the tab. */
let held = kept('local', KEPT);

/**
 * none: no key, or the node does not know it any more. why: what the last try
 * to get one met, as a code of the API.
 *
 * @typedef {{state: 'open' | 'none' | 'opening', why?: string}} Session
 */
/** @type {import('@preact/signals').Signal<Session>} */
export const session = signal({ state: held ? 'open' : 'none' });

/** @returns {string | null} */
export function sessionKey() {
  return held;
}

/** @param {string} key */
export function openSession(key) {
  held = key;
  keep('local', KEPT, key);
  session.value = { state: 'open' };
}

/** @param {string} [why] that it is closed says less than why it was */
export function closeSession(why) {
  held = null;
  keep('local', KEPT, null);
  session.value = { state: 'none',
    why: why === 'session' ? session.value.why ?? why : why };
}

// Another tab of this page was connected, or disconnected.
addEventListener('storage', (event) => {
  if (event.key !== KEPT && event.key !== null)
    return;
  held = kept('local', KEPT);
  session.value = { state: held ? 'open' : 'none' };
});
