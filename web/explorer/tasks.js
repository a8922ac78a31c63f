/** Tasks as they stand on chain, paid in KOII or in a token. */
import { KOII_DECIMALS } from '../core/amount.js';
import { encodeBase58 } from '../core/base58.js';
import { parseJson } from '../core/json.js';
import { ask } from './ask.js';
import { KOII, KPL, fromBase64 } from './decode.js';
import { readKplState } from './kpl.js';
import { emptyRound, addState, addTransaction, keyOf, roundAt, slotsOf }
  from './timeline.js';
import { askTransaction } from './chain.js';
import { readTransaction } from './sentence.js';

/** How a task's JSON begins, on K2 as here. */
const BEGINNING = '{"is_allowlisted"';
/** It has the name within so many bytes. */
const HEAD_BYTES = 160;

/**
 * @typedef {{key: string, name: string, isActive: boolean, isListed: boolean,
 *            isKpl: boolean}} TaskRow
 */

/** @returns {Promise<TaskRow[]>} */
export async function askTasks() {
  const [koii, kpl] = await Promise.all([
    ask('getProgramAccounts', [KOII, { ...HEAD, filters: [{ memcmp: { offset: 0,
      bytes: encodeBase58(new TextEncoder().encode(BEGINNING)) } }] }]),
    ask('getProgramAccounts', [KPL, HEAD])]);
  /** @type {TaskRow[]} */
  const found = koii.map((/** @type {any} */ one) => headOf(String(one.pubkey),
    textOf(fromBase64(one.account.data[0]))));
  for (const one of kpl) {
    const state = readKplState(fromBase64(one.account.data[0]), true);
    if (state)
      found.push({ key: String(one.pubkey), name: state.task_name,
        isActive: state.is_active, isListed: state.is_allowlisted, isKpl: true });
  }
  return found;
}

/**
 * The beginning of a task's JSON, which is cut.
 *
 * @param {string} key
 * @param {string} head
 * @returns {TaskRow}
 */
function headOf(key, head) {
  const name = /"task_name":("(?:[^"\\]|\\.)*")/.exec(head);
  return { key, name: name ? String(JSON.parse(name[1])).trim() : '',
    isActive: head.includes('"is_active":true'),
    isListed: head.includes('"is_allowlisted":true'), isKpl: false };
}

/**
 * Whether an account is a task's; the beginning of its data is enough.
 *
 * @param {any} account as an endpoint has it
 */
export function isTaskAccount(account) {
  const { owner, data } = account ?? {};
  if (!Array.isArray(data))
    return owner === KOII && data?.parsed?.type === 'task';
  const bytes = fromBase64(data[0]);
  return owner === KOII ? textOf(bytes).startsWith(BEGINNING)
    : owner === KPL && Boolean(readKplState(bytes, true));
}

/** The beginning of an account's data. */
const HEAD = { encoding: 'base64', commitment: 'confirmed',
  dataSlice: { offset: 0, length: HEAD_BYTES } };

/**
 * Whether an address is a task's.
 *
 * @param {string} key
 */
export async function isTask(key) {
  return isTaskAccount((await ask('getAccountInfo', [key, HEAD]))?.value);
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  return new TextDecoder().decode(bytes).replace(/\0+$/, '');
}

/**
 * @param {string} key
 * @returns {Promise<{state: any, kind: 'task' | 'other' | 'none'}>} state: as
 *   JSON; of one that is paid in a token with that token's decimals
 */
export async function askTask(key) {
  const found = await ask('getAccountInfo', [key,
    { encoding: 'base64', commitment: 'confirmed' }]);
  const account = found?.value;
  if (!account)
    return { state: null, kind: 'none' };
  const data = fromBase64(account.data[0]);
  const text = account.owner === KOII ? textOf(data) : '';
  if (text.startsWith(BEGINNING))
    return { state: parseJson(text), kind: 'task' };
  const state = account.owner === KPL ? readKplState(data) : null;
  if (!state)
    return { state, kind: 'other' };
  const supply = await ask('getTokenSupply', [keyOf(state.token_type)])
    .catch(() => null);
  return { state: { ...state, decimals: supply?.value.decimals ?? 0 },
    kind: 'task' };
}

/**
 * How amounts of a task are shown.
 *
 * @param {any} state
 * @returns {{unit?: string, decimals: number}}
 */
export function formOf(state) {
  return state?.token_type ? { unit: keyOf(state.token_type),
    decimals: state.decimals } : { decimals: KOII_DECIMALS };
}

// ---- rounds ----

const PAGE = 1000;
/** Transactions read for a round; where more name the task, it is said. */
const READ_MAX = 400;
const AT_ONCE = 20;

/**
 * The transactions that name a task between two slots, the oldest first.
 * Endpoints that do not know fromSlot and toSlot answer with the newest: those
 * are paged back.
 *
 * @param {string} task
 * @param {number} from
 * @param {number} to
 * @param {(slot: number) => void} progress the slot that was reached
 * @param {() => boolean} isOver nobody waits for it any more
 */
async function askBetween(task, from, to, progress, isOver) {
  /** @type {any[]} */
  const found = [];
  /** @type {string | undefined} */
  let before;
  while (!isOver()) {
    const page = await ask('getSignaturesForAddress', [task, { limit: PAGE,
      fromSlot: from, toSlot: to, commitment: 'confirmed',
      ...before && { before } }]);
    found.push(...page.filter((/** @type {any} */ row) =>
      row.slot >= from && row.slot <= to));
    const last = page[page.length - 1];
    if (page.length < PAGE || last.slot < from)
      break;
    before = last.signature;
    progress(last.slot);
  }
  return found.reverse();
}

/**
 * @typedef {{round: import('./timeline.js').Round, state: any, now: number,
 *            slots: ReturnType<typeof slotsOf>, read: number, of: number,
 *            reached: number | null, isDone: boolean}} RoundRead
 * now: the newest slot; read of of transactions are in it; reached: the slot to
 * which an endpoint without fromSlot was paged back
 */

/**
 * Everything that is known of a round, told as it comes.
 *
 * @param {string} task
 * @param {number} number
 * @param {(read: RoundRead) => void} tell
 * @param {() => boolean} isOver
 */
export async function readRound(task, number, tell, isOver) {
  const [{ state }, now] = await Promise.all([askTask(task),
    ask('getSlot', [{ commitment: 'confirmed' }])]);
  if (!state)
    return null;
  const slots = slotsOf(state, number);
  const round = emptyRound();
  /** @type {RoundRead} */
  const read = { round, state, now, slots, read: 0, of: 0, reached: null,
    isDone: false };
  addState(state, number, round);
  tell({ ...read });
  const found = await askBetween(task, slots.proofs, slots.end, (reached) =>
    tell(Object.assign(read, { reached })), isOver);
  read.of = found.length;
  const chosen = found.slice(0, READ_MAX);
  for (; read.read < chosen.length && !isOver(); tell({ ...read })) {
    const rows = chosen.slice(read.read, read.read + AT_ONCE);
    const all = await Promise.all(rows.map(({ signature }) =>
      askTransaction(signature)));
    for (const [at, { slot, signature, err }] of rows.entries()) {
      const { payer, instructions, meta } = readTransaction(all[at]);
      addTransaction({ slot, signature, error: err, payer, instructions,
        log: meta.logMessages }, task, number, round);
    }
    read.read += rows.length;
  }
  tell({ ...read, isDone: true });
  return read;
}

export { roundAt, slotsOf };
