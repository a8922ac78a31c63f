/**
 * Pages that mean harm, in a browser that is connected with the node: on another
 * port, from a task's own routes, from evidence on the gateway; text that would
 * like to be more than text; and what is left behind of secrets.
 */
import assert from 'node:assert';
import nodeCrypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { newTab, none } from './browser.mjs';
import { Home, makeTask, Network, SOURCE } from './network.mjs';
import { EXPLORER_SCREENS, SCREENS } from './table.mjs';
import { later, run, test, wait } from './tap.mjs';

const ATTACK = fs.readFileSync(path.join(SOURCE, 'task/attack.html'), 'utf8');
const NAME = '<svg onload=hack()>';
const HARM = ['<script>hack()</script>', '<img src=x onerror=hack()>',
  'javascript:hack()', '\u202Egnp.exe', 'a\u0000b', '<bdo dir=rtl>'];

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string} */
let task;

/** Of the session. */
let cookieName = '';

test('a task and a browser are there', async () => {
  const home = new Home();
  const source = fs.readFileSync(path.join(SOURCE, 'task/hostile.js'), 'utf8');
  const folder = makeTask(home, 'hostile', {
    source: `const HARM = ${JSON.stringify(HARM)};\n` +
      `const PAGE = ${JSON.stringify(ATTACK)};\n${source}`,
    terms: { task_name: JSON.stringify(NAME),
      description: JSON.stringify(HARM.join(' ')), author: '"<b>me</b>"',
      repositoryUrl: '"javascript:hack()"' } });
  network = await Network.up({ home, words: ['--task', folder] });
  node = network.nodes[0];
  task = (await node.task(({ state }) => state === 'running')).task;
  tab = await newTab();
  await tab.open(await node.link());
  await tab.sees('Working');
  const [cookie] = await tab.page.context().cookies();
  cookieName = cookie.name;
  assert.match(cookieName, /^pond-\w{6}$/);
});

/**
 * Show a page beside the node's in the same browser, and hold all that it
 * reached to nothing.
 *
 * @param {string} url
 */
async function suffers(url) {
  const context = tab.page.context();
  const page = await context.newPage();
  /** @type {string[]} */
  const taken = [];
  page.on('response', (response) => {
    if (response.url().startsWith(node.origin) && response.status() < 400)
      taken.push(`${response.request().method()} ${response.url()}`);
  });
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'over', { timeout: 60000 });
  // @ts-ignore the page's own
  const results = await page.evaluate(() => results);
  assert.deepEqual(results, {
    'fetch': 'refused: TypeError',
    'fetch of what needs no session': 'refused: TypeError',
    'fetch with a header of the page': 'refused: TypeError',
    'blind order': results['blind order'], // opaque, or refused
    'beacon': 'sent',
    'form': 'sent',
    'image': 'refused',
    'script': 'refused',
    'style': 'refused',
    'frame': 'asked',
    'websocket': 'refused',
    'opener': results.opener,
    'cookies read': results['cookies read'],
    'storage read': 'null',
    'cookies planted': 'planted',
  });
  assert.match(results['blind order'], /^(opaque|refused: TypeError)$/);
  assert.match(results.opener, /^(severed|SecurityError)$/);
  assert.doesNotMatch(results['cookies read'], /pond-\w+=\w{32}/);
  assert.deepEqual(taken, []);
  const framed = page.frame('framed');
  assert.ok(!framed || !(await framed.content()).includes('Pond'),
    'the page was framed');
  for (const other of context.pages()) {
    if (other !== tab.page)
      await other.close();
  }
  await unharmed();
}

/** The node goes on as it was, and so does its page. */
async function unharmed() {
  assert.equal((await node.tasks())[0].state, 'running');
  assert.equal((await node.ask('GET', 'sessions')).items.length, 1);
  await tab.page.reload();
  await tab.sees('Working');
  await wait('its connection', () => tab.page.evaluate(() =>
    !document.querySelector('.banner')));
}

test('a page on another port gets nothing and orders nothing', async () => {
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(ATTACK.replaceAll('{{target}}', node.origin)
      .replaceAll('{{cookie}}', cookieName));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(null)));
  later(() => server.close());
  const { port } = /** @type {any} */(server.address());
  await suffers(`http://127.0.0.1:${port}/`);
  await suffers(`http://localhost:${port}/`);
});

/** What the hostile task puts into its page. */
async function asked() {
  const { public_url: url } = await node.ask('GET', 'node');
  return { url, query: new URLSearchParams({ target: node.origin,
    cookie: cookieName }) };
}

test("a task's own routes get nothing, and may plant cookies", async () => {
  const { url, query } = await asked();
  await suffers(`${url}/task/${task}/page?${query}`);
});

test('evidence on the gateway gets nothing', async () => {
  const { url, query } = await asked();
  const answer = await fetch(`${url}/task/${task}/evidence?${query}`);
  const cid = await answer.text();
  assert.equal(answer.status, 200, cid);
  await suffers(`${url}/ipfs/${cid}/page.html`);
});

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';

/** @param {string} key of 32 bytes in base58 */
function keyBytes(key) {
  const value = [...key].reduce((all, letter) =>
    all * 58n + BigInt(ALPHABET.indexOf(letter)), 0n);
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

/** @param {Uint8Array} bytes; each zero in front is a "1" */
function base58(bytes) {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; value > 0n; value /= 58n)
    text = ALPHABET[Number(value % 58n)] + text;
  return '1'.repeat(Math.max(0, bytes.findIndex((byte) => byte !== 0))) + text;
}

