/**
 * A node's places on the page: which endpoints it uses, how others reach it,
 * what it keeps, the gateways it asks, whom it tells; and its beginning anew
 * under an open page.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import http from 'node:http';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { later, run, test, wait } from './tap.mjs';

/** @type {Home} */
let home;
/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;

/** @param {string | RegExp} name */
const button = (name) => tab.page.getByRole('button', { name, exact: true });
/** @param {string | RegExp} name */
const field = (name) => tab.page.getByLabel(name, { exact: true });

/**
 * Press a button of a sheet until it is taken: at first a sheet takes none.
 *
 * @param {string | RegExp} name
 * @param {() => Promise<unknown>} [isTaken]
 */
async function press(name, isTaken = async () =>
  !await tab.page.getByRole('dialog').count()) {
  const found = tab.page.getByRole('dialog').getByRole('button', { name });
  let timeout = 200; // a busy machine takes longer over a press
  await wait('the press', async () => {
    await found.click({ timeout }).catch(() => {});
    timeout = Math.min(2 * timeout, 2000);
    return isTaken();
  });
}

/** An action of a row's menu. @param {string} row @param {string} name */
async function act(row, name) {
  await tab.page.getByRole('button', { name: `Actions for ${row}` }).click();
  await button(name).click();
}

/** What a field's error says. @param {string} label */
async function faultAt(label) {
  const found = field(label);
  await wait('the error', async () =>
    await found.getAttribute('aria-invalid') === 'true');
  await wait('the focus', () => found.evaluate((element) =>
    element === document.activeElement));
  const [, id] = /** @type {string} */(
    await found.getAttribute('aria-describedby')).match(/(\S+-error)/) ?? [];
  return tab.page.evaluate((name) => document.getElementById(name)?.innerText ?? '',
    id);
}

/** A server of the test, which answers as it is told to. */
class Other {
  /** @param {(request: {path: string, body: string, headers: any}) =>
   *          {status?: number, body?: string}} answer */
  static async start(answer) {
    const other = new Other();
    /** @type {{path: string, body: string, headers: any}[]} */
    other.requests = [];
    other.answer = answer;
    const server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (data) => { body += data; });
      request.on('end', () => {
        const asked = { path: request.url ?? '', body, headers: request.headers };
        other.requests.push(asked);
        const { status = 200, body: words = '' } = other.answer(asked);
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(words);
      });
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', () => done(0)));
    later(() => server.close());
    const { port } = /** @type {any} */(server.address());
    other.url = `http://127.0.0.1:${port}`;
    return other;
  }

  constructor() {
    this.url = '';
    /** @type {{path: string, body: string, headers: any}[]} */
    this.requests = [];
    /** @type {(request: any) => {status?: number, body?: string}} */
    this.answer = () => ({});
  }
}

/** An endpoint of another chain, as far as anybody asks. */
const stranger = () => Other.start(({ body }) => {
  const { id, method } = JSON.parse(body);
  const result = method === 'getGenesisHash'
    ? '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY' : 7;
  return { body: JSON.stringify({ jsonrpc: '2.0', id, result }) };
});

test('a node of two is opened', async () => {
  home = new Home();
  network = await Network.up({ home, nodes: 2, words: ['--task',
    makeTask(home, 'weather')] });
  [node] = network.nodes;
  await node.task(({ state }) => state === 'running');
  home.pond('network', 'add', 'again',
    network.rpc.replace('127.0.0.1', 'localhost'));
  // High enough that no notice stands over what is pressed.
  tab = await newTab({ height: 1800 });
  await tab.open(await node.link());
  await tab.go('/settings/network');
  await tab.sees('Endpoints that the node was started with');
  tab.clean();
});

test('what is no endpoint of one network is refused at its field', async () => {
  const other = await stranger();
  const liar = await Other.start(() => ({ body: '<html>' }));
  await button('Add a network').click();
  await press('Save', async () => await field('Name').getAttribute(
    'aria-invalid') === 'true');
  tab.complaints.splice(0);
  await field('Name').fill('mine');
  const urls = field('URL');
  for (const [typed, words] of [
    ['ftp://a.example', 'http'],
    [`${network.rpc} ${other.url}`, 'another network'],
  ]) {
    await urls.fill(typed);
    await press('Save', async () => (await tab.page.locator('.field-error')
      .allInnerTexts()).some((found) => found.includes(words)));
    await faultAt('URL');
  }
  const { items } = await node.ask('GET', 'networks');
  assert.ok(!items.some((/** @type {any} */ { id }) => id === 'mine'));
  // A key in a URL is saved, and is shown to nobody.
  await urls.fill(`${network.rpc}/?api-key=0123456789abcdef`);
  await press('Save');
  await tab.sees(/api-key=\[hidden\]/);
  assert.ok(!(await tab.page.content()).includes('0123456789abcdef'));
  // One that answers something else is known, and can't be used.
  await node.ask('PUT', 'networks/liar', { urls: [liar.url] });
  tab.complaints.splice(0); // 400 and 422 are in the console
});

