/* web/core without a browser: what is read, written and shown. */
import { happens } from './browser.js';
import { agentOf } from '../../../../web/core/agent.js';
import { exactAmount, formatAmount, parseAmount, sumOf }
  from '../../../../web/core/amount.js';
import { decodeBase58, encodeBase58, isKey, isSignature }
  from '../../../../web/core/base58.js';
import { parseJson } from '../../../../web/core/json.js';
import { headline } from '../../../../web/core/node.js';
import { mergePatch } from '../../../../web/core/merge.js';
import { pictureOf } from '../../../../web/core/picture.js';
import { plain, sentence } from '../../../../web/core/plain.js';
import { go, parseRoute, route } from '../../../../web/core/router.js';
import { chooseLanguage, pieces, text } from '../../../../web/core/text.js';
import { duration, relative } from '../../../../web/core/time.js';
import { assert, runTests, test } from './tap.js';
import './api_test.js';
import './catalog_test.js';
import './explorer_test.js';
import './live_test.js';
import './money_test.js';
import './reasons_test.js';
import './rounds_test.js';

const KEY = 'DfXX9cRbwP9nZ5eGgCsMW3mN3tq1yMv3bYxn2fYk6pQ2';

test('an amount beyond a double is shown and written to the last unit', () => {
  assert.equal(formatAmount('1000000000000000001'), '1,000,000,000.00');
  assert.equal(exactAmount('1000000000000000001'), '1000000000.000000001');
  assert.equal(sumOf(['1000000000000000000', '1']), 1000000000000000001n);
});

test('amounts are cut and never rounded up', () => {
  assert.equal(formatAmount('1999999999'), '1.99');
  assert.equal(formatAmount('999999999'), '0.9999');
  assert.equal(formatAmount('99999'), '< 0.0001');
  // A sign and "less than" would say nothing together.
  assert.equal(formatAmount('-5000'), '−0.000005');
  assert.equal(formatAmount('5000', { kind: 'change' }), '+0.000005');
  assert.equal(formatAmount('-1', { kind: 'change' }), '−0.000000001');
  assert.equal(formatAmount('99', { decimals: 6 }), '< 0.0001');
  assert.equal(formatAmount('5', { decimals: 2 }), '0.05');
  assert.equal(formatAmount('100000'), '0.0001');
  assert.equal(formatAmount('0'), '0');
  assert.equal(formatAmount('2000000000'), '2.00');
  assert.equal(formatAmount('7', { decimals: 0 }), '7');
  assert.equal(formatAmount('1234567', { decimals: 2 }), '12,345.67');
});

test('a change has a sign', () => {
  assert.equal(formatAmount('660000000', { kind: 'change' }), '+0.6600');
  assert.equal(formatAmount('-1400000000', { kind: 'change' }), '−1.40');
  assert.equal(formatAmount('0', { kind: 'change' }), '0');
});

test('a typed amount is read exactly, or it is said what is wrong', () => {
  assert.deepEqual(parseAmount('2.5'), { value: 2500000000n });
  assert.deepEqual(parseAmount(' 1 000 '), { value: 1000000000000n });
  assert.deepEqual(parseAmount('.000000001'), { value: 1n });
  assert.deepEqual(parseAmount('1.0000000000'), { value: 1000000000n });
  assert.deepEqual(parseAmount('0'), { value: 0n });
  assert.deepEqual(parseAmount(''), { fault: 'empty' });
  assert.deepEqual(parseAmount('0.0000000001'), { fault: 'fine' });
  assert.deepEqual(parseAmount('18446744074'), { fault: 'large' });
  for (const typed of ['-1', '1e3', '0x10', '1.2.3', '.', 'NaN', '١', '+1'])
    assert.deepEqual(parseAmount(typed), { fault: 'form' }, typed);
});

test('what was shown whole is read as the same amount', () => {
  for (const amount of [0n, 1n, 999999999n, 10n ** 18n, 2n ** 64n - 1n])
    assert.deepEqual(parseAmount(exactAmount(amount)), { value: amount });
});

