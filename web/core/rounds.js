/**
 * Rounds and duties of a task, as the page names and sorts them.
 *
 * A round is the account book's ({round, outcome, …}) or, for the newest ones,
 * the status' ({round, submission, payout, …}, src/node/node.h); a duty is as
 * GET tasks/ID/duties has it.
 */
import { baseUnits, sumOf } from './amount.js';

/**
 * @typedef {'working' | 'proving' | 'waiting' | 'paid' | 'slashed' | 'penalty' |
 *           'accused' | 'no_proof' | 'missed' | 'payout_failed' | 'given_up' |
 *           'not_read'} Outcome
 * @typedef {{round: number, outcome?: string, proof?: string | null,
 *            submission?: string | null, reward?: string | null,
 *            losses?: {kind: string, amount: string}[], payout?: string,
 *            accused?: boolean, evidence_until?: number | null,
 *            verdicts?: any, accusers?: any[], votes?: any[], list?: any,
 *            evidence?: any}} Round
 * @typedef {{kind: string, round: number, from: number, until: number,
 *            state: 'waiting' | 'open' | 'running' | 'done' | 'failed' |
 *            'missed' | 'none', slot?: number | null, failures?: number,
 *            signature?: string | null}} Duty
 * @typedef {{starting_slot?: number, round_time?: number,
 *            submission_window?: number, audit_window?: number,
 *            round?: number | null, offset?: number | null}} Clock
 */

/** What the node's words for an outcome are called here. */
const OUTCOMES = /** @type {Record<string, Outcome>} */({
  waiting_for_payout: 'waiting', amount_not_read: 'not_read',
  paid_amount_not_read: 'not_read',
});

/** How an outcome looks, and its sign; its word stands beside both. */
const LOOKS = /** @type {Record<Outcome, {sign: string, tone: 'good' | 'info' | 'warn' | 'bad' | 'muted'}>} */({
  working: { sign: '…', tone: 'muted' },
  proving: { sign: '…', tone: 'muted' },
  waiting: { sign: '·', tone: 'info' },
  paid: { sign: '✓', tone: 'good' },
  slashed: { sign: '▼', tone: 'bad' },
  penalty: { sign: '▼', tone: 'bad' },
  accused: { sign: '!', tone: 'warn' },
  no_proof: { sign: '–', tone: 'muted' },
  missed: { sign: '✕', tone: 'bad' },
  payout_failed: { sign: '✕', tone: 'bad' },
  given_up: { sign: '✕', tone: 'bad' },
  not_read: { sign: '?', tone: 'muted' },
});

const LANES = /** @type {Record<string, number>} */({
  work: 0, task: 0, submit: 1, audit: 1, vote: 1,
  list: 2, list_audit: 2, list_vote: 2, payout: 2,
});

/**
 * A duty's kind as texts have it: the node writes "list audit".
 *
 * @param {string} kind
 */
export function dutyKind(kind) {
  return kind.replace(/[ -]/g, '_');
}

/**
 * Which lane of the round picture a duty is in: 0 working, 1 proving, 2 paying.
 *
 * @param {string} kind
 */
export function laneOf(kind) {
  return LANES[dutyKind(kind)] ?? 2;
}

/**
 * What became of a round, or becomes of it.
 *
 * @param {Round} round
 * @param {number | null | undefined} current the round the task is in
 * @returns {Outcome}
 */
export function outcomeOf(round, current) {
  if (round.outcome) {
    const told = round.outcome.replace(/[ -]/g, '_');
    const known = OUTCOMES[told] ?? /** @type {Outcome} */(told);
    return known in LOOKS ? known : 'not_read';
  }
  const age = typeof current === 'number' ? current - round.round : 3;
  const reward = round.reward ?? null;
  if (reward !== null && baseUnits(reward) < 0n)
    return 'slashed';
  if (round.payout === 'successful')
    return !round.submission ? 'no_proof'
      : reward === null ? 'not_read' : 'paid';
  if (round.payout === 'failed')
    return 'payout_failed';
  if (round.accused)
    return 'accused';
  if (age <= 0)
    return 'working';
  if (age === 1)
    return 'proving';
  return round.submission ? 'waiting' : 'no_proof';
}

/** @param {Outcome} outcome */
export function outcomeLook(outcome) {
  return LOOKS[outcome];
}

