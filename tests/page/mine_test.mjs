/**
 * A creator's own tasks in the page: what is in their bounty, adding to it,
 * switching them off and on.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { holdsEverywhere } from './screens.mjs';
import { run, test, wait } from './tap.mjs';

const FEE = 5000n;
const KOII = 1_000_000_000n;

/** @type {Home} */
let home;
/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} whose wallet has made the task */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string} */
let task;
/** @type {string} */
let main;

/** Roe, exact. @param {string} key */
async function balance(key) {
  const answer = await fetch(network.rpc, { method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getBalance',
      params: [key, { commitment: 'finalized' }] }) });
  return BigInt(/"value":(\d+)/.exec(await answer.text())?.[1] ?? -1);
}

async function mine() {
  const { items } = await node.ask('GET', 'create/tasks');
  return items.find((/** @type {any} */ row) => row.task === task);
}

/** @param {string} job */
function finished(job) {
  return wait(job, async () => {
    const { state, text } = await node.ask('GET', `jobs/${job}`);
    assert.notEqual(state, 'failed', text);
    return state === 'done';
  });
}

/** Choose from the menu of the one task. @param {string} name */
async function choose(name) {
  await tab.page.locator('.menu-button').click();
  await tab.page.getByRole('button', { name }).click();
  await tab.armed();
}

test('a task that the wallet made is among its own', async () => {
  home = new Home();
  network = await Network.up({ home, nodes: 2 });
  [node] = network.nodes;
  const folder = makeTask(home, 'weather', { terms: { total_bounty_amount: 40,
    bounty_amount_per_round: 2, round_time: 30, submission_window: 12,
    audit_window: 14 } });
  const made = home.pond('task', 'create', `${folder}/config-task.yml`, '--yes', '--no-build',
    '--json', '--rpc', network.rpc, '--keypair', `${node.folder}/wallets/main_mainSystemWallet.json`);
  task = JSON.parse(made.split('\n')[0]).task;
  main = (await node.ask('GET', 'node')).main;
  assert.deepEqual((await network.nodes[1].ask('GET', 'create/tasks')).items, []);
  const row = await wait('the task', mine);
  assert.equal(row.bounty, String(40n * KOII));
  assert.equal(row.creator, main);
  const listed = (/** @type {string} */ key) => home.pond('task', 'list',
    '--json', '--creator', key, '--rpc', network.rpc);
  assert.equal(JSON.parse(listed(main)).task, task);
  assert.equal(listed(task), '');
});

test('one key adds to the bounty once, and balance and book agree', async () => {
  const before = await balance(main);
  const { fund } = (await node.ask('GET', `create/tasks/${task}`)).costs;
  const once = { 'Idempotency-Key': crypto.randomUUID() };
  const body = { amount: String(KOII + 1n) };
  const jobs = await Promise.all([1, 2].map(() =>
    node.ask('POST', `tasks/${task}/fund`, body, once)));
  assert.equal(jobs[0].job, jobs[1].job);
  await finished(jobs[0].job);
  const cost = KOII + 1n + BigInt(fund.fee) + BigInt(fund.account);
  assert.equal(await balance(main), before - cost);
  assert.equal((await mine()).bounty, String(41n * KOII + 1n));
  const book = await node.booked(`task=${task}`, ({ length }) => length === 2);
  const sum = book.reduce((/** @type {bigint} */ all,
    /** @type {any} */ { amount, fee }) =>
    all + BigInt(amount) + BigInt(fee ?? 0), 0n);
  assert.equal(sum, cost);
  assert.deepEqual(book.map((/** @type {any} */ { kind }) => kind).sort(),
    ['fee', 'fund']);
  // The same key is no other order's.
  await assert.rejects(node.ask('POST', `tasks/${task}/fund`, { amount: '5' },
    once), /409/);
});

