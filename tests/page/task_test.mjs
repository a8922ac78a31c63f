/** A task: found, started with a stake, watched, and left again. */
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
let task = '';

/**
 * Press a button of a sheet until it is taken: at first a sheet takes none.
 *
 * @param {string | RegExp} name
 * @param {() => Promise<boolean>} isTaken
 */
async function press(name, isTaken) {
  const button = tab.page.getByRole('dialog').getByRole('button', { name });
  await wait('the press', async () => {
    await button.click({ timeout: 1000 }).catch(() => {});
    return isTaken();
  });
}

const isClosed = async () => !await tab.page.getByRole('dialog').count();

test('a node without a task is opened', async () => {
  const home = new Home();
  network = await Network.up({ home, nodes: 1,
    words: ['--task', makeTask(home, 'weather')] });
  task = (await network.nodes[0].task(({ state }) => state === 'running')).task;
  node = await network.startNode('own');
  const { main } = await node.ask('GET', 'node');
  await network.call('requestAirdrop', main, 100e9);
  await wait('coins', async () =>
    (await node.ask('GET', 'node')).figures.wallet === '100000000000');
  tab = await newTab();
  await tab.open(await node.link());
  tab.clean();
});

test('a task is found, and its terms and source are read', async () => {
  await tab.go('/add');
  await tab.page.getByLabel('Find by name or key').fill('no such name');
  await tab.sees('No task matches.');
  await tab.page.getByLabel('Find by name or key').fill('WEATH');
  await tab.page.getByRole('link', { name: 'weather' }).click();
  await tab.sees('You lock 2.00 KOII or more.');
  await tab.sees('Nothing from you.');
  await tab.page.getByRole('button', { name: 'Read it' }).click();
  await tab.sees('const CONDUCT');
  tab.clean();
});

test('it is started with a stake that is asked for first', async () => {
  await tab.page.getByRole('button', { name: 'Check and start' }).click();
  const sheet = tab.page.getByRole('dialog');
  const stake = sheet.getByLabel('Stake');
  await stake.fill('1.5');
  await tab.sees('At least 2.00.');
  await press(/and start$/, async () =>
    await sheet.locator('[aria-invalid=true]:focus').count() > 0);
  assert.deepEqual(await node.tasks(), []);
  await stake.fill('5');
  await press('Stake 5.00 KOII and start', isClosed);
  await node.task(({ state, stake: staked }) =>
    state === 'running' && staked === '5000000000');
  assert.ok(tab.page.url().endsWith(`#/tasks/${task}`));
  await tab.sees('Working');
  tab.clean();
});

test('its round is drawn with the duties that the node has', async () => {
  await wait('the picture', async () => {
    const { items } = await node.ask('GET', `tasks/${task}/duties`);
    const shown = await tab.page.locator('.round-box .duty').count();
    const now = (await node.tasks())[0].round;
    const drawn = items.filter((/** @type {any} */ duty) =>
      duty.round >= now - 2).length;
    return shown > 4 && shown === drawn;
  });
  await tab.page.getByText('Duties', { exact: true }).click();
  await tab.sees('Send the proof');
  tab.clean();
});

test('its log comes, is found in and is saved', async () => {
  await tab.go(`/tasks/${task}/log`);
  await wait('lines', () => tab.page.locator('.log-row').count());
  const words = await tab.page.locator('.log-words').first().innerText();
  await tab.page.getByLabel('Find').fill(words.slice(0, 12));
  await tab.sees(/^Found \d/);
  await tab.page.getByLabel('Find').fill('');
  const [saved] = await Promise.all([tab.page.waitForEvent('download'),
    tab.page.getByRole('button', { name: 'Save' }).click()]);
  assert.ok(fs.readFileSync(await saved.path(), 'utf8').includes(words.trim()));
  tab.clean();
});

test('more is staked on it, once the sheet has said what that means', async () => {
  await tab.go('/');
  await tab.page.getByRole('button', { name: /weather/ }).click();
  await tab.page.getByRole('link', { name: 'Stake more' }).click();
  const sheet = tab.page.getByRole('dialog');
  const amount = sheet.getByLabel('Add to the stake');
  await amount.fill('1000');
  await tab.sees(/^At most 9\d\./);
  await press(/more$/, async () =>
    await sheet.locator('[aria-invalid=true]:focus').count() > 0);
  await amount.fill('1');
  await tab.sees('6.00 KOII');
  await tab.picture('stake-1280-light');
  await press('Stake 1.00 KOII more', isClosed);
  await tab.sees('1.00 KOII more are staked.');
  await node.task(({ stake, state }) =>
    stake === '6000000000' && state === 'running');
  tab.clean();
});

test('an order of more stake is one stake, whenever the node is killed', async () => {
  const headers = { 'Idempotency-Key': crypto.randomUUID() };
  const more = () => node.ask('POST', `tasks/${task}/stake`,
    { amount: '2000000000' }, headers);
  const { job } = await more();
  await node.server?.stop('SIGKILL');
  node = await network.startNode('own');
  await node.task(({ state, stake }) =>
    state !== 'loading' && stake !== '0');
  assert.equal((await more()).job, job);
  await wait('the job', async () =>
    (await node.ask('GET', `jobs/${job}`)).state === 'done');
  assert.equal((await more()).job, job);
  await node.task(({ stake, state }) =>
    stake === '8000000000' && state === 'running');
  await tab.sees('8.00');
  tab.complaints = [];
});

test('its evidence opens on the gateway, which is another origin', async () => {
  await wait('evidence', async () =>
    (await node.ask('GET', `tasks/${task}/evidence`)).items.length);
  await tab.go(`/tasks/${task}/evidence`);
  const link = tab.page.getByRole('link', { name: 'Open on the gateway' }).first();
  assert.match(await link.getAttribute('rel') ?? '', /noopener noreferrer/);
  const [opened] = await Promise.all([
    tab.page.context().waitForEvent('page'), link.click()]);
  await opened.getByText('work.json').waitFor();
  assert.match(new URL(opened.url()).hostname, /^bafy[a-z2-7]+\.ipfs\.localhost$/);
  assert.equal(await opened.evaluate(() =>
    `${window.opener} ${document.referrer}${document.cookie}`), 'null ');
  await opened.close();
  tab.clean();
});

test('its stake is asked back, and that is called off', async () => {
  // Without a proof nothing locks the stake, and it is back at once.
  await wait('a proof', async () =>
    (await node.ask('GET', `tasks/${task}/rounds`)).items
      .some((/** @type {any} */ { proof }) => proof));
  await tab.go(`/tasks/${task}`);
  await tab.page.getByRole('button', { name: 'Get my stake back' }).click();
  await tab.sees('until 4 rounds after the round of the last proof');
  await press('Get 8.00 KOII back', isClosed);
  await tab.sees('This goes on by itself, with this page closed, too.');
  assert.ok((await node.tasks())[0].leaving);
  await tab.page.getByRole('button', { name: 'Call it off' }).click();
  await node.task(({ leaving, state }) => !leaving && state === 'running');
  await tab.page.getByRole('button', { name: 'Call it off' })
    .waitFor({ state: 'detached' });
  tab.clean();
});

await run();
