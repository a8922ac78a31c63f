/** The wallets of a node: what they have staked, one more, their secrets, one
 * less, another passphrase, another one in use. */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, Node } from './network.mjs';
import { run, test, wait } from './tap.mjs';

const PASSPHRASE = 'gravel otter sundial';
const NEW = 'another otter ключ';
const WORDS = `${'abandon '.repeat(11)}about`;
/** Of these words by the paths of Koii's node. */
const MAIN = 'GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL';

/** @type {Network} */
let network;
/** @type {Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string[]} */
let words;

const sheet = () => tab.page.getByRole('dialog');

/** @param {string} name */
const card = (name) => tab.page.locator('section.card').filter({
  has: tab.page.getByRole('heading', { name, exact: true }) });

/** A sheet takes its first press a moment later. @param {string} name */
async function press(name) {
  const button = sheet().getByRole('button', { name, exact: true });
  await button.waitFor();
  await tab.armed();
  await button.click();
}

/** @param {string} label @param {string} value */
const fill = (label, value) => sheet().getByLabel(label, { exact: true })
  .fill(value);

/** @param {string} name what the card's button says @param {string} wallet */
async function ask(name, wallet) {
  await card(wallet).getByRole('button', { name, exact: true }).click();
  await sheet().waitFor();
}

const closed = () => sheet().waitFor({ state: 'detached', timeout: 60000 });

/** @param {string} title */
const at = (title) => tab.page.getByRole('heading', { level: 1, name: title })
  .waitFor({ timeout: 60000 });

/** @param {string} name */
async function serve(name) {
  const found = new Node(network.home.path(name));
  found.server = await network.home.serve(
    ['node', '--node-dir', found.folder, '--rpc', network.rpc, '--port', '0',
      '--listen', '127.0.0.1', '--addresses', 'loopback'],
    (line) => /^(setup|locked|ready) /.test(line), `${name}.log`);
  return found;
}

/** @param {Node} of */
const isUp = (of) => wait('the node', async () => {
  const found = await of.ask('GET', 'node').catch(() => ({}));
  return found.state === 'running' && found.connected && found;
}, 120);

/** @param {string} name */
async function look(name) {
  for (const [width, theme] of /** @type {const} */([
    [320, 'dark'], [1280, 'light']])) {
    await tab.page.setViewportSize({ width, height: 900 });
    await tab.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const wide = await tab.page.evaluate(() =>
      document.documentElement.scrollWidth > innerWidth);
    assert.ok(!wide, `${name} scrolls sideways at ${width}`);
    await tab.picture(`wallets-${name}-${width}-${theme}`);
  }
}

test('words that are brought show what is staked with them', async () => {
  const home = new Home();
  network = await Network.up({ home, nodes: 1,
    words: ['--task', makeTask(home, 'weather')] });
  node = await serve('own');
  await node.ask('POST', 'setup/passphrase',
    { passphrase: PASSPHRASE, remember: true });
  await node.ask('POST', 'setup/import', { words: WORDS, take: true });
  assert.equal((await isUp(node)).main, MAIN);
  await node.ask('POST', 'setup/step', { step: 'done' });
  await node.ask('POST', 'faucet', {});
  const task = await wait('the task', async () =>
    (await node.ask('GET', 'catalog')).items.find(
      (/** @type {any} */ { name }) => name === 'weather'));
  await node.ask('POST', `tasks/${task.task}/start`, { stake: '2000000000' });
  await node.task(({ stake }) => BigInt(stake ?? 0) > 0n);
  const other = await serve('other');
  await other.ask('POST', 'setup/passphrase',
    { passphrase: PASSPHRASE, remember: true });
  tab = await newTab();
  await tab.open(await other.link());
  await at('Your wallet');
  await tab.page.getByLabel('12 or 24 words').fill(WORDS);
  await tab.page.keyboard.press('Enter');
  await tab.sees('weather');
  await tab.sees('2.00');
  await look('import');
  await other.server?.stop();
});

/** What the staking key holds. */
async function staked() {
  const { staking } = await node.ask('GET', 'node');
  return (await network.call('getBalance', staking)).value;
}

test('coins of the staking key come back to the wallet', async () => {
  const { staking } = await node.ask('GET', 'node');
  const kept = await staked();
  // It has staked: they come by way of a task where it has no stake.
  network.home.pond('task', 'create', `${makeTask(network.home, 'second', {
    terms: { total_bounty_amount: 20 } })}/config-task.yml`, '--yes',
  '--no-build', '--rpc', network.rpc, '--keypair',
  `${network.nodes[0].folder}/wallets/main_mainSystemWallet.json`);
  const proof = (await node.ask('POST', 'proofs',
    { passphrase: PASSPHRASE })).proof;
  await node.ask('POST', 'transfers', { to: staking, amount: '5000000000' },
    { 'X-Pond-Proof': proof });
  await wait('the coins', async () => await staked() > kept);
  tab = await newTab();
  await tab.open(await node.link());
  await tab.go('/money');
  await tab.page.getByRole('button', { name: 'Empty it' }).click();
  await fill('Passphrase', PASSPHRASE);
  await look('empty');
  await press('Empty it');
  await closed();
  await wait('the coins back', async () => await staked() <= kept);
  await node.booked('kind=claim', ([entry]) =>
    entry && BigInt(entry.amount) >= 5000000000n);
  const left = String(await staked());
  await wait('the figure', async () =>
    (await node.ask('GET', 'money')).staking_balance === left);
  assert.equal((await node.ask('GET', 'node')).figures.staking_balance, left);
  assert.equal((await node.ask('GET', 'money')).kpl_staking_balance, '0');
});

