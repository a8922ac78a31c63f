/**
 * What a task owes: it leaves "claimable" with the claim, stands in "claiming",
 * and is in the wallet when that is final; of several claims one may fail.
 */
import assert from 'node:assert';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network } from './network.mjs';
import { holdsEverywhere } from './screens.mjs';
import { run, test, wait } from './tap.mjs';

/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
/** @type {string[]} */
let tasks;

/** The money as the node has it. */
async function money() {
  const { wallet, tasks: rows } = await node.ask('GET', 'money');
  return { wallet: BigInt(wallet), rows };
}

/** Until each of them owes something. @param {string[]} ids */
function owing(ids) {
  return wait('claimable coins', async () => {
    const { rows } = await money();
    return ids.every((id) => rows.some((/** @type {any} */ row) =>
      row.task === id && BigInt(row.claimable) > 0n)) && rows;
  }, 150);
}

test('a node earns by two tasks, and is open in a browser', async () => {
  const home = new Home();
  const rest = { submission_window: 20, audit_window: 24, round_time: 50 };
  makeTask(home, 'weather', { terms: rest });
  makeTask(home, 'tides', { terms: rest });
  network = await Network.up({ home, nodes: 1,
    words: ['--task', 'weather', '--stake', '5'] });
  node = network.nodes[0];
  const { task } = await node.task(({ state }) => state === 'running');
  tab = await newTab();
  await tab.open(await node.link());
  tasks = [task];
  await owing(tasks);
});

test('the screens of money hold at every width, in both themes', async () => {
  for (const [name, where] of [['money', '/money'], ['book', '/money/book'],
    ['send', '/money/send'], ['receive', '/money/receive']])
    await holdsEverywhere(tab, name, where);
  await tab.page.setViewportSize({ width: 1280, height: 900 });
});

await run();