/**
 * What a round has brought or cost, in base units; null where that is not
 * settled or not known.
 *
 * @param {Round} round
 * @returns {bigint | null}
 */
export function amountOf(round) {
  const { losses = [] } = round;
  const reward = round.reward ?? null;
  // What a list takes is the reward itself, where that is known.
  const other = sumOf(losses.filter(({ kind }) =>
    reward === null || kind !== 'list').map(({ amount }) => amount));
  if (reward === null)
    return losses.length ? -other : null;
  return baseUnits(reward) - other;
}

/**
 * How many of the newest rounds were paid, missed and slashed.
 *
 * @param {Round[]} rounds
 * @param {number | null | undefined} current
 */
export function countOutcomes(rounds, current) {
  const count = { paid: 0, missed: 0, slashed: 0, of: 0 };
  for (const round of rounds) {
    const outcome = outcomeOf(round, current);
    if (['working', 'proving', 'waiting', 'accused'].includes(outcome))
      continue;
    count.of++;
    if (outcome === 'paid' || outcome === 'not_read')
      count.paid++;
    else if (outcome === 'slashed' || outcome === 'penalty')
      count.slashed++;
    else
      count.missed++;
  }
  return count;
}

/**
 * Where in its round a task is at a slot; null while its windows are not known.
 *
 * @param {Clock} task
 * @param {number} slot the newest, 0 where none is known
 */
export function momentOf(task, slot) {
  const { starting_slot: start, round_time: length, submission_window: submit,
    audit_window: audit } = task;
  if (!length || !submit || !audit)
    return null;
  const windows = { length, submit, audit };
  if (start !== undefined && slot >= start) {
    const round = Math.floor((slot - start) / length);
    return { ...windows, round, offset: (slot - start) % length,
      first: start + round * length };
  }
  if (typeof task.round !== 'number' || typeof task.offset !== 'number')
    return null;
  return { ...windows, round: task.round, offset: task.offset,
    first: slot - task.offset };
}

/**
 * The window an offset lies in.
 *
 * @param {{offset: number, submit: number, audit: number}} moment
 * @returns {'submission' | 'audit' | 'rest'}
 */
export function windowOf({ offset, submit, audit }) {
  if (offset < submit)
    return 'submission';
  return offset < submit + audit ? 'audit' : 'rest';
}

/** Closer than this, in px, two marks would touch. */
const MARK_PITCH = 18;

/**
 * Where the duties of the picture stand: spans and marks of the three lanes,
 * in px. Duties of rounds that are older than the third lane's are counted.
 *
 * @param {Duty[]} duties
 * @param {{round: number, first: number, length: number}} moment
 * @param {(offset: number) => number} x
 */
export function placeDuties(duties, { round, first, length }, x) {
  const lanes = /** @type {{duty: Duty, from: number, until: number,
    mark: number}[][]} */([[], [], []]);
  let older = 0;
  const inside = (/** @type {number} */ slot) =>
    x(Math.min(Math.max(slot - first, 0), length));
  for (const duty of duties) {
    const lane = laneOf(duty.kind);
    if (duty.round < round - 2 && duty.state !== 'done' && duty.state !== 'none')
      older++;
    if (duty.round !== round - lane)
      continue;
    const from = inside(duty.from);
    const until = inside(duty.until);
    const at = duty.state === 'done' && duty.slot ? inside(duty.slot)
      : (from + until) / 2;
    lanes[lane].push({ duty, from, until, mark: at });
  }
  for (const lane of lanes) {
    lane.sort((a, b) => a.mark - b.mark);
    spread(lane, x(0), x(length));
  }
  return { lanes, older };
}

/**
 * The later of two marks that would touch moves to the right; what would leave
 * the picture moves back to the left.
 *
 * @param {{mark: number}[]} marks by their places
 * @param {number} least
 * @param {number} most
 */
function spread(marks, least, most) {
  const half = MARK_PITCH / 2;
  let last = least - half;
  for (const mark of marks) {
    mark.mark = Math.max(mark.mark, last + MARK_PITCH);
    last = mark.mark;
  }
  let next = most + half;
  for (const mark of [...marks].reverse()) {
    mark.mark = Math.min(mark.mark, next - MARK_PITCH);
    next = mark.mark;
  }
}
