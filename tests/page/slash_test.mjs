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

/** A node of its own that leaves meanwhile. @type {import('./network.mjs').Node} */
let leaver;

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
  leaver = await network.startNode('leaver');
  const { main } = await leaver.ask('GET', 'node');
  await network.call('requestAirdrop', main, 100e9);
  await wait('coins', async () =>
    (await leaver.ask('GET', 'node')).figures.wallet === '100000000000');
  await leaver.ask('POST', `tasks/${task}/start`, { stake: '5000000000' });
});

test('a slash shows when it is final, with its votes and the list', async () => {
  const liar = network.nodes[3];
  const { staking } = await liar.ask('GET', 'node');
  const before = 5_000_000_000n; // it may be done already
  const tab = await newTab();
  await tab.open(await liar.link());
  await tab.sees('weather');
  const taken = await wait('the slash', async () =>
    before - await stakeOf(staking), 150);
  const final = Date.now();
  await tab.sees(/1\.50? KOII was taken from your stake/);
  console.log(`# shown ${((Date.now() - final) / 1000).toFixed(1)} s after it was final`);
  // The penalties of later may be among it.
  assert.equal((taken - 1500000000n) % 200000000n, 0n, String(taken));

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

test('who says that the proof was false stays on the list', async () => {
  const liar = network.nodes[3];
  const { round } = await roundOf(liar, 'slashed');
  const tab = await newTab();
  await tab.open(await liar.link());
  await tab.go('/attention');
  const row = tab.page.getByRole('listitem').filter({ hasText:
    new RegExp(`says? that your proof of round ${round} for weather`) });
  await row.waitFor();
  assert.match(await row.innerText(),
    /\d nodes? says? that .* is false\. (Voting ends|The vote is over)/);
  await tab.picture('accused-1280-light');
  await row.getByRole('link', { name: 'See why' }).click();
  await tab.sees('Who said what');
  assert.ok(tab.page.url().endsWith(`#/tasks/${task}/rounds/${round}`),
    tab.page.url());
  tab.clean();
  await tab.page.context().close();
});

test('a stake is asked back, until the round that the chain has', async () => {
  // The round of the last proof locks the stake for four rounds.
  await wait('a proof', async () =>
    (await leaver.ask('GET', `tasks/${task}/rounds`)).items
      .some(({ proof }) => proof), 60);
  const tab = await newTab();
  await tab.open(await leaver.link());
  await tab.go(`/tasks/${task}?ask=leave`);
  const sheet = tab.page.getByRole('dialog');
  await wait('the press', async () => {
    await sheet.getByRole('button', { name: 'Get 5.00 KOII back' })
      .click({ timeout: 1000 }).catch(() => {});
    return !await sheet.count();
  });
  await tab.sees('This goes on by itself, with this page closed, too.');
  const { staking } = await leaver.ask('GET', 'node');
  const { value } = await network.call('getTaskAccountInfo', task,
    { encoding: 'base64', submission: true });
  const { submissions } = JSON.parse(
    Buffer.from(value.data[0], 'base64').toString());
  const last = Math.max(...Object.keys(submissions)
    .filter((round) => submissions[round][staking]).map(Number));
  await tab.sees(new RegExp(`locked until round ${last + 4}\\b`));
  tab.clean();
  await tab.page.context().close();
});

/**
 * Does what the node is to do next show on a screen that is open already, and is
 * not loaded anew?
 *
 * @param {string} where
 * @param {() => Promise<string>} next what is to be seen, once it is so
 * @param {string} shown of the part of the screen
 * @param {string} [opens] what is to be pressed before
 */
async function showsByItself(where, next, shown, opens) {
  const tab = await newTab();
  await tab.open(await network.nodes[0].link());
  await tab.go(where);
  if (opens)
    await tab.page.getByText(opens, { exact: true }).click();
  await tab.page.evaluate(() => { document.documentElement.dataset.mark = 'x'; });
  const words = await next();
  await wait(`"${words}" at ${where}`, async () =>
    (await tab.page.locator(shown).allInnerTexts()).some((text) =>
      text.replace(/\s+/g, ' ').includes(words)), 10);
  assert.equal(await tab.page.evaluate(() =>
    document.documentElement.dataset.mark), 'x');
  tab.clean();
  await tab.page.context().close();
}

test('rounds, entries of the book and duties show by themselves', async () => {
  const [node] = network.nodes;
  const newest = async (/** @type {string} */ path, /** @type {any} */ fits) =>
    (await node.ask('GET', path)).items.find(fits)?.round ?? -1;
  const paid = (/** @type {any} */ { outcome }) => outcome === 'paid';
  const proved = (/** @type {any} */ { kind, state }) =>
    kind === 'submit' && state === 'done';
  const duty = await newest(`tasks/${task}/duties`, proved);
  const [round, entry] = [await newest(`tasks/${task}/rounds`, paid),
    await newest('money/book?kind=reward', () => true)];
  await Promise.all([
    showsByItself(`/tasks/${task}/rounds`, () => wait('a paid round', async () => {
      const now = await newest(`tasks/${task}/rounds`, paid);
      return now > round && `Paid ${now} `;
    }), '.ribbon li'),
    showsByItself(`/tasks/${task}`, () => wait('a proof', async () => {
      const now = await newest(`tasks/${task}/duties`, proved);
      return now > duty && `Send the proof ${now} slot`;
    }), 'tbody tr', 'Duties'),
    showsByItself('/money/book', () => wait('an entry', async () => {
      const now = await newest('money/book?kind=reward', () => true);
      return now > entry && ` ${now} +`;
    }), 'tbody tr'),
  ]);
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
  await denier.booked('kind=penalty', (entries) => entries.reduce(
    (sum, entry) => sum + (entry.round === round.round
      ? BigInt(entry.amount) : 0n), 0n) ===
    200000000n * BigInt(round.losses.length));
  await tab.go('/money/book');
  const row = tab.page.locator('tbody tr').filter({ hasText: 'Penalty' }).first();
  await row.waitFor();
  assert.match(await row.innerText(), /−0\.2 KOII/);
  tab.clean();
});

test('the stake is back with the page closed, and is found when it is opened',
  async () => {
    await wait('the end of it', async () =>
      !(await leaver.tasks())[0].leaving, 90);
    const { staking, figures } = await leaver.ask('GET', 'node');
    assert.equal(await stakeOf(staking), 0n);
    assert.ok(BigInt(figures.wallet) > 99900000000n, figures.wallet);
    const tab = await newTab();
    await tab.open(await leaver.link());
    await tab.sees('Stopped');
    await tab.go(`/tasks/${task}`);
    await tab.sees('Stopped');
    assert.equal(await tab.page.getByText('Getting the stake back').count(), 0);
    tab.clean();
  });

await run();
