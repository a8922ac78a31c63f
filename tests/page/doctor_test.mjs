/**
 * The doctor, the node's own log, and the report: what somebody looks at, and
 * gives away, when something is wrong.
 */
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { newTab, none } from './browser.mjs';
import { Home, makeTask, Network, taskSource } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** What no report may have, by what it is. @type {Record<string, string>} */
const secrets = {
  value: 'the-value-of-a-variable',
  phrase: 'legal winner thank year wave sausage worth useful legal winner ' +
    'thank yellow',
  query: 'KEYOFANENDPOINT',
  path: '0123456789abcdef0123',
  password: 'hunter2',
  address: '203.0.113.77',
  name: 'peer.example.org',
};
/** What the task writes into its log of them, and what is to be read of that. */
const WRITTEN = `peer ${secrets.address}:30017 and http://user:${secrets.password
}@${secrets.name}:1/v2/${secrets.path}?key=${secrets.query} said ${secrets.value
}; so: ${secrets.phrase}`;
const READ = 'peer [address]:30017 and http://[hidden]@[address]:1/v2/[hidden]' +
  '?key=[hidden] said [hidden]; so: [hidden]';

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;

test('the doctor looks when it is opened, and again when asked', async () => {
  const home = new Home();
  const source = taskSource().replace("'ready to work'", JSON.stringify(WRITTEN));
  network = await Network.up({ home, words: ['--task',
    makeTask(home, 'weather', { source })] });
  [node] = network.nodes;
  await node.task(({ state }) => state === 'running');
  tab = await newTab({ width: 800 });
  await tab.open(await node.link());
  assert.equal((await node.ask('GET', 'doctor')).state, 'none');
  await tab.go('/settings/doctor');
  await tab.sees(/\d+ checks are good/);
  const first = await node.ask('GET', 'doctor');
  assert.equal(first.state, 'done');
  const worker = first.items.find((/** @type {any} */ { id }) => id === 'worker');
  assert.equal(worker.level, 'good');
  // Of pond up: keys that are not sealed, which is said with what to do.
  await tab.sees('who can read the folder has the keys');
  await tab.sees('`pond wallet seal` puts them under a passphrase');
  await tab.page.getByText(/checks are good/).click();
  await tab.sees(network.rpc);
  await tab.picture('doctor-800-light');
  await tab.page.getByRole('button', { name: 'Run again' }).click();
  await wait('another run', async () =>
    (await node.ask('GET', 'doctor')).at > first.at);
  await wait('its end on the page', async () => !(await tab.words())
    .includes('Looking at'));
  tab.clean();
});

test('two who ask at once have one run', async () => {
  const answers = await Promise.allSettled([1, 2, 3].map(() =>
    node.ask('POST', 'doctor', {})));
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const answer of answers)
    if (answer.status === 'rejected')
      assert.match(String(answer.reason), /409.*busy/);
  await wait('the end', async () =>
    (await node.ask('GET', 'doctor')).state === 'done');
});

test('the command line finds what the page shows', async () => {
  const lines = network.home.pond('doctor', '--of-node', '--json',
    '--node-dir', node.folder).trim().split('\n').map((line) => JSON.parse(line));
  const shown = await node.ask('GET', 'doctor');
  assert.deepEqual(lines.map(({ check, verdict }) => [check, verdict]),
    shown.items.map((/** @type {any} */ { id, level }) => [id, level]));
});

test("the node's log is a screen, and a file", async () => {
  await tab.page.getByRole('link', { name: 'The node’s log' }).click();
  await tab.settled();
  const { task } = await node.task();
  await node.ask('POST', `tasks/${task}/stop`, {});
  await node.task(({ state }) => state === 'stopped');
  await node.ask('POST', `tasks/${task}/start`, {});
  await tab.sees(/worker ready after/);
  const [download] = await Promise.all([tab.page.waitForEvent('download'),
    tab.page.getByRole('button', { name: 'Save' }).click()]);
  assert.equal(download.suggestedFilename(), 'pond-node.log');
  const saved = fs.readFileSync(await download.path(), 'utf8');
  const written = fs.readFileSync(`${node.folder}/node.log`, 'utf8');
  assert.ok(saved.length > 100 && written.startsWith(saved), saved.slice(0, 300));
  tab.clean();
});

/** The files of an archive as `pond report` makes it. @param {Buffer} packed */
function unpack(packed) {
  const archive = zlib.gunzipSync(packed);
  /** @type {Record<string, string>} */
  const files = {};
  for (let at = 0; archive[at]; ) {
    const field = (/** @type {number} */ from, /** @type {number} */ size) =>
      archive.toString('latin1', at + from, at + from + size).split('\0')[0];
    const size = parseInt(field(124, 12), 8);
    assert.equal(field(257, 6), 'ustar');
    files[field(0, 100)] = archive.toString('utf8', at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

test('a report says what is in it first, and has no secret', async () => {
  await node.ask('POST', '/variables/set', { label: 'mine', value: secrets.value });
  secrets.token = node.control.token;
  secrets.key = await tab.page.evaluate(() => localStorage['pond.key']);
  secrets.cookie = (await tab.page.context().cookies())[0].value;
  const { task } = await node.task(({ state }) => state === 'running');
  assert.ok(fs.readFileSync(`${node.folder}/namespace/${task}/task.log`, 'utf8')
    .includes(WRITTEN));
  await tab.go('/settings/doctor');
  await tab.page.getByRole('button', { name: 'Save a report' }).click();
  await tab.sees(`tasks/${task}.log`);
  await tab.sees('Without keys');
  await tab.armed();
  await tab.picture('report-800-light');
  const listed = await tab.page.locator('dialog li code').allInnerTexts();
  const [download] = await Promise.all([tab.page.waitForEvent('download'),
    tab.page.getByRole('button', { name: 'Save it' }).click()]);
  assert.equal(download.suggestedFilename(), 'pond-report.tar.gz');
  const packed = fs.readFileSync(await download.path());
  const files = unpack(packed);
  assert.deepEqual(Object.keys(files), listed.map((name) => `pond-report/${name}`));
  assert.ok(files[`pond-report/tasks/${task}.log`].includes(READ),
    files[`pond-report/tasks/${task}.log`].slice(0, 2000));
  for (const [name, text] of Object.entries(files))
    none(`told in ${name}`, Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret)).map(([what]) => what));
  for (const [name, text] of Object.entries(files))
    if (name.endsWith('.json'))
      JSON.parse(text);
  assert.equal(JSON.parse(files['pond-report/status.json']).tasks[0].task, task);
  tab.clean();
  // What tar makes of it, and what the command line writes.
  network.home.pond('report', 'mine.tar.gz', '--node-dir', node.folder);
  const { status, stdout } = spawnSync('tar', ['tzf', network.home.path('mine.tar.gz')],
    { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.deepEqual(stdout.trim().split('\n'), Object.keys(files));
  assert.throws(() => network.home.pond('report', 'mine.tar.gz', '--node-dir',
    node.folder), /is there already/);
});

await run();
