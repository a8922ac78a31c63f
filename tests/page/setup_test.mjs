/**
 * The first run, by keyboard alone: from an empty folder to the first reward
 * claimed; and what comes back after a restart.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, Node } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** 256 bytes with blanks at both ends, and letters of two bytes. */
const PASSPHRASE = ` ${'ключ '.repeat(28)}${'x'.repeat(2)} `;
const WORDS = `${'abandon '.repeat(11)}about`;
/** Of these words by the paths of Koii's node. */
const MAIN = 'GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL';
const OTHER = 'legal winner thank year wave sausage worth useful legal ' +
  'winner thank yellow';

/** @type {Network} */
let network;
/** @type {Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;

/** @param {string} name @param {(line: string) => unknown} isReady */
async function serve(name, isReady = (line) => /^(setup|locked) /.test(line)) {
  const found = new Node(network.home.path(name));
  found.server = await network.home.serve(
    ['node', '--node-dir', found.folder, '--rpc', network.rpc, '--port', '0',
      '--listen', '127.0.0.1', '--addresses', 'loopback'], isReady,
    `${name}.log`);
  return found;
}

/**
 * By Tab to an element, as somebody without a pointer does.
 *
 * @param {string} name what it says, or its label
 */
async function reach(name) {
  for (let i = 0; i < 120; i++) {
    await tab.page.keyboard.press('Tab');
    const here = await tab.page.evaluate(() => {
      const at = /** @type {HTMLInputElement} */(document.activeElement);
      return (at?.labels?.[0]?.innerText ?? at?.innerText ?? '').trim();
    });
    if (here.split('\n')[0] === name)
      return;
  }
  throw new Error(`"${name}" is not reached by Tab: ${await tab.words()}`);
}

/** @param {string} name */
async function press(name, key = 'Enter') {
  await reach(name);
  await tab.page.keyboard.press(key);
}

/** @param {string} name @param {string} value */
async function fill(name, value) {
  await reach(name);
  await tab.page.keyboard.press('Control+A');
  await tab.page.keyboard.insertText(value);
}

/** The heading of the step. @param {string | RegExp} title */
async function at(title) {
  await wait(`"${title}"`, async () => {
    const found = await tab.page.locator('h1').allInnerTexts();
    return found.length === 1 && (typeof title === 'string'
      ? found[0] === title : title.test(found[0]));
  }, 120).catch(async (error) => {
    throw new Error(`${error.message}: ${await tab.words()}`);
  });
}

/** A step is where it was after a reload. @param {string} title */
async function reload(title) {
  await tab.page.reload();
  await at(title);
}

/** @param {string} name */
async function look(name) {
  for (const [width, theme] of /** @type {const} */([
    [320, 'dark'], [1280, 'light']])) {
    await tab.page.setViewportSize({ width, height: 900 });
    await tab.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const wide = await tab.page.evaluate(() =>
      document.documentElement.scrollWidth > innerWidth);
    assert.ok(!wide, `${name} scrolls sideways at ${width}`);
    await tab.picture(`setup-${name}-${width}-${theme}`);
  }
}

test('a node without a wallet opens its first step', async () => {
  const home = new Home();
  network = await Network.up({ home, nodes: 1,
    words: ['--task', makeTask(home, 'weather')] });
  assert.equal(Buffer.byteLength(PASSPHRASE), 256);
  node = await serve('first');
  tab = await newTab();
  await tab.open(await node.link());
  await at('Set up this node');
  await reload('Set up this node');
  await tab.sees('Private network on this computer.');
  await look('1');
  await tab.go('/money');
  await at('Set up this node');
});

test('a passphrase is asked for twice, and nothing of it is trimmed',
  async () => {
    await press('Begin');
    await at('Choose a passphrase');
    await reload('Choose a passphrase');
    await fill('Passphrase', 'too short');
    await press('Next');
    await tab.sees('It is too short');
    await look('2');
    await fill('Passphrase', PASSPHRASE);
    await fill('The same again', PASSPHRASE.trim());
    await tab.page.keyboard.press('Enter');
    await tab.sees('That is not the same.');
    await fill('The same again', PASSPHRASE);
    await press('Start without asking: keep it in a file that only your user ' +
      'can read', 'Space');
    await press('Next');
    await at('Your wallet');
    await reload('Your wallet');
    await look('3');
  });

test('the words are hidden until they are asked for, and when nobody looks',
  async () => {
    await press('Make a new one');
    await at('Write down these 12 words');
    await reload('Write down these 12 words');
    await press('Show the words');
    const shown = tab.page.locator('.setup-words li');
    await wait('12 words', async () => await shown.count() === 12);
    await look('4');
    await tab.page.evaluate(() => dispatchEvent(new Event('blur')));
    await wait('no words', async () => !await shown.count());
  });

