/**
 * Sums, days and charts: exact where they are read, round where they are drawn.
 */
import { barsPath, linePath, marksOf, placesOf } from '../../../../web/core/chart.js';
import { changeOf, dayBefore, everyDay, formOf, tokensIn }
  from '../../../../web/core/money.js';
import './browser.js';
import { assert, test } from './tap.js';

const same = assert.deepStrictEqual;

test('every day of a range is there, and its rows are added up exactly', () => {
  const row = (day, rewards, more = {}) => ({ day, unit: 'KOII', rewards,
    losses: '0', fees: '5000', paid: 1, ...more });
  const days = everyDay([row('2026-11-29', '1000000000000000001'),
    row('2026-11-29', '2'), row('2026-11-29', '7', { unit: 'a mint' }),
    row('2026-12-05', '9')], '2026-11-28', '2026-12-01');
  same(days.map(({ day }) => day),
    ['2026-11-28', '2026-11-29', '2026-11-30', '2026-12-01']);
  same(days[1], { day: '2026-11-29', rewards: 1000000000000000003n, losses: 0n,
    fees: 10000n, paid: 2 });
  same(days[0].rewards, 0n);
  same(dayBefore(Date.parse('2026-03-01T00:30Z'), 1), '2026-02-28');
});

test('a mint with several accounts is one token, and empty ones are none', () => {
  const account = (mint, amount, decimals) => ({ account: { data: { parsed: {
    info: { mint, tokenAmount: { amount, decimals } } } } } });
  same(tokensIn([account('B', '1000000000000000001', 9), account('A', '0', 6),
    account('B', '2', 9), { account: { data: ['', 'base64'] } }]),
  [{ mint: 'B', amount: '1000000000000000003', decimals: 9 }]);
  same(formOf('B', [{ mint: 'B', amount: '1', decimals: 6 }]),
    { unit: 'B', decimals: 6 });
  same(formOf('KOII'), { unit: null, decimals: 9 });
});

test('an entry adds, takes, or only moves', () => {
  same(changeOf({ kind: 'reward', amount: '5' }), { value: 5n, kind: 'change' });
  same(changeOf({ kind: 'penalty', amount: '5' }), { value: -5n, kind: 'change' });
  same(changeOf({ kind: 'claim', amount: '5' }), { value: 5n, kind: undefined });
});

test('marks are round, have 0 among them and hold all values', () => {
  for (const [low, high] of [[0, 1], [-0.4, 3.3], [-7, 0], [0, 0], [-1e-6, 2e-6],
    [0, 98765], [0, 0.3]]) {
    const marks = marksOf(low, high);
    assert.ok(marks.includes(0), `${marks}`);
    assert.ok(marks[0] <= low && marks[marks.length - 1] >= high,
      `${low} to ${high}: ${marks}`);
    assert.ok(marks.length >= 2 && marks.length <= 8, `${marks}`);
  }
  same(marksOf(0, 3.3), [0, 1, 2, 3, 4]);
});

test('marks below have room, and the last place has one', () => {
  same(placesOf(30, 300, 80), [5, 13, 21, 29]);
  same(placesOf(2, 300, 80), [0, 1]);
  same(placesOf(0, 300, 80), []);
});

test('bars stand on the line of 0, and a line has gaps', () => {
  const scale = { xOf: (at) => 10 * at + 5, yOf: (value) => 50 - value, width: 4 };
  same(barsPath([2, 0, -3, null], scale), 'M3 50h4V48h-4zM23 50h4V53h-4z');
  same(linePath([1, 2, null, 3], scale), 'M5 49L15 48M35 47');
});
