/* The explorer without a browser: sentences for all that the chain's programs
 * do and refuse, goals of searches, rounds from a state and from transactions.
 * Names of forms and errors are those of the program's own sources. */
import { readFileSync } from 'node:fs';
import { encodeBase58 } from '../../../../web/core/base58.js';
import { hasText, text } from '../../../../web/core/text.js';
import { BUDGET, KOII, KPL, batched, readInstruction }
  from '../../../../web/explorer/decode.js';
import { readKplState } from '../../../../web/explorer/kpl.js';
import { newestOf } from '../../../../web/explorer/recent.js';
import { goalOf, withName } from '../../../../web/explorer/search.js';
import { errorSentence, instructionSentence, readTransaction, sentenceOf }
  from '../../../../web/explorer/sentence.js';
import { addState, addTransaction, emptyRound, listPaid, payoutSaid, roundAt,
  slotsOf, verdictOf } from '../../../../web/explorer/timeline.js';
import { assert, test } from './tap.js';

const source = (path) =>
  readFileSync(`${process.env.POND_SOURCE}/src/settlement/${path}`, 'utf8');

/** Keys K(0), K(1) …, which stay the same. */
const K = (n) => encodeBase58(Uint8Array.from({ length: 32 }, (_, at) =>
  at ? n + at : 200));
const SYSTEM = '11111111111111111111111111111111';
const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

/** What a reader sees, without pictures. */
function say({ key, values }) {
  assert.ok(hasText(key), `there is no text ${key}`);
  const said = text(key, Object.fromEntries(Object.entries(values).map(
    ([name, { kind, value }]) => [name, kind === 'text' ? text(value)
      : kind === 'number' ? value : String(value)])));
  assert.ok(!/[{}]|undefined|null/.test(said), `${key}: ${said}`);
  return said;
}

/** A transaction as getTransaction has it. */
function transaction(instructions, meta = {}, keys = [K(0), K(1), K(2), K(3)]) {
  return readTransaction({ meta: { err: null, fee: 5000, ...meta },
    transaction: { signatures: [], message: { instructions,
      accountKeys: keys.map((pubkey) => ({ pubkey })) } } });
}

const parsed = (program, type, info, programId = SYSTEM) =>
  ({ program, programId, parsed: { type, info } });
const sayAll = (one, known) => say(sentenceOf(one, known).sentence);

// ---- instructions, raw ----

function u64(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return [...bytes];
}
const padded = (words, size) =>
  [...new TextEncoder().encode(words.padEnd(size))];
const raw = (programId, bytes, accounts) =>
  ({ programId, accounts, data: encodeBase58(Uint8Array.from(bytes)) });
const terms = (isNew) => [...padded('archive', 24), ...padded('what', 64),
  ...padded('bafy', 64), ...padded('IPFS', 64), ...isNew ? u64(100e9) : [],
  ...u64(10e9), ...u64(70), ...u64(36), ...u64(24), ...u64(2e9),
  ...padded('meta', 64), ...padded('', 64), ...u64(3)];

/** Each instruction of the native program: its bytes, its accounts, and what
 * its sentence has to name. */
