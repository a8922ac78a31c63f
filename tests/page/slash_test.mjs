/**
 * What a node's page says when the other nodes took part of its stake: for a
 * false proof, and for an accusation of its own that was refuted.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, taskSource } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** @type {Network} */
let network;
/** @type {string} */
let task;

/** What a key has staked, as the chain has it. @param {string} key */
async function stakeOf(key) {
  const { value } = await network.call('getTaskAccountInfo', task,
    { encoding: 'base64', stake: true, commitment: 'finalized' });
  const { stake_list: stakes } = JSON.parse(
    Buffer.from(value.data[0], 'base64').toString());
  return BigInt(stakes[key] ?? 0);
}

/**
 * The first round of a node with an outcome, once it is in the node's book.
 *
 * @param {import('./network.mjs').Node} node
 * @param {string} outcome
 */
const roundOf = (node, outcome) => wait(`a round that is ${outcome}`, async () =>
  (await node.ask('GET', `tasks/${task}/rounds`)).items
    .find((round) => round.outcome === outcome), 150);

test('a network with a node that lies once and denies once', async () => {
  const home = new Home();
  makeTask(home, 'weather');
  fs.writeFileSync(home.path('cheat.js'),
    taskSource({ lies: [[64, 2]], denies: [[64, 4]] }));
  network = await Network.up({ home, nodes: 4, words: ['--task', 'weather',
    '--cheater', '4=cheat.js', '--stake', '5'] });
  for (const node of network.nodes)
    ({ task } = await node.task(({ state }) => state === 'running'));
});

test('a slash shows when it is final, with its votes and the list', async () => {
  const liar = network.nodes[3];
  const { staking } = await liar.ask('GET', 'node');
  const before = await stakeOf(staking);
  const tab = await newTab();
  await tab.open(await liar.link());
  await tab.sees('weather');
  await wait('the slash', async () => await stakeOf(staking) < before, 150);
  const final = Date.now();
  await tab.sees(/1\.50? KOII was taken from your stake/);
  console.log(`# shown ${((Date.now() - final) / 1000).toFixed(1)} s after it was final`);
  assert.equal(before - await stakeOf(staking), 1500000000n);

  const round = await roundOf(liar, 'slashed');
  await tab.page.getByRole('link', { name: 'See why' }).first().click();
  await tab.settled();
  assert.ok(tab.page.url().endsWith(`#/tasks/${task}/rounds/${round.round}`),
    tab.page.url());
  await tab.sees(`Round ${round.round}`);
  await tab.sees(/1\.50.*: the list that was carried out took it/);
  await tab.sees('Who said what');
  await tab.sees('says it is false');
  await tab.sees('voted: false');
  await tab.sees('The list that was carried out');
  await tab.picture('slashed-1280-light');
  tab.clean();
});

test('its evidence opens after the chain has dropped the round', async () => {
  const liar = network.nodes[3];
  const round = await roundOf(liar, 'slashed');
  await wait('the chain to drop the round', async () => {
    const { value } = await network.call('getTaskAccountInfo', task,
      { encoding: 'base64', submission: true });
    const { submissions } = JSON.parse(
      Buffer.from(value.data[0], 'base64').toString());
    return !(round.round in submissions);
  }, 120);
  const tab = await newTab();
  await tab.open(await liar.link());
  await tab.go(`/tasks/${task}/rounds/${round.round}`);
  await tab.page.getByRole('link', { name: 'Look at it' }).click();
  await tab.page.getByRole('link', { name: 'work.json' }).click();
  await tab.sees('I am sure it was done');
  tab.clean();
});

test('an accusation that is refuted shows as a penalty', async () => {
  const denier = network.nodes[3];
  const round = await roundOf(denier, 'penalty');
  // A tenth of the minimum stake of 2 KOII for each that was refuted.
  assert.ok(round.losses.length &&
    round.losses.every(({ kind, amount }) => kind === 'accusation' &&
      amount === '200000000'), JSON.stringify(round.losses));
  const tab = await newTab();
  await tab.open(await denier.link());
  await tab.go(`/tasks/${task}/rounds/${round.round}`);
  await tab.sees(/0\.2000.*a penalty, for an accusation of yours was refuted/);
  await tab.picture('penalty-1280-light');
  // The same sum is a loss in the book, and no slash.
  const { items } = await denier.ask('GET', 'money/book?kind=penalty');
  const booked = items.filter((entry) => entry.round === round.round);
  assert.equal(booked.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
    200000000n * BigInt(round.losses.length), JSON.stringify(items));
  await tab.go('/money/book');
  const row = tab.page.locator('tbody tr').filter({ hasText: 'Penalty' }).first();
  await row.waitFor();
  assert.match(await row.innerText(), /−0\.2 KOII/);
  tab.clean();
});

await run();
