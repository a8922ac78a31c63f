/* Tasks of the network, as somebody looks for one. */
import { feesADay, fittingTasks, lockedMs, roundMs, roundsLeft }
  from '../../../../web/core/catalog.js';
import { slot } from '../../../../web/core/live.js';
import { assert, test } from './tap.js';

const row = (more) => ({ task: 'TaskOne', name: 'Weather of lakes', active: true,
  creator: 'Maker', token: null, bounty: '1000', bounty_per_round: '300',
  minimum_stake: '5000000000', round_time: 50, ...more });
const any = { find: '', hasStopped: false, kind: 'all' };
const names = (rows, wanted) =>
  fittingTasks(rows, { ...any, ...wanted }).map(({ name }) => name);

test('a task is found by a part of its name, and by the beginning of a key', () => {
  const rows = [row(), row({ task: 'TaskTwo', name: 'Other', creator: 'Else' })];
  assert.deepEqual(names(rows, { find: ' LAKES ' }), ['Weather of lakes']);
  assert.deepEqual(names(rows, { find: 'tasktwo' }), ['Other']);
  assert.deepEqual(names(rows, { find: 'maker' }), ['Weather of lakes']);
  assert.deepEqual(names(rows, { find: 'aker' }), []);
  assert.deepEqual(names(rows, {}), ['Weather of lakes', 'Other']);
  assert.deepEqual(names([row({ creator: null })], { find: 'x' }), []);
});

test('what was switched off, paid in a token or is too dear is left out', () => {
  const rows = [row({ name: 'off', active: false }),
    row({ name: 'token', token: 'Mint' }), row({ name: 'dear' }),
    row({ name: 'cheap', minimum_stake: '1' })];
  assert.deepEqual(names(rows, { hasStopped: true }),
    ['off', 'token', 'dear', 'cheap']);
  assert.deepEqual(names(rows, { kind: 'token' }), ['token']);
  assert.deepEqual(names(rows, { kind: 'koii' }), ['dear', 'cheap']);
  assert.deepEqual(names(rows, { kind: 'afford', wallet: '4999999999' }), ['cheap']);
  assert.deepEqual(names(rows, { kind: 'afford', wallet: '5000000000' }),
    ['dear', 'cheap']);
  // Nothing is hidden while the wallet is not known.
  assert.deepEqual(names(rows, { kind: 'afford' }), ['dear', 'cheap']);
});

test('rounds that are left, and what proofs cost', () => {
  assert.equal(roundsLeft(row()), 3n);
  assert.equal(roundsLeft(row({ bounty_per_round: '0' })), null);
  assert.equal(roundsLeft(row({ bounty: '1000000000000000001',
    bounty_per_round: '1' })), 1000000000000000001n);
  const before = slot.value;
  slot.value = { ...before, slotMs: 0 };
  assert.equal(feesADay(row()), null);
  slot.value = { ...before, slotMs: 400 };
  assert.equal(roundMs(row()), 20000);
  assert.equal(lockedMs(row()), 80000);
  assert.equal(feesADay(row()), 43200000n); // 4320 rounds
  slot.value = before;
});
