/**
 * What to do about a reason for which a task does not work, and about what
 * stands on the attention list: words on a button, and where it leads. The codes
 * are the node's (src/node/parts/task_reason.h, src/node/page/attention.c).
 */
import { text } from './text.js';

/** @typedef {[string, string]} Do its text, and a link with {task} in it */

const TASK = '#/tasks/{task}';
const LOG = /** @type {Do} */(['task.log', `${TASK}/log`]);
const START = /** @type {Do} */(['node.start', TASK]);
const LEAVE = /** @type {Do} */(['node.leave', TASK]);
const UPGRADE = /** @type {Do} */(['moved.upgrade', TASK]);
const COINS = /** @type {Do} */(['attention.coins', '#/money/receive']);
const LIMITS = /** @type {Do} */(['attention.change', '#/settings/limits']);
const ROOM = /** @type {Do} */(['attention.room', '#/settings/storage']);
const REACH = /** @type {Do} */(['attention.change', '#/settings/reach']);
const DOCTOR = /** @type {Do} */(['settings.doctor', '#/settings/doctor']);

/**
 * null: its sentence says all that there is to do.
 *
 * @type {Record<string, Do | null>}
 */
export const REASONS = {
  asked: START,
  schedule: ['attention.change', `${TASK}/settings`],
  battery: LIMITS,
  busy: LIMITS,
  metered: LIMITS,
  traffic: LIMITS,
  disk_full: ROOM,
  memory: LIMITS,
  leaving: null,
  migrated: UPGRADE,
  inactive: LEAVE,
  bounty_empty: LEAVE,
  no_stake: ['node.stake', '#/add/{task}'],
  stake_low: ['attention.stake', TASK],
  no_coins: COINS,
  no_tokens: COINS,
  refused: null,
  variable: ['attention.variable', `${TASK}/settings`],
  addon: LEAVE,
  unreachable: REACH,
  code_missing: LOG,
  load_failed: LOG,
  crashed: LOG,
  memory_limit: ['attention.raise', `${TASK}/settings?field=memory`],
  time_limit: LOG,
  sandbox: LOG,
};

/**
 * null: it is read and gone, or has an order of its own (AttentionRows).
 *
 * @type {Record<string, Do | null>}
 */
export const KINDS = {
  fees_low: COINS,
  fees_out: COINS,
  key_low: COINS,
  settlement_away: ['attention.change', '#/settings/network'],
  disk_low: ROOM,
  signer_away: DOCTOR,
  unreachable: REACH,
  sandbox_weak: DOCTOR,
  accused: null,
  failed: null,
  restarting: null,
  slashed: null,
  missed: ['attention.why', `${TASK}/rounds`],
  said: null,
  inactive: LEAVE,
  migrated: UPGRADE,
  bounty_low: LEAVE,
  bounty_empty: LEAVE,
  code_changed: ['attention.look', '#/add/{task}'],
};

/** @typedef {{words: string, href: string} | null} Action */

/**
 * @param {Do | null | undefined} action
 * @param {string} task
 * @returns {Action}
 */
function made(action, task) {
  return action ? { words: text(action[0]),
    href: action[1].replace('{task}', task) } : null;
}

/**
 * @param {string | null | undefined} reason
 * @param {string} task
 */
export function reasonAction(reason, task) {
  return made(REASONS[reason ?? ''], task);
}

/** @param {import('./node.js').AttentionRow} row */
export function attentionAction({ kind, task = '', round, reason }) {
  if (kind === 'failed' || kind === 'restarting')
    return reasonAction(reason, task) ?? made(['attention.why', TASK], task);
  if (task && round !== undefined)
    return made(['attention.why', `${TASK}/rounds/${round}`], task);
  return made(KINDS[kind], task);
}
