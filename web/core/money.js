/**
 * What the operator has: wallets and their tokens as the chain has them, sums
 * by task as the node has them, days of the account book.
 */
import { useEffect, useState } from 'preact/hooks';
import { baseUnits, KOII_DECIMALS } from './amount.js';
import { rpc } from './api.js';
import { connection } from './live.js';
import { node } from './node.js';

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const DAY_MS = 24 * 3600 * 1000;
/** Of one signature (node/money/transfer.h), in roe. */
export const FEE = 5000n;
/** The name of the unit in which amounts are roe. */
export const KOII = 'KOII';

/**
 * @typedef {{mint: string, amount: string, decimals: number}} Token
 * @typedef {{staking?: string, kpl_staking?: string, tokens: Token[]}} Holdings
 * staking, kpl_staking: what these keys hold, in roe
 */

/**
 * What the chain says of the wallet's other keys and tokens, asked anew each
 * everyMs while the page is shown. Nothing here is asked from anywhere but the
 * node.
 *
 * @param {number} everyMs
 * @returns {{data: Holdings | undefined, error: unknown, reload: () => void}}
 */
export function useHoldings(everyMs) {
  const [answer, setAnswer] = useState({
    data: /** @type {Holdings | undefined} */(undefined),
    error: /** @type {unknown} */(null) });
  const [turn, setTurn] = useState(0);
  const { main, staking, kpl_staking: kpl } = node.value ?? {};
  const isConnected = connection.value.state === 'connected';

  useEffect(() => {
    if (!main)
      return undefined;
    let isWanted = true;
    askHoldings(main, staking, kpl).then(
      (data) => isWanted && setAnswer({ data, error: null }),
      (error) => isWanted && setAnswer((before) => ({ ...before, error })));
    return () => { isWanted = false; };
  }, [main, staking, kpl, turn, isConnected]);

  useEffect(() => {
    const timer = setInterval(() =>
      document.hidden || setTurn((before) => before + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  return { ...answer, reload: () => setTurn((before) => before + 1) };
}

/**
 * @param {string} main
 * @param {string | undefined} staking
 * @param {string | undefined} kpl
 * @returns {Promise<Holdings>}
 */
async function askHoldings(main, staking, kpl) {
  const keys = [staking, kpl].filter(Boolean);
  const [tokens, accounts] = await rpc([
    call(1, 'getTokenAccountsByOwner', [main, { programId: TOKEN_PROGRAM },
      { encoding: 'jsonParsed' }]),
    call(2, 'getMultipleAccounts', [keys,
      { encoding: 'base64', dataSlice: { offset: 0, length: 0 } }]),
  ]);
  const held = (/** @type {string | undefined} */ key) => key === undefined
    ? undefined
    : String(accounts.result?.value?.[keys.indexOf(key)]?.lamports ?? 0);
  return { staking: held(staking), kpl_staking: held(kpl),
    tokens: tokensIn(tokens.result?.value ?? []) };
}

/**
 * @param {number} id
 * @param {string} method
 * @param {any[]} params
 */
function call(id, method, params) {
  return { jsonrpc: '2.0', id, method, params };
}

/**
 * A mint may have several accounts; those without anything are no tokens of the
 * owner's.
 *
 * @param {any[]} accounts as getTokenAccountsByOwner has them
 * @returns {Token[]} by mint
 */
export function tokensIn(accounts) {
  /** @type {Map<string, Token>} */
  const found = new Map();
  for (const { account } of accounts) {
    const { mint, tokenAmount } = account?.data?.parsed?.info ?? {};
    const amount = baseUnits(tokenAmount?.amount ?? 0) +
      baseUnits(found.get(mint)?.amount ?? 0);
    if (mint && amount > 0n)
      found.set(mint, { mint, amount: String(amount),
        decimals: Number(tokenAmount.decimals) || 0 });
  }
  return [...found.values()].sort((a, b) => a.mint < b.mint ? -1 : 1);
}

/**
 * How amounts of a unit are written.
 *
 * @param {string | null | undefined} unit a mint, or KOII
 * @param {Token[]} [tokens] that are known
 * @returns {{unit: string | null, decimals: number}} as <Amount> takes it
 */
export function formOf(unit, tokens = []) {
  if (!unit || unit === KOII)
    return { unit: null, decimals: KOII_DECIMALS };
  return { unit,
    decimals: tokens.find(({ mint }) => mint === unit)?.decimals ?? 0 };
}

/**
 * @typedef {{day: string, unit: string, rewards: string, losses: string,
 *            fees: string, paid: number, missed?: number}} Day
 */

/**
 * The UTC day so many days before another.
 *
 * @param {number} at Unix ms
 * @param {number} back
 */
export function dayBefore(at, back) {
  return new Date(at - back * DAY_MS).toISOString().slice(0, 10);
}

/**
 * All days of a range, with zeros where the book has nothing; several rows of a
 * day are added up.
 *
 * @param {Day[]} days
 * @param {string} from "2026-11-01"
 * @param {string} to the last one
 * @param {string} unit of what is counted
 * @returns {{day: string, rewards: bigint, losses: bigint, fees: bigint,
 *            paid: number}[]}
 */
export function everyDay(days, from, to, unit = KOII) {
  /** @type {Map<string, {day: string, rewards: bigint, losses: bigint, fees: bigint, paid: number}>} */
  const found = new Map();
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) {
    const day = dayBefore(at, 0);
    found.set(day, { day, rewards: 0n, losses: 0n, fees: 0n, paid: 0 });
  }
  for (const row of days) {
    const sums = found.get(row.day);
    if (!sums || row.unit !== unit)
      continue;
    sums.rewards += baseUnits(row.rewards);
    sums.losses += baseUnits(row.losses);
    sums.fees += baseUnits(row.fees);
    sums.paid += Number(row.paid) || 0;
  }
  return [...found.values()];
}

/** Whether the wallet has more or less by an entry of the book, by its kind;
 * a stake is still its owner's. */
const SIGNS = /** @type {Record<string, number>} */({
  reward: 1, faucet: 1,
  loss: -1, penalty: -1, fee: -1, send: -1, fund: -1, deploy: -1,
});

/**
 * The amount of an entry with its sign; moves have none.
 *
 * @param {{kind: string, amount: string}} entry
 * @returns {{value: bigint, kind: 'change' | undefined}} as <Amount> takes it
 */
export function changeOf({ kind, amount }) {
  const sign = SIGNS[kind];
  const value = baseUnits(amount);
  return sign === undefined ? { value, kind: undefined }
    : { value: sign < 0 ? -value : value, kind: 'change' };
}
