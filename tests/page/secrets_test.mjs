/**
 * What is left of secrets when a browser has gone: passphrases, words of a new
 * wallet, its key, a link's code and a session's halves; in the node's folder,
 * in its logs and its report, in what everybody sees of a process and, but for
 * the cookie, in its memory, which is what a core would hold. The cookie is in
 * what libmicrohttpd read last of a connection, and opens nothing without the
 * key.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import zlib from 'node:zlib';
import path from 'node:path';
import { newTab, none } from './browser.mjs';
import { Home, Network, Node } from './network.mjs';
import { run, Skip, test, wait } from './tap.mjs';

const PASSPHRASE = 'gravel-Otter 9 sundial жук';
const CHUNK = 1 << 24;

/** @type {Home} */
let home;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {Network} */
let network;
/** @type {Record<string, string | Buffer>} by what they are */
const secrets = { passphrase: PASSPHRASE };

test('a locked node is unlocked in a browser', async () => {
  home = new Home();
  fs.writeFileSync(home.path('pass'), `${PASSPHRASE}\n`, { mode: 0o600 });
  network = await Network.up({ home, nodes: 0 });
  node = await network.startNode('own', '--passphrase-file', home.path('pass'));
  fs.rmSync(home.path('pass'));
  await node.ask('POST', 'lock', {});
  const tab = await newTab();
  const link = await node.link();
  secrets.code = link.split('#/open=')[1];
  await tab.open(link);
  await tab.sees(/Locked\. Nothing is signed/);
  await tab.page.getByRole('button', { name: 'Unlock' }).first().click();
  const field = tab.page.locator('dialog input[type=password]');
  await field.fill('not the passphrase');
  await tab.armed();
  await field.press('Enter');
  await tab.sees('That is not the passphrase.');
  await field.fill(PASSPHRASE);
  await field.press('Enter');
  await wait('the node to be open', async () =>
    (await node.ask('GET', 'node')).state === 'running');
  await tab.page.getByText(/Locked\. Nothing/).waitFor({ state: 'detached' });
  assert.equal((await node.ask('GET', 'sessions')).items.length, 1);
  secrets.key = await tab.page.evaluate(() => localStorage['pond.key']);
  secrets.cookie = (await tab.page.context().cookies())[0].value;
  none('kept by the page', await tab.page.evaluate((passphrase) =>
    [...Object.values(localStorage), ...Object.values(sessionStorage)]
      .filter((value) => value.includes(passphrase)), PASSPHRASE));
  await tab.page.context().close();
});

test('a wallet is made, shown, exported and locked anew in a browser',
  async () => {
    const made = new Node(home.path('made'));
    await home.serve(['node', '--node-dir', made.folder, '--rpc', network.rpc,
      '--port', '0', '--listen', '127.0.0.1', '--addresses', 'loopback'],
    (line) => line.startsWith('setup '), 'made.log');
    const tab = await newTab();
    const { page } = tab;
    const press = (/** @type {string} */ name, where = page.locator('body')) =>
      where.getByRole('button', { name, exact: true }).first().click();
    const fill = (/** @type {string} */ label, /** @type {string} */ value,
      where = page.locator('body')) =>
      where.getByLabel(label, { exact: true }).first().fill(value);
    const words = page.locator('.setup-words li');
    const link = await made.link();
    secrets['code of a setup'] = link.split('#/open=')[1];
    await tab.open(link);
    await press('Begin');
    secrets['first passphrase'] = 'quarry-Lantern 4 moss';
    await fill('Passphrase', secrets['first passphrase']);
    await fill('The same again', secrets['first passphrase']);
    await page.getByLabel(/^Start without asking/).uncheck();
    await press('Next');
    await press('Make a new one');
    await press('Show the words');
    await wait('12 words', async () => await words.count() === 12);
    const phrase = await words.allInnerTexts();
    await wait('five seconds of looking', () => page.evaluate(() =>
      [...document.querySelectorAll('button')].some((button) =>
        button.innerText === 'I have written them down' &&
        !button.ariaDisabled)));
    await press('I have written them down');
    await tab.sees('Check what you wrote');
    for (const place of (await made.ask('GET', 'setup')).places)
      await fill(`Word ${place}`, phrase[place - 1]);
    await page.keyboard.press('Enter');
    await tab.sees('Get some coins', 120);
    await wait('the node', async () => (await made.ask('GET', 'node')
      .catch(() => ({}))).state === 'running');
    // Three in a row are in no list of words.
    for (let at = 0; at + 3 <= phrase.length; at += 3) {
      secrets[`words ${at + 1}`] = phrase.slice(at, at + 3).join(' ');
      secrets[`words ${at + 1} in JSON`] = phrase.slice(at, at + 3).join('","');
    }
    const dialog = page.getByRole('dialog');
    const sheet = async (/** @type {string} */ name) => {
      await press(name);
      await tab.armed();
    };
    const gone = () => dialog.waitFor({ state: 'detached', timeout: 60000 });
    await tab.go('/settings/wallets');
    await sheet('Show the words');
    await fill('Passphrase', secrets['first passphrase'], dialog);
    await press('Show the words', dialog);
    await wait('12 words', async () => await words.count() === 12);
    await press('Close', dialog);
    await gone();
    await sheet('Export a key');
    await fill('Passphrase', secrets['first passphrase'], dialog);
    const coming = page.waitForEvent('download');
    await press('Export a key', dialog);
    const key = JSON.parse(fs.readFileSync(
      String(await (await coming).path()), 'utf8'));
    secrets['key'] = Buffer.from(key.slice(0, 32));
    secrets['key in JSON'] = key.slice(0, 16).join(',');
    await gone();
    await sheet('Change the passphrase');
    secrets['second passphrase'] = 'moss-Quarry 5 lantern';
    await fill('New passphrase', secrets['second passphrase'], dialog);
    await fill('The same again', secrets['second passphrase'], dialog);
    await fill('Present passphrase', secrets['first passphrase'], dialog);
    await press('Change the passphrase', dialog);
    await gone();
    await page.context().close();
    const report = await fetch(`${made.origin}/api/1/bundle`, { method: 'POST',
      body: '{}', headers: { Authorization: `Bearer ${made.control.token}` } });
    assert.equal(report.status, 200);
    none('reported', secretsIn(zlib.gunzipSync(
      Buffer.from(await report.arrayBuffer())), 'the report'));
  });

