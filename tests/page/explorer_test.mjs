/** The explorer by both doors, on a network in which somebody lies. */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, taskSource } from './network.mjs';
import { holdsEverywhere, holdsInOtherWords } from './screens.mjs';
import { EXPLORER_SCREENS } from './table.mjs';
import { run, test, wait } from './tap.mjs';

const TASK = 'weather';

/** @type {Network} */
let network;
/** @type {import('./browser.mjs').Tab} the validator's door */
let tab;
/** @type {import('./table.mjs').FoundOnChain} */
const found = { task: '', round: 0, cid: '', slot: 0, signature: '', key: '' };

/** Open the explorer of a validator. @param {import('./browser.mjs').Tab} one */
async function openChain(one) {
  one.origin = new URL(network.explorer).origin;
  await one.page.goto(network.explorer);
  await one.sees('Newest blocks');
}

test('a validator\'s address is the explorer', async () => {
  const home = new Home();
  makeTask(home, TASK);
  fs.writeFileSync(home.path('lies.js'), taskSource({ lies: [[1, 0]] }));
  network = await Network.up({ home, nodes: 3, words: ['--task', TASK,
    '--cheater', '3=lies.js', '--stake', '5'] });
  tab = await newTab();
  await openChain(tab);
  await tab.sees('created the task');
  found.task = (await network.nodes[0].task(() => true)).task;
  const { value } = await network.call('getAccountInfo', found.task,
    { encoding: 'jsonParsed' });
  found.cid = value.data.parsed.info.task_audit_program;
  tab.clean();
});

test('slots go on by themselves, with one list of questions a second', async () => {
  /** @type {number[]} */
  const asked = [];
  const note = (/** @type {import('playwright-core').Request} */ request) =>
    request.method() === 'POST' && asked.push(Date.now());
  const slot = async () => Number((await tab.page.locator('.figure-value')
    .first().innerText()).replace(/\D/g, ''));
  const first = await slot();
  tab.page.on('request', note);
  await wait('new slots', async () => await slot() > first + 20, 60);
  tab.page.off('request', note);
  const listed = await tab.page.evaluate(() => [...document.querySelectorAll(
    '.chain-list a[href*="/tx/"]')].map((link) => link.getAttribute('href')));
  assert.equal(new Set(listed).size, listed.length);
  const seconds = (asked[asked.length - 1] - asked[0]) / 1000;
  assert.ok(asked.length - 1 <= seconds * 1.3 + 1,
    `${asked.length} lists in ${seconds} s`);
});

test('a round shows who was accused, and whom it paid', async () => {
  await wait('a payout', async () => {
    const rows = await network.call('getSignaturesForAddress', found.task);
    for (const { signature, slot } of rows.slice(0, 20)) {
      const { transaction } = await network.call('getTransaction', signature,
        { encoding: 'jsonParsed' });
      const [{ parsed }] = transaction.message.instructions.slice(-1);
      if (parsed?.type !== 'Payout')
        continue;
      Object.assign(found, { signature, slot, round: parsed.info.round,
        key: transaction.message.accountKeys[0].pubkey });
      return true;
    }
    return false;
  }, 120);
  await tab.go(`/explorer/task/${found.task}/round/${found.round}`);
  await tab.sees('was accused');
  await tab.sees(/Stands, \d to \d/);
  await tab.sees(/nodes? got/);
  await tab.sees('The list carried out');
  tab.clean();
});

test('what is typed into the search leads where it belongs', async () => {
  const goals = [[String(found.slot), `/explorer/block/${found.slot}`],
    [` "${found.signature}" `, `/explorer/tx/${found.signature}`],
    [found.key, `/explorer/account/${found.key}`],
    [found.task, `/explorer/task/${found.task}`],
    [`${found.task}#${found.round}`,
      `/explorer/task/${found.task}/round/${found.round}`],
    ['11111111111111111111111111111111',
      '/explorer/account/11111111111111111111111111111111']];
  for (const [typed, wanted] of goals) {
    await tab.page.locator('#search').fill(typed);
    await tab.page.locator('#search').press('Enter');
    await wait(`the goal of ${typed}`, async () =>
      (await tab.page.evaluate(() => location.hash)) === `#${wanted}`, 30);
    await tab.settled();
  }
  await tab.go('/explorer/search/weath');
  await tab.sees(TASK);
  await tab.go('/explorer/search/nothing%20of%20the%20kind');
  await tab.sees('Nothing has this name');
  tab.clean();
});