test('another network can not be used, and nothing changes', async () => {
  const other = await stranger();
  await node.ask('PUT', 'networks/strange', { urls: [other.url] });
  const before = node.control.started;
  await tab.page.reload();
  for (const [name, words] of [['strange', /its genesis is 4uhc/],
    ['liar', /answers/]]) {
    await tab.sees(name);
    await act(name, 'Use');
    await press('Use it and restart', async () =>
      (await tab.page.getByText(words).count()) > 0);
    await tab.page.keyboard.press('Escape');
  }
  assert.equal(node.control.started, before);
  tab.complaints.splice(0);
});

test('an endpoint is used by the node that begins anew under an open page',
  async () => {
    const before = node.control;
    await act('again', 'Use');
    await press('Use it and restart');
    await wait('the node', () => node.control.started !== before.started);
    assert.equal(node.control.pid, before.pid);
    const url = network.rpc.replace('127.0.0.1', 'localhost');
    await wait('the endpoint', async () => {
      const { used, settlement } = await node.ask('GET', 'networks');
      return used === 'again' && settlement.url === url;
    });
    // The page is back by itself, in the same session.
    await tab.page.getByRole('row', { name: /again.*In use/ }).waitFor();
    await node.task(({ state }) => state === 'running');
    tab.complaints.splice(0); // the connection that was lost
  });

test('others say whether they reach the node', async () => {
  await tab.go('/settings/reach');
  await wait('a peer', async () => (await node.ask('GET', 'reach')).peers > 0);
  await button('Test').click();
  await tab.sees('Others reach this node.');
  await tab.sees(/asked http:\/\/127\.0\.0\.1:\d+/);
  tab.clean();
});

