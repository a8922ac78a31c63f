/**
 * What a task owes: it leaves "claimable" with the claim, stands in "claiming",
 * and is in the wallet when that is final; of several claims one may fail.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string[]} */
let tasks;

/** The money as the node has it. */
async function money() {
  const { wallet, tasks: rows } = await node.ask('GET', 'money');
  return { wallet: BigInt(wallet), rows };
}

/** Until each of them owes something. @param {string[]} ids */
function owing(ids) {
  return wait('claimable coins', async () => {
    const { rows } = await money();
    return ids.every((id) => rows.some((/** @type {any} */ row) =>
      row.task === id && BigInt(row.claimable) > 0n)) && rows;
  }, 150);
}

/**
 * What the book does not have of the wallet's coins: an account of the staking
 * key cost its rent. It is the same before a claim and after it.
 */
async function unexplained() {
  const { main } = await node.ask('GET', 'node');
  let sum = 0n;
  for (let before = ''; before !== null;) {
    const { items, next } = await node.ask('GET',
      `money/book?limit=200${before && `&before=${before}`}`);
    for (const { kind, amount, fee } of items)
      sum += (SIGNS[kind] ?? 0n) * BigInt(amount) - BigInt(fee);
    before = next;
  }
  const { value } = await network.call('getBalance', main,
    { commitment: 'finalized' });
  return sum - BigInt(value);
}
/** @type {Record<string, bigint>} */
const SIGNS = { faucet: 1n, claim: 1n, stake: -1n, fee: -1n };

/** Put a task on chain, with its code in the node's own store. */
function create(/** @type {Home} */ home, /** @type {string} */ name) {
  makeTask(home, name);
  const made = home.pond('task', 'create', `${name}/config-task.yml`, '--yes',
    '--json', '--rpc', network.rpc, '--keypair', home.path('wallet.json'),
    '--store', home.path('own', 'store'), '--task-keypair',
    home.path(`${name}.json`));
  return JSON.parse(made.trim().split('\n').at(-1) ?? '').task;
}

test('a node earns by two tasks, and is open in a browser', async () => {
  const home = new Home();
  network = await Network.up({ home, nodes: 0 });
  home.pond('wallet', 'new', '--outfile', home.path('wallet.json'), '--quiet');
  home.pond('airdrop', '20000', '--keypair', home.path('wallet.json'), '--rpc',
    network.rpc);
  tasks = [create(home, 'weather'), create(home, 'tides')];
  node = await network.startNode('own');
  await node.ask('POST', 'faucet', {});
  for (const task of tasks)
    await node.ask('POST', `tasks/${task}/start`, { stake: '5000000000' });
  tab = await newTab();
  await tab.open(await node.link());
  await owing(tasks);
  tab.clean();
});

test('a claim leaves "claimable" at once, and is in the wallet to the roe',
  async () => {
    const [task] = tasks;
    const before = await wait('the staked coins', async () => {
      const { items } = await node.ask('GET', 'money/book?kind=stake');
      return items.length === 2 && unexplained();
    });
    await tab.go('/money');
    await tab.sees('weather');
    await tab.page.getByRole('row', { name: /weather/ }).first()
      .getByRole('button', { name: 'Claim' }).click();
    await tab.armed();
    const claim = tab.page.getByRole('button', { name: /^Claim .* KOII$/ });
    await claim.click();
    await tab.sees(/KOII are being claimed/);
    const [seen] = await node.booked(`kind=claim&task=${task}`);
    assert.ok(BigInt(seen.amount) > 0n);
    await wait('the wallet to be as the book says', async () =>
      await unexplained() === before);
    await tab.picture('claimed-1280-light');
    tab.clean();
  });

