/**
 * Real `pond` processes in a temporary folder: a private network with short
 * slots, nodes beside it, and their control ports. All are ended by their
 * process ids.
 */
import assert from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { takeControlPort } from './control_ports.mjs';
import { later, wait } from './tap.mjs';

/** The program under test. */
export const POND = path.resolve(process.argv[2]);
/** This folder; the script itself runs from a copy (node_test.py). */
export const SOURCE = process.env.POND_SOURCE;
const READY_MS_MAX = 120000;

/** A folder in which everything of a test lies; it is the home, too. */
export class Home {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pond-page-'));
    later(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.environment = Object.fromEntries(Object.entries(process.env)
      .filter(([name]) => !/^(POND|XDG)_/.test(name)));
    this.environment.HOME = this.folder;
    /** @type {Set<string>} of nodes that have a control port */
    this.nodeFolders = new Set();
  }

  /** @param {string[]} names */
  path(...names) {
    return path.join(this.folder, ...names);
  }

  /** Run a command to its end; gives what it printed. @param {string[]} words */
  pond(...words) {
    const done = spawnSync(POND, words, { cwd: this.folder,
      env: this.environment, encoding: 'utf8', timeout: 60000 });
    assert.equal(done.status, 0,
      `pond ${words.join(' ')}: ${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  /**
   * Start a server; it is there when `isReady` says so of a line that it
   * printed. Its messages are in LOG of the folder. A node gets a control port
   * with its first start, and keeps it by itself.
   *
   * @param {string[]} words
   * @param {(line: string) => unknown} isReady
   */
  async serve(words, isReady, log = 'server.log') {
    const errors = fs.openSync(this.path(log), 'a');
    const control = await this.controlPort(words);
    const child = spawn(POND, [...words, ...control], { cwd: this.folder,
      env: this.environment, stdio: ['ignore', 'pipe', errors] });
    fs.closeSync(errors);
    const server = new Server(child);
    later(() => server.stop());
    let text = '';
    const line = await new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error('it is not ready')),
        READY_MS_MAX);
      child.on('exit', (...how) => fail(new Error(ending(words[0], how))));
      child.stdout.on('data', (data) => {
        text += data;
        const found = text.split('\n').slice(0, -1).find(isReady);
        if (!found)
          return;
        clearTimeout(late);
        done(found);
      });
    }).catch((error) => {
      throw new Error(`${error.message}: ${text}${fs.readFileSync(
        this.path(log), 'utf8').slice(-3000)}`);
    });
    server.line = line;
    // Why a server ends of itself, its messages say.
    child.on('exit', (status, signal) => {
      if (status || !server.isAsked)
        console.log(`${ending(words[0], [status, signal])}:\n${
          fs.readFileSync(this.path(log), 'utf8').slice(-3000)}`
          .replace(/^/gm, '# '));
    });
    return server;
  }

  /** @param {string[]} words */
  async controlPort(words) {
    const folder = words[words.indexOf('--node-dir') + 1];
    if (words[0] !== 'node' || this.nodeFolders.has(folder))
      return [];
    this.nodeFolders.add(folder);
    return ['--control-port', String(await takeControlPort())];
  }
}

/**
 * @param {string} command
 * @param {[number | null, NodeJS.Signals | null]} how
 */
function ending(command, [status, signal]) {
  return `pond ${command} ended ${
    signal ? `by ${signal}` : `with status ${status}`}`;
}

export class Server {
  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    this.ended = new Promise((done) => child.on('exit', done));
    this.line = '';
    /** It was told to end, by this program. */
    this.isAsked = false;
  }

  get pid() {
    return this.child.pid;
  }

  /** @param {NodeJS.Signals} name */
  async stop(name = 'SIGINT') {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      return;
    this.isAsked = true;
    this.child.kill(name);
    const late = setTimeout(() => this.child.kill('SIGKILL'), 60000);
    await this.ended;
    clearTimeout(late);
  }
}

/**
 * The code of tests/page/task with a node's conduct: it lies in rounds, and
 * denies what is true in rounds, as [every, remainder].
 *
 * @param {{lies?: number[][], denies?: number[][]}} conduct
 */
export function taskSource({ lies = [], denies = [] } = {}) {
  return `const CONDUCT = ${JSON.stringify({ lies, denies })};\n` +
    fs.readFileSync(path.join(SOURCE, 'task/task.js'), 'utf8');
}

/**
 * A task's folder; terms are lines of its config-task.yml.
 *
 * @param {Home} home
 * @param {string} name
 * @param {{source?: string, terms?: Record<string, any>}} what
 */
export function makeTask(home, name,
  { source = taskSource(), terms = {} } = {}) {
  home.pond('task', 'new', name);
  const folder = home.path(name);
  fs.mkdirSync(path.join(folder, 'dist'));
  fs.writeFileSync(path.join(folder, 'dist/main.js'), source);
  const set = { task_name: JSON.stringify(name), round_time: 50,
    submission_window: 20, audit_window: 24, minimum_stake_amount: 2,
    bounty_amount_per_round: 10, total_bounty_amount: 5000, ...terms };
  const config = path.join(folder, 'config-task.yml');
  const lines = fs.readFileSync(config, 'utf8').split('\n')
    .filter((line) => !(line.split(':')[0] in set));
  for (const [key, value] of Object.entries(set))
    lines.push(`${key}: ${value}`);
  fs.writeFileSync(config, lines.join('\n') + '\n');
  return name;
}

/** A private network that `pond up` runs. */
export class Network {
  /**
   * @param {{nodes?: number, words?: string[], home?: Home}} options
   */
  static async up({ nodes = 1, words = [], home = new Home() } = {}) {
    const server = await home.serve(['up', '--json', '--rpc-port', '0',
      '--dir', 'net', '--nodes', String(nodes), ...words],
    (line) => line.startsWith('{"rpc"'));
    const network = new Network(home, server, nodes);
    // The line is the chain's; the nodes come after it.
    await wait('the nodes', () => network.nodes.every(({ folder }) =>
      fs.existsSync(path.join(folder, 'control.json'))));
    return network;
  }

  /**
   * @param {Home} home
   * @param {Server} server
   * @param {number} count
   */
  constructor(home, server, count) {
    const told = JSON.parse(server.line);
    this.home = home;
    this.server = server;
    /** The first validator's endpoint. */
    this.rpc = told.rpc;
    /** @type {{rpc: string, pid: number, identity: string}[]} */
    this.validators = told.validators;
    /** The explorer's page, where the validator has one. */
    this.explorer = told.explorer;
    this.nodes = Array.from({ length: count }, (_, at) =>
      new Node(home.path('net', `node-${at + 1}`)));
  }

  /**
   * One more node. Its keys are sealed if there is a passphrase for them.
   *
   * @param {string} name of its folder
   * @param {string[]} words
   */
  async startNode(name, ...words) {
    const folder = this.home.path(name);
    const server = await this.home.serve(
      ['node', '--new-wallet', '--node-dir', folder, '--rpc', this.rpc,
        '--port', '0',
        '--listen', '127.0.0.1', '--addresses', 'loopback',
        ...(words.includes('--passphrase-file') ? [] : PLAIN), ...words],
      (line) => line.startsWith('ready'), `${name}.log`);
    const node = new Node(folder);
    node.server = server;
    return node;
  }

  /**
   * @param {string} method
   * @param {any[]} params
   */
  async call(method, ...params) {
    const answer = await fetch(this.rpc, { method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const { result, error } = await answer.json();
    assert.ok(!error, JSON.stringify(error));
    return result;
  }
}

const PLAIN = ['--no-passphrase'];

/** A node's control port, asked with the token, as `pond` asks it. */
export class Node {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** @type {Server | undefined} set where the test started it itself */
    this.server = undefined;
  }

  get control() {
    return JSON.parse(fs.readFileSync(
      path.join(this.folder, 'control.json'), 'utf8'));
  }

  get origin() {
    return new URL(this.control.url).origin;
  }

  /**
   * @param {string} method
   * @param {string} where below /api/1/, or from the root with a "/"
   * @param {any} [body]
   * @param {Record<string, string>} [headers]
   */
  async ask(method, where, body, headers = {}) {
    const { token } = this.control;
    const answer = await fetch(
      `${this.origin}${where.startsWith('/') ? '' : '/api/1/'}${where}`,
      { method, body: body && JSON.stringify(body),
        headers: { Authorization: `Bearer ${token}`,
          'Idempotency-Key': crypto.randomUUID(), ...headers } });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${where}: ${answer.status} ${text}`);
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  }

  /** A link that opens the page once. */
  async link() {
    return (await this.ask('POST', 'links', {})).url;
  }

  /**
   * Entries of the book, newest first, once they are as awaited: it follows the
   * chain, and has a transaction a moment after it is final.
   * @param {string} query @param {(entries: any[]) => unknown} fits
   */
  async booked(query, fits = (entries) => entries.length) {
    /** @type {any[]} */
    let seen = [];
    try {
      await wait('the book', async () => await fits(
        seen = (await this.ask('GET', `money/book?limit=200&${query}`)).items));
    } catch (error) {
      throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
    }
    return seen;
  }

  async tasks() {
    return (await this.ask('GET', 'tasks')).items;
  }

  /** The first task once it fits. @param {(task: any) => unknown} fits */
  async task(fits = () => true, seconds = 120) {
    /** @type {any[]} */
    let seen = [];
    try {
      return await wait('a task as awaited', async () =>
        (seen = await this.tasks()).find(fits), seconds);
    } catch (error) {
      throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
    }
  }
}
