/**
 * Rounds, duties and lines of logs, as the page sorts them.
 */
import { columnsOf, fitting, joinBatch, joinPage, splitAt }
  from '../../../../web/core/log_lines.js';
import { amountOf, countOutcomes, momentOf, outcomeOf, placeDuties, windowOf }
  from '../../../../web/core/rounds.js';
import './browser.js';
import { assert, test } from './tap.js';

const same = assert.deepStrictEqual;

const CLOCK = { starting_slot: 6, round_time: 60, submission_window: 24,
  audit_window: 24 };

test('a slot is found in its round and window', () => {
  const moment = momentOf(CLOCK, 6 + 2 * 60 + 30);
  same([moment.round, moment.offset, moment.first], [2, 30, 126]);
  same(windowOf(moment), 'audit');
  same(windowOf({ ...moment, offset: 23 }), 'submission');
  same(windowOf({ ...moment, offset: 48 }), 'rest');
  same(momentOf({}, 100), null);
  same(momentOf(CLOCK, 3), null); // before the task's first slot
  same(momentOf({ ...CLOCK, starting_slot: undefined, round: 5, offset: 7 },
    1000).first, 993);
});

test('an outcome is the book\'s, or follows from the status', () => {
  const of = (round, current = 9) => outcomeOf({ round: 5, ...round }, current);
  same(of({ outcome: 'waiting for payout' }), 'waiting');
  same(of({ outcome: 'payout failed' }), 'payout_failed');
  same(of({ outcome: 'amount not read' }), 'not_read');
  same(of({ outcome: 'of a later version' }), 'not_read');
  same(of({ payout: 'successful', reward: '5', submission: 'x' }), 'paid');
  same(of({ payout: 'successful', reward: null, submission: 'x' }), 'not_read');
  same(of({ payout: 'successful', reward: null, submission: null }), 'no_proof');
  same(of({ payout: 'successful', reward: '-5', submission: 'x' }), 'slashed');
  same(of({ payout: 'failed', submission: 'x' }), 'payout_failed');
  same(of({ payout: 'none', accused: true, submission: 'x' }), 'accused');
  same(of({ payout: 'none', submission: 'x' }), 'waiting');
  same(of({ payout: 'none' }, 5), 'working');
  same(of({ payout: 'none' }, 6), 'proving');
});

test('what a round has brought is exact', () => {
  same(amountOf({ round: 1, reward: '1000000000000000001',
    losses: [{ kind: 'accusation', amount: '2' }] }), 999999999999999999n);
  same(amountOf({ round: 1, losses: [{ kind: 'list', amount: '7' }] }), -7n);
  same(amountOf({ round: 1, reward: '-7', losses: [{ kind: 'list', amount: '7' },
    { kind: 'own_list', amount: '2' }] }), -9n);
  same(amountOf({ round: 1, reward: null }), null);
});

test('rounds that are not settled are not counted', () => {
  const rounds = ['working', 'proving', 'waiting for payout', 'paid',
    'amount not read', 'slashed', 'penalty', 'missed', 'no proof']
    .map((outcome, round) => ({ round, outcome }));
  same(countOutcomes(rounds, 20), { paid: 2, missed: 2, slashed: 2, of: 6 });
});

test('duties stand in their lanes, and their marks apart', () => {
  const moment = { round: 5, first: 1000, length: 60 };
  const duty = (kind, round, from, until, state, slot) =>
    ({ kind, round, from, until, state, slot });
  const x = (offset) => 10 * offset;
  const { lanes, older } = placeDuties([
    duty('work', 5, 1000, 1060, 'running'),
    duty('submit', 4, 1000, 1020, 'done', 1004),
    duty('audit', 4, 1000, 1010, 'open'),
    duty('list audit', 3, 990, 1100, 'waiting'),
    duty('payout', 2, 1000, 1060, 'open'),
    duty('list', 2, 1000, 1060, 'done'),
    duty('submit', 5, 1060, 1080, 'waiting'),
  ], moment, x);
  same(lanes.map((lane) => lane.length), [1, 2, 1]);
  same(older, 1);
  same(lanes[1].map(({ mark }) => mark), [40, 58]);
  same([lanes[2][0].from, lanes[2][0].until], [0, 600]); // cut at the edges
  const many = placeDuties(['submit', 'audit', 'vote'].map((kind) =>
    duty(kind, 4, 1060, 1060, 'open')), moment, x).lanes[1];
  same(many.map(({ mark }) => mark), [555, 573, 591]);
});

test('pages and batches of a log join without gap or double', () => {
  const line = (n, words = `line ${n}`) => [1000 + n, 'info', words];
  const range = (from, until) => Array.from({ length: until - from },
    (_, at) => line(from + at));
  same(joinPage(range(0, 5), range(3, 8)), { lines: range(0, 8), isGap: false });
  same(joinPage(range(0, 5), range(6, 8)), { lines: range(6, 8), isGap: true });
  same(joinPage([], range(0, 2)).lines, range(0, 2));
  same(joinPage(range(3, 5), range(0, 6)), { lines: range(0, 6), isGap: true });
  same(joinBatch(range(0, 5), range(3, 8)), range(0, 8));
  same(joinBatch(range(0, 5), range(5, 6)), range(0, 6));
  same(joinBatch([], range(5, 6)), range(5, 6));
});

test('lines are found by level and text', () => {
  const lines = [[1, 'debug', 'a'], [2, 'info', 'Ab'], [3, 'error', 'b']];
  same(fitting(lines, { level: 'debug', find: '' }) === lines, true);
  same(fitting(lines, { level: 'info', find: '' }).length, 2);
  same(fitting(lines, { level: 'debug', find: 'A' }).length, 2);
  same(fitting(lines, { level: 'error', find: 'a' }), []);
  same(splitAt('one two one', 'ONE'), ['', 'one', ' two ', 'one', '']);
  same(splitAt('İone', 'one'), ['İone']);
  same(columnsOf([1, 'info', 'ab漢']), 4);
});