test('more than there is, and nothing, are refused at the field', async () => {
  const fund = (/** @type {any} */ body) =>
    node.ask('POST', `tasks/${task}/fund`, body);
  await assert.rejects(fund({ amount: String(10n ** 15n) }),
    /422.*"field":"amount"/s);
  await assert.rejects(fund({}), /422.*"field":"amount"/s);
  await assert.rejects(fund({ amount: '-1' }), /400.*"field":"amount"/s);
  await assert.rejects(node.ask('POST', `tasks/${main}/fund`,
    { amount: '5' }), /404/);
  await assert.rejects(node.ask('POST', `tasks/${task}/active`, {}),
    /400.*"field":"active"/s);
  await assert.rejects(node.ask('POST', `tasks/${task}/active`,
    { active: true }), /422.*switched on already/s);
  // Whose task it is the chain knows; a fee is not lost over it.
  const [, other] = network.nodes;
  const { job } = await other.ask('POST', `tasks/${task}/active`,
    { active: false });
  await assert.rejects(wait('a refusal', async () => {
    const { state, text } = await other.ask('GET', `jobs/${job}`);
    assert.notEqual(state, 'failed', text);
  }), /only the wallet that created the task/);
  const { items } = await other.ask('GET', 'money/book?kind=fee');
  assert.ok(!items.some((/** @type {any} */ { reason }) => reason === 'active'));
});

test('a wallet without a task of its own is told how to begin', async () => {
  const other = await newTab({ width: 320 });
  await other.open(await network.nodes[1].link());
  await other.go('/create');
  await other.sees('You have made none.');
  other.clean();
});

test('a bounty is added to on the page, and what it costs stands there', async () => {
  tab = await newTab();
  await tab.open(await node.link());
  await tab.page.getByRole('link', { name: 'Create', exact: true }).click();
  await tab.sees('41.00');
  await choose('Fund');
  const add = tab.page.getByRole('button', { name: 'Fund', exact: true }).last();
  await add.click();
  await tab.sees('An amount is needed.');
  await tab.page.getByLabel('Add to the bounty').fill('1000');
  await tab.sees('At most');
  await tab.page.getByLabel('Add to the bounty').fill('9');
  await tab.sees('25 rounds');
  await tab.picture('mine-fund');
  const before = await balance(main);
  await tab.page.getByRole('button', { name: 'Add 9.00 KOII' }).click();
  await tab.sees('9.00 KOII are in the bounty.');
  await tab.sees('50.00');
  const { fund } = (await node.ask('GET', `create/tasks/${task}`)).costs;
  assert.equal(await balance(main),
    before - 9n * KOII - BigInt(fund.fee) - BigInt(fund.account));
  tab.clean();
});

test('a task that is switched off is inactive for nodes, and comes back', async () => {
  const [, other] = network.nodes;
  await other.ask('POST', `tasks/${task}/start`, { stake: String(2n * KOII) });
  await other.task(({ state }) => state === 'running');
  await choose('Switch off');
  await tab.sees('Nodes send no more proofs');
  await tab.picture('mine-off');
  await tab.page.getByRole('button', { name: /^Switch off for 0.000005 KOII/ })
    .click();
  await tab.sees('is switched off.');
  await tab.page.getByRole('cell', { name: 'Switched off' }).waitFor();
  const seen = await newTab();
  await seen.open(await other.link());
  await seen.go(`/tasks/${task}`);
  await seen.sees('Switched off by its creator.');
  await choose('Switch on');
  const before = await balance(main);
  await tab.page.getByRole('button', { name: /^Switch on for/ }).click();
  await tab.sees('is switched on.');
  assert.equal(await balance(main), before - FEE);
  assert.equal((await mine()).active, true);
  tab.clean();
});

test('the rounds of a task lead to who did what', async () => {
  await tab.go(`/create/${task}`);
  await wait('a proof', async () =>
    (await node.ask('GET', `create/tasks/${task}`)).rounds.some(
      (/** @type {any} */ { proofs }) => proofs === 1));
  await tab.sees(/^Round \d/);
  await holdsEverywhere(tab, 'create-filled', '/create');
  await tab.go(`/create/${task}`);
  await tab.page.getByRole('link', { name: /^Round / }).last().click();
  await tab.sees('Proved:');
  tab.clean();
});