const KOII_ALL = [
  ['CreateTask', [0, ...terms(true)], 'ATP', ['archive', '100000000000']],
  ['SubmitTask', [1, ...padded('proof', 512), ...u64(54)], 'TA',
    ['A', 'T', '54', 'proof']],
  ['AuditSubmissions', [2, ...u64(0), ...u64(54)], 'TAO', ['A', 'O', 'false']],
  ['AuditSubmissions', [2, ...u64(1), ...u64(54)], 'TAO', ['A', 'O', 'true']],
  ['AuditDistribution', [3, ...u64(0), ...u64(54)], 'TAO',
    ['list', 'A', 'O', 'false']],
  ['Payout', [4, ...u64(54)], 'TCD', ['T', '54', 'carried out']],
  ['Whitelist', [5, ...u64(1)], 'TA', ['put', 'A', 'T']],
  ['Whitelist', [5, ...u64(0)], 'TA', ['took', 'A', 'T']],
  ['SetActive', [6, ...u64(1)], 'TA', ['on', 'A', 'T']],
  ['SetActive', [6, ...u64(0)], 'TA', ['off', 'A', 'T']],
  ['ClaimReward', [7], 'TAPO', ['A', 'T', 'O']],
  ['FundTask', [8, ...u64(7)], 'TAP', ['7', 'T']],
  ['Stake', [9, ...u64(7), ...padded('http://x', 64)], 'TAP', ['A', '7', 'T']],
  ['Withdraw', [10], 'TA', ['A', 'T']],
  ['UploadDistributionList', [11, 2, 0, 252, 1, ...padded('{}', 508),
    ...u64(54)], 'TD', ['D', '3', '54']],
  ['SubmitDistributionList', [12, ...u64(54)], 'TAD', ['A', '54', 'T']],
  ['UpdateTask', [14, ...terms(false)], 'ATPCN', ['A', 'T', 'N']],
  ['DeleteTask', [15], 'TAP', ['A', 'T']],
  ['HandleManagerAccounts', [16, ...padded('init', 24)], 'LA', ['A']],
  ['HandleManagerAccounts', [16, ...padded('insert', 24)], 'LASO',
    ['A', 'S', 'O', 'added']],
  ['HandleManagerAccounts', [16, ...padded('remove', 24)], 'LASO',
    ['A', 'S', 'O', 'removed']],
];
/** Where KPL's differs. */
const KPL_ALL = [
  ['CreateTask', [0, ...terms(true), ...Array(32).fill(1)], 'A-TP-M',
    ['archive', 'T']],
  ['AuditSubmissions', [2, 0, ...u64(54)], 'TAO', ['A', 'O', 'false']],
  ['AuditDistribution', [3, 1, ...u64(54)], 'TAO', ['A', 'O', 'true']],
  ['Whitelist', [5, 1], 'ALT', ['put', 'A', 'T']],
  ['SetActive', [6, 0], 'TA', ['off', 'A', 'T']],
  ['FundTask', [8, ...u64(7)], 'TA-P', ['7', 'T']],
  ['Stake', [9, ...u64(7), ...padded('', 64)], 'TA-P', ['A', '7', 'T']],
  ['UpdateTask', [13, ...terms(false), ...Array(32).fill(1)], 'ATP-N',
    ['A', 'T', 'N']],
  ['DeleteTask', [14], 'TAP', ['A', 'T']],
  ['HandleManagerAccounts', [15, ...padded('init', 24)], 'LA', ['A']],
];

/** A letter's key. */
const L = (letter) => K(letter.charCodeAt(0));

function checkTasks(programId, all) {
  for (const [type, bytes, accounts, named] of all) {
    const source = raw(programId, bytes, [...accounts].map(L));
    assert.equal(readInstruction(source).type, type);
    const one = transaction([source], {}, [L('A'), ...[...accounts].map(L)]);
    const said = sayAll(one);
    for (const word of named) {
      const wanted = /^[A-Z]$/.test(word) ? L(word) : word;
      assert.ok(said.includes(wanted), `${type}: ${said} has no ${word}`);
    }
  }
}

test('each instruction of the task program gives a sentence of its own', () =>
  checkTasks(KOII, KOII_ALL));

test('each instruction of the KPL program gives a sentence, too', () => {
  checkTasks(KPL, KPL_ALL);
  const others = ['SubmitTask', 'Payout', 'ClaimReward', 'Withdraw',
    'UploadDistributionList', 'SubmitDistributionList'];
  checkTasks(KPL, KOII_ALL.filter(([type]) => others.includes(type)));
});