for (const [, name, where] of EXPLORER_SCREENS)
  test(`${name} holds at every width, in both themes`, () =>
    holdsEverywhere(tab, name, where(found)));

test('what is not there is said', async () => {
  for (const [where, words] of [['/explorer/block/999999999', 'no such slot yet'],
    ['/explorer/block/12x', 'no such slot'], ['/explorer/tx/abc', 'no signature'],
    ['/explorer/account/abc', 'no address'], ['/explorer/cid/abc', 'no CID'],
    ['/explorer/account/4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM',
      'No account has this address'],
    [`/explorer/task/${found.key}`, 'is no task'],
    ['/explorer/nothing', 'There is no such page']]) {
    await tab.go(where);
    await tab.sees(words);
  }
  tab.clean();
});

/** Nothing of it may be more than text. */
const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>' +
  'javascript:alert(3)\u202e\u0000';

test('names, memos, logs and errors of an endpoint are text', async () => {
  const other = await newTab();
  await other.page.route((url) => url.href === `${new URL(network.explorer).origin}/`,
    async (route) => {
      if (route.request().method() !== 'POST')
        return route.continue();
      const answer = await route.fetch();
      const list = await answer.json();
      for (const one of list) {
        const meta = one.result?.meta;
        if (!meta)
          continue;
        meta.logMessages = [HOSTILE, HOSTILE.repeat(20000)];
        meta.err = { InstructionError: [0, HOSTILE] };
        one.result.transaction.message.instructions = [
          { programId: HOSTILE, program: 'spl-memo', parsed: HOSTILE },
          { programId: HOSTILE, program: HOSTILE, parsed: { type: HOSTILE,
            info: { [HOSTILE]: HOSTILE, lamports: HOSTILE } } }];
      }
      for (const one of list)
        if (Array.isArray(one.result?.validators))
          one.result.validators[0].version = one.result.halted = HOSTILE;
      return route.fulfill({ response: answer, body: JSON.stringify(list) });
    });
  other.page.on('dialog', (dialog) => {
    other.complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await openChain(other);
  for (const where of [`/explorer/tx/${found.signature}`, '/explorer/validators',
    `/explorer/search/${encodeURIComponent(HOSTILE)}`,
    `/explorer/cid/${encodeURIComponent(HOSTILE)}`]) {
    await other.go(where);
    await other.sees('<img src=x');
    assert.equal(await other.page.locator('main img, main script').count(), 0);
    assert.ok(!(await other.words()).includes('\u202e'));
  }
  other.clean();
});

test('an endpoint that is away is said, and the screen comes back', async () => {
  const other = await newTab();
  await openChain(other);
  await other.page.route('**/*', (route) => route.request().method() === 'POST'
    ? route.abort() : route.continue());
  await other.sees('Settlement does not answer');
  await other.page.unroute('**/*');
  await wait('blocks again', async () =>
    !(await other.words()).includes('Settlement does not answer'), 30);
});

test('a node\'s page has the same screens, by the node', async () => {
  const node = await newTab();
  await node.open(await network.nodes[0].link());
  for (const [, name, where] of EXPLORER_SCREENS) {
    await node.go(where(found));
    assert.ok(!(await node.words()).includes('Settlement'), name);
  }
  await node.go(`/explorer/tx/${found.signature}`);
  await node.sees('called the payout of round');
  node.clean();
});

test('the screens hold in longer words', async () => {
  const other = await newTab({ width: 320, height: 640, language: 'xa' });
  other.origin = new URL(network.explorer).origin;
  await other.page.goto(network.explorer);
  for (const [, name, where] of EXPLORER_SCREENS)
    await holdsInOtherWords(other, name, where(found));
});

await run();
