/**
 * What the page weighs, how soon it is useful, how long its frames take with
 * much to show, and what it costs the node: a real node, a real Chromium.
 *
 * Frames are measured twice: by the clock, which a busy machine makes longer,
 * and by the processor time of the longest piece of work of the page's own
 * thread, which it does not.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { browser, newTab } from './browser.mjs';
import { Home, makeTask, Network, POND, taskSource } from './network.mjs';
import { closeAll, wait } from './tap.mjs';

const LOADS = 8;
const TASKS = 50;
const LINES = 10000;
const LINES_A_BATCH = 200;
const DAYS = 365;
const COST_SECONDS = 10; // two rounds
const COST_TURNS = 6;
const FRAME_MS = 50;

/**
 * @param {string} name
 * @param {number} value
 * @param {string} unit
 * @param {number} [most] what it should stay at or below
 */
function tell(name, value, unit, most) {
  console.log([`page/${name}`, value.toFixed(value < 10 ? 2 : 0), unit,
    most === undefined ? '-' : `<=${most}`,
    most === undefined ? '-' : value <= most ? 'yes' : 'no'].join('\t'));
}

/** @param {number[]} values */
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** @param {number[]} values */
const mean = (values) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the build says (web/build.py). */
function tellSizes() {
  const { whole, first } = JSON.parse(fs.readFileSync(path.resolve(POND,
    '../../page/dist/manifest.json'), 'utf8'));
  tell('whole', whole / 1024, 'KiB', 120);
  tell('first_screen', first.node / 1024, 'KiB', 70);
  tell('first_screen_explorer', first.chain / 1024, 'KiB', 70);
}

/**
 * From the beginning of the load to the frame in which the figures have values.
 *
 * @param {import('./browser.mjs').Tab} tab
 */
async function tellFirstPaint(tab) {
  await tab.page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector('.figure-value data'))
        return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => {
        // @ts-ignore
        globalThis.usefulMs = performance.now();
      }));
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  const found = [];
  for (let load = 0; load < LOADS; load++) {
    await tab.page.reload();
    found.push(await (await tab.page.waitForFunction(() =>
      // @ts-ignore
      globalThis.usefulMs)).jsonValue());
  }
  tell('first_useful_paint', median(found), 'ms', 500);
}

/**
 * The longest frame while something is done.
 *
 * @param {import('./browser.mjs').Tab} tab
 * @param {string} name
 * @param {() => Promise<void>} act
 */
async function tellFrames(tab, name, act) {
  const { page } = tab;
  const chromium = await browser();
  await chromium.startTracing(page, { categories: ['toplevel',
    'disabled-by-default-devtools.timeline', '__metadata'] });
  await page.evaluate(() => {
    let last = performance.now();
    const all = { longest: 0, count: 0, goesOn: true };
    // @ts-ignore
    globalThis.frames = all;
    requestAnimationFrame(function next() {
      const now = performance.now();
      all.longest = Math.max(all.longest, now - last);
      all.count++;
      last = now;
      if (all.goesOn)
        requestAnimationFrame(next);
    });
  });
  await act();
  const { longest, count } = await page.evaluate(() => {
    // @ts-ignore
    globalThis.frames.goesOn = false;
    // @ts-ignore
    return globalThis.frames;
  });
  const { traceEvents } = JSON.parse(String(await chromium.stopTracing()));
  const mains = new Set(traceEvents.filter(({ name: what, args }) =>
    what === 'thread_name' && args.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter((event) => event.tdur &&
    mains.has(`${event.pid} ${event.tid}`) && /RunTask/.test(event.name));
  assert.ok(tasks.length > 10 && count > 10, `${tasks.length}, ${count}`);
  tell(`${name}_work`, Math.max(...tasks.map(({ tdur }) => tdur)) / 1000, 'ms',
    FRAME_MS);
  tell(`${name}_frame`, longest, 'ms', FRAME_MS);
}

/** Down and up again in steps of a notch. */
async function scroll(page, selector) {
  const box = await page.locator(selector).first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height, 400) / 2);
  for (const turn of [...Array(30).fill(400), ...Array(30).fill(-400)]) {
    await page.mouse.wheel(0, turn);
    await page.waitForTimeout(16);
  }
}

/** One task's row as many: other keys, other names. */
function multiplied(row) {
  const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  return Array.from({ length: TASKS }, (_, at) => ({ ...row,
    task: at ? letters[at] + letters[at] + row.task.slice(2) : row.task,
    name: `task ${at}` }));
}

/** Writes LINES lines, as the node would say them. @type {(task: string) => void} */
let fillLog = () => {};

/**
 * The node's answers with much in them: tasks, lines, days.
 *
 * @param {import('./browser.mjs').Tab} tab
 */
