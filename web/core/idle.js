/**
 * A page that nobody touches: after the minutes that its operator has set, it
 * ends this browser's session, or locks the node. A touch of any tab of this
 * page counts for all of them.
 */
import { get, order } from './api.js';
import { keep, kept } from './kept.js';
import { node } from './node.js';
import { closeSession, session } from './session.js';

const KEPT = 'pond.touched';
const LOOK_MS = 5000;
const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'];

let touched = Date.now();
/** What was not touched since is done with. */
let isDone = false;

function touch() {
  const now = Date.now();
  isDone = false;
  // Storage is not asked at each move of a pointer.
  if (now - touched < LOOK_MS)
    return;
  touched = now;
  keep('local', KEPT, String(now));
}

async function look() {
  const idle = node.value?.idle;
  const last = Math.max(touched, Number(kept('local', KEPT)) || 0);
  if (!idle || isDone || session.value.state !== 'open' ||
      Date.now() - last < idle.minutes * 60000)
    return;
  isDone = true;
  try {
    if (idle.then === 'lock')
      await lock();
    else
      await disconnect();
  } catch {
    isDone = false; // the node does not answer: again at the next look
  }
}

async function lock() {
  if (node.value.state === 'running')
    await order('lock');
}

async function disconnect() {
  const { items } = await get('sessions');
  const own = items.find((/** @type {any} */ one) => one.is_this);
  await order(`sessions/${own.id}`, {}, { method: 'DELETE' });
  closeSession('idle');
}

export function startIdle() {
  keep('local', KEPT, String(touched));
  for (const type of TOUCHES)
    addEventListener(type, touch, { passive: true, capture: true });
  setInterval(look, LOOK_MS);
}
