/**
 * A task from its folder to the chain, and to other terms, by the page.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { newTab } from './browser.mjs';
import { Home, Network } from './network.mjs';
import { holdsEverywhere } from './screens.mjs';
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
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string} the task that the page has made */
let made;

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

/** The screen that checks it. @param {string} at @param {string} [task] */
function checkOf(at, task) {
  return `/create/new?${new URLSearchParams({ folder: at, ...(task && { task }) })}`;
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
  await wait('the third step', async () => {
    const { step, state } = await node.ask('GET', `jobs/${job}`);
    return step === 3 || state === 'done';
  });
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
  const [entry] = await node.booked('kind=deploy');
  assert.equal(entry.task, done.task);
  assert.equal(BigInt(entry.amount) + BigInt(entry.fee), BigInt(cost.sum));
});

/** Enter the passphrase, and press twice. @param {RegExp} name of the button */
async function confirm(name) {
  await tab.armed();
  await tab.page.getByLabel('Passphrase').fill(PASSPHRASE);
  await tab.page.getByRole('dialog').getByRole('button', { name }).dblclick();
}

test('a mistake shows with its line until it is mended', async () => {
  tab = await newTab();
  await tab.open(await node.link());
  await tab.page.getByRole('link', { name: 'Create', exact: true }).click();
  await tab.page.getByRole('link', { name: 'New task' }).click();
  const field = tab.page.getByLabel('Folder of the task');
  const check = tab.page.getByRole('button', { name: 'Check' });
  for (const [typed, said] of [['first', 'begins with / or ~/'],
    [home.path('nowhere'), 'config-task.yml']]) {
    await field.fill(typed);
    await check.click();
    await tab.page.locator('.field-error', { hasText: said }).waitFor();
    assert.ok(await field.evaluate((input) => input === document.activeElement));
  }
  // What a browser says of answers that are refusals.
  tab.complaints = tab.complaints.filter((line) => !/400/.test(line));
  change(['space: 0.1', 'space: 99']);
  await field.fill(folder);
  await field.press('Enter');
  await tab.sees('1 mistake in config-task.yml');
  await tab.sees('space: 99');
  await holdsEverywhere(tab, 'check-mistakes', checkOf(folder));
  change(['space: 99', 'space: 0.1']);
  await tab.page.getByRole('button', { name: 'Check again' }).click();
  await tab.sees('What it costs');
  await holdsEverywhere(tab, 'check', checkOf(folder));
  assert.doesNotMatch(await tab.words(), /NaN|undefined/);
  tab.clean();
});

test('a task is deployed once at the price shown, with a node that is killed', async () => {
  const before = await balance(main);
  const { cost } = await node.ask('POST', 'create/check', { folder });
  await tab.page.getByRole('button', { name: 'Deploy for 100.69' }).click();
  await tab.armed();
  const press = tab.page.getByRole('dialog')
    .getByRole('button', { name: /^Deploy for/ });
  await press.click();
  await tab.page.locator('.field-error').waitFor();
  await tab.page.getByLabel('Passphrase').fill('another one than that');
  await press.click();
  await tab.sees('That is not the passphrase.');
  await tab.picture('deploy-sheet');
  await confirm(/^Deploy for/);
  await tab.sees('Keep code and metadata in the node');
  await node.server?.stop('SIGKILL');
  node = await startNode();
  await tab.sees('The node was started anew meanwhile.');
  await tab.picture('deploy-unknown');
  // A look at the check does not make another task of it.
  await tab.page.getByRole('button', { name: 'Back to the check' }).click();
  const again = tab.page.waitForRequest(/create\/deploy$/);
  await tab.page.getByRole('button', { name: /^Deploy for/ }).click();
  await confirm(/^Deploy for/);
  assert.match((await again).postDataJSON().again, /^[0-9a-f-]{36}$/);
  await tab.sees('my-first-task is on chain.');
  // Of the passphrase, of the order that is not known, of the node that is away.
  tab.complaints = tab.complaints.filter((line) =>
    !/40[34]|503 \(|ERR_CONNECTION_RE(FUSED|SET)|ERR_EMPTY_RESPONSE/.test(line));
  await wait('its screen', () => /#\/create\/\w{32}/.test(tab.page.url()));
  made = tab.page.url().split('/').pop() ?? '';
  assert.equal(await balance(main), before - BigInt(cost.sum));
  assert.equal((await node.ask('GET', `create/tasks/${made}`)).creator, main);
  await tab.settled();
  tab.clean();
});

test('an update says who has to move, and moves the bounty', async () => {
  await tab.page.getByRole('link', { name: 'Update' }).click();
  await tab.page.getByRole('link', { name: folder }).click();
  await tab.sees('task_id is missing');
  change(['space: 0.1', `space: 0.1\ntask_id: ${made}\n` +
    'migrationDescription: longer rounds'], ['round_time: 60', 'round_time: 80']);
  await tab.page.evaluate(() => dispatchEvent(new Event('focus')));
  await tab.sees('Nobody has staked on my-first-task.');
  await tab.picture('check-update');
  assert.doesNotMatch(await tab.words(), /NaN|undefined/);
  await tab.page.getByRole('button', { name: /^Update for/ }).click();
  await confirm(/^Update for/);
  // The notice of the deployment may still stand there.
  await wait('its screen', () => /#\/create\/\w{32}/.test(tab.page.url()));
  const { migrated_to: moved } = await node.ask('GET', `create/tasks/${made}`);
  assert.ok(tab.page.url().endsWith(moved));
  const now = await node.ask('GET', `create/tasks/${moved}`);
  assert.equal(now.bounty, String(100n * KOII));
  assert.equal(now.round_time, 80);
  await tab.settled();
  tab.clean();
});

await run();