test('bytes that are no instruction are said to be bytes', () => {
  for (const bytes of [[13], [17], [1], [4, 1], [4, ...u64(1), 0], [255], []]) {
    const one = transaction([raw(KOII, bytes, [L('T')])]);
    assert.match(sayAll(one), new RegExp(`^Called ${KOII} with ${bytes.length} byte`));
  }
  const other = transaction([raw(K(9), [1, 2, 3], [])]);
  assert.equal(sayAll(other), `Called ${K(9)} with 3 bytes.`);
  assert.match(sayAll(transaction([raw(K(9), [1], []), raw(K(9), [1], [])])),
    /^Called/);
  assert.equal(sentenceOf(transaction([raw(K(9), [1], []),
    raw(K(9), [1], [])])).more, 1);
  assert.match(sayAll(transaction([parsed('vote', 'vote', {}, K(8))])),
    /^Called .*: vote\./);
});

test('the compute budget is read, and told only where there is nothing else', () => {
  const u32 = (value) => u64(value).slice(0, 4);
  const all = [[[0, ...u32(5), ...u32(1)], /5 units/], [[1, ...u32(32768)], /heap/],
    [[2, ...u32(7)], /7 units/], [[3, ...u64(9)], /Bids 9 a million/],
    [[4, ...u32(64)], /loads at most 64/i]];
  for (const [bytes, wanted] of all)
    assert.match(sayAll(transaction([raw(BUDGET, bytes, [])])), wanted);
  const limit = raw(BUDGET, [2, ...u32(7)], []);
  const sent = parsed('system', 'transfer',
    { source: K(0), destination: K(1), lamports: 5 });
  assert.match(sayAll(transaction([limit, sent])), /sent 5 to/);
});

// ---- instructions that endpoints parse ----

/** Forms as src/settlement/rpc/rpc_program_forms.c has them: names of types,
 * and of what belongs to each. */
