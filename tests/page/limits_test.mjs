/**
 * What an operator lets tasks have, take and when: variables, limits, hours, of
 * all tasks and of one; and how a task that passes one is told of.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { newTab } from './browser.mjs';
import { Home, makeTask, Network, taskSource } from './network.mjs';
import { run, test, wait } from './tap.mjs';

/** A task that asks for a variable, and takes memory where that says so. */
const SOURCE = `if (process.env.GREETING === 'hungry')
  globalThis.kept = Buffer.alloc(150 << 20, 1);
fetch('http://127.0.0.1:9/').catch((error) =>
  console.log('reached: ' + (error.cause?.code ?? error.code)));
${taskSource()}`;
const SECRET = 'hungry';
const MIB = 1 << 20;

/** @type {Home} */
let home;
/** @type {Network} */
let network;
/** @type {import('./network.mjs').Node} */
let node;
/** @type {import('./browser.mjs').Tab} */
let tab;
let task = '';

/** @param {string | RegExp} name */
const button = (name) => tab.page.getByRole('button', { name });
/** @param {string | RegExp} name */
const field = (name) => tab.page.getByLabel(name);

/**
 * Press a button of a sheet until it is taken: at first a sheet takes none.
 *
 * @param {string | RegExp} name
 * @param {() => Promise<unknown>} [isTaken]
 */
async function press(name, isTaken = async () =>
  !await tab.page.getByRole('dialog').count()) {
  const found = tab.page.getByRole('dialog').getByRole('button', { name });
  await wait('the press', async () => {
    await found.click({ timeout: 1000 }).catch(() => {});
    return isTaken();
  });
}

/** A day in a sheet, which takes no press at first. @param {string} name */
async function tick(name) {
  const found = tab.page.getByRole('checkbox', { name });
  await wait('the tick', async () => {
    if (!await found.isChecked())
      await found.click();
    return found.isChecked();
  });
}

/** @param {(told: any) => unknown} fits */
const taskIs = (fits) => node.task(fits);

test('a node is opened that has coins and no task', async () => {
  home = new Home();
  network = await Network.up({ home, nodes: 1, words: ['--task',
    makeTask(home, 'greeter', { source: SOURCE, terms: { requirementsTags:
      '[{type: TASK_VARIABLE, value: GREETING, description: how}]' } })] });
  const [other] = network.nodes;
  task = (await other.task(({ reason }) => reason === 'variable')).task;
  // Whoever looks at the task has its metadata from a node that runs it.
  await other.ask('PUT', 'variables', { label: 'calm', value: 'calm' });
  await other.ask('PATCH', `tasks/${task}`, { pairs: { GREETING: 'calm' } });
  await other.task(({ state, stake, error }) =>
    state === 'running' && stake !== '0' && !error);
  node = await network.startNode('own');
  const { main } = await node.ask('GET', 'node');
  await network.call('requestAirdrop', main, 100e9);
  await wait('coins', async () =>
    (await node.ask('GET', 'node')).figures.wallet === '100000000000');
  tab = await newTab();
  await tab.open(await node.link());
  tab.clean();
});

test('a variable is added, changed and removed, and its value never comes back',
  async () => {
    await tab.go('/settings/variables');
    await tab.sees('No variable yet.');
    await button('Add a variable').click();
    await press('Save', () =>
      tab.page.locator('dialog [aria-invalid=true]:focus').count());
    await tab.sees('This is needed.');
    await field('Label').fill('a / label');
    await field('Value').fill('another secret');
    await press('Save');
    await tab.sees('a / label');
    await button('Change: a / label').click();
    await field('Value').fill(SECRET);
    await press('Save');
    const told = JSON.stringify(await node.ask('GET', 'variables'));
    assert.ok(told.includes('a / label') && !told.includes(SECRET), told);
    const kept = await tab.page.evaluate(() => JSON.stringify(
      [{ ...localStorage }, { ...sessionStorage }, document.body.innerHTML]));
    assert.ok(!kept.includes(SECRET) && !kept.includes('another secret'));
    await button('Change: a / label').click();
    await press('Remove');
    await tab.sees('No variable yet.');
    tab.clean();
  });

test('a task that needs one is started with it', async () => {
  await tab.go(`/add/${task}`);
  await tab.sees('The variable GREETING');
  await button('Check and start').click();
  await press(/and start$/, () =>
    tab.page.locator('dialog [aria-invalid=true]:focus').count());
  await tab.sees('This is needed.');
  await field('Value of GREETING').fill('calm');
  await press(/and start$/);
  await taskIs(({ state, error }) => state === 'running' && !error);
  await tab.go('/settings/variables');
  await tab.sees('greeter');
  await button('Change: GREETING').click();
  assert.equal(await button('Remove').count(), 0);
  await tab.page.keyboard.press('Escape');
  await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual((await node.ask('GET', 'variables')).items,
    [{ label: 'GREETING', used_by: [{ task, variable: 'GREETING' }] }]);
  tab.clean();
});

test('limits are held against what is read, and tasks rest and go on', async () => {
  await tab.go('/settings/limits');
  const free = field('Rest while less is free on the disk than');
  const busy = field('Rest while other programs take more');
  await busy.fill('100');
  await free.fill('900000.5');
  await button('Save').click();
  await tab.sees('A number from 1 to 99, or nothing.');
  await wait('the focus', () => busy.evaluate((element) =>
    element === document.activeElement));
  await tab.go('/');
  await tab.go('/settings/limits'); // what was typed is there
  assert.equal(await free.inputValue(), '900000.5');
  await busy.fill(''); // the machine may be busy indeed
  await field('Rest once a month’s traffic is').fill('500');
  await button('Save').click();
  await tab.sees('Tasks rest for it');
  await taskIs(({ state, reason }) =>
    state === 'resting' && reason === 'disk_full');
  assert.equal(JSON.parse(home.pond('conditions', '--json', '--node-dir',
    node.folder).split('\n').find((line) => line.includes('traffic-month')) ?? '')
    .value, '476837');
  await free.fill('');
  await button('Save').click();
  await taskIs(({ state, error }) => state === 'running' && !error);
  tab.clean();
});

