/**
 * The newest blocks and transactions, as long as a screen shows them, and what
 * is asked once: the network's faucet.
 */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../core/api.js';
import { ask } from './ask.js';
import { askBlock, isUnknownMethod } from './chain.js';
import { KOII } from './decode.js';

const BLOCKS_SHOWN = 20;
const TRANSACTIONS_SHOWN = 20;
/** Blocks asked for at once; fewer where they are full. */
const BLOCKS_AT_ONCE = 16;
const FULL_AT_ONCE = 2;
const FULL = 200;
/** Solana's BLOCK_NOT_AVAILABLE. */
const NOT_YET = '-32004';

/**
 * @typedef {{slot: number, isSkipped: boolean, at: number | null,
 *            hash: string, transactions: number}} BlockRow
 * @typedef {{signature: string, slot: number, at: number | null}} SignatureRow
 */
/** @type {import('@preact/signals').Signal<BlockRow[] | undefined>} */
export const blocks = signal(undefined);
/** @type {import('@preact/signals').Signal<SignatureRow[] | undefined>} */
export const transactions = signal(undefined);
export const newestSlot = signal(0);
/** @type {import('@preact/signals').Signal<unknown>} */
export const recentError = signal(null);
/** @type {import('@preact/signals').Signal<string | undefined>} */
export const faucet = signal(undefined);

let watchers = 0;
let isReading = false;

/** Have them read while the component is shown. */
export function useRecent() {
  useEffect(() => {
    watchers++;
    read();
    return () => { watchers--; };
  }, []);
}

/** Once a page: the key that gives coins away, where the network tells it. */
let isFaucetAsked = false;
export async function learnFaucet() {
  if (isFaucetAsked)
    return;
  isFaucetAsked = true;
  try {
    faucet.value = (await ask('pondValidators')).faucet ?? undefined;
  } catch (error) {
    isFaucetAsked = isUnknownMethod(error);
  }
}

/** One after the other: ask() holds it to one list a second. */
async function read() {
  if (isReading)
    return;
  isReading = true;
  learnFaucet();
  while (watchers) {
    try {
      await readOnce();
      recentError.value = null;
    } catch (error) {
      recentError.value = error;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
  isReading = false;
}

async function readOnce() {
  const slot = await ask('getSlot', [{ commitment: 'confirmed' }]);
  newestSlot.value = slot;
  const known = blocks.value ?? [];
  const isFull = known[0]?.transactions > FULL;
  const limit = isFull ? FULL_AT_ONCE : BLOCKS_AT_ONCE;
  const from = Math.max(known[0] ? known[0].slot + 1 : 0, slot - limit + 1, 0);
  const slots = Array.from({ length: Math.max(0, slot - from + 1) },
    (_, at) => slot - at);
  // What was in blocks that are left out is found by the tasks' program.
  const [history, ...found] = await Promise.all([
    known[0]?.slot + 1 === from ? [] : ask('getSignaturesForAddress',
      [KOII, { limit: TRANSACTIONS_SHOWN, commitment: 'confirmed' }]),
    ...slots.map(askSoon)]);
  const rows = found.map((block, at) => blockRow(slots[at], block))
    .filter((_, at) => found[at] !== undefined);
  blocks.value = [...rows, ...known].slice(0, BLOCKS_SHOWN);
  const seen = found.flatMap((block, at) => (block?.signatures ?? [])
    .map((/** @type {string} */ signature) => ({ signature, slot: slots[at],
      at: timeOf(block) })).reverse());
  transactions.value = newestOf([...seen, ...transactions.value ?? [],
    ...history.map(signatureRow)]);
}

/**
 * Each transaction once, the newest first, as many as are shown.
 *
 * @param {SignatureRow[]} rows
 */
export function newestOf(rows) {
  const each = new Map(rows.map((row) => [row.signature, row]));
  return [...each.values()].sort((a, b) => b.slot - a.slot)
    .slice(0, TRANSACTIONS_SHOWN);
}

/**
 * A block; undefined where the endpoint does not have it yet, as some say of
 * the newest ones.
 *
 * @param {number} slot
 */
async function askSoon(slot) {
  try {
    return await askBlock(slot);
  } catch (error) {
    if (error instanceof ApiError && error.field === NOT_YET)
      return undefined;
    throw error;
  }
}

/**
 * @param {number} slot
 * @param {any} block null: it was skipped
 * @returns {BlockRow}
 */
function blockRow(slot, block) {
  return { slot, isSkipped: !block, at: block && timeOf(block),
    hash: block?.blockhash ?? '', transactions: block?.signatures?.length ?? 0 };
}

/**
 * In ms; settlement tells seconds.
 *
 * @param {any} source
 */
function timeOf(source) {
  return source?.blockTime ? Number(source.blockTime) * 1000 : null;
}

/**
 * @param {any} row of getSignaturesForAddress
 * @returns {SignatureRow}
 */
export function signatureRow(row) {
  return { signature: String(row.signature), slot: Number(row.slot),
    at: timeOf(row) };
}
