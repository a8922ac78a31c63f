/** The way in, and the first screen: links, figures, orders. */
import assert from 'node:assert';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;

test('a node of its own works on a task', async () => {
  const home = new Home();
  network = await Network.up({ home, nodes: 1,
    words: ['--task', makeTask(home, 'weather')] });
  const { task } = await network.nodes[0].task(
    ({ state }) => state === 'running');
  // It claims nothing by itself.
  node = await network.startNode('own');
  const { main } = await node.ask('GET', 'node');
  await network.call('requestAirdrop', main, 100e9);
  await wait('coins', async () =>
    (await network.call('getBalance', main)).value > 0);
  await node.ask('POST', `tasks/${task}/start`, { stake: '5000000000' });
  await node.task(({ state }) => state === 'running');
});

test('without a session every address leads to the way in', async () => {
  const stranger = await newTab();
  await stranger.page.goto(`${node.origin}/#/money`);
  await stranger.sees('Connect this browser');
  assert.match(await stranger.words(), /pond page/);
  stranger.clean();
});

test('a link opens the page, and leaves no code behind', async () => {
  const link = await node.link();
  tab = await newTab();
  await tab.open(link);
  await tab.sees('weather');
  const code = link.split('open=')[1];
  assert.ok(code);
  const left = await tab.page.evaluate(() => [location.href, document.title,
    history.length, JSON.stringify(localStorage), JSON.stringify(sessionStorage)]);
  assert.ok(!JSON.stringify(left).includes(code), String(left));
  tab.clean();

  const late = await newTab();
  await late.page.goto(link);
  await late.sees('That link was used before.');
  assert.match(await late.words(), /pond page --forget all/);
});

test('the figures are those of the node', async () => {
  const { figures } = await node.ask('GET', 'node');
  /** @type {(string | null)[]} */
  let shown = [];
  await wait('the figures', async () => {
    shown = await tab.page.locator('.figure-value data').evaluateAll(
      (all) => all.map((one) => one.getAttribute('value')));
    // The wallet pays fees between the two looks.
    return shown.length === 4 &&
      Math.abs(Number(shown[0]) - Number(figures.wallet) / 1e9) < 0.1 &&
      Number(shown[2]) * 1e9 === Number(figures.staked);
  }, 30).catch((error) => {
    throw new Error(`${error.message}: ${shown} ${JSON.stringify(figures)}`);
  });
});

test('a claim asks first, takes no press at once, and moves the coins',
  async () => {
    await wait('something to claim', async () =>
      await tab.page.getByRole('button', { name: 'Claim all' }).count(), 120);
    const { wallet } = (await node.ask('GET', 'node')).figures;
    const sheet = tab.page.getByRole('dialog');
    const claim = sheet.getByRole('button', { name: /^Claim .* KOII$/ });
    // In the sheet's first moment, as a double click would.
    await tab.page.getByRole('button', { name: 'Claim all' }).evaluate(
      async (all) => {
        /** @type {HTMLElement | undefined} */
        let found;
        for (all.click(); !found;) {
          await new Promise((done) => setTimeout(done));
          found = [...document.querySelectorAll('dialog[open] button')].find(
            (button) => /^Claim .* KOII$/.test(button.textContent ?? ''));
        }
        found.click();
      });
    assert.equal(await sheet.count(), 1);
    await tab.page.keyboard.press('Enter');
    assert.equal(await sheet.count(), 1);
    await wait('the sheet takes a press', async () => {
      if (await sheet.count())
        await claim.evaluate((button) => button.click()).catch(() => {});
      return !await sheet.count();
    });
    await tab.sees('KOII are being claimed');
    await wait('the coins in the wallet', async () =>
      BigInt((await node.ask('GET', 'node')).figures.wallet) > BigInt(wallet));
    tab.clean();
  });

test('a task is stopped and started by keys alone', async () => {
  const row = tab.page.locator('tbody tr').first();
  const menu = row.locator('.menu-button');
  await menu.focus();
  await tab.page.keyboard.press('Enter');
  await tab.page.keyboard.press('Tab');
  assert.equal(await tab.page.evaluate(() =>
    document.activeElement?.textContent), 'Stop');
  await tab.page.keyboard.press('Escape');
  assert.ok(await menu.evaluate((button) => button === document.activeElement));
  await tab.page.keyboard.press('Enter');
  await tab.page.keyboard.press('Tab');
  const { staked } = (await node.ask('GET', 'node')).figures;
  await tab.page.keyboard.press('Enter');
  await node.task(({ state }) => state === 'stopped');
  await wait('it on the screen', async () =>
    /Cooling down|Stopped/.test(await row.innerText()));
  // What is staked on it is not lost to sight.
  await wait('its stake', async () => {
    const { figures } = await node.ask('GET', 'node');
    return figures.cooling === staked && figures.staked === '0';
  });
  await wait('it among the figures', async () => /Cooling down 5\.00/.test(
    await tab.page.locator('.figure').nth(2).innerText()));
  await menu.focus();
  await tab.page.keyboard.press('Enter');
  await tab.page.keyboard.press('Tab');
  await tab.page.keyboard.press('Enter');
  await node.task(({ state }) => state === 'running');
  await wait('it on the screen', async () =>
    /Working/.test(await row.innerText()));
  tab.clean();
});

test('an address that there is not says so', async () => {
  await tab.go('/nowhere/at/all');
  assert.equal(await tab.page.locator('h1').innerText(),
    'There is no such page');
  assert.ok(await tab.page.evaluate(() =>
    document.activeElement?.matches('h1')));
  await tab.page.getByRole('link', { name: 'Go to the first screen' }).click();
  await tab.sees('weather');
  tab.clean();
});

test('single keys lead on, unless they are switched off', async () => {
  await tab.page.keyboard.press('?');
  const sheet = tab.page.getByRole('dialog', { name: 'Keys' });
  await sheet.waitFor();
  const isOn = sheet.getByRole('checkbox');
  await wait('the sheet takes a press', async () => {
    await isOn.click();
    return !await isOn.isChecked();
  });
  await tab.page.keyboard.press('Escape');
  await tab.page.keyboard.press('?');
  assert.equal(await sheet.count(), 0);
  await tab.page.evaluate(() => localStorage.removeItem('pond.shortcuts'));
});

test('an old page loads the new one, and not again and again', async () => {
  const old = await newTab();
  await old.open(await node.link());
  // As a page that was loaded before an update has it.
  await old.page.addInitScript(() => document.addEventListener(
    'readystatechange', () => {
      document.documentElement.dataset.build = '0ld';
    }));
  let loads = 0;
  old.page.on('load', () => loads++);
  await old.page.reload();
  await wait('a reload by itself', () => loads === 2);
  await old.sees('Pond was updated.');
  await old.sees('weather');
  assert.equal(loads, 2);
});

await run();
