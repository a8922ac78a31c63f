/**
 * A creator's own tasks in the page: what is in their bounty, adding to it,
 * switching them off and on.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
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

test('a task that the wallet made is among its own', async () => {
  home = new Home();
  network = await Network.up({ home, nodes: 2 });
  [node] = network.nodes;
  const folder = makeTask(home, 'weather', { terms: { total_bounty_amount: 40,
    bounty_amount_per_round: 2 } });
  const made = home.pond('task', 'create', `${folder}/config-task.yml`, '--yes', '--no-build',
    '--json', '--rpc', network.rpc, '--keypair', `${node.folder}/wallets/main_mainSystemWallet.json`);
  task = JSON.parse(made.split('\n')[0]).task;
  main = (await node.ask('GET', 'node')).main;
  assert.deepEqual((await network.nodes[1].ask('GET', 'create/tasks')).items, []);
  const row = await wait('the task', mine);
  assert.equal(row.bounty, String(40n * KOII));
  assert.equal(row.creator, main);
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
});

await run();
