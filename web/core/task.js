/**
 * What a task's row says, in words: its state, the reason, what comes next.
 *
 * The state is the node's (src/node/node.h), the reason a code of docs/node.md.
 */
import { slot } from './live.js';
import { plain } from './plain.js';
import { hasText, text } from './text.js';
import { duration, now } from './time.js';

/**
 * @typedef {{task: string, name?: string, state: string, status?: string,
 *            reason?: string | null, error?: string | null,
 *            missing?: string[], since?: number, stopped?: number, next_try?: number,
 *            leaving?: string, unlock_round?: number | null,
 *            unlock_in_ms?: number | null, round?: number | null,
 *            offset?: number | null, round_time?: number,
 *            submission_window?: number, audit_window?: number,
 *            next?: {kind: string, round: number, from: number, until: number},
 *            token?: string | null, stake?: string, claimable?: string,
 *            claiming?: string, worker?: {pid: number, resident_bytes: number,
 *            restarts: number, cpu_percent?: number},
 *            memory_limit?: number,
 *            limits?: Record<string, number | string | null>}} Task
 */

/** Of what a task or another program has said, in a sentence. */
const ERROR_MAX = 200;
const LEAVE_STEPS = ['waiting', 'withdrawing', 'claiming', 'starting'];

/** How a state looks; the words say the same. */
const TONES = /** @type {Record<string, {tone: 'good' | 'info' | 'warn' | 'bad' | 'muted', icon: import('../parts/Icon.jsx').IconName}>} */({
  running: { tone: 'good', icon: 'check' },
  loading: { tone: 'info', icon: 'play' },
  staking: { tone: 'info', icon: 'play' },
  leaving: { tone: 'info', icon: 'out' },
  'backing-off': { tone: 'warn', icon: 'restart' },
  resting: { tone: 'warn', icon: 'stop' },
  failed: { tone: 'bad', icon: 'warn' },
  stopping: { tone: 'muted', icon: 'stop' },
  stopped: { tone: 'muted', icon: 'stop' },
});

/**
 * The state with what the node says of it elsewhere: a task whose stake is
 * taken back is "leaving".
 *
 * @param {Task} task
 */
export function stateOf(task) {
  return task.leaving ? 'leaving' : task.state;
}

/**
 * More is staked on what runs and is not being left.
 *
 * @param {Task} task
 */
export function canStakeMore(task) {
  return !task.leaving && task.state !== 'stopped' && task.state !== 'stopping' &&
    task.state !== 'staking';
}

/** @param {Task} task */
export function stateTone(task) {
  return TONES[stateOf(task)] ?? TONES.stopped;
}

/**
 * "Working", "Cooling down until round 62", without the reason.
 *
 * @param {Task} task
 * @returns {string}
 */
export function stateText(task) {
  const state = stateOf(task);
  if (state === 'leaving')
    return text('state.leaving', { of: LEAVE_STEPS.length,
      step: LEAVE_STEPS.indexOf(task.leaving ?? '') + 1 });
  if (state === 'stopped' && task.status === 'COOLING_DOWN' &&
      typeof task.unlock_round === 'number')
    return text('state.cooling', { round: task.unlock_round });
  if (state === 'backing-off' && (task.next_try ?? 0) > now.value)
    return text('state.restarting_in', { n: task.worker?.restarts ?? 1,
      time: duration((task.next_try ?? 0) - now.value) });
  const key = `state.${state}`;
  return hasText(key) ? text(key) : plain(state);
}

/**
 * Why, as a sentence: of the code, else as the node has said it. "" where there
 * is nothing to say.
 *
 * @param {{reason?: string | null, error?: string | null,
 *          missing?: string[]}} told of a task, a stop, a row of attention
 * @returns {string}
 */
export function reasonText({ reason, error, missing }) {
  const key = `reason.${reason}`;
  const passed = reason === 'memory_limit' && / (\d+) MB/.exec(error ?? '');
  if (passed)
    return text('reason.memory_limit_n', { n: passed[1] });
  if (reason === 'variable' && !missing?.length)
    return text('reason.variable_any');
  // An engine says in lines of their own where a fault was.
  const told = (error ?? '').replace(/\s*\n\s*/g, ' ');
  if (reason && hasText(key))
    return text(key, { error: plain(told, { max: ERROR_MAX }),
      name: plain(missing?.join(', ') ?? '') });
  return plain(told);
}

/**
 * Unix ms of a slot, by the last one told; 0 while none is known.
 *
 * @param {number} at
 */
export function slotTime(at) {
  const { slot: known, slotMs, at: toldAt } = slot.value;
  return slotMs ? toldAt + (at - known) * slotMs : 0;
}

/**
 * The name a task is called by, for labels and titles: its own, and never
 * without its key.
 *
 * @param {Task} task
 */
export function taskLabel(task) {
  const key = `${task.task.slice(0, 4)}…${task.task.slice(-4)}`;
  return task.name ? `${plain(task.name, { max: 64 })} ${key}` : key;
}