test('an address that can not be is refused, and one that can waits for a start',
  async () => {
    const url = field('Public URL');
    await url.fill('node.example:30017');
    await button('Save').click();
    assert.match(await faultAt('Public URL'), /http:\/\//);
    assert.equal((await node.ask('GET', 'places')).waits, false);
    tab.complaints.splice(0);
    // What was typed is there after a reload.
    await tab.page.reload();
    await tab.settled();
    assert.equal(await url.inputValue(), 'node.example:30017');
    await url.fill('http://127.0.0.1:1');
    await button('Save').click();
    await tab.sees('What you saved holds from the next start on.');
    const before = node.control.started;
    await button('Restart the node').click();
    await wait('the node', () => node.control.started !== before);
    await wait('the address', async () =>
      (await node.ask('GET', 'reach')).public_url === 'http://127.0.0.1:1');
    await wait('a peer', async () => (await node.ask('GET', 'reach')).peers > 0);
    await button('Test').click();
    await tab.sees(/Others do not reach this node/);
    // Until somebody asks at its port, who then has a way to it.
    await wait('it on the list', async () =>
      (await node.ask('GET', 'attention')).items
        .some((/** @type {any} */ { kind }) => kind === 'unreachable') ||
      (await node.ask('GET', 'reach')).seen);
    await url.fill('');
    await button('Save').click();
    await tab.sees('What you saved holds');
    tab.complaints.splice(0);
  });

test('gateways are added, tested, changed and removed', async () => {
  const good = await Other.start(({ path }) =>
    path.startsWith('/ipfs/bafkqaaa') ? {} : { status: 404 });
  const liar = await Other.start(() => ({ body: '<html>hello' }));
  const away = await Other.start(() => ({ status: 503 }));
  await tab.go('/settings/storage');
  await tab.sees(/are free on the disk/);
  const { items: before } = await node.ask('GET', 'services');
  for (const { url } of [good, liar, away]) {
    await button('Add a gateway').click();
    await field('URL').fill(url);
    await press('Save');
    await tab.sees(url);
  }
  await act(good.url, 'Test');
  await tab.sees(`${good.url} answers`);
  await act(liar.url, 'Test');
  await tab.sees(/no IPFS gateway/);
  await act(away.url, 'Test');
  await tab.sees(/status 503/);
  await button('Add a gateway').click();
  await field('URL').fill('ipfs');
  await press('Save', async () =>
    await field('URL').getAttribute('aria-invalid') === 'true');
  await tab.page.keyboard.press('Escape');
  await act(away.url, 'Change');
  await field('URL').fill(`${away.url}/?token=0123456789abcdef`);
  await press('Save');
  await tab.sees(/token=\[hidden\]/);
  for (const url of [liar.url, good.url]) {
    await act(url, 'Change');
    await press('Remove');
  }
  const { items } = await node.ask('GET', 'services');
  assert.deepEqual(items.map((/** @type {any} */ { url }) => url),
    [...before.map((/** @type {any} */ { url }) => url),
      `${away.url}/?token=[hidden]`]);
  tab.complaints.splice(0);
});

test('a limit of the store is kept', async () => {
  await field('Limit').fill('x');
  await button('Save').click();
  assert.match(await faultAt('Limit'), /number/);
  await field('Limit').fill('2');
  await button('Save').click();
  // What was said of another setting may still be shown.
  await wait('the limit', async () => (await node.ask('GET', 'places')).settings
    .find((/** @type {any} */ { name }) => name === 'store-limit').value ===
      '2048');
  await tab.sees('What you saved holds');
  tab.clean();
});

test('a webhook gets a test, and the kinds that it is to get', async () => {
  const hook = await Other.start(() => ({ status: 204 }));
  await tab.go('/settings/notify');
  await field('URL').fill(`${hook.url}/hook/0123456789abcdef0`);
  await button('Save').click();
  await button('Test').click();
  await tab.sees(/It took the message/);
  const [first] = hook.requests;
  assert.equal(JSON.parse(first.body).type, 'notification.test');
  assert.ok(first.headers['webhook-signature'].startsWith('v1,'));
  assert.ok(!(await tab.page.content()).includes('0123456789abcdef0'));
  hook.answer = () => ({ status: 500 });
  await button('Test').click();
  await tab.sees(/status 500/);
  await tab.page.getByLabel('task_failed').uncheck();
  await wait('the kinds', async () => (await node.ask('GET', 'notify')).kinds
    .some((/** @type {any} */ { kind, sent }) =>
      kind === 'task_failed' && !sent));
  tab.complaints.splice(0);
  await field('URL').fill('hook.example');
  await button('Save').click();
  assert.match(await faultAt('URL'), /http:\/\//);
  tab.complaints.splice(0);
});

test('what is red is shown by the system once it is allowed', async () => {
  const context = tab.page.context();
  await tab.page.addInitScript(() => {
    const shown = /** @type {any} */(globalThis);
    shown.shownNotes = [];
    const Real = shown.Notification;
    shown.Notification = class {
      static get permission() { return Real.permission; }

      static requestPermission() { return Real.requestPermission(); }

      /** @param {string} title @param {any} options */
      constructor(title, options) {
        shown.shownNotes.push([title, options.body]);
      }
    };
  });
  await tab.page.reload();
  await tab.settled();
  const box = tab.page.getByLabel('Show what needs you');
  await box.click();
  await tab.sees(/does not allow it/);
  await context.grantPermissions(['notifications']);
  await box.click();
  await wait('the box', () => box.isChecked());
  // A red one: the node's coins are gone, and go again when it claims.
  const { main } = await node.ask('GET', 'node');
  const notes = await wait('the notification', async () => {
    home.pond('dev', 'set-balance', main, '0.001', '--rpc', network.rpc);
    const shown = await tab.page.evaluate(() =>
      /** @type {any} */(globalThis).shownNotes);
    return shown.length && shown;
  });
  assert.match(notes[0][0], /node-1 needs you/);
  assert.match(notes[0][1], /is left for fees/);
  tab.complaints.splice(0);
});

test('a locked node says what waits, and how to go on without the passphrase',
  async () => {
    const file = home.path('secret');
    fs.writeFileSync(file, 'correct horse battery staple', { mode: 0o600 });
    const sealed = await network.startNode('sealed', '--passphrase-file', file);
    const { main } = await sealed.ask('GET', 'node');
    home.pond('airdrop', '5', main, '--rpc', network.rpc);
    const { task } = await node.task();
    await wait('the coins', async () =>
      BigInt((await sealed.ask('GET', 'money')).wallet) > 0n);
    await sealed.ask('POST', `tasks/${task}/start`, { stake: '2000000000' });
    await sealed.task(({ state, next }) => state === 'running' && next);
    await sealed.ask('POST', 'lock', {});
    tab = await newTab({ width: 320, height: 900, theme: 'dark' });
    await tab.open(await sealed.link());
    await button('Unlock').first().click();
    await tab.sees('1 task waits.');
    await tab.sees(/The next proof is due in \d+ s/);
    const before = sealed.control;
    await press('I lost the passphrase');
    // Its passphrase is in a file, so it is read there.
    await wait('the node', async () => sealed.control.started !== before.started &&
      (await sealed.ask('GET', 'node')).state === 'running');
    assert.equal(sealed.control.pid, before.pid);
    tab.complaints.splice(0);
  });

await run();
