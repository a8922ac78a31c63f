/**
 * The pictures of docs/guide.md and README.md, of a network as the tests start
 * it:
 *
 *     tests/system/node_test.py tests/page/pictures.mjs build/release/src/cli/pond
 */
import fs from 'node:fs';
import path from 'node:path';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, SOURCE } from './network.mjs';
import { run, test, wait } from './tap.mjs';

const TARGET = path.resolve(SOURCE, '../../docs/pictures');

test('the pictures of the guide', async () => {
  const home = new Home();
  const network = await Network.up({ home, nodes: 3, words: ['--task',
    makeTask(home, 'weather'), '--stake', '5'] });
  const [node] = network.nodes;
  const { task } = await node.task(({ state }) => state === 'running');
  await wait('paid rounds', async () => (await node.ask(
    'GET', `tasks/${task}/rounds`)).items.filter(
    ({ outcome }) => outcome === 'paid').length > 3);
  // Read, so that the picture is that of an ordinary day.
  for (const { id } of (await node.ask('GET', 'attention')).items)
    await node.ask('POST', `attention/${id}`, { read: true });
  makeTask(home, 'tides', { terms: { total_bounty_amount: 40,
    bounty_amount_per_round: 2 } });
  const tab = await newTab({ width: 1024, height: 720 });
  await tab.open(await node.link());
  fs.mkdirSync(TARGET, { recursive: true });
  for (const [name, where] of [['node', '/'], ['task', `/tasks/${task}`],
    ['add', `/add/${task}`], ['money', '/money'],
    ['create', `/create/new?folder=${home.path('tides')}`]]) {
    await tab.go(where);
    await tab.page.waitForTimeout(500); // the round's line has its place
    await tab.page.screenshot({ path: path.join(TARGET, `${name}.png`),
      animations: 'disabled' });
  }
});

await run();