test('a wrong word is named, and the right ones write the wallet', async () => {
  await press('Show the words');
  const shown = tab.page.locator('.setup-words li');
  await wait('12 words', async () => await shown.count() === 12);
  const words = await shown.allInnerTexts();
  await wait('five seconds of looking', () => tab.page.evaluate(() =>
    [...document.querySelectorAll('button')].some((button) =>
      button.innerText === 'I have written them down' &&
      !button.ariaDisabled)));
  await press('I have written them down');
  await at('Check what you wrote');
  await reload('Check what you wrote');
  const { places } = await node.ask('GET', 'setup');
  for (const place of places)
    await fill(`Word ${place}`, place === places[1] ? 'abandon'
      : words[place - 1]);
  await tab.page.keyboard.press('Enter');
  await tab.sees(`Word ${places[1]} is not what was shown. Look at your paper.`);
  assert.ok(!fs.existsSync(path.join(node.folder, 'wallets')));
  await look('5');
  await fill(`Word ${places[1]}`, words[places[1] - 1].toUpperCase());
  await tab.page.keyboard.press('Enter');
  await at('Get some coins');
  await tab.sees('faucet');
  await reload('Get some coins');
});

test('coins come from the faucet, and a task is started', async () => {
  await look('6');
  await press('Get 100 KOII from the faucet');
  await tab.sees(/arrived|are there/);
  await press('Next');
  await at('Choose a task');
  await reload('Choose a task');
  await tab.sees('weather');
  await look('7');
  await press('Look at it');
  const sheet = tab.page.getByRole('dialog');
  await sheet.waitFor();
  await look('8');
  await press('Stake 2 KOII and start').catch(async () =>
    press(await sheet.getByRole('button', { name: /^Stake .* and start$/ })
      .innerText()));
  await wait('the order', async () => {
    if (await sheet.count())
      await tab.page.keyboard.press('Enter');
    return !await sheet.count();
  });
  await at('It works');
  await reload('It works');
});

test('the first reward is seen, and claimed', async () => {
  await wait('the first proof', async () => /First proof|checking|Paid/.test(
    await tab.page.locator('h1').innerText()), 200);
  await look('9');
  await at(/^Paid: /);
  await look('paid');
  await press('Go to my node');
  await tab.sees('weather');
  await press('Claim all');
  const sheet = tab.page.getByRole('dialog');
  await sheet.waitFor();
  await wait('the claim', async () => {
    if (await sheet.count())
      await press(await sheet.getByRole('button', { name: /^Claim / })
        .innerText(), 'Enter').catch(() => {});
    return !await sheet.count();
  });
  await tab.sees('KOII are being claimed');
  assert.equal((await node.ask('GET', 'setup')).step, 'done');
  tab.complaints.length = 0; // restarts break connections off
});

test('the passphrase opens the node again after a restart', async () => {
  const { main } = await node.ask('GET', 'node');
  await node.server?.stop();
  node = await serve('first');
  await at('Locked');
  await look('locked');
  await fill('Passphrase', PASSPHRASE.trim());
  await press('Unlock');
  await tab.sees('That is not the passphrase.');
  await fill('Passphrase', PASSPHRASE);
  await tab.page.keyboard.press('Enter');
  await wait('the node', async () =>
    (await node.ask('GET', 'node').catch(() => ({}))).main === main, 120);
  await tab.sees('weather', 120);
});

test('words show their addresses before they are taken, and set a lost ' +
  'passphrase anew', async () => {
  await node.server?.stop();
  node = await serve('second');
  tab = await newTab();
  await tab.open(await node.link());
  await at('Set up this node');
  await press('Begin');
  await fill('Passphrase', 'correct horse battery');
  await fill('The same again', 'correct horse battery');
  await press('Start without asking: keep it in a file that only your user ' +
    'can read', 'Space');
  await press('Next');
  await at('Your wallet');
  await fill('12 or 24 words', WORDS);
  await tab.page.keyboard.press('Enter');
  await wait('the address', () => tab.page.evaluate((main) =>
    [...document.querySelectorAll('[data-exact]')].some((key) =>
      key.getAttribute('data-exact') === main), MAIN), 30).catch(
    async (error) => {
      throw new Error(`${error.message}: ${await tab.words()}`);
    });
  await look('import');
  await press('Take this wallet');
  await at('Get some coins');
  await wait('the node', async () =>
    (await node.ask('GET', 'node').catch(() => ({}))).main === MAIN);
  await node.server?.stop();
  node = await serve('second');
  await at('Locked');
  await reach('I lost the passphrase');
  // The focus is with the screen from its first moment: on a slow machine a
  // frame comes after what is typed.
  assert.equal(await tab.page.evaluate(async () => {
    /** @type {HTMLElement} */(document.activeElement).click();
    for (let turn = 0; turn < 20; turn++)
      await null;
    return document.activeElement?.textContent;
  }), 'Set a new passphrase');
  await fill('12 or 24 words', OTHER);
  await fill('Passphrase', 'another horse battery');
  await fill('The same again', 'another horse battery');
  await press('Set the new passphrase');
  await tab.sees(MAIN);
  await look('lost');
  await fill('12 or 24 words', WORDS);
  await press('Set the new passphrase');
  await wait('the node', async () => {
    const found = await node.ask('GET', 'node').catch(() => ({}));
    return found.state === 'running' && found.main === MAIN;
  }, 120);
});

await run();
