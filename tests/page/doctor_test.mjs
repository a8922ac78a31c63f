/**
 * The doctor, the node's own log, and the report: what somebody looks at, and
 * gives away, when something is wrong.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;

test('the doctor looks when it is opened, and again when asked', async () => {
  const home = new Home();
  network = await Network.up({ home, words: ['--task', makeTask(home, 'weather')] });
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
  assert.equal(download.suggestedFilename(), 'node.log');
  const saved = fs.readFileSync(await download.path(), 'utf8');
  const written = fs.readFileSync(`${node.folder}/node.log`, 'utf8');
  assert.ok(saved.length > 100 && written.startsWith(saved), saved.slice(0, 300));
  tab.clean();
});

await run();
