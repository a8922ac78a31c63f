/**
 * What happened in a round of a task: its proofs, accusations, lists and
 * payout, from the task's state while that has the round, and from the
 * transactions that name the task. Pure.
 */
import { encodeBase58 } from '../core/base58.js';
import { parseJson } from '../core/json.js';

/**
 * @typedef {{key: string, slot: number, value?: string}} Proof
 * @typedef {{key: string, by: string, slot: number,
 *            votes: {key: string, isValid: boolean, slot: number}[]}} Accusation
 * @typedef {{proofs: Map<string, Proof>, accused: Map<string, Accusation>,
 *            lists: Map<string, Proof & {account?: string}>,
 *            listsAccused: Map<string, Accusation>, record: string | null,
 *            payouts: {slot: number, by: string, signature: string,
 *                      account: string, error: any,
 *                      instructions: import('./decode.js').Instruction[],
 *                      said: ReturnType<typeof payoutSaid>}[],
 *            parts: Map<string, Map<number, Uint8Array>>}} Round
 * parts: of lists, by the account that took them; record: as the state has it,
 * "PayoutSuccessful"
 */

/** @returns {Round} */
export function emptyRound() {
  return { proofs: new Map(), accused: new Map(), lists: new Map(),
    listsAccused: new Map(), record: null, payouts: [], parts: new Map() };
}

/**
 * A key, which a task's state has as its bytes.
 *
 * @param {any} value
 */
export function keyOf(value) {
  return Array.isArray(value) ? encodeBase58(Uint8Array.from(value))
    : String(value ?? '');
}

/**
 * @param {any} state a task's JSON
 * @param {number} round
 * @param {Round} into
 * @returns {boolean} whether the state still has something of it
 */
export function addState(state, round, into) {
  const of = (/** @type {string} */ name) => state?.[name]?.[round];
  for (const [key, proof] of Object.entries(of('submissions') ?? {}))
    into.proofs.set(key, { key, slot: Number(proof.slot),
      value: String(proof.submission_value ?? '') });
  addAccusations(of('submissions_audit_trigger'), into.accused);
  for (const [key, list] of
    Object.entries(of('distribution_rewards_submission') ?? {}))
    into.lists.set(key, { ...into.lists.get(key), key,
      slot: Number(list.slot) });
  addAccusations(of('distributions_audit_trigger'), into.listsAccused);
  into.record = of('distributions_audit_record') ?? into.record;
  return Boolean(of('submissions') || of('distribution_rewards_submission') ||
    of('distributions_audit_record'));
}

/**
 * @param {any} source by the key that is accused
 * @param {Map<string, Accusation>} into
 */
function addAccusations(source, into) {
  for (const [key, one] of Object.entries(source ?? {}))
    into.set(key, { key, by: keyOf(one.trigger_by), slot: Number(one.slot),
      votes: (one.votes ?? []).map((/** @type {any} */ vote) => ({
        key: keyOf(vote.voter), isValid: Boolean(vote.is_valid),
        slot: Number(vote.slot) })) });
}

/**
 * What a transaction said about the round. The oldest come first.
 *
 * @param {{slot: number, signature: string, error: any, log?: string[],
 *          instructions: import('./decode.js').Instruction[],
 *          payer: string}} transaction
 * @param {string} task
 * @param {number} round
 * @param {Round} into
 */
export function addTransaction(transaction, task, round, into) {
  const { slot, signature, error, payer } = transaction;
  for (const { program, type, info } of transaction.instructions) {
    if (program !== 'koii' && program !== 'kpl' || info.task !== task ||
        Number(info.round) !== round)
      continue;
    if (type === 'Payout')
      into.payouts.push({ slot, by: payer, signature, account: info.data, error,
        instructions: transaction.instructions,
        said: payoutSaid(transaction.log) });
    if (error)
      continue;
    if (type === 'SubmitTask')
      into.proofs.set(info.actor, { key: info.actor, slot,
        value: info.submission });
    else if (type === 'AuditSubmissions')
      addVote(into.accused, info, slot);
    else if (type === 'AuditDistribution')
      addVote(into.listsAccused, info, slot);
    else if (type === 'SubmitDistributionList')
      into.lists.set(info.actor, { key: info.actor, slot, account: info.data });
    else if (type === 'UploadDistributionList' && info.bytes) {
      const parts = into.parts.get(info.data) ?? new Map();
      into.parts.set(info.data, parts.set(info.number, info.bytes));
    }
  }
}

/**
 * The first that says "false" accuses.
 *
 * @param {Map<string, Accusation>} into
 * @param {Record<string, any>} info
 * @param {number} slot
 */