test('a task rests outside its hours', async () => {
  const { offset_min: offset } = await node.ask('GET', 'schedules');
  // Tomorrow in an hour: neither now, nor for as long as this test takes.
  const then = new Date(Date.now() + offset * 60000 + 25 * 3600 * 1000);
  const day = then.toLocaleString('en-GB', { weekday: 'short', timeZone: 'UTC' });
  const hour = then.toISOString().slice(11, 13);
  await tab.go(`/tasks/${task}/settings`);
  await tab.sees('It runs when all tasks may.');
  await button('Add hours').click();
  await press('Save', () =>
    tab.page.locator('dialog [aria-invalid=true]:focus').count());
  await tab.sees('This is needed.');
  await tick(day);
  await field('From').fill(`${hour}:00`);
  await field('To').fill(`${hour}:00`);
  await press('Save', () =>
    tab.page.locator('dialog [aria-invalid=true]:focus').count());
  await tab.sees('They would end as they begin.');
  await field('To').fill(`${hour}:30`);
  await press('Save');
  await tab.sees(`${day} ${hour}:00–${hour}:30`);
  await taskIs(({ state, reason }) => state === 'resting' && reason === 'schedule');
  await tab.sees('Not in its hours.');

  await button('Add hours').click();
  await tick(day);
  await field('From').fill(`${hour}:10`);
  await press('Save', () =>
    tab.page.locator('dialog [aria-invalid=true]:focus').count());
  await tab.sees('It overlaps with other hours.');
  // The browser notes each refusal in its console.
  assert.ok(tab.complaints.splice(0).every((line) => line.includes('400')));
  await tab.page.keyboard.press('Escape');

  await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
  await button(/^Switch off/).click();
  await taskIs(({ state }) => state === 'running');
  await tab.go('/settings/schedules');
  await tab.sees('Tasks run at any time.');
  await button(/^Remove/).click();
  await wait('its end', async () =>
    !(await node.ask('GET', 'schedules')).items.length);
  tab.clean();
});

test('a passed memory limit is named, and raised where the page leads', async () => {
  await tab.go(`/tasks/${task}/settings`);
  await field('Memory').fill('100');
  await tab.page.getByRole('button', { name: 'Save' }).click();
  await tab.sees('Memory and disk hold from the task’s next start.');
  await tab.page.getByRole('combobox', { name: 'GREETING' }).selectOption(
    { label: 'A new one…' });
  await field('Label').fill('much');
  await field('Value').fill(SECRET);
  await press('Save');
  await field('What it may reach').selectOption({ label: 'public addresses' });
  await wait('the rule', async () => (await node.ask('GET', `tasks/${task}`))
    .limits.network === 'public');
  await button('Stop').click();
  await taskIs(({ state }) => state === 'stopped');
  // What is set for it is shown of a stopped one, too.
  await wait('the limit', async () =>
    await field('Memory').inputValue() === '100');
  await button('Start').click();
  const told = await taskIs(({ reason }) => reason === 'memory_limit');
  assert.equal(told.memory_limit, 100 * MIB);
  assert.ok(told.next_try > Date.now() - 60000);
  await tab.go('/');
  await tab.go(`/tasks/${task}`);
  await tab.sees('It passed 100 MB.');
  await tab.page.getByRole('link', { name: 'Raise the limit' }).click();
  await tab.settled();
  const memory = field('Memory');
  await wait('the focus', () => memory.evaluate((element) =>
    element === document.activeElement));
  await memory.fill('400');
  await button('Save').click();
  await taskIs(({ state, memory_limit: limit }) =>
    state === 'running' && limit === 400 * MIB);
  assert.deepEqual(JSON.parse(home.pond('limits', '--json', '--node-dir',
    node.folder)), { task, cpu: null, memory: 400, disk: null,
    network: 'public' });
  const log = () => fs.readFileSync(`${node.folder}/namespace/${task}/task.log`,
    'utf8');
  await wait('its words', () => log().includes('reached: EACCES'));
  assert.ok(log().indexOf('reached: ECONNREFUSED') <
    log().indexOf('reached: EACCES'), log());
  home.pond('limits', 'set', task, 'cpu', '150', '--node-dir', node.folder);
  await wait('what a command has set', async () =>
    await field('Processor time').inputValue() === '150');
  tab.clean();
});

test('a process that is killed again and again is told of', async () => {
  // It restarts after seconds, so the screen is there before.
  await tab.go(`/tasks/${task}`);
  for (let times = 0; times < 2; times++) {
    const { worker } = await taskIs(({ state, worker: now }) =>
      state === 'running' && now?.pid);
    process.kill(worker.pid, 'SIGKILL');
    // The pauses are short at first: it may be past.
    await taskIs(({ state, worker: now }) => state === 'backing-off' ||
      (now?.pid && now.pid !== worker.pid));
  }
  await tab.sees(/Restarting in \d+ s \(3rd time\)/);
  await tab.sees('It ended by itself:');
  await tab.go('/');
  await tab.sees(/restarted 3 times: It ended by itself/);
  tab.clean();
});

test('no value of a variable is in a log or in the folder', () => {
  for (const file of ['node.log', 'journal.db', `namespace/${task}/task.log`])
    assert.ok(!fs.readFileSync(`${node.folder}/${file}`, 'latin1')
      .includes('another secret'), file);
});

await run();
