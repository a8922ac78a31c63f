/**
 * Coins that move: sent once, whatever is lost on the way; claimed; shown to the
 * last roe.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

const FEE = 5000n;
const KOII = 1_000_000_000n;
const PASSPHRASE = 'a quiet pond at noon';
/** A mint of a public network. */
const TOKEN_ELSEWHERE = '4qayyw53kWz6GzypcejjT1cvwMXS1qYLSMQRE8se3gTv';
/** No double has this value. */
const GREAT = 1_000_000_000_000_000_001n;
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** @type {Home} */
let home;
/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} that the test itself runs */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string} */
let main;

/** A new address of 32 bytes, 1 before random ones. */
function address() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  bytes[0] |= 128;
  let value = bytes.reduce((all, byte) => all * 256n + BigInt(byte), 0n);
  let text = '';
  for (; value > 0n; value /= 58n)
    text = ALPHABET[Number(value % 58n)] + text;
  return text;
}

/** Roe, exact whatever their number. @param {string} key */
async function balance(key) {
  const answer = await fetch(network.rpc, { method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getBalance',
      params: [key, { commitment: 'finalized' }] }) });
  return BigInt(/"value":(\d+)/.exec(await answer.text())?.[1] ?? -1);
}

/** @param {string} to @param {string} amount */
async function fill(to, amount) {
  await tab.go('/money/send');
  await tab.page.getByLabel('To').fill(to);
  await tab.page.getByLabel('Amount').fill(amount);
}

async function review() {
  await tab.page.getByRole('button', { name: 'Review' }).click();
  await tab.sees('Look at it once more');
  await tab.armed();
}

function sendButton() {
  return tab.page.getByRole('button', { name: /^Send .* KOII$/ });
}

