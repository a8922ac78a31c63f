/** What is lost comes back by itself: the node, settlement, the connection. */
import assert from 'node:assert';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} that the test itself runs */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;

/** What a lost connection leaves in the console is no fault of the page. */
function forgive() {
  tab.complaints = tab.complaints.filter((line) =>
    !/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to|50[34] \(/
      .test(line));
}

test('a node of its own is open in a browser', async () => {
  const home = new Home();
  const folder = makeTask(home, 'weather');
  network = await Network.up({ home, nodes: 1, words: ['--task', folder] });
  const { task } = await network.nodes[0].task(
    ({ state }) => state === 'running');
  node = await network.startNode('own');
  const { main } = await node.ask('GET', 'node');
  await network.call('requestAirdrop', main, 100e9);
  await wait('coins', async () =>
    (await network.call('getBalance', main)).value > 0);
  await node.ask('POST', `tasks/${task}/start`, { stake: '5000000000' });
  await node.task(({ state }) => state === 'running');
  tab = await newTab();
  await tab.open(await node.link());
  await tab.sees('Working');
  tab.clean();
});

test('a node that is killed is said, and its page comes back by itself',
  async () => {
    const { origin } = node;
    await node.server?.stop('SIGKILL');
    await tab.sees(/No answer from the node for/);
    // What was known stays on the screen.
    await tab.sees('weather');
    await tab.picture('lost-1280-light');
    node = await network.startNode('own');
    assert.equal(node.origin, origin, 'the port is kept');
    await tab.page.getByText(/No answer from the node/).waitFor(
      { state: 'detached', timeout: 60000 });
    await tab.sees('Working', 120);
    assert.equal(await tab.page.evaluate(() => !!localStorage['pond.key']), true);
    forgive();
    tab.clean();
  });

test('buttons that order something do nothing without a connection, and say so',
  async () => {
    await node.server?.stop('SIGKILL');
    await tab.sees(/No answer from the node for/);
    const button = tab.page.getByRole('button', { name: 'Stop all' });
    await button.focus();
    await button.press('Enter');
    await tab.sees('Not connected');
    node = await network.startNode('own');
    await tab.page.getByText(/No answer from the node/).waitFor(
      { state: 'detached', timeout: 60000 });
    await node.task(({ state }) => state === 'running');
    forgive();
    tab.clean();
  });

test('settlement that does not answer is said; figures stay; it returns',
  async () => {
    await tab.sees('Working', 120);
    const wallet = tab.page.locator('.figure').first();
    await wait('the figure', async () => /\d/.test(await wallet.innerText()));
    const before = await wallet.innerText();
    const { pid } = network.validators[0];
    process.kill(pid, 'SIGSTOP');
    try {
      await tab.sees(/Settlement does not answer/);
      assert.equal((await wallet.innerText()).split('\n')[0],
        before.split('\n')[0]);
      assert.match(await wallet.innerText(), /\d/);
      await tab.picture('settlement-away-1280-light');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await tab.page.getByText(/Settlement does not answer/).waitFor(
      { state: 'detached', timeout: 120000 });
    await tab.sees('Working', 120);
    forgive();
    tab.clean();
  });

await run();
