/**
 * A task from its folder to the chain, and to other terms, by the page.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { newTab } from './browser.mjs';
import { Home, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

const KOII = 1_000_000_000n;
const PASSPHRASE = 'three herons stand still';

/** @type {Home} */
let home;
/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} with a wallet under a passphrase */
let node;
/** @type {string} its passphrase's file, with which it starts */
let secret;
/** @type {string} of the task */
let folder;
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
  return (await node.ask('GET', 'create/tasks')).items;
}

/** Change lines of the config. @param {...[string, string]} pairs */
function change(...pairs) {
  const file = path.join(folder, 'config-task.yml');
  let text = fs.readFileSync(file, 'utf8');
  for (const [old, now] of pairs) {
    assert.ok(text.includes(old), old);
    text = text.replace(old, now);
  }
  fs.writeFileSync(file, text);
}

/** Order it as often at once. @param {any} body @param {string} key */
async function deploy(body, key, times = 1) {
  const { proof } = await node.ask('POST', 'proofs', { passphrase: PASSPHRASE });
  const jobs = await Promise.all(Array.from({ length: times }, () =>
    node.ask('POST', 'create/deploy', { ...body, passphrase: PASSPHRASE },
      { 'Idempotency-Key': key, 'X-Pond-Proof': proof })));
  assert.equal(new Set(jobs.map(({ job }) => job)).size, 1);
  return jobs[0].job;
}

/** @param {string} job */
async function ended(job) {
  const [kind, ...key] = job.split('-');
  return wait(job, async () => {
    const state = await node.ask('GET', `create/${kind}/${key.join('-')}`);
    return state.state !== 'running' && state;
  });
}

async function startNode() {
  return network.startNode('creator', '--passphrase-file', secret);
}

test('a check has all mistakes with their lines, and then the cost', async () => {
  home = new Home();
  network = await Network.up({ home, nodes: 0 });
  secret = home.path('passphrase');
  fs.writeFileSync(secret, PASSPHRASE, { mode: 0o600 });
  node = await startNode();
  main = (await node.ask('GET', 'node')).main;
  await wait('the faucet', async () =>
    (await node.ask('GET', 'node')).can.includes('faucet'));
  for (let i = 0; i < 4; i++)
    await node.ask('POST', 'faucet', {});
  home.pond('task', 'new', 'first');
  folder = home.path('first');
  change(['round_time: 60', 'round_time: 40'], ['space: 0.1', 'space: 99']);
  const wrong = await node.ask('POST', 'create/check', { folder: folder + '/' });
  assert.deepEqual(wrong.problems.map((/** @type {any} */ row) => row.field),
    ['round_time']);
  assert.equal(wrong.terms, undefined);
  change(['round_time: 40', 'round_time: 60']);
  const { problems } = await node.ask('POST', 'create/check', { folder });
  const lines = fs.readFileSync(path.join(folder, 'config-task.yml'), 'utf8')
    .split('\n');
  assert.equal(lines[problems[0].line - 1], 'space: 99');
  change(['space: 99', 'space: 0.1']);
  const { terms, cost, balance: has } =
    await node.ask('POST', 'create/check', { folder });
  assert.equal(terms.bounty, String(100n * KOII));
  assert.equal(has, String(await balance(main)));
  assert.equal(BigInt(cost.sum), ['rent', 'bounty', 'pot', 'fees']
    .reduce((sum, part) => sum + BigInt(cost[part]), 0n));
  const { items } = await node.ask('GET', 'create/folders');
  assert.deepEqual(items.map((/** @type {any} */ row) => row.folder), [folder]);
});

test('one key makes one task, also when the node is killed over it', async () => {
  const before = await balance(main);
  const { cost } = await node.ask('POST', 'create/check', { folder });
  const key = crypto.randomUUID();
  const job = await deploy({ folder }, key, 2);
  await wait('the third step', async () =>
    (await node.ask('GET', `jobs/${job}`)).step === 3);
  await node.server?.stop('SIGKILL');
  node = await startNode();
  const done = await ended(await deploy({ folder }, key));
  assert.equal(done.state, 'done', JSON.stringify(done));
  await wait('the task', async () => (await mine()).length);
  assert.deepEqual((await mine()).map((/** @type {any} */ row) => row.task),
    [done.task]);
  assert.equal(await balance(main), before - BigInt(cost.sum));
  // The code is there for the network, and the book has what was paid.
  const { text } = await node.ask('GET', `catalog/${done.task}/source`);
  assert.equal(text, fs.readFileSync(path.join(folder, 'dist/main.js'), 'utf8'));
  const entry = await wait('the entry', async () => (await node.ask('GET',
    'money/book?kind=deploy')).items[0]);
  assert.equal(entry.task, done.task);
  assert.equal(BigInt(entry.amount) + BigInt(entry.fee), BigInt(cost.sum));
});

await run();
