/** What is lost comes back by itself: the node, settlement, the connection. */
import assert from 'node:assert';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** An address that nobody has used. */
const TO = 'DfXX9cRbwP9nZ5eGgCsMW3mN3tq1yMv3bYxn2fYk6pQ2';

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

test('what the browser drops while it loads is asked for again', async () => {
  const other = await newTab();
  /** @type {Record<string, number>} */
  const asked = {};
  await other.page.route(/\/a\/work-|\/api\/1\/catalog$/, (route) => {
    const url = route.request().url();
    asked[url] = (asked[url] ?? 0) + 1;
    return asked[url] > 1 ? route.continue() : route.abort();
  });
  await other.open(await node.link());
  await other.go('/add');
  await other.page.getByLabel('Find by name or key').waitFor();
  assert.ok(Object.values(asked).length === 2 &&
    Object.values(asked).every((n) => n > 1), JSON.stringify(asked));
  await other.page.context().close();
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

test('a filled form outlives the node, and orders nothing while it is away',
  async () => {
    const { main } = await node.ask('GET', 'node');
    const before = (await network.call('getBalance', main)).value;
    const to = tab.page.getByLabel('To');
    const amount = tab.page.getByLabel('Amount');
    const review = tab.page.getByRole('button', { name: 'Review' });
    await tab.go('/money/send');
    await to.fill(TO);
    await amount.fill('1.000000007');
    await node.server?.stop('SIGKILL');
    await tab.sees(/No answer from the node for/);
    // Reached by keyboard, it says so and does nothing.
    await review.focus();
    await review.press('Enter');
    await tab.sees('Not connected');
    assert.equal(await review.getAttribute('aria-disabled'), 'true');
    assert.equal(await tab.page.locator('dialog').count(), 0);
    assert.equal(await amount.inputValue(), '1.000000007');
    // What is typed while the node is away stays, too.
    await amount.fill('1.000000008');
    node = await network.startNode('own');
    await tab.page.getByText(/No answer from the node/).waitFor(
      { state: 'detached', timeout: 60000 });
    assert.ok(tab.page.url().endsWith('#/money/send'), tab.page.url());
    assert.equal(await to.inputValue(), TO);
    assert.equal(await amount.inputValue(), '1.000000008');
    // Its tasks pay fees meanwhile.
    const after = (await network.call('getBalance', main)).value;
    assert.ok(before - after < 0.1e9, `${before} ${after}`);
    assert.equal(await tab.page.evaluate(() =>
      Object.values(sessionStorage).some((kept) => kept.includes('1.000000008'))), true);
    // It is as good as before: the sum goes to the last roe.
    await wait('settlement', async () => (await node.ask('GET', 'node')).connected);
    await review.click();
    await tab.sees('Look at it once more');
    await tab.armed();
    await tab.page.getByLabel('I checked the address.').check();
    await tab.page.getByRole('button', { name: /^Send .* KOII$/ }).click();
    await wait('the coins', async () =>
      (await network.call('getBalance', TO)).value === 1_000_000_008);
    forgive();
    tab.clean();
  });

/** What stands in the figures, "12.5" each. */
function figures() {
  return tab.page.locator('.figure-value data').evaluateAll((all) =>
    all.map((one) => one.getAttribute('value')));
}

test('settlement that does not answer: figures keep their time, nothing is sent',
  async () => {
    await tab.page.getByRole('button', { name: 'Send more' }).click();
    await tab.go('/');
    await tab.sees('Working', 120);
    await wait('the figures', async () => (await figures()).length === 4);
    await tab.page.clock.install(); // the page's clock, which goes on
    const { pid } = network.validators[0];
    process.kill(pid, 'SIGSTOP');
    try {
      await tab.sees(/Settlement does not answer/);
      assert.equal(await tab.page.getByText('As of').count(), 0);
      const before = await figures();
      await tab.page.clock.fastForward('00:31');
      await tab.sees(/As of \d/);
      assert.deepEqual(await figures(), before);
      await tab.picture('settlement-away-1280-light');
      await tab.go('/money/send');
      await tab.page.getByLabel('To').fill(TO);
      await tab.page.getByLabel('Amount').fill('1');
      await tab.page.getByRole('button', { name: 'Review' }).click();
      await tab.sees('Settlement does not answer.');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

test('settlement returns by itself, and the form is as it was', async () => {
  await wait('settlement', async () =>
    (await node.ask('GET', 'node')).connected, 120);
  assert.equal(await tab.page.getByLabel('Amount').inputValue(), '1');
  await wait('the review', async () => {
    if (await tab.page.locator('dialog').count())
      return true;
    await tab.page.getByRole('button', { name: 'Review' }).click();
    return false;
  });
  await tab.sees('Look at it once more');
  await tab.page.keyboard.press('Escape');
  await tab.go('/');
  await tab.sees('Working', 120);
  await tab.page.getByText('As of').waitFor({ state: 'detached' });
  forgive();
  tab.clean();
});

await run();
