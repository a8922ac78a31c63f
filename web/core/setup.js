/**
 * The first run: which step the node is at. The node keeps it, so a reload, a
 * restart or another browser goes on there.
 */
import { signal } from '@preact/signals';
import { get, order } from './api.js';
import { go, route } from './router.js';

/**
 * @typedef {{step: string, waits: boolean, busy?: boolean, places?: number[],
 *            adding?: string}} Setup
 * step: "1" to "9", "locked", "done"; waits: for its keys, and does nothing
 * else; adding: the name of one more wallet, for a node that has its keys
 */
/** @type {import('@preact/signals').Signal<Setup | undefined>} */
export const setup = signal(/** @type {Setup | undefined} */(undefined));

/** The first screen leads to a first run that goes on once, and no more. */
let isLed = false;

/** Ask for it: with a session, and whenever the node has come back. */
export async function loadSetup() {
  try {
    const found = await get('setup');
    setup.value = found;
    if (isAtSetup() || await isToBeLed(found))
      go(`/setup/${found.step}`, { replace: true });
  } catch {
    // The live connection meets the same, and says it.
  }
}

/** @param {Setup} found */
async function isToBeLed({ step, waits, adding }) {
  if (waits || adding || isLed || step === 'done' || route.value.path !== '/')
    return false;
  isLed = true;
  // A locked node is to be unlocked first.
  const [node, tasks] = await Promise.all([get('node'), get('tasks')]);
  return node.state !== 'locked' && tasks.items.length === 0 &&
    route.value.path === '/';
}

/**
 * What an order has answered: the step that follows.
 *
 * @param {Setup} found
 */
export function arrive(found) {
  setup.value = found;
  go(found.step === 'done' ? '/' : `/setup/${found.step}`);
}

/**
 * To a step that can be gone to.
 *
 * @param {string} step
 * @param {string} [query] with its "?"
 */
export async function stepTo(step, query = '') {
  if (step === 'done' && setup.value?.adding) {
    await order('setup/step', { step });
    await leaveAdding();
    return;
  }
  setup.value = await order('setup/step', { step });
  go(step === 'done' ? '/' : `/setup/${step}${query}`);
}

/** Of one more wallet: it is added, or called off. */
export async function leaveAdding() {
  go('/settings/wallets');
  setup.value = await get('setup');
}

/** Whether the node waits, and another screen than this would be of no use. */
export function isSetupDue() {
  return Boolean(setup.value?.waits) && !isAtSetup();
}

function isAtSetup() {
  return route.value.path === '/setup' ||
    route.value.path.startsWith('/setup/');
}

/** A passphrase's limits; the node has the same (src/node/page/setup.h). */
const CHARACTERS_MIN = 12;
const BYTES_MAX = 256;

/**
 * What is wrong with a passphrase that is chosen: a text's key, or null.
 *
 * @param {string} passphrase
 * @returns {'setup.too_short' | 'setup.too_long' | null}
 */
export function passphraseFault(passphrase) {
  if ([...passphrase].length < CHARACTERS_MIN)
    return 'setup.too_short';
  return new TextEncoder().encode(passphrase).length > BYTES_MAX
    ? 'setup.too_long' : null;
}
