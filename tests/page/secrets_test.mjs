/**
 * What is left of secrets when a browser has gone: the passphrase, a link's
 * code and a session's halves, in the node's folder, in its logs, in what
 * everybody sees of a process and, but for the cookie, in its memory, which is
 * what a core would hold. The cookie is in what libmicrohttpd read last of a
 * connection, and opens nothing without the key.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { newTab, none } from './browser.mjs';
import { Home, Network } from './network.mjs';
import { run, Skip, test, wait } from './tap.mjs';

const PASSPHRASE = 'gravel-Otter 9 sundial жук';
const CHUNK = 1 << 24;

/** @type {Home} */
let home;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {Record<string, string>} by what they are */
const secrets = { passphrase: PASSPHRASE };

test('a locked node is unlocked in a browser', async () => {
  home = new Home();
  fs.writeFileSync(home.path('pass'), `${PASSPHRASE}\n`, { mode: 0o600 });
  const network = await Network.up({ home, nodes: 0 });
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
  await tab.page.waitForTimeout(500); // a sheet takes no press before
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
  /** @type {string[]} */
  let found = [];
  // Whoever was asked with one lets it go when the connection has ended.
  await wait('memory without a secret', () => {
    found = [...ownProcesses()].flatMap(inMemory)
      .filter((line) => !line.startsWith('cookie'));
    return !found.length;
  }, 20).catch(() => {});
  none('in memory', found);
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