/** Send a transaction that says something, and wait until it is final. */
async function sendMemo(/** @type {string} */ words) {
  const { publicKey, privateKey } = nodeCrypto.generateKeyPairSync('ed25519');
  const payer = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
  const own = base58(payer);
  await network.call('requestAirdrop', own, 1e9);
  await wait('its coins', async () =>
    (await network.call('getBalance', own)).value > 0);
  const { value } = await network.call('getLatestBlockhash');
  const data = Buffer.from(words);
  assert.ok(data.length < 16384);
  const message = Buffer.concat([Buffer.from([1, 0, 1, 2]), payer, keyBytes(MEMO),
    keyBytes(value.blockhash), Buffer.from([1, 1, 0,
      ...data.length < 128 ? [data.length] : [data.length & 127 | 128, data.length >> 7]]),
    data]);
  const signature = await network.call('sendTransaction', Buffer.concat([
    Buffer.from([1]), nodeCrypto.sign(null, message, privateKey), message])
    .toString('base64'), { encoding: 'base64' });
  await wait('the memo', async () => (await network.call('getSignatureStatuses',
    [signature])).value[0]?.confirmationStatus === 'finalized');
  return { signature, payer: own };
}

/** Nothing that was told has become more than text. @param {string} name */
async function isText(name) {
  const made = await tab.page.evaluate(() => [
    ...document.querySelectorAll('img, iframe, object, embed, base, form[action]'),
    ...document.querySelectorAll('body script, body style, bdo'),
    ...document.querySelectorAll('a[href^="javascript:" i], [onerror], [onload]'),
  ].map(({ outerHTML }) => outerHTML));
  none(`made of text in ${name}`, made);
  // Characters that turn the line around, or end it, are shown as marks, in
  // what is read to somebody, too.
  const told = await tab.page.evaluate(() => document.title +
    document.body.innerText + [...document.querySelectorAll('[aria-label], [title]')]
    .map((element) => (element.ariaLabel ?? '') + element.getAttribute('title')).join());
  assert.doesNotMatch(told, /[\u202a-\u202e\u2066-\u2069\0]/, name);
  // A text of megabytes is cut.
  assert.ok(told.length < 300000, `${name} shows ${told.length} characters`);
}

test('names, memos, logs, proofs, errors and agents are text and nothing but text',
  async () => {
    tab.complaints.splice(0);
    let hacked = false;
    await tab.page.context().exposeFunction('hack', () => { hacked = true; });
    tab.page.on('dialog', () => { hacked = true; });
    // Evidence of short rounds is kept for seconds, so it is made anew.
    const evidence = async () => (await fetch(
      `${(await asked()).url}/task/${task}/evidence`)).text();
    const cid = await evidence();
    const memo = await sendMemo(HARM.join(' '));
    const long = await sendMemo('\u202E<script>hack()</script>'.repeat(30));
    // A browser that was connected says who it is.
    const agent = `${HARM[0]} ${HARM[1]} ${HARM[2]}`;
    const { status } = await fetch(`${node.origin}/api/1/sessions`, { method: 'POST',
      body: JSON.stringify({ code: (await node.link()).split('#/open=')[1] }),
      headers: { 'User-Agent': agent, 'Content-Type': 'application/json' } });
    assert.equal(status, 200);
    // Of what a round's proof says, what is shown as it is.
    const seen = (/** @type {number} */ at) =>
      /[ -~]{4,6}/.exec(HARM[at % HARM.length])?.[0];
    const { round } = await wait('a proof', async () => (await node.ask('GET',
      `tasks/${task}/rounds`)).items.find(({ proof, round: at }) =>
      proof && seen(at)));
    const [{ slot, signature }] = await network.call('getSignaturesForAddress',
      task, { limit: 1, commitment: 'confirmed' });
    for (const [, name, where] of SCREENS) {
      await evidence();
      await tab.go(where({ task, round, cid, slot, signature, key: task }));
      await isText(name);
      await tab.picture(`hostile-${name}-1280-light`);
    }
    for (const [where, words] of [
      ['/', NAME],
      ['/attention', '<script>hack()</script>'],
      [`/tasks/${task}/log`, '<img src=x onerror=hack()>'],
      [`/tasks/${task}/rounds/${round}`, seen(round) ?? ''],
      [`/tasks/${task}/evidence/${cid}`, 'onerror=hack()'],
      [`/explorer/tx/${memo.signature}`, HARM[1]],
      [`/explorer/tx/${long.signature}`, '<script>hack()</script>'],
      [`/explorer/account/${memo.payer}`, HARM[1]],
      [`/explorer/search/${encodeURIComponent(HARM.join(' '))}`, '<script>'],
    ]) {
      await evidence();
      await tab.go(where);
      await tab.page.getByText(words).first().waitFor();
      await isText(where);
    }
    // The error of a task is of a megabyte, and stands beside its name.
    const { error } = await node.task(({ error: told }) => told);
    assert.ok(error.includes(HARM[0]) && error.length < 20000, error.length);
    assert.equal(hacked, false);
    tab.clean();
    const { items } = await node.ask('GET', 'sessions');
    assert.equal(items.length, 2);
  });

await run();