test('a browser is known by its name and its system, or not at all', () => {
  const like = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';
  /** @type {[string, string][]} */
  const cases = [
    [`${like} Chrome/130.0.0.0 Safari/537.36`, 'Chrome Linux'],
    [`${like} HeadlessChrome/130.0.0.0 Safari/537.36`, 'Chrome Linux'],
    [`${like} Chrome/130.0.0.0 Safari/537.36 Edg/130.0`, 'Edge Linux'],
    [`${like} Chrome/130.0.0.0 Safari/537.36 OPR/115.0`, 'Opera Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0',
      'Firefox Windows'],
    ['Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0',
      'Firefox Android'],
    ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) ' +
      'SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36',
    'Samsung Internet Android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 ' +
      '(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', 'Safari iPhone'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, ' +
      'like Gecko) Version/17.5 Safari/605.1.15', 'Safari macOS'],
  ];
  for (const [agent, name] of cases) {
    const { browser, system } = agentOf(agent) ?? {};
    assert.equal(`${browser} ${system}`, name);
  }
  for (const other of ['', 'curl/8.5', 'Linux', 'Firefox/1', 'NotFirefox/3 on Linux'])
    assert.equal(agentOf(other), null);
});

test('long whole numbers of JSON become texts, and nothing else does', () => {
  assert.deepEqual(parseJson('{"a":1000000000000000001,"b":12}'),
    { a: '1000000000000000001', b: 12 });
  assert.deepEqual(parseJson('[-1234567890123456]'), ['-1234567890123456']);
  assert.deepEqual(parseJson('[123456789012345]'), [123456789012345]);
  assert.deepEqual(parseJson('[0.12345678901234567, 1e20, 12345678901234567e2]'),
    [0.12345678901234567, 1e20, 12345678901234567e2]);
  assert.deepEqual(
    parseJson('{"1234567890123456":"at \\"1234567890123456\\\\"}'),
    { 1234567890123456: 'at "1234567890123456\\' });
  assert.equal(parseJson(`"${'x'.repeat(1 << 20)}1234567890123456"`).length,
    (1 << 20) + 16);
  assert.throws(() => parseJson('[12345678901234567'), SyntaxError);
});

test('a merge patch does what RFC 7396 says', () => {
  const cases = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ];
  for (const [target, patch, result] of cases)
    assert.deepEqual(mergePatch(JSON.parse(target), JSON.parse(patch)),
      JSON.parse(result));
});

test('a merge patch leaves what it does not touch as it was', () => {
  const before = { one: { round: 1 }, two: { round: 2 } };
  const after = mergePatch(before, { two: { round: 3 } });
  assert.equal(after.one, before.one);
  assert.deepEqual(before.two, { round: 2 });
});

test('base58 is read and written as Bitcoin has it', () => {
  const cases = [['', ''], ['61', '2g'], ['00000000000000000000', '1111111111'],
    ['516b6fcd0f', 'ABnLTmg'], ['00eb15231dfceb60925886b67d065299925915aeb172c06647',
      '1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L']];
  for (const [hex, digits] of cases) {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    assert.equal(encodeBase58(bytes), digits);
    assert.deepEqual(decodeBase58(digits), bytes);
  }
  for (const wrong of ['0', 'O', 'I', 'l', 'a b', '1'.repeat(129)])
    assert.equal(decodeBase58(wrong), null);
  assert.ok(isKey(KEY));
  assert.ok(isKey('1'.repeat(32)));
  assert.ok(!isKey('1'.repeat(33)));
  assert.ok(!isKey(KEY.slice(2)));
  assert.ok(isSignature('1'.repeat(64)));
  assert.ok(!isSignature(KEY));
});

test('what the command line says is a sentence on the page', () => {
  for (const [said, shown] of [
    ['who can read the folder has the keys', 'Who can read the folder has the keys.'],
    ["can't be confined: nothing was reported", "Can't be confined: nothing was reported."],
    ['http://127.0.0.1:8899 does not answer', 'http://127.0.0.1:8899 does not answer.'],
    ['pond-worker does not start', 'pond-worker does not start.'],
    ['`pond wallet seal` puts them away', '`pond wallet seal` puts them away.'],
    ['Is it there? Look!', 'Is it there? Look!'], ['über\u202e x', 'über␣ x.'],
  ])
    assert.equal(sentence(said), shown);
});

test('text from outside can neither hide nor turn round', () => {
  assert.equal(plain('a\u202eb\u200bc\0d\x9be'), 'a␣b␣c␣d␣e');
  assert.equal(plain('\ud800x\udfff'), '␣x␣');
  assert.equal(plain('one\ntwo\tthree'), 'one␣two␣three');
  assert.equal(plain('one\ntwo\tthree', { lines: true }), 'one\ntwo\tthree');
  assert.equal(plain('\u{e0041}'), '␣');
  assert.equal(plain('<b>Täglich 😀</b>'), '<b>Täglich 😀</b>');
  assert.equal(plain('x'.repeat(600)).length, 513);
  assert.equal(plain(undefined), '');
  assert.equal(plain({}), '[object Object]');
});

