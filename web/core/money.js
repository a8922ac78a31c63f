/**
 * What the operator has: tokens as the chain has them, days of the account book.
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

/** @typedef {{mint: string, amount: string, decimals: number}} Token */

/**
 * The main wallet's tokens, asked anew each everyMs while the page is shown.
 * Nothing here is asked from anywhere but the node.
 *
 * @param {number} everyMs
 * @returns {Token[] | undefined} undefined until the chain has said it
 */
export function useTokens(everyMs) {
  const [tokens, setTokens] = useState(
    /** @type {Token[] | undefined} */(undefined));
  const [turn, setTurn] = useState(0);
  const { main } = node.value ?? {};
  const isConnected = connection.value.state === 'connected';

  useEffect(() => {
    if (!main)
      return undefined;
    let isWanted = true;
    askTokens(main).then((found) => isWanted && setTokens(found), () => {});
    return () => { isWanted = false; };
  }, [main, turn, isConnected]);

  useEffect(() => {
    const timer = setInterval(() =>
      document.hidden || setTurn((before) => before + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  return tokens;
}

/** @param {string} main @returns {Promise<Token[]>} */
async function askTokens(main) {
  const { result } = await rpc({ jsonrpc: '2.0', id: 1,
    method: 'getTokenAccountsByOwner', params: [main,
      { programId: TOKEN_PROGRAM }, { encoding: 'jsonParsed' }] });
  return tokensIn(result?.value ?? []);
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