/** What a connection that a test cut leaves in the console. */
function forgive() {
  tab.complaints = tab.complaints.filter((line) =>
    !/ERR_FAILED|ERR_CONNECTION|ERR_SOCKET|ERR_EMPTY_RESPONSE|WebSocket connection to|50[34] \(|404 \(/
      .test(line));
}

test('a node with coins is open in a browser', async () => {
  home = new Home();
  // A network has a token of its own where a task is paid in one.
  const folder = makeTask(home, 'weather', { terms: { task_type: '"KPL"',
    token_type: `"${TOKEN_ELSEWHERE}"` } });
  network = await Network.up({ home, nodes: 1, words: ['--task', folder] });
  node = await network.startNode('own');
  main = (await node.ask('GET', 'node')).main;
  tab = await newTab();
  await tab.open(await node.link());
  await tab.go('/money/receive');
  await tab.page.getByRole('button', { name: 'Get 100 KOII' }).click();
  await tab.sees('100 KOII arrived.');
  assert.equal(await balance(main), 100n * KOII);
  tab.clean();
});

test('a form that is not right says where, and moves nothing', async () => {
  await fill('nobody', '');
  await tab.page.getByRole('button', { name: 'Review' }).click();
  await tab.sees('That is no address.');
  await tab.sees('An amount is needed.');
  await fill(address(), '0.0000001');
  await tab.page.getByRole('button', { name: 'Review' }).click();
  await tab.sees('a new one needs at least 0.00089088 KOII');
  await fill(address(), '101');
  await tab.page.getByRole('button', { name: 'Review' }).click();
  await tab.sees('there are 100 KOII');
  assert.equal(await balance(main), 100n * KOII);
  tab.complaints = tab.complaints.filter((line) => !/422/.test(line));
  tab.clean();
});

test('what is sent arrives to the roe, after one look at all of it', async () => {
  const to = address();
  await fill(to, '2.500000001');
  await review();
  await tab.sees('You never sent there from here.');
  await tab.sees('97.499994999'); // is left
  assert.equal((await tab.page.locator('.key-whole').innerText())
    .replace(/\s/g, ''), to);
  await tab.picture('review-1280-light', false);
  // Without the tick nothing is sent.
  await sendButton().click();
  await tab.sees('Compare the address');
  await tab.page.getByLabel('I checked the address.').check();
  await sendButton().click();
  await tab.page.getByRole('link', { name: 'Go to your money' }).waitFor();
  await tab.picture('sent-1280-light');
  assert.equal(await balance(to), 2_500_000_001n);
  assert.equal(await balance(main), 100n * KOII - 2_500_000_001n - FEE);
  await tab.page.getByRole('button', { name: 'Send more' }).click();
  await fill(to, '1');
  await review();
  await tab.sees('You sent there once before.');
  await tab.page.keyboard.press('Escape');
  tab.clean();
});

test('a double press and a lost answer send once', async () => {
  const to = address();
  const before = await balance(main);
  let lost = 0;
  await tab.page.route('**/api/1/transfers', async (route) => {
    if (lost++ > 0) {
      await route.continue();
      return;
    }
    await route.fetch(); // it comes to the node, and its answer nowhere
    await route.abort();
  });
  await fill(to, '3');
  await review();
  await tab.page.getByLabel('I checked the address.').check();
  await sendButton().dblclick();
  await tab.page.getByRole('link', { name: 'Go to your money' }).waitFor();
  await tab.page.unroute('**/api/1/transfers');
  assert.ok(lost >= 2, 'it was asked for again');
  assert.equal(await balance(to), 3n * KOII);
  assert.equal(await balance(main), before - 3n * KOII - FEE);
  await tab.page.getByRole('button', { name: 'Send more' }).click();
  forgive();
  tab.clean();
});

test('a page that is closed while it sends asks what became of it', async () => {
  const to = address();
  const before = await balance(main);
  await tab.page.route('**/api/1/transfers', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await fill(to, '4');
  await review();
  await tab.page.getByLabel('I checked the address.').check();
  await sendButton().click();
  await wait('the coins', async () => await balance(to) === 4n * KOII);
  await tab.page.unroute('**/api/1/transfers');
  await tab.page.reload();
  await tab.page.getByRole('link', { name: 'Go to your money' }).waitFor();
  assert.equal(await balance(main), before - 4n * KOII - FEE);
  await tab.page.getByRole('button', { name: 'Send more' }).click();
  forgive();
  tab.clean();
});

test('a node that is killed while it sends sends once', async () => {
  const to = address();
  const before = await balance(main);
  await fill(to, '5');
  await review();
  await tab.page.getByLabel('I checked the address.').check();
  const answered = tab.page.waitForResponse((response) =>
    response.url().endsWith('/api/1/transfers') && response.ok());
  await sendButton().click();
  await answered;
  await node.server?.stop('SIGKILL');
  node = await network.startNode('own');
  // Either it was written down, and goes on, or it never was, and is nothing.
  const end = tab.page.getByRole('link', { name: 'Go to your money' });
  const back = tab.page.getByRole('button', { name: 'Back to the form' });
  await end.or(back).waitFor({ timeout: 120000 });
  const isThere = await end.isVisible();
  assert.equal(await balance(to), isThere ? 5n * KOII : 0n);
  assert.equal(await balance(main), isThere ? before - 5n * KOII - FEE : before);
  console.log(`# it was ${isThere ? '' : 'not '}written down`);
  await (isThere ? tab.page.getByRole('button', { name: 'Send more' }) : back)
    .click();
  forgive();
  tab.clean();
});

test('the book has every transfer once, and what the faucet gave', async () => {
  const given = await node.booked('kind=faucet');
  assert.deepEqual(given.map(({ amount }) => amount), [String(100n * KOII)]);
  const left = await balance(main);
  const sent = await node.booked('kind=send', (entries) => entries.reduce(
    (sum, { amount, fee }) => sum - BigInt(amount) - BigInt(fee),
    100n * KOII) <= left);
  assert.equal(sent.reduce((sum, { amount, fee }) =>
    sum - BigInt(amount) - BigInt(fee), 100n * KOII), left);
  assert.equal(new Set(sent.map(({ signature }) => signature)).size,
    sent.length);
});

test('hundreds of millions of KOII are shown and sent to the last roe', async () => {
  const to = address();
  home.pond('dev', 'set-balance', main, '400000000.987654321', '--rpc',
    network.rpc);
  const whole = 400_000_000_987_654_321n;
  await wait('the coins', async () => await balance(main) === whole);
  await tab.go('/money');
  await wait('all of them on the screen', () => tab.page.evaluate(() =>
    document.querySelector('data[value="400000000.987654321"]') !== null));
  await fill(to, '300000000.000000001');
  await review();
  await tab.page.getByLabel('I checked the address.').check();
  await sendButton().click();
  await tab.page.getByRole('link', { name: 'Go to your money' }).waitFor();
  assert.equal(await balance(to), 300_000_000_000_000_001n);
  assert.equal(await balance(main), whole - 300_000_000_000_000_001n - FEE);
  await tab.page.getByRole('button', { name: 'Send more' }).click();
  tab.clean();
});

/** Base units of the token. @param {string} key @param {string} mint */
async function tokens(key, mint) {
  const { value } = await network.call('getTokenAccountsByOwner', key, { mint },
    { encoding: 'jsonParsed', commitment: 'finalized' });
  return value.reduce((/** @type {bigint} */ sum, /** @type {any} */ { account }) =>
    sum + BigInt(account.data.parsed.info.tokenAmount.amount), 0n);
}

test('10^18 and one units of a token are shown and sent to the last one',
  async () => {
    const to = address();
    const { token: mint } = await network.nodes[0].task(({ token }) => token);
    home.pond('dev', 'set-tokens', main, mint, '1000000000.000000001', '--rpc',
      network.rpc);
    await wait('the tokens', async () => await tokens(main, mint) === GREAT);
    await tab.go('/money');
    await wait('all of them on the screen', () => tab.page.evaluate(() =>
      document.querySelector('data[value="1000000000.000000001"]') !== null));
    await tab.go('/money/send');
    await tab.page.getByLabel('What').selectOption(mint);
    await tab.page.getByRole('button', { name: 'All' }).click();
    await tab.page.getByLabel('To').fill(to);
    await review();
    await tab.sees('1000000000.000000001');
    await tab.sees('0.00203928 KOII');
    await tab.page.getByLabel('I checked the address.').check();
    await tab.picture('review-token-1280-light', false);
    await tab.page.getByRole('button', { name: /^Send 1000000000\.000000001 of/ })
      .click();
    await tab.page.getByRole('link', { name: 'Go to your money' }).waitFor();
    assert.equal(await tokens(to, mint), GREAT);
    assert.equal(await tokens(main, mint), 0n);
    await tab.page.getByRole('button', { name: 'Send more' }).click();
    tab.clean();
  });

test('the explorer reads a task that is paid in a token, in that token', async () => {
  const [{ task, token }] = (await node.ask('GET', 'catalog')).items;
  assert.ok(token);
  await tab.go('/explorer/tasks');
  await tab.sees('A token');
  await tab.page.getByRole('link', { name: 'weather' }).click();
  await tab.settled();
  await tab.sees('Bounty left');
  const bounty = tab.page.locator('.figure', { hasText: 'Bounty left' });
  const words = await bounty.innerText();
  assert.match(words, /[45],?\d\d\d\.\d\d/);
  assert.ok(words.includes(token.slice(0, 4)), words);
  assert.ok((await tab.page.evaluate(() => location.hash)).endsWith(task));
  await tab.page.getByRole('link', { name: /^1/ }).first().click();
  await tab.sees('Proved:');
  tab.clean();
});

test('a sealed wallet asks for its passphrase each time', async () => {
  const to = address();
  fs.writeFileSync(home.path('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  const sealed = await network.startNode('sealed', '--passphrase-file',
    home.path('passphrase'));
  await sealed.ask('POST', 'faucet', {});
  const other = await newTab();
  tab = other;
  await other.open(await sealed.link());
  await wait('its coins', async () => (await sealed.ask('GET', 'node'))
    .figures.wallet === String(100n * KOII));
  await fill(to, '6');
  await review();
  await other.page.getByLabel('I checked the address.').check();
  await sendButton().click();
  await other.sees('The passphrase is needed.');
  await other.page.getByLabel('Passphrase').fill('another pond at noon');
  await sendButton().click();
  await other.sees('That is not the passphrase.');
  await other.page.getByLabel('Passphrase').fill(PASSPHRASE);
  await other.picture('review-sealed-1280-light', false);
  await sendButton().click();
  await other.page.getByRole('link', { name: 'Go to your money' }).waitFor();
  assert.equal(await balance(to), 6n * KOII);
  // What was typed is kept for the tab; the passphrase is not.
  assert.doesNotMatch(await other.page.evaluate(() => JSON.stringify(
    { ...sessionStorage, ...localStorage })), /pond at noon/);
  // Without a proof nothing is sent, by whomever.
  await assert.rejects(sealed.ask('POST', 'transfers', { to, amount: '5' }),
    /403/);
  other.complaints = other.complaints.filter((line) => !/403/.test(line));
  other.clean();
});

await run();