function addVote(into, { actor, other, isValid }, slot) {
  /** @type {Accusation} */
  const one = into.get(other) ?? { key: other, by: actor, slot, votes: [] };
  if (!one.votes.some(({ key }) => key === actor))
    one.votes.push({ key: actor, isValid, slot });
  into.set(other, one);
}

/**
 * What a payout says in its log (src/settlement/task/task_payout.c); K2's says
 * whether it paid alone.
 *
 * @param {string[] | undefined} log
 * @returns {{isPaid: boolean | null, reasons: string[],
 *            penalties: {key: string, amount: string,
 *                        why: 'accusation' | 'list'}[]}}
 */
export function payoutSaid(log) {
  const lines = (log ?? []).filter((line) => line.startsWith(SAYS))
    .map((line) => line.slice(SAYS.length));
  const isOf = (/** @type {string} */ word) =>
    lines.some((line) => line.startsWith(word));
  const penalties = lines.flatMap((line) => {
    const [, key, amount, why] = PENALTY.exec(line) ?? [];
    return key ? [{ key, amount, why: /** @type {'accusation' | 'list'} */(
      why.includes('accusation') ? 'accusation' : 'list') }] : [];
  });
  return { penalties, isPaid: isOf('PayoutSuccessful') ? true
    : isOf('PayoutFailed') ? false : null,
  reasons: lines.filter((line) => !PENALTY.test(line) &&
    !/^(Payout|Instruction:)/.test(line)) };
}

const SAYS = 'Program log: ';
const PENALTY = /^([1-9A-HJ-NP-Za-km-z]{32,44}) loses (\d+) for (.+)$/;

/**
 * Whether an accusation stands: with a tie proofs and lists stand.
 *
 * @param {Accusation} accusation
 */
export function verdictOf({ votes }) {
  const valid = votes.filter(({ isValid }) => isValid).length;
  return { valid, invalid: votes.length - valid,
    stands: votes.length - valid > valid };
}

const PART_BYTES = 508;

/**
 * The list that was carried out, where its parts were seen whole.
 *
 * @param {Round} round
 * @param {string} task
 * @param {number} number of the round
 * @returns {{by: string | null, entries: {key: string, amount: bigint}[],
 *            gains: bigint, losses: bigint, gained: number, lost: number
 *            } | null}
 */
export function listPaid(round, task, number) {
  const paid = round.payouts.find(({ error, said }) =>
    !error && said.isPaid !== false);
  const parts = paid && round.parts.get(paid.account);
  const entries = parts && readList(parts, task, number);
  if (!paid || !entries)
    return null;
  const by = [...round.lists.values()].find(
    ({ account }) => account === paid.account)?.key ?? null;
  const up = entries.filter(({ amount }) => amount > 0n);
  const down = entries.filter(({ amount }) => amount < 0n);
  const sum = (/** @type {typeof entries} */ list) =>
    list.reduce((all, { amount }) => all + amount, 0n);
  return { by, entries, gains: sum(up), losses: -sum(down), gained: up.length,
    lost: down.length };
}

/**
 * The text of a list, plain or in K2's envelope of bytes (src/settlement/format/
 * task_distribution_list.h).
 *
 * @param {Map<number, Uint8Array>} parts
 * @param {string} task
 * @param {number} number
 */
export function readList(parts, task, number) {
  const bytes = new Uint8Array(parts.size * PART_BYTES);
  for (let at = 0; at < parts.size; at++) {
    const part = parts.get(at);
    if (!part)
      return null; // one was not seen
    bytes.set(part.subarray(0, PART_BYTES), at * PART_BYTES);
  }
  try {
    let list = parseJson(textOf(bytes));
    const enveloped = list?.[number]?.[task];
    if (Array.isArray(enveloped))
      list = parseJson(textOf(Uint8Array.from(enveloped)));
    return Object.entries(list).map(([key, amount]) =>
      ({ key, amount: BigInt(/** @type {any} */(amount)) }));
  } catch {
    return null; // it is no such list: nobody was paid by it
  }
}

/**
 * Up to the first 0.
 *
 * @param {Uint8Array} bytes
 */
function textOf(bytes) {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/**
 * The slots in which something of a round can be: its work, and up to its last
 * possible payout.
 *
 * @param {{starting_slot: number, round_time: number,
 *          allowed_failed_distributions?: number}} terms
 * @param {number} round
 */
export function slotsOf(terms, round) {
  const first = (/** @type {number} */ n) =>
    Number(terms.starting_slot) + n * Number(terms.round_time);
  return { work: first(round), proofs: first(round + 1),
    lists: first(round + 2),
    end: first(round + 4 + Number(terms.allowed_failed_distributions ?? 0)) };
}

/**
 * @param {{starting_slot: number, round_time: number}} terms
 * @param {number} slot
 */
export function roundAt(terms, slot) {
  return Math.floor((slot - Number(terms.starting_slot)) /
    Number(terms.round_time));
}
