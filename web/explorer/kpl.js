/**
 * The state of a task that is paid in a token, out of its account's bytes, in
 * the form that other tasks have as JSON. Pure. Layout: src/settlement/format/
 * kpl_state.c.
 */
import { Bytes } from './decode.js';

/**
 * @template T
 * @typedef {(bytes: Bytes) => T} Read
 */

const flag = (/** @type {Bytes} */ bytes) => bytes.u8() === 1;
const byte = (/** @type {Bytes} */ bytes) => bytes.u8();
const number = (/** @type {Bytes} */ bytes) => bytes.u64();
const key = (/** @type {Bytes} */ bytes) => Array.from(bytes.take(32));
const words = (/** @type {Bytes} */ bytes) => bytes.text(bytes.u32());
const record = (/** @type {Bytes} */ bytes) =>
  ['Uninitialized', 'PayoutSuccessful', 'PayoutFailed'][bytes.u8()];

/**
 * As many as the count says; one that is too large ends with the bytes.
 *
 * @template T
 * @param {Read<T>} read
 * @returns {Read<T[]>}
 */
function list(read) {
  return (bytes) => {
    const found = [];
    for (let left = bytes.u32(); left > 0; left--)
      found.push(read(bytes));
    return found;
  };
}

/** @param {Read<any>} read @returns {Read<Record<string, any>>} */
function map(read) {
  const entries = list((bytes) => [words(bytes), read(bytes)]);
  return (bytes) => Object.fromEntries(entries(bytes));
}

/** @param {Record<string, Read<any>>} fields @returns {Read<Record<string, any>>} */
function struct(fields) {
  return (bytes) => Object.fromEntries(Object.entries(fields).map(
    ([name, read]) => [name, read(bytes)]));
}

const AUDITS = map(map(struct({ trigger_by: key, slot: number,
  votes: list(struct({ is_valid: flag, voter: key, slot: number })) })));

const HEAD = { is_allowlisted: flag, is_active: flag, task_name: words };

const STATE = struct({ ...HEAD, task_description: words, task_manager: key,
  task_audit_program: words, stake_pot_account: key, stake_pot_seed: key,
  stake_pot_bump: byte,
  submissions: map(map(struct({ submission_value: words, slot: number,
    round: number }))),
  submissions_audit_trigger: AUDITS, total_bounty_amount: number,
  bounty_amount_per_round: number, token_type: key, total_stake_amount: number,
  minimum_stake_amount: number, available_balances: map(number),
  stake_list: map(number), ip_address_list: map(words), round_time: number,
  starting_slot: number, audit_window: number, submission_window: number,
  task_executable_network: words,
  distribution_rewards_submission: map(map(struct({ submission_value: key,
    slot: number, round: number }))),
  distributions_audit_trigger: AUDITS, distributions_audit_record: map(record),
  task_metadata: words, task_vars: words, is_migrated: flag, migrated_to: words,
  allowed_failed_distributions: number });

/**
 * @param {Uint8Array} data
 * @param {boolean} [isHead] its beginning alone: whether it is listed and
 *   active, and its name
 * @returns {any} null: it is no such state
 */
export function readKplState(data, isHead) {
  // Keys that stake, and lists, are accounts of the same program.
  if (data[0] > 1 || data[1] > 1)
    return null;
  const bytes = new Bytes(data);
  try {
    const state = (isHead ? struct(HEAD) : STATE)(bytes);
    if (!isHead)
      bytes.end();
    return state.task_name ? state : null;
  } catch (error) {
    if (error instanceof RangeError)
      return null;
    throw error;
  }
}