/** @param {string} folder @param {any} [more] */
async function simulated(folder, more = {}) {
  const { job } = await node.ask('POST', 'create/simulate', {
    folder: home.path(folder), nodes: 3, cheaters: 1, rounds: 2, ...more });
  return wait(job, async () => {
    const answer = await node.ask('GET',
      `create/simulations/${job.replace('simulation-', '')}`);
    return answer.state !== 'running' && answer;
  });
}

test('a simulation slashes who cheats and pays the others', async () => {
  home.pond('task', 'new', 'honest');
  const { state, error, result } = await simulated('honest');
  assert.equal(state, 'done', error);
  assert.equal(result.works.length, 6);
  for (const { is, reward, lost } of result.works) {
    assert.equal(is === 'honest', lost === '0');
    assert.equal(is === 'honest', reward !== '0');
  }
  assert.deepEqual(result.faults, []);
  assert.equal(result.rounds_paid, 2);
});

test('a task that throws names its author\'s line', async () => {
  home.pond('task', 'new', 'thrower');
  const file = home.path('thrower', 'src/task/2-submission.js');
  fs.writeFileSync(file, 'export async function submission(roundNumber) {\n' +
    '  if (roundNumber > 0)\n    throw new Error("no proof today");\n' +
    '  return "hello, round 0";\n}\n');
  const { state, result } = await simulated('thrower');
  assert.equal(state, 'failed');
  assert.match(result.faults[0].text, /no proof today/);
  assert.match(result.faults[0].stack, /src\/task\/2-submission\.js:3:/);
  // One that can't be built says where, too.
  fs.appendFileSync(file, 'export const = 1;\n');
  const broken = await simulated('thrower');
  assert.equal(broken.state, 'failed');
  assert.match(broken.error, /2-submission\.js:6:/);
});

test('a simulation on the page shows each node, and the line at fault', async () => {
  tab.complaints.length = 0;
  const open = async (/** @type {string} */ name) => {
    await tab.go(`/create/new?folder=${encodeURIComponent(home.path(name))}`);
    await tab.sees('Try it here');
  };
  await open('honest');
  await tab.page.getByLabel('Of them cheat').fill('4');
  const start = tab.page.getByRole('button', { name: 'Simulate 3 rounds' });
  await start.click();
  await tab.sees('A number from 0 to 3.');
  tab.complaints = tab.complaints.filter((line) => !/ 400 /.test(line));
  await tab.page.getByLabel('Of them cheat').fill('2');
  await start.click();
  await tab.sees('All rounds were paid');
  await tab.sees('sends a wrong proof');
  assert.equal(await tab.page.locator('.ribbon li').count(), 12);
  await tab.picture('create-simulated');
  fs.writeFileSync(home.path('thrower', 'src/task/2-submission.js'),
    'export async function submission() {\n  throw new Error("none");\n}\n');
  await open('thrower');
  await start.click();
  await tab.sees('submission() failed in round 0');
  await tab.sees('src/task/2-submission.js:2:');
  await tab.picture('create-thrown');
  tab.clean();
});

test('what can not be simulated is refused, and one is called off', async () => {
  const order = (/** @type {any} */ more) => node.ask('POST', 'create/simulate',
    { folder: home.path('weather'), nodes: 2, cheaters: 0, rounds: 2, ...more });
  for (const [field, value] of /** @type {const} */([['nodes', 21],
    ['nodes', 0], ['cheaters', 2], ['rounds', 1000], ['rounds', '3'],
    ['folder', 'weather'], ['folder', 5]]))
    await assert.rejects(order({ [field]: value }),
      new RegExp(`400.*"field":"${field}"`, 's'));
  const none = await simulated('.');
  assert.equal(none.state, 'failed');
  assert.match(none.error, /config-task\.yml/);
  const { job } = await order({ nodes: 20, rounds: 20 });
  await assert.rejects(order({}), /409.*busy/s);
  await node.ask('DELETE', `jobs/${job}`);
  await wait('its end', async () =>
    (await node.ask('GET', `jobs/${job}`)).state === 'called_off');
  await assert.rejects(node.ask('GET', 'jobs/simulation-99'), /404/);
});

await run();