test('texts take values, elements and forms of numbers', async () => {
  assert.equal(text('time.ago', { time: '3 min' }), '3 min ago');
  assert.equal(text('time.days', { n: 1 }), '1 day');
  assert.equal(text('time.days', { n: 12000 }), '12,000 days');
  assert.equal(text('state.restarting_in', { time: '4 s', n: 22 }),
    'Restarting in 4 s (22nd time)');
  assert.equal(text('sentence.well', { tasks: 1 }),
    'Your task is working. Nothing needs you.');
  assert.equal(text('time.ago'), '{time} ago');
  assert.equal(text('no.such.key'), 'no.such.key');
  const element = { type: 'code' };
  assert.ok(pieces('connect.expired', { command: element }).includes(element));
  await chooseLanguage('xa');
  assert.match(text('time.days', { n: 2 }), /^\[2 dáýš.*\]$/);
  assert.match(text('sentence.well', { tasks: 3 }), /^\[Áll 3 tášk/);
  await chooseLanguage('en');
});

test('times are cut to their largest unit', () => {
  assert.equal(duration(59999), '59 s');
  assert.equal(duration(60000), '1 min');
  assert.equal(duration(3599999), '59 min');
  assert.equal(duration(47 * 3600000), '47 h');
  assert.equal(duration(48 * 3600000), '2 days');
  assert.equal(relative(12000, 0), 'in 12 s');
  assert.equal(relative(0, 180000), '3 min ago');
  assert.equal(relative(500, 0), 'now');
});

test('what needs the operator is said before that all tasks are working', () => {
  const well = { kind: 'well', working: 2, tasks: 2, need: 0 };
  const row = (level) => ({ id: level, kind: 'told', level });
  assert.equal(headline(well, []), well);
  assert.equal(headline(well, [row('info')]), well);
  assert.equal(headline(well, [row('amber'), row('red')]).kind, 'red');
  assert.equal(text('sentence.red', headline(well, [row('red')])),
    '2 of 2 tasks are working. 1 needs you.');
  const failed = { kind: 'red', working: 1, tasks: 2, need: 1 };
  assert.equal(headline(failed, [row('red')]).need, 1);
  assert.equal(headline(failed, [row('amber')]).kind, 'red');
  const some = { kind: 'amber', working: 1, tasks: 2, need: 1 };
  assert.equal(headline(some, [row('amber'), row('amber')]).need, 2);
  assert.equal(headline(some, []).kind, 'amber_some');
  const one = { kind: 'well', working: 1, tasks: 1, need: 0 };
  assert.equal(text('sentence.amber', headline(one, [row('amber')])),
    'Your task is working. 1 thing to look at.');
  assert.equal(text('sentence.red', { working: 0, tasks: 1, need: 1 }),
    '0 of 1 task is working. 1 needs you.');
  const locked = { kind: 'locked', working: 0, tasks: 1, need: 0 };
  assert.equal(headline(locked, [row('red')]), locked);
});

test('a route is found by its pattern, and what is none has no screen', () => {
  assert.ok(parseRoute('').load);
  assert.ok(parseRoute('#/').load);
  assert.equal(parseRoute('#/?ask=stake').query.get('ask'), 'stake');
  for (const hash of ['#/nowhere', '#nowhere', '#/tasks/a/b/c/d', '#/%E0%A4%A'])
    assert.equal(parseRoute(hash).load, null, hash);
});

test('an address is replaced unless somebody has just gone elsewhere', () => {
  go('/setup/6', { replace: true });
  assert.equal(location.hash, '#/setup/6');
  assert.equal(route.value.path, '/setup/6');
  location.hash = '#/add'; // a link was pressed: the event is still to come
  go('/setup/7', { replace: true });
  assert.equal(location.hash, '#/add');
  happens('hashchange');
  assert.equal(route.value.path, '/add');
  go('/', { replace: true });
  assert.equal(route.value.path, '/');
});

test('keys that differ in the middle have pictures of their own', () => {
  const pictures = new Set();
  for (let i = 0; i < 200; i++) {
    const { colour, path } = pictureOf(`${KEY.slice(0, 20)}${i}${KEY.slice(24)}`);
    assert.ok(colour >= 0 && colour < 8);
    pictures.add(`${colour}${path}`);
  }
  assert.ok(pictures.size > 195);
  assert.deepEqual(pictureOf(KEY), pictureOf(KEY));
});

runTests();