test('the wallet of the node is shown with its stakes', async () => {
  await tab.go('/settings/wallets');
  await tab.sees('weather');
  await tab.sees('in use');
  assert.equal(await card('main').getByRole('button', { name: /Use it|Delete/ })
    .count(), 0);
  await look('list');
  // `pond wallet list` says the same.
  const { stakes } = await node.ask('GET', 'wallets');
  const words = ['wallet', 'list', '--node-dir', node.folder];
  const [listed] = network.home.pond(...words, '--json').split('\n')
    .map((line) => JSON.parse(line || '{}'))
    .filter(({ account }) => account === 'main');
  assert.equal(listed.stakes.length, 1);
  assert.deepEqual(listed.stakes.map((/** @type {any} */ { key, task, stake }) =>
    [key, task, stake]), stakes.items.map(
    (/** @type {any} */ { key, task, stake }) => [key, task, stake]));
  assert.match(network.home.pond(...words), /KOII staked.* on weather/);
});

test('one more wallet is made, and its words are checked', async () => {
  await tab.page.getByRole('button', { name: 'Add a wallet' }).click();
  await fill('Name', 'main');
  await fill('Passphrase', PASSPHRASE);
  await press('Next');
  await tab.sees('There is a wallet of that name.');
  await fill('Name', 'Second 2');
  await fill('Passphrase', 'wrong');
  await press('Next');
  await tab.sees('That is not the passphrase.');
  await look('add');
  await fill('Passphrase', PASSPHRASE);
  await press('Next');
  await at('Wallet Second 2');
  await tab.page.reload();
  await at('Wallet Second 2');
  await look('adding');
  await tab.page.getByRole('button', { name: 'Make a new one' }).click();
  await at('Write down these 12 words');
  await tab.page.getByRole('button', { name: 'Show the words' }).click();
  const shown = tab.page.locator('.setup-words li');
  await wait('12 words', async () => await shown.count() === 12);
  words = await shown.allInnerTexts();
  await wait('five seconds of looking', () => tab.page.evaluate(() =>
    [...document.querySelectorAll('button')].some((button) =>
      button.innerText === 'I have written them down' &&
      !button.ariaDisabled)));
  await tab.page.getByRole('button', { name: 'I have written them down' })
    .click();
  await at('Check what you wrote');
  const { places } = await node.ask('GET', 'setup');
  for (const place of places)
    await tab.page.getByLabel(`Word ${place}`, { exact: true })
      .fill(words[place - 1]);
  await tab.page.keyboard.press('Enter');
  await at('Wallets');
  await card('Second 2').waitFor({ timeout: 60000 });
});

test('words and keys are shown for the passphrase, while somebody looks',
  async () => {
    await ask('Show the words', 'Second 2');
    await press('Show the words');
    await tab.sees('The passphrase is needed.');
    await fill('Passphrase', PASSPHRASE);
    await press('Show the words');
    const shown = sheet().locator('.setup-words li');
    await wait('12 words', async () => await shown.count() === 12);
    assert.deepEqual(await shown.allInnerTexts(), words);
    await tab.page.evaluate(() => dispatchEvent(new Event('blur')));
    await wait('no words', async () => !await shown.count());
    await look('words');
    await press('Close');
    await closed();
    await ask('Export a key', 'main');
    await fill('Passphrase', PASSPHRASE);
    const coming = tab.page.waitForEvent('download');
    await press('Export a key');
    const file = await coming;
    assert.equal(file.suggestedFilename(), 'main.json');
    const key = JSON.parse(fs.readFileSync(String(await file.path()), 'utf8'));
    assert.equal(key.length, 64);
    await closed();
  });

test('one passphrase is changed for all wallets', async () => {
  const change = tab.page.getByRole('button', { name: 'Change the passphrase' });
  await change.click();
  await fill('New passphrase', NEW);
  await fill('The same again', NEW.slice(1));
  await fill('Present passphrase', PASSPHRASE);
  await press('Change the passphrase');
  await tab.sees('That is not the same.');
  await look('change');
  await fill('The same again', NEW);
  await fill('Present passphrase', 'wrong');
  await press('Change the passphrase');
  await tab.sees('That is not the passphrase.');
  await fill('Present passphrase', PASSPHRASE);
  await press('Change the passphrase');
  await closed();
  await tab.sees('Saved.');
  const { words: kept } = await node.ask('POST',
    'wallets/Second%202/phrase', { passphrase: NEW });
  assert.deepEqual(kept, words);
});

test('the node begins anew with another wallet', async () => {
  await ask('Use it', 'Second 2');
  await look('use');
  await press('Use it');
  await wait('the other wallet', async () => {
    const found = await node.ask('GET', 'node').catch(() => ({}));
    return found.state === 'running' && found.connected && found.main !== MAIN;
  }, 120);
  // Another program may have taken its port meanwhile.
  tab = await newTab();
  await tab.open(await node.link());
  await tab.go('/settings/wallets');
  await card('Second 2').getByText('in use').waitFor({ timeout: 60000 });
});

test('a wallet with stakes is deleted only where that is ticked', async () => {
  await ask('Delete', 'main');
  await look('delete');
  await fill('To be sure type its name: main', 'other');
  await fill('Passphrase', NEW);
  await press('Delete');
  await tab.sees('That is not its name.');
  await tab.sees('Without its keys that is lost.');
  await fill('To be sure type its name: main', 'main');
  await sheet().getByLabel('I have its words: delete it with what is staked').check();
  await press('Delete');
  await closed();
  await card('main').waitFor({ state: 'detached' });
  assert.ok(!fs.existsSync(
    `${node.folder}/wallets/main_mainSystemWallet.json`));
  tab.clean();
});

await run();
