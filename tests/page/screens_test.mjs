/**
 * Every screen of a node's page, with a network's life in it; the explorer's are
 * explorer_test.mjs's.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, SOURCE, taskSource } from './network.mjs';
import { holdsEverywhere, holdsInOtherWords, routePatterns } from './screens.mjs';
import { EXPLORER_SCREENS, SCREENS } from './table.mjs';
import { run, test, wait } from './tap.mjs';

const NODES = 4;
/** A name is in the bar and in lists, and so is its key. */
const TASK = 'weather';

/** @type {Network} */
let network;
/** @type {import('./browser.mjs').Tab} */
let tab;

/** @type {import('./table.mjs').Found} */
const found = { task: '', round: 0, cid: '', slot: 0, signature: '', key: '' };

test('a network comes to life', async () => {
  const home = new Home();
  makeTask(home, TASK);
  fs.writeFileSync(home.path('cheat.js'),
    taskSource({ lies: [[4, 1]], denies: [[4, 3]] }));
  network = await Network.up({ home, nodes: NODES, words: ['--task', TASK,
    '--cheater', '4=cheat.js', '--stake', '5'] });
  const row = await network.nodes[0].task(({ state }) => state === 'running');
  found.task = row.task;
  tab = await newTab();
  await tab.open(await network.nodes[0].link());
  await tab.sees(TASK);
  tab.clean();
});

test('a round is paid', async () => {
  // The network's nodes claim by themselves, so the book says it.
  await wait('a reward', async () => (await network.nodes[0].ask(
    'GET', `tasks/${found.task}/rounds`)).items
    .some(({ outcome }) => outcome === 'paid'), 120);
});

/** Evidence of short rounds is kept for seconds: the newest is taken. */
async function findEvidence() {
  const { items } = await network.nodes[0].ask(
    'GET', `tasks/${found.task}/evidence`);
  found.cid = items[0].cid;
}

for (const [, name, where] of SCREENS) {
  test(`${name} holds at every width, in both themes`, async () => {
    await findEvidence();
    await holdsEverywhere(tab, name, where(found));
  });
}

for (const [, name, where] of SCREENS) {
  test(`${name} holds in longer words`, async () => {
    await tab.page.setViewportSize({ width: 320, height: 640 });
    if (await tab.page.evaluate(() => localStorage['pond.language']) !== 'xa') {
      await tab.page.evaluate(() => { localStorage['pond.language'] = 'xa'; });
      await tab.page.reload();
    }
    await findEvidence();
    await holdsInOtherWords(tab, name, where(found));
  });
}

test('every screen is in the table above', () => {
  const web = path.join(SOURCE, '../../web');
  const routes = fs.readFileSync(path.join(web, 'routes.js'), 'utf8');
  const sections = fs.readFileSync(
    path.join(web, 'screens/settings/sections.js'), 'utf8');
  // The steps of the first run are setup_test.mjs's, and the explorer's screens
  // explorer_test.mjs's.
  const known = ['/setup', '/setup/:step',
    ...[...SCREENS, ...EXPLORER_SCREENS].map(([pattern]) => pattern)];
  assert.deepEqual(routePatterns(routes, sections)
    .filter((pattern) => !known.includes(pattern)), []);
});

await run();
