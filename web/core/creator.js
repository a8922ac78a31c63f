/** Tasks that the node's wallet has made (src/node/page/api_creator.c). */
import { KOII_DECIMALS } from './amount.js';

/**
 * @typedef {import('./catalog.js').CatalogRow & {last_paid: number | null,
 *            migrated_to: string | null,
 *            costs: Record<'fund' | 'active', {fee: string, account: string}>
 *            }} OwnTask
 * @typedef {{round: number, proofs: number, accused: number, lists: number,
 *            lists_accused: number, payout: 'paid' | 'failed' | null}} OwnRound
 */

/**
 * How an amount of the task's is shown: in base units where it is a token's.
 *
 * @param {OwnTask} task
 */
export function formOfTask({ token }) {
  return { unit: token, decimals: token ? 0 : KOII_DECIMALS };
}