async function makeMuch(tab) {
  const { page } = tab;
  /** @type {[number, string, string][]} */
  let log = [];
  // The page asks for the newest lines when the first have come.
  await page.route(/\/api\/1\/tasks\/[^/]+\/log\?/, (route) => log.length
    ? route.fulfill({ json: { items: log.slice(-LINES_A_BATCH), next: null } })
    : route.continue());
  await page.routeWebSocket(/\/api\/1\/live/, (socket) => {
    const server = socket.connectToServer();
    fillLog = (task) => {
      log = Array.from({ length: LINES }, (_, at) =>
        [Date.now(), 'info', `line ${at} of many`]);
      for (let first = 0; first < LINES; first += LINES_A_BATCH)
        socket.send(JSON.stringify({ type: 'log', topic: `log/${task}`,
          dropped: 0, lines: log.slice(first, first + LINES_A_BATCH) }));
    };
    server.onMessage((text) => {
      const message = JSON.parse(String(text));
      if (message.topic === 'tasks') {
        const rows = Object.entries(message.data);
        message.data = Object.fromEntries(rows.flatMap(([task, row]) =>
          row ? multiplied({ ...row, task }).map((one) => {
            const { task: key, name, ...rest } = one;
            return [key, message.type === 'snapshot'
              ? { ...rest, task: key, name } : rest];
          }) : []));
      }
      socket.send(JSON.stringify(message));
    });
  });
  await page.route(/\/api\/1\/tasks(\?|$)/, async (route) => {
    const answer = await route.fetch();
    const { items, next } = await answer.json();
    await route.fulfill({ response: answer,
      json: { items: items.flatMap(multiplied), next } });
  });
  await page.route(/\/api\/1\/money\/days/, async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const to = Date.parse(`${query.get('to') ?? new Date().toISOString()
      .slice(0, 10)}T00:00:00Z`);
    await route.fulfill({ json: { next: null, items: Array.from(
      { length: DAYS }, (_, at) => ({
        day: new Date(to - (DAYS - 1 - at) * 86400e3).toISOString().slice(0, 10),
        rewards: String(Math.floor((1 + Math.sin(at)) * 5e9)),
        losses: at % 30 ? '0' : '1400000000', fees: '200000', paid: 20,
        missed: 0 })) } });
  });
}

/** Nanoseconds of the processor that a process has had. @param {number} pid */
function processorNs(pid) {
  return fs.readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum +
    Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
      .split(' ')[0]), 0);
}

/** KiB that a process has to itself. @param {number} pid */
function memoryKib(pid) {
  const [, kib] = /^Private_Dirty:\s+(\d+)/m.exec(
    fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kib);
}

/** Percent of a core over whole rounds. @param {number} pid */
async function cost(pid) {
  const before = processorNs(pid), began = performance.now();
  await new Promise((done) => setTimeout(done, COST_SECONDS * 1000));
  return (processorNs(pid) - before) / (performance.now() - began) / 1e4;
}

/**
 * What a page costs its node. What rounds cost differs from one to the next by
 * more than that, so the three are measured in turns.
 *
 * @param {import('./browser.mjs').Tab} tab @param {string} url
 * @param {number} pid
 */
async function tellCosts(tab, url, pid) {
  /** @type {number[][]} */
  const [without, open, hidden] = [[], [], []];
  for (let turn = 0; turn < COST_TURNS; turn++) {
    await tab.page.goto('about:blank');
    without.push(await cost(pid));
    await tab.page.goto(url);
    await tab.sees('weather');
    await new Promise((done) => setTimeout(done, 1000));
    open.push(await cost(pid));
    await tab.page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    hidden.push(await cost(pid));
  }
  const base = mean(without);
  tell('node_without', base, '% of a core');
  tell('node_open', Math.max(0, mean(open) - base), '% of a core', 1);
  tell('node_hidden', Math.max(0, mean(hidden) - base), '% of a core', 0.1);
}

async function main() {
  tellSizes();
  const home = new Home();
  const network = await Network.up({ home, nodes: 1,
    words: ['--task', makeTask(home, 'weather')] });
  const node = network.nodes[0];
  const { task } = await node.task(({ state }) => state === 'running');
  const { pid } = node.control;

  const memoryWithout = memoryKib(pid);
  const tab = await newTab();
  await tab.open(await node.link());
  await tab.sees('weather');
  const memoryWith = memoryKib(pid);
  await tellCosts(tab, `${node.origin}/#/`, pid);
  tell('node_memory', Math.max(0, memoryWith - memoryWithout) / 1024, 'MiB', 2);
  await tab.page.goto(`${node.origin}/#/`);

  await tellFirstPaint(tab);

  await makeMuch(tab);
  await tab.page.goto(`${node.origin}/#/`);
  await tab.page.reload();
  await wait('fifty tasks', async () =>
    await tab.page.locator('main tbody tr').count() === TASKS);
  await tellFrames(tab, 'tasks', () => scroll(tab.page, 'main'));

  await tab.go(`/tasks/${task}/log`);
  await tab.sees(/working on round/);
  await tab.page.getByLabel('Follow').uncheck();
  const rows = tab.page.locator('[role=region]').last();
  fillLog(task);
  await wait('all lines', () => rows.evaluate((box, lines) =>
    box.scrollHeight >= lines * 20, LINES));
  await tellFrames(tab, 'log', () => scroll(tab.page, '[role=region]'));
  const find = tab.page.getByLabel('Find');
  await tellFrames(tab, 'log_find', () =>
    find.pressSequentially('line 99', { delay: 60 }));

  await tab.go('/money');
  await tab.page.getByLabel('Period').selectOption({ label: '365 days' });
  await tellFrames(tab, 'days', async () => {
    await tab.page.getByLabel('Period').selectOption({ label: '30 days' });
    await tab.page.waitForTimeout(300);
    await tab.page.getByLabel('Period').selectOption({ label: '365 days' });
    await tab.page.waitForTimeout(300);
    await scroll(tab.page, 'main');
  });
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
}).finally(closeAll).finally(() => process.exit());