test('no secret is in what everybody sees of processes', () => {
  none('seen', [...ownProcesses()].flatMap((pid) =>
    secretsIn(read(`/proc/${pid}/cmdline`), `cmdline of ${pid}`)));
});

test('no secret is in the folder or in a log', () => {
  none('kept', files(home.folder).flatMap((name) =>
    secretsIn(fs.readFileSync(name), path.relative(home.folder, name))));
});

test('no secret is in a report', async () => {
  home.pond('report', 'report.tar.gz', '--node-dir', node.folder);
  none('told', secretsIn(zlib.gunzipSync(fs.readFileSync(
    home.path('report.tar.gz'))), 'the report'));
});

test('no secret is left in the memory of the node and its signer', async () => {
  const signs = /^key .*memory of pond-signer/; // it has to have the key
  /** @type {string[]} */
  let found = [];
  const left = () => found.filter((line) =>
    !line.startsWith('cookie') && !signs.test(line));
  // Whoever was asked with one lets it go when the connection has ended.
  await wait('memory without a secret', () => {
    found = [...ownProcesses()].flatMap(inMemory);
    return !left().length;
  }, 20).catch((error) => {
    if (error instanceof Skip)
      throw error;
  });
  none('in memory', left());
  // The search finds what is there, where it may look.
  assert.ok(process.getuid?.() !== 0 || found.some((line) => signs.test(line)),
    `the key is not even found where it is: ${found}`);
});

/** Processes that work in the folder of the test, but this one's. */
function* ownProcesses() {
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (fs.readlinkSync(`/proc/${pid}/cwd`) === home.folder &&
          Number(pid) !== process.pid)
        yield pid;
    } catch {
      // It has ended, or is somebody else's.
    }
  }
}

/** @param {string} name */
function read(name) {
  try {
    return fs.readFileSync(name);
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * @param {Buffer} bytes
 * @param {string} where
 */
function secretsIn(bytes, where) {
  return Object.entries(secrets).filter(([, text]) => bytes.includes(text))
    .map(([what]) => `${what} in ${where}`);
}

/** @param {string} folder @returns {string[]} */
function files(folder) {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

/** @param {string} pid */
function inMemory(pid) {
  /** @type {number} */
  let memory;
  const name = read(`/proc/${pid}/comm`).toString().trim();
  try {
    memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    // A process that nobody but root may look into: the same for a core.
    throw new Skip(`the memory of ${name} can't be read`);
  }
  const found = new Set();
  for (const line of read(`/proc/${pid}/maps`).toString().split('\n')) {
    const [, from, to] = /^(\w+)-(\w+) rw/.exec(line) ?? [];
    if (!from)
      continue;
    const end = parseInt(to, 16);
    // Chunks overlap, for a secret may lie across.
    for (let at = parseInt(from, 16); at < end; at += CHUNK - 256) {
      const chunk = Buffer.alloc(Math.min(CHUNK, end - at));
      try {
        fs.readSync(memory, chunk, 0, chunk.length, at);
      } catch {
        break; // memory of a device
      }
      for (const fault of secretsIn(chunk, `memory of ${name}: ${line.slice(26)}`))
        found.add(fault);
    }
  }
  fs.closeSync(memory);
  return [...found];
}

await run();
