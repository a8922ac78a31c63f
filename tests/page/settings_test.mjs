/** The settings that every node has, who is connected, and what was told. */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab, none } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

const PASSPHRASE = 'a passphrase of the settings';
/** Between the two alarms for the wallet. */
const SMALL = 0.15e9;

/** @type {Home} */
let home;
/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} sealed, and nearly without coins */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {import('./browser.mjs').Tab} */
let other;

/** @param {import('./browser.mjs').Tab} of @param {string} name */
function link(of, name) {
  return of.page.getByRole('link', { name, exact: true });
}

/** @param {import('./browser.mjs').Tab} of @param {string | RegExp} name */
function button(of, name) {
  return of.page.getByRole('button', { name, exact: true });
}

/** @param {import('./browser.mjs').Tab} of @param {string} title */
function shows(of, title) {
  return of.page.getByRole('heading', { level: 1, name: title, exact: true })
    .waitFor();
}

test('a node without coins is open in a browser', async () => {
  home = new Home();
  network = await Network.up({ home, nodes: 1,
    words: ['--task', makeTask(home, 'weather')] });
  fs.writeFileSync(home.path('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  node = await network.startNode('own', '--passphrase-file',
    home.path('passphrase'));
  await node.ask('POST', 'setup/step', { step: 'done' });
  tab = await newTab();
  await tab.open(await node.link());
  await tab.sees('No task yet');
  tab.clean();
});

test('the settings are a list beside a section, and two screens on a phone',
  async () => {
    await tab.page.setViewportSize({ width: 1280, height: 900 });
    await link(tab, 'Settings').click();
    const sections = tab.page.getByRole('navigation', { name: 'Settings' });
    await sections.waitFor();
    const names = await sections.getByRole('link').allInnerTexts();
    assert.ok(names.includes('Browsers') && names.includes('Look'), `${names}`);
    await shows(tab, names[0]);
    await link(tab, 'Look').click();
    await tab.sees('Text size');
    await shows(tab, 'Look');
    await wait('the focus', () => tab.page.evaluate(() =>
      document.activeElement?.matches('h1')));
    assert.equal(await link(tab, 'Look').getAttribute('aria-current'), 'page');

    await tab.page.setViewportSize({ width: 320, height: 640 });
    await sections.waitFor({ state: 'detached' });
    await link(tab, 'All settings').click();
    await shows(tab, 'Settings');
    assert.deepEqual(await sections.getByRole('link').allInnerTexts(), names);
    await tab.go('/settings/nothing');
    await shows(tab, 'There is no such page');
    await button(tab, 'More').click();
    await link(tab, 'Settings').click();
    await shows(tab, 'Settings');
    tab.clean();
  });

test('colours and the size of text are changed at once, and kept', async () => {
  await tab.go('/settings/look');
  /** What the styles make of it. */
  const look = (page = tab.page) => page.evaluate(() => {
    const { backgroundColor } = getComputedStyle(document.body);
    const { fontSize } = getComputedStyle(document.documentElement);
    return { backgroundColor, fontSize };
  });
  const before = await look();
  const beside = await tab.page.context().newPage();
  await beside.goto(`${node.origin}/#/money`);
  await beside.getByRole('heading', { level: 1, name: 'Money' }).waitFor();
  await tab.page.getByLabel('Colours').selectOption('dark');
  await tab.page.getByLabel('Text size').selectOption('200');
  const after = await look();
  // Those of another tab of this browser follow, too.
  assert.deepEqual(await wait('the other tab', async () => {
    const found = await look(beside);
    return found.fontSize === after.fontSize && found;
  }), after);
  await beside.close();
  assert.notEqual(after.backgroundColor, before.backgroundColor);
  assert.equal(after.fontSize, '32px');
  await tab.page.reload();
  await tab.sees('Text size');
  assert.deepEqual(await look(), after);
  assert.equal(await tab.page.getByLabel('Text size').inputValue(), '200');
});

test('text of twice the size needs no scrolling sideways', async () => {
  for (const width of [320, 1280]) {
    await tab.page.setViewportSize({ width, height: 800 });
    for (const where of ['/', '/money', '/add', '/settings/look',
      '/settings/browsers', '/attention', '/explorer']) {
      await tab.go(where);
      none(`wide at ${width}`, await tab.page.evaluate((name) => {
        const { scrollWidth, clientWidth } = document.documentElement;
        const wide = [...document.querySelectorAll('body *')].filter((one) =>
          one.getBoundingClientRect().right > clientWidth + 1);
        return scrollWidth <= clientWidth ? [] : [`${name}: ${scrollWidth} ${
          wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 120))}`];
      }, where));
      if (width === 1280)
        await tab.picture(`large${where.replaceAll('/', '-')}-1280-dark`);
    }
  }
  await tab.go('/settings/look');
  await tab.page.getByLabel('Text size').selectOption('100');
  await tab.page.getByLabel('Colours').selectOption('system');
  assert.deepEqual(await tab.page.evaluate(() =>
    [localStorage['pond.theme'], localStorage['pond.text_size']]
      .filter(Boolean)), []);
  tab.clean();
});

test('single keys are switched off in the settings, too', async () => {
  const isOn = tab.page.getByRole('checkbox',
    { name: 'Single keys lead to screens' });
  await isOn.uncheck();
  await tab.page.locator('h1').focus();
  await tab.page.keyboard.press('?');
  assert.equal(await tab.page.getByRole('dialog').count(), 0);
  await isOn.check();
  await tab.page.locator('h1').focus();
  await tab.page.keyboard.press('?');
  await tab.page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await tab.page.keyboard.press('Escape');
  tab.clean();
});

test('the search field has its text until it is found, or given up',
  async () => {
    const field = tab.page.locator('#search');
    await field.fill('no such thing');
    await field.press('Enter');
    await tab.page.waitForURL(/#\/explorer\/search\/no%20such%20thing$/);
    assert.equal(await field.inputValue(), 'no such thing');
    await tab.go('/');
    assert.equal(await field.inputValue(), '');
    await field.fill('1');
    await field.press('Enter');
    await tab.page.waitForURL(/#\/explorer\/block\/1$/);
    await wait('an empty field', async () => !await field.inputValue());
    // What was not sent yet stays.
    await field.fill('half a wo');
    await tab.go('/');
    assert.equal(await field.inputValue(), 'half a wo');
    await field.fill('');
    tab.clean();
  });

test('a browser that is connected is told of, and listed', async () => {
  other = await newTab();
  await other.open(await node.link());
  await tab.go('/attention');
  await tab.sees(/A browser was connected: Chrome on Linux/);
  await button(tab, 'It was me').first().click();
  await wait('one row less', async () =>
    (await tab.page.getByText(/A browser was connected/).count()) === 1);
  await tab.go('/settings/browsers');
  const rows = tab.page.locator('tbody tr');
  await wait('both', async () => await rows.count() === 2);
  assert.deepEqual((await rows.allInnerTexts())
    .map((row) => row.includes('This one')).sort(), [false, true]);
});

test('a browser that is disconnected elsewhere shows the way in at once',
  async () => {
    await tab.page.locator('tbody tr', { hasNotText: 'This one' })
      .getByRole('button', { name: 'Disconnect' }).click();
    await tab.sees('The browser is disconnected.'); // for seconds
    await other.sees('Connect this browser');
    await wait('one row', async () =>
      await tab.page.locator('tbody tr').count() === 1);

    // From the command line.
    await other.open(await node.link());
    await other.sees('No task yet');
    const sessions = (await node.ask('GET', 'sessions')).items;
    home.pond('page', '--node-dir', home.path('own'), '--forget',
      sessions[0].id);
    await other.sees('Connect this browser');

    // Two others at once.
    const third = await newTab();
    await other.open(await node.link());
    await third.open(await node.link());
    await tab.go('/');
    await tab.go('/settings/browsers');
    await button(tab, 'Disconnect all others').click();
    await tab.sees('2 browsers are disconnected.');
    await other.sees('Connect this browser');
    await third.sees('Connect this browser');
    await wait('one row', async () =>
      await tab.page.locator('tbody tr').count() === 1);
    for (const one of [tab, other, third])
      one.clean();
  });

test('what was told is listed, filtered, and marked as read', async () => {
  await wait('an alarm', async () => (await node.ask('GET', 'attention'))
    .items.length === 1);
  const { main } = await node.ask('GET', 'node');
  await network.call('requestAirdrop', main, SMALL);
  await wait('another one', async () => (await node.ask('GET', 'attention'))
    .items.length === 2);
  // The API: a page after the other, and what there is of a kind.
  const first = await node.ask('GET', 'attention?limit=1');
  const rest = await node.ask('GET', `attention?limit=1&before=${first.next}`);
  assert.deepEqual([first.items[0].level, rest.items[0].level, rest.next],
    ['amber', 'red', null]);
  assert.deepEqual((await node.ask('GET', 'attention?level=info')).items, []);
  await assert.rejects(node.ask('GET', 'attention?level=loud'), / 400 /);

  await link(tab, '1 thing to look at').click();
  await shows(tab, 'Attention');
  await tab.sees(/0.1500 KOII is left for fees/);
  const rows = tab.page.getByRole('list', { name: 'What needs you' })
    .getByRole('listitem');
  assert.equal(await rows.count(), 2);
  await tab.picture('attention-rows-1280-light');
  // The first alarm is over by now, so it needs nobody.
  assert.match(await rows.nth(1).innerText(), /0 KOII is left/);
  await wait('it to need nobody', async () =>
    !await rows.nth(1).getByRole('button').count());
  await tab.page.getByLabel('Show').selectOption('info');
  await tab.sees('None of these.');
  await button(tab, 'Show all').click();
  await button(tab, 'Mark all as read').click();
  await tab.page.getByRole('link', { name: 'Attention', exact: true })
    .waitFor();
  await wait('nothing to mark', async () =>
    !await button(tab, 'Mark all as read').count());
  assert.equal(await rows.count(), 2);
  tab.clean();
});

test('what the node itself is to do is saved, and said where it is wrong',
  async () => {
    await tab.go('/settings/node');
    const { page } = tab;
    const claim = page.getByLabel('Claim by itself from');
    const urgent = page.getByLabel('As urgent when it has less than');
    await claim.fill('two');
    await button(tab, 'Save').click();
    await wait('the fault', () => claim.evaluate((field) =>
      field === document.activeElement && field.ariaInvalid === 'true'));
    await claim.fill('2');
    // The node's own refusal, at its field.
    await urgent.fill('0.3');
    await button(tab, 'Save').click();
    await wait('the fault', () => urgent.evaluate((field) =>
      field === document.activeElement && field.ariaInvalid === 'true'));
    await urgent.fill('0.05');
    await page.getByLabel('Name', { exact: true }).fill('Home');
    await button(tab, 'Save').click();
    await tab.sees('Saved.');
    await page.waitForFunction(() => document.title.endsWith('· Home'));
    assert.match(home.pond('node', 'settings', '--node-dir', home.path('own')),
      /claim-from +2 /);

    // Changed elsewhere while it was open here: nothing is lost.
    home.pond('node', 'set', 'claim-from', '1.5', '--node-dir',
      home.path('own'));
    await page.getByLabel('Name', { exact: true }).fill('Cellar');
    await button(tab, 'Save').click();
    await tab.sees(/changed elsewhere meanwhile/);
    await wait('what was changed', async () => await claim.inputValue() === '1.5');
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Cellar');
    await button(tab, 'Save').click();
    await page.waitForFunction(() => document.title.endsWith('· Cellar'));
    tab.complaints = tab.complaints.filter((line) =>
      !/status of 4(00|12)/.test(line)); // the two refusals
    tab.clean();
  });

/** A page whose clock the test moves. @param {'disconnect' | 'lock'} then */
async function leaveOpen(then) {
  await node.ask('PATCH', 'settings', { idle_minutes: 30, idle_then: then });
  const left = await newTab();
  await left.page.clock.install();
  await left.open(await node.link());
  await left.sees('No task yet');
  await left.page.clock.fastForward('29:00');
  await left.page.mouse.move(50, 50);
  await left.page.clock.fastForward('29:00');
  await left.sees('No task yet');
  await left.page.clock.fastForward('02:00');
  return left;
}

test('a page that nobody touches does what its operator wants', async () => {
  const left = await leaveOpen('disconnect');
  await left.sees('Nobody touched this page, so it was disconnected.');
  await leaveOpen('lock');
  await wait('the lock', async () =>
    (await node.ask('GET', 'node')).state === 'locked');
  await tab.go('/attention');
  await tab.sees('The node is locked.');
  await node.ask('POST', 'unlock', { passphrase: PASSPHRASE });
});

test('what was set is kept by the node', async () => {
  await node.server?.stop();
  node = await network.startNode('own', '--passphrase-file',
    home.path('passphrase'));
  const settings = await node.ask('GET', 'settings');
  assert.deepEqual([settings.name, settings.claim_from, settings.idle_then],
    ['Cellar', '1500000000', 'lock']);
});

await run();
