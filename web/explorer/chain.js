/**
 * What settlement answers, as hooks for screens.
 */
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../core/api.js';
import { ask } from './ask.js';

/** What can't change, by its question: final blocks and transactions. */
const KEPT_MAX = 500;
/** @type {Map<string, any>} */
const kept = new Map();

/** @param {string} name @param {any} value */
function keepAnswer(name, value) {
  kept.set(name, value);
  if (kept.size > KEPT_MAX)
    kept.delete(/** @type {string} */(kept.keys().next().value));
}

/** How transactions are asked for everywhere. */
export const PARSED = { encoding: 'jsonParsed', commitment: 'confirmed',
  maxSupportedTransactionVersion: 0 };

/** @param {string} signature */
export async function askTransaction(signature) {
  const name = `t${signature}`;
  if (kept.has(name))
    return kept.get(name);
  const found = await ask('getTransaction', [signature, PARSED]);
  if (found)
    keepAnswer(name, found);
  return found;
}

/**
 * A block with the signatures of its transactions; null: the slot was skipped.
 *
 * @param {number} slot
 */
export async function askBlock(slot) {
  const name = `b${slot}`;
  if (kept.has(name))
    return kept.get(name);
  let found;
  try {
    found = await ask('getBlock', [slot, { commitment: 'confirmed',
      transactionDetails: 'signatures', rewards: true,
      maxSupportedTransactionVersion: 0 }]);
  } catch (error) {
    if (!isSkipped(error))
      throw error;
    found = null;
  }
  keepAnswer(name, found);
  return found;
}

/**
 * Solana's codes for a slot without a block.
 *
 * @param {unknown} error
 */
export function isSkipped(error) {
  return error instanceof ApiError && error.code === 'rpc' &&
    (error.field === '-32007' || error.field === '-32009');
}

/**
 * The endpoint does not know that method, as other networks' do not know
 * Pond's own.
 *
 * @param {unknown} error
 */
export function isUnknownMethod(error) {
  return error instanceof ApiError && error.code === 'rpc' &&
    error.field === '-32601';
}

/**
 * What a function of questions gives, as Screen's answer.
 *
 * @template Data
 * @param {() => Promise<Data>} read
 * @param {any[]} on asked anew when one of these changes
 * @param {{everyMs?: number}} options asked again while the page is shown
 * @returns {{data: Data | undefined, error: unknown, isLoading: boolean,
 *            reload: () => void}}
 */
export function useChain(read, on, { everyMs } = {}) {
  const name = JSON.stringify(on);
  const [answer, setAnswer] = useState({ name,
    data: /** @type {any} */(undefined), error: /** @type {unknown} */(null),
    isLoading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isHere = true;
    /** @type {any} */
    let timer;
    const again = () => isHere && everyMs &&
      (timer = setTimeout(() => setTurn((before) => before + 1), everyMs));
    setAnswer((before) => before.name === name
      ? { ...before, isLoading: true }
      : { name, data: undefined, error: null, isLoading: true });
    read().then(
      (data) => isHere && setAnswer({ name, data, error: null,
        isLoading: false }),
      (error) => isHere && setAnswer((before) =>
        ({ ...before, error, isLoading: false }))).then(again);
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, [name, turn]);
  const fits = answer.name === name;
  return { data: fits ? answer.data : undefined,
    error: fits ? answer.error : null, isLoading: !fits || answer.isLoading,
    reload: () => setTurn((before) => before + 1) };
}