test('of two claims one fails, is named, and is claimed by itself then',
  async () => {
    await owing(tasks);
    await tab.go('/');
    await tab.page.getByRole('button', { name: 'Claim all' }).click();
    await tab.armed();
    const [first, second] = tasks;
    // Between the look and the press the task is stopped: it can't be claimed
    // of what does not run.
    await node.ask('POST', `tasks/${second}/stop`, {});
    await node.task(({ task, state }) => task === second && state === 'stopped');
    /** @type {any[]} */
    const asked = [];
    tab.page.on('request', (request) => {
      if (request.url().endsWith('/claims'))
        asked.push(request.postDataJSON());
    });
    await tab.page.getByRole('button', { name: /^Claim .* KOII$/ }).click();
    await tab.sees('1 claim was refused. The others are sent.');
    const sheet = tab.page.locator('dialog');
    assert.match(await sheet.innerText(), /tides/);
    assert.doesNotMatch(await sheet.innerText(), /weather/);
    await tab.picture('claims-1280-light', false);
    await node.ask('POST', `tasks/${second}/start`, {});
    await node.task(({ task, state }) => task === second && state === 'running');
    await tab.page.getByRole('button', { name: /^Claim .* KOII$/ }).click();
    await tab.sees(/KOII are being claimed/);
    assert.deepEqual(asked.map(({ tasks: ids }) => ids),
      [asked[0].tasks, [second]]);
    assert.deepEqual([...asked[0].tasks].sort(), [first, second].sort());
    for (const task of tasks)
      await node.booked(`kind=claim&task=${task}`);
    tab.clean();
  });

/** A newer version of a task, by the same wallet. @param {string} name */
function update(name, /** @type {string} */ task) {
  const { home } = network;
  const config = home.path(name, 'config-task.yml');
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8')
    .replace('minimum_stake_amount: 2', 'minimum_stake_amount: 3') +
    `task_id: ${task}\nmigrationDescription: second\n`);
  home.pond('task', 'update', `${name}/config-task.yml`, '--no-build', '--yes',
    '--rpc', network.rpc, '--keypair', home.path('wallet.json'), '--store',
    home.path('store'));
}

test('each claim is a job of its own, which waits for something to claim',
  async () => {
    const [task] = tasks;
    const { items: [{ job, error }] } = await node.ask('POST', 'claims',
      { tasks: [task] });
    assert.ok(job, error);
    const stateOf = async (/** @type {string} */ id) =>
      (await node.ask('GET', `jobs/${id}`)).state;
    assert.match(await stateOf(job), /^(waiting|running|done)$/);
    await wait('its end', async () => await stateOf(job) === 'done', 60);
    const again = await node.ask('POST', `tasks/${task}/claim`, {});
    assert.notEqual(again.job, job);
    assert.equal(await stateOf(job), 'done');
  });

test('a new version says what differs, and another creator needs a tick',
  async () => {
    const [, task] = tasks;
    update('tides', task);
    const migrated = await wait('its end', async () =>
      (await node.ask('GET', `catalog/${task}`)).migrated_to);
    await tab.go(`/tasks/${task}`);
    await tab.sees('It is by the same creator.');
    await tab.sees('Stake from');
    // As the chain would tell it of somebody else's.
    const { staking } = await node.ask('GET', 'node');
    await tab.page.route(`**/api/1/catalog/${migrated}`, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer,
        json: { ...await answer.json(), creator: staking } });
    });
    await tab.go('/');
    await tab.go(`/tasks/${task}`);
    await tab.sees('Somebody else made the new version.');
    await tab.picture('moved-1280-light');
    await tab.page.getByRole('button', { name: 'Upgrade' }).click();
    const sheet = tab.page.getByRole('dialog');
    const upgrade = sheet.getByRole('button', { name: 'Upgrade' });
    assert.equal(await upgrade.getAttribute('aria-disabled'), 'true');
    await tab.armed();
    await upgrade.click({ force: true });
    assert.equal(await sheet.count(), 1);
    assert.equal((await node.tasks()).find((one) => one.task === task).leaving,
      undefined);
    await sheet.getByRole('checkbox').check();
    assert.equal(await upgrade.getAttribute('aria-disabled'), null);
    await upgrade.click();
    await tab.sees('The new version is being taken over.');
    await node.task((one) => one.task === task && one.leaving);
    tab.clean();
  });

test('the book as a file has every digit', async () => {
  await tab.go('/money/book');
  // Before the file is made: the book goes on.
  const { items } = await node.ask('GET', 'money/book?limit=200');
  const file = tab.page.waitForEvent('download');
  await tab.page.getByRole('button', { name: 'Save as CSV' }).click();
  const stream = await (await file).createReadStream();
  let text = '';
  for await (const part of stream)
    text += part;
  const [head, ...lines] = text.trim().split(/\r?\n/);
  assert.match(head, /amount/);
  assert.ok(lines.length >= items.length, `${lines.length} of ${items.length}`);
  assert.ok(items.filter((/** @type {any} */ { kind }) => kind === 'reward')
    .every((/** @type {any} */ { amount }) => text.includes(
      amount.slice(0, -9) || '0')));
  tab.clean();
});

await run();