function forms() {
  const found = [];
  const table = /struct rpc_form rpc_(\w+)_forms\[\] = \{([\s\S]*?)\n\};/g;
  for (const [, name, body] of source('rpc/rpc_program_forms.c').matchAll(table))
    for (const one of body.split(/\n {4}\{(?=[A-Z])/).slice(1)) {
      const [type, ...fields] = [...one.matchAll(/"(\w+)"/g)].map(([, word]) => word);
      found.push({ program: { system: 'system', token: 'spl-token',
        mint_authority: 'spl-token', paid_extension: 'address-lookup-table',
        associated_token: 'spl-associated-token-account',
        lookup_table: 'address-lookup-table' }[name], type, fields });
    }
  return found;
}

function infoOf(fields) {
  const special = { lamports: 7, space: 100, decimals: 6, m: 2, amount: '12',
    bumpSeed: 255, recentSlot: 5, seed: 'seed', sourceSeed: 'seed',
    authorityType: 'mintTokens', uiAmount: '1.5', signers: [K(1), K(2)],
    newAddresses: [K(1), K(2)],
    tokenAmount: { amount: '12', decimals: 6, uiAmountString: '0.000012' } };
  return Object.fromEntries(fields.map((name, at) =>
    [name, special[name] ?? K(30 + at)]));
}

test('each form that endpoints parse gives a sentence', () => {
  const all = forms();
  assert.ok(all.length >= 50, `only ${all.length} forms were found`);
  for (const { program, type, fields } of all) {
    const one = transaction([parsed(program, type, infoOf(fields), K(7))]);
    const sentence = instructionSentence(one.instructions[0], one);
    assert.ok(!/^did\.(parsed|raw)$/.test(sentence.key), `${program} ${type}`);
    say(sentence);
  }
});

test('several signers, no new authority, batches and memos are said', () => {
  const several = transaction([parsed('spl-token', 'burn', { account: K(1),
    mint: K(2), amount: '5', multisigAuthority: K(3), signers: [K(1)] }, TOKEN)]);
  assert.match(sayAll(several), new RegExp(`^${K(3)} destroyed 5`));
  assert.match(sayAll(transaction([parsed('spl-token', 'setAuthority', {
    mint: K(1), authority: K(2), authorityType: 'freezeAccount',
    newAuthority: null }, TOKEN)])), /the right to freeze of .* to nobody/);
  const batch = transaction([parsed('spl-token', 'batch', { instructions: [
    { type: 'revoke', info: { source: K(1), owner: K(2) } },
    { type: 'syncNative', info: { account: K(1) } }] }, TOKEN)]);
  assert.equal(sayAll(batch), 'Did 2 things with tokens.');
  assert.match(batched(batch.instructions[0]).map((one) =>
    say(instructionSentence(one, batch))).join(' '), /took back .* counted/);
  assert.match(sayAll(transaction([{ program: 'spl-memo', programId: K(5),
    parsed: '<script>alert(1)</script>' }])), /wrote: <script>/);
});

// ---- recipes ----

const made = (account) => [
  parsed('system', 'transfer', { source: K(0), destination: account, lamports: 9 }),
  parsed('system', 'allocate', { account, space: 100 }),
  parsed('system', 'assign', { account, owner: KOII })];
const bytesOf = (type) => KOII_ALL.find(([name]) => name === type)[1];
const task = (type, accounts) => raw(KOII, bytesOf(type), [...accounts].map(L));

test('each recipe of the clients gives one sentence, and nothing more', () => {
  const all = [
    [[...made(L('T')), task('CreateTask', 'ATP'), parsed('system', 'transfer',
      { source: K(0), destination: L('P'), lamports: 1000000 })], /created the task archive/],
    [[parsed('system', 'createAccount', { source: K(0), newAccount: L('A'),
      lamports: 9, space: 100, owner: KOII }), task('FundTask', 'TAP')],
    new RegExp(`^${K(0)} added 7 to the bounty`)],
    [[...made(L('A')), task('Stake', 'TAP')], new RegExp(`^${L('A')} staked 7 on`)],
    [[made(L('A'))[0], task('Stake', 'TAP')], / staked 7 on/],
    [[task('Stake', 'TAP'), task('Withdraw', 'TA'), task('ClaimReward', 'TAPO')],
      new RegExp(`^${K(0)} moved 7 off its staking key`)],
    [[task('UploadDistributionList', 'TD'), task('UploadDistributionList', 'TD'),
      task('SubmitDistributionList', 'TAD')], / listed round 54 of /],
    [[...made(L('D')), task('UploadDistributionList', 'TD')], /took part 3/],
    [[task('UploadDistributionList', 'TD'), task('UploadDistributionList', 'TD')],
      /took 2 parts of a list of round 54/],
    [[parsed('spl-associated-token-account', 'createIdempotent', { source: K(0),
      wallet: K(3), mint: K(2), account: K(1) }, K(7)), parsed('spl-token',
      'transferChecked', { source: K(8), destination: K(1), mint: K(2),
        authority: K(0), tokenAmount: { amount: '5', decimals: 1 } }, TOKEN)],
    new RegExp(`^${K(0)} sent 5 to ${K(3)}`)],
    [[1, 2, 3].map((n) => parsed('system', 'transfer',
      { source: K(0), destination: K(n), lamports: n })), / sent 6 to 3 accounts/],
  ];
  const meta = { postTokenBalances: [{ accountIndex: 1, mint: K(2), owner: K(3),
    uiTokenAmount: { amount: '5', decimals: 1 } }] };
  for (const [instructions, wanted] of all) {
    const one = transaction(instructions, meta);
    assert.match(sayAll(one), wanted);
    assert.equal(sentenceOf(one).more, 0);
  }
});

test('coins of the faucet are said to be the faucet\'s', () => {
  const one = transaction([parsed('system', 'transfer',
    { source: K(0), destination: K(1), lamports: '1000000000000000001' })]);
  assert.equal(sayAll(one, { faucet: K(0) }),
    `${K(1)} got 1000000000000000001 from the faucet.`);
  assert.match(sayAll(one, { faucet: K(5) }), /sent 1000000000000000001 to/);
});

test('a claim says what left the pot', () => {
  const one = transaction([raw(KOII, [7], ['T', 'A', 'P', 'O'].map(L))],
    { preBalances: [10000, 500, 0], postBalances: [5000, 200, 300] },
    [K(0), L('P'), L('O')]);
  assert.match(sayAll(one), /claimed 300 from/);
});

// ---- errors ----

test('each error of transactions and instructions is a sentence', () => {
  const lines = source('format/transaction_error.c');
  const instruction = [...lines.matchAll(
    /\[INSTRUCTION_\w+\] =\s*\{"([A-Z]\w+)"/g)].map(([, name]) => name);
  const of = [...lines.matchAll(
    /\[TRANSACTION_\w+\] =\s*\{"([A-Z]\w+)"/g)].map(([, name]) => name);
  assert.ok(instruction.length > 50 && of.length > 35,
    `${instruction.length} and ${of.length}`);
  for (const name of instruction.filter((one) => one !== 'Custom'))
    assert.equal(errorSentence({ InstructionError: [0, name] }).key,
      `chainerror.instruction.${name}`);
  for (const name of of)
    assert.equal(errorSentence(name).key === 'chainerror.name', false, name);
  for (const name of instruction.filter((one) => one !== 'Custom'))
    say(errorSentence({ InstructionError: [0, name] }));
});

test('numbers of programs are sentences, and others are numbers', () => {
  const of = (programId, n) => errorSentence({ InstructionError: [0,
    { Custom: n }] }, { instructions: [{ programId }] });
  const numbers = [...source('format/task_error.h')
    .matchAll(/TASK_ERROR_\w+ = (\d+)/g)].map(([, n]) => Number(n));
  assert.equal(numbers.length, 19);
  for (const n of numbers)
    for (const programId of [KOII, KPL])
      assert.equal(of(programId, n).key, `chainerror.koii.${n}`);
  for (let n = 0; n <= 8; n++)
    say(of(SYSTEM, n));
  for (let n = 0; n <= 19; n++)
    assert.equal(of(TOKEN, n).key, `chainerror.token.${n}`);
  assert.equal(say(of(K(9), 6001)), `${K(9)} error 6001.`);
  assert.equal(say(of(KOII, 99)), `${KOII} error 99.`);
  assert.match(say(errorSentence('NewerThanThisPage')), /NewerThanThisPage/);
  assert.equal(errorSentence({ InsufficientFundsForRent: { account_index: 1 } })
    .key, 'chainerror.transaction.InsufficientFundsForRent');
});

// ---- search ----

const SIGNATURE = encodeBase58(Uint8Array.from({ length: 64 }, (_, at) => at + 9));
const CID = 'bafybeigzaprwk3hwtv3r6iybrb3n36nbemf764kj63dmfcosgcmzy5xlry';
const CID_0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG';
const tx = `/tx/${SIGNATURE}`;

/** 40 texts and their goals; a route, a key, or names. */
const GOALS = [
  ['0', '/block/0'], ['3512', '/block/3512'], ['  3512  ', '/block/3512'],
  ['007', '/block/7'], ['"3512"', '/block/3512'],
  ['\u200b3512\u202e', '/block/3512'],
  ['18446744073709551615', '/block/18446744073709551615'],
  ['123456789012345678901', null], ['-5', null], ['1e5', null], ['0x10', null],
  [SIGNATURE, tx], [` ${SIGNATURE}\n`, tx], [`'${SIGNATURE}'`, tx],
  [`https://explorer.koii.live/tx/${SIGNATURE}?cluster=testnet`, tx],
  [`https://explorer.solana.com/tx/${SIGNATURE}`, tx],
  [`http://127.0.0.1:10899/#/explorer/tx/${SIGNATURE}`, tx],
  [SIGNATURE.slice(0, -1), null], [`${SIGNATURE}1`, null],
  [K(1), K(1)], [`«${K(1)}»`, K(1)], [`\u201c${K(1)}\u201d`, K(1)],
  [`https://explorer.koii.live/address/${K(1)}`, K(1)],
  [`https://explorer.koii.live/address/${K(1)}/tokens`, K(1)],
  [SYSTEM, SYSTEM], [KOII, KOII], [`${K(1).slice(0, 20)}0`, null],
  [K(1).slice(0, -4), null], [`${K(1)}!`, null],
  [CID, `/cid/${CID}`], [CID.toUpperCase().replace('BAFY', 'bafy'), `/cid/${
    CID.toUpperCase().replace('BAFY', 'bafy')}`],
  [CID_0, `/cid/${CID_0}`], [`ipfs://${CID}`, `/cid/${CID}`],
  [`ipfs://${CID}/main.js`, `/cid/${CID}`],
  [`https://${CID}.ipfs.w3s.link/main.js`, `/cid/${CID}`],
  [`https://ipfs.io/ipfs/${CID_0}`, `/cid/${CID_0}`],
  [`${K(1)}/12`, `/task/${K(1)}/round/12`],
  [`${K(1)}#12`, `/task/${K(1)}/round/12`],
  ['archive', null], ['<script>alert(1)</script>', null],
];

test('a search leads where its text belongs: 40 texts', () => {
  assert.equal(GOALS.length, 40);
  for (const [typed, wanted] of GOALS) {
    const goal = goalOf(typed);
    assert.equal(goal.path ?? goal.key ?? null, wanted, typed);
    if (wanted === null)
      assert.equal(goal.kind, 'names', typed);
  }
  for (const typed of ['', '   ', '""', '\u200b'])
    assert.equal(goalOf(typed).kind, 'empty');
});

test('names are found by a part of them, twenty at most', () => {
  const all = Array.from({ length: 50 }, (_, n) =>
    ({ key: K(n), name: `Archive ${n}` }));
  assert.equal(withName('archive', all).length, 20);
  assert.deepEqual(withName('ARCHIVE 49', all), [all[49]]);
  assert.deepEqual(withName('nothing', all), []);
});

test('a transaction that is found twice is listed once', () => {
  const row = (signature, slot) => ({ signature, slot, at: null });
  assert.deepEqual(newestOf([row('a', 5), row('b', 6), row('a', 5),
    row('c', 7)]).map(({ signature }) => signature), ['c', 'b', 'a']);
  assert.equal(newestOf(Array.from({ length: 50 }, (_, n) =>
    row(`s${n}`, n))).length, 20);
});

// ---- rounds ----

const bytesOfKey = (letter) => Array.from({ length: 32 }, (_, at) =>
  at ? letter.charCodeAt(0) + at & 255 : 200);

test('a round is read from the task\'s state', () => {
  const round = emptyRound();
  const state = {
    submissions: { 3: { [L('A')]: { submission_value: 'x', slot: 9, round: 3 } } },
    submissions_audit_trigger: { 3: { [L('A')]: { trigger_by: bytesOfKey('B'),
      slot: 10, votes: [{ is_valid: false, voter: bytesOfKey('B'), slot: 10 },
        { is_valid: true, voter: bytesOfKey('C'), slot: 11 }] } } },
    distributions_audit_record: { 3: 'PayoutSuccessful' } };
  assert.equal(addState(state, 3, round), true);
  assert.equal(addState(state, 4, emptyRound()), false);
  assert.equal(round.proofs.get(L('A')).value, 'x');
  const accused = round.accused.get(L('A'));
  assert.equal(accused.by, L('B'));
  // With a tie it stands for the proof.
  assert.deepEqual(verdictOf(accused), { valid: 1, invalid: 1, stands: false });
  assert.equal(round.record, 'PayoutSuccessful');
});

test('a round is read from its transactions, and whom it paid', () => {
  const list = JSON.stringify({ [L('A')]: 5, [L('B')]: 7, [L('C')]: -3 });
  const whole = new Uint8Array(2 * 508);
  whole.set(new TextEncoder().encode(list.padEnd(520)));
  const part = (at) => [11, at, 0, 252, 1,
    ...whole.subarray(at * 508, at * 508 + 508), ...u64(54)];
  const round = emptyRound();
  const add = (slot, bytes, accounts, error = null) => {
    const one = transaction([raw(KOII, bytes, [...accounts].map(L))]);
    addTransaction({ slot, signature: `s${slot}`, error, payer: K(0),
      instructions: one.instructions }, L('T'), 54, round);
  };
  add(1, bytesOf('SubmitTask'), 'TA');
  add(2, [1, ...padded('other round', 512), ...u64(53)], 'TB');
  add(3, [2, ...u64(0), ...u64(54)], 'TBA');
  add(4, [2, ...u64(0), ...u64(54)], 'TCA');
  add(4, bytesOf('SubmitTask'), 'TB', { InstructionError: [0, { Custom: 5 }] });
  add(5, part(1), 'TD');
  add(6, bytesOf('Payout'), 'TCD', { InstructionError: [0, { Custom: 11 }] });
  assert.equal(listPaid(round, L('T'), 54), null);
  add(7, part(0), 'TD');
  add(8, bytesOf('SubmitDistributionList'), 'TBD');
  add(9, bytesOf('Payout'), 'TCD');
  assert.deepEqual([...round.proofs.keys()], [L('A')]);
  assert.deepEqual(verdictOf(round.accused.get(L('A'))),
    { valid: 0, invalid: 2, stands: true });
  const paid = listPaid(round, L('T'), 54);
  assert.equal(paid.by, L('B'));
  assert.deepEqual([paid.gains, paid.losses, paid.gained, paid.lost],
    [12n, 3n, 2, 1]);
});

test('a payout says in its log whether it paid, and who was penalised', () => {
  const says = (...lines) => payoutSaid(lines.map((line) => `Program log: ${line}`));
  assert.deepEqual(says('Instruction: Payout',
    `${L('A')} loses 200000000 for a refuted accusation`,
    `${L('B')} loses 5 for a list that was voted down`,
    `PayoutSuccessful: round 4 by the list of ${L('C')}`), {
    isPaid: true, reasons: [], penalties: [
      { key: L('A'), amount: '200000000', why: 'accusation' },
      { key: L('B'), amount: '5', why: 'list' }] });
  assert.deepEqual(says(`the list of ${L('B')} was voted down`,
    'PayoutFailed: round 4'), { isPaid: false, penalties: [],
    reasons: [`the list of ${L('B')} was voted down`] });
  assert.equal(payoutSaid(undefined).isPaid, null);
  const failed = transaction([raw(KOII, [4, ...u64(54)], ['T', 'C', 'D'].map(L))],
    { logMessages: ['Program log: PayoutFailed: round 54'] });
  assert.match(sayAll(failed), /not carried out/);
  // The words are those of the program's own source.
  const words = source('task/task_payout.c');
  for (const word of ['PayoutSuccessful', 'PayoutFailed', 'a refuted accusation',
    '%s loses %'])
    assert.ok(words.includes(word), word);
});

test('slots and rounds of a task belong together', () => {
  const task = { starting_slot: 8, round_time: 70, allowed_failed_distributions: 3 };
  assert.deepEqual(slotsOf(task, 1), { work: 78, proofs: 148, lists: 218, end: 568 });
  assert.equal(roundAt(task, 7), -1);
  assert.equal(roundAt(task, 77), 0);
  assert.equal(roundAt(task, 78), 1);
});

// ---- the state of a task that is paid in a token ----

const u32 = (value) => [value & 255, value >> 8 & 255, value >> 16 & 255, 0];
const borsh = (words) => [...u32(words.length), ...new TextEncoder().encode(words)];
const keyBytes = (n) => Array(32).fill(n);
const one = (key, value) => [...u32(1), ...borsh(key), ...value];
const audit = [...keyBytes(3), ...u64(8), ...u32(1), 1, ...keyBytes(4), ...u64(9)];

/** Bytes and what they are read as, by the function of kpl_state.c. */
const KPL_FORMS = {
  read_bool: [[1], true], read_u8: [[254], 254], read_u64: [u64(7), 7],
  read_text: [borsh('words'), 'words'], read_key: [keyBytes(5), keyBytes(5)],
  read_amounts: [one('A', u64(6)), { A: 6 }],
  read_texts: [one('A', borsh('http')), { A: 'http' }],
  read_rounds_of_submissions: [one('12', one('A', [...borsh('proof'),
    ...u64(8), ...u64(12)])),
  { 12: { A: { submission_value: 'proof', slot: 8, round: 12 } } }],
  read_rounds_of_lists: [one('12', one('A', [...keyBytes(6), ...u64(8),
    ...u64(12)])),
  { 12: { A: { submission_value: keyBytes(6), slot: 8, round: 12 } } }],
  read_rounds_of_audits: [one('12', one('A', audit)),
    { 12: { A: { trigger_by: keyBytes(3), slot: 8, votes: [
      { is_valid: true, voter: keyBytes(4), slot: 9 }] } } }],
  read_records: [one('12', [1]), { 12: 'PayoutSuccessful' }],
};

test('a KPL task is read as the chain has it, field by field', () => {
  const table = /state_fields\[\] = \{([^]*?)\n\};/.exec(
    source('format/kpl_state.c'))[1];
  const fields = [...table.matchAll(/\{"(\w+)",\s*(read_\w+)/g)];
  assert.ok(fields.length > 30, 'the table of kpl_state.c was not found');
  const bytes = fields.flatMap(([, , form]) => KPL_FORMS[form][0]);
  const state = readKplState(Uint8Array.from(bytes));
  assert.equal(JSON.stringify(state), JSON.stringify(Object.fromEntries(
    fields.map(([, name, form]) => [name, KPL_FORMS[form][1]]))));
  // Whatever is cut off, or follows, it is no state; its beginning has a name.
  for (let size = 0; size < bytes.length; size += 7)
    assert.equal(readKplState(Uint8Array.from(bytes.slice(0, size))), null);
  assert.equal(readKplState(Uint8Array.from([...bytes, 0])), null);
  assert.equal(readKplState(Uint8Array.from(bytes.slice(0, 40)), true).task_name,
    'words');
});

test('other accounts of the KPL program are no tasks', () => {
  for (const bytes of [Array(100).fill(0), [...padded('{"a":1}', 600)], [],
    [1, 1, 255, 255, 255, 255, 65]])
    assert.equal(readKplState(Uint8Array.from(bytes), true), null);
});

test('amounts of a KPL task are in its token', () => {
  const meta = { postTokenBalances: [{ accountIndex: 2, mint: K(9),
    uiTokenAmount: { amount: '70', decimals: 3 } }],
  preTokenBalances: [{ accountIndex: 2, mint: K(9),
    uiTokenAmount: { amount: '90', decimals: 3 } }] };
  const amountOf = (bytes, accounts) => sentenceOf(transaction(
    [raw(KPL, bytes, accounts)], meta)).sentence.values.amount;
  assert.equal(JSON.stringify(amountOf([8, ...u64(20)], [K(1), K(0), K(3), K(2)])),
    JSON.stringify({ kind: 'amount', value: 20, unit: K(9), decimals: 3 }));
  // What a deleted task's pot held is burned.
  const burned = amountOf([14], [K(1), K(0), K(2)]);
  assert.equal(String(burned.value), '20');
  assert.equal(burned.unit, K(9));
});
