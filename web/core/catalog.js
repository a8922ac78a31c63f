/**
 * Tasks of the network as the catalog has them (src/node/node_catalog.h), and
 * their terms as an operator needs them.
 */
import { baseUnits } from './amount.js';
import { slot } from './live.js';

/**
 * @typedef {{task: string, name: string, active: boolean, allowlisted: boolean,
 *            creator: string | null, token: string | null, bounty: string,
 *            bounty_per_round: string, minimum_stake: string,
 *            round_time: number, submission_window: number,
 *            audit_window: number, starting_slot: number, nodes: number,
 *            payouts: {successful: number, failed: number}}} CatalogRow
 * @typedef {CatalogRow & {description: string, total_stake: string,
 *            allowed_failures: number, network: string, code: string,
 *            metadata: string, migrated_to: string | null, slot: number
 *            }} CatalogTask
 * @typedef {{kind: 'variable' | 'addon' | 'other', type: string, name: string,
 *            ok?: boolean}} Need
 */

/** A proof's transaction has two signatures of 0.000005 KOII. */
export const PROOF_FEE = 10000n;
/** The stake is locked until so many rounds after that of the last proof. */
const ROUNDS_LOCKED = 4;
const DAY_MS = 24 * 3600 * 1000;

/**
 * Rows that fit what is looked for: part of the name, the beginning of a key.
 *
 * @param {CatalogRow[]} rows
 * @param {{find: string, hasStopped: boolean, kind: string,
 *          wallet?: string}} wanted
 * kind: all, koii, token, afford (a stake that the wallet has)
 */
export function fittingTasks(rows, { find, hasStopped, kind, wallet }) {
  const needle = find.trim().toLowerCase();
  return rows.filter((row) => {
    if (!hasStopped && !row.active)
      return false;
    if (kind === 'token' ? !row.token : kind !== 'all' && row.token)
      return false;
    if (kind === 'afford' && wallet !== undefined &&
        baseUnits(row.minimum_stake) > baseUnits(wallet))
      return false;
    return !needle || row.name.toLowerCase().includes(needle) ||
      [row.task, row.creator].some((key) => key?.toLowerCase().startsWith(needle));
  });
}

/**
 * How many more rounds the bounty pays.
 *
 * @param {CatalogRow} row
 * @returns {bigint | null} null: it pays nothing by the round
 */
export function roundsLeft(row) {
  const each = baseUnits(row.bounty_per_round);
  return each > 0n ? baseUnits(row.bounty) / each : null;
}

/**
 * In ms, as long as slots are now; 0 while that is not known.
 *
 * @param {CatalogRow} row
 */
export function roundMs(row) {
  return row.round_time * slot.value.slotMs;
}

/** @param {CatalogRow} row */
export function lockedMs(row) {
  return ROUNDS_LOCKED * roundMs(row);
}

/**
 * What proofs alone cost a day, in roe.
 *
 * @param {CatalogRow} row
 * @returns {bigint | null}
 */
export function feesADay(row) {
  const ms = roundMs(row);
  return ms ? BigInt(Math.ceil(DAY_MS / ms)) * PROOF_FEE : null;
}
