// Packages of real tasks, bundled by `pond task build` and run in a task of
// `pond task simulate`, against the same under this Node.
//
//     packages.cjs POND
'use strict';
const { execFile, fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const zlib = require('node:zlib');

// Headers that clients and connections add by themselves.
const own_headers = new Set(['accept', 'accept-encoding', 'connection',
  'content-length', 'host', 'keep-alive', 'transfer-encoding', 'user-agent']);

function echo(request, response, body) {
  const headers = Object.entries(request.headers)
    .filter(([name]) => !own_headers.has(name))
    .map(([name, value]) => [name, value.replace(/boundary=.*/, 'boundary')]);
  response.setHeader('Set-Cookie', ['a=1', 'b=2']);
  response.setHeader('X-Multi', ['1', '2']);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ method: request.method, url: request.url,
    headers: headers.sort(), body: body.toString('latin1') }));
}

let results; // what the task has sent
let waiting; // sends the second half of /halves

const pages = {
  '/echo': echo,
  '/redirect': (request, response) =>
    response.writeHead(302, { Location: '/echo?moved' }).end('moved'),
  '/status': (request, response) => {
    response.statusCode = Number(request.url.split('=')[1]);
    response.end();
  },
  '/gzip': (request, response) => {
    response.setHeader('Content-Encoding', 'gzip');
    response.end(zlib.gzipSync('packed text'));
  },
  '/big': (request, response) => {
    response.write('a'.repeat(70000));
    setImmediate(() => response.end('b'.repeat(70000)));
  },
  '/bytes': (request, response) =>
    response.end(Buffer.from([0, 1, 2, 255, 254])),
  '/never': () => {},
  // The second half comes when somebody has asked for /go.
  '/halves': (request, response) => {
    response.write('one ');
    waiting = () => response.end('two');
  },
  '/go': (request, response) => {
    waiting();
    response.end();
  },
  '/results': (request, response, body) => {
    results = JSON.parse(body);
    response.end();
  },
};

async function serve() {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request)
      chunks.push(chunk);
    pages[request.url.split('?')[0]](request, response,
      Buffer.concat(chunks));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const config = `task_name: "packages"
author: "The Pond authors"
description: "packages of real tasks"
repositoryUrl: "https://example.org/pond"
task_executable_network: "DEVELOPMENT"
task_audit_program: "dist/main.js"
round_time: 600
submission_window: 200
audit_window: 200
task_type: "KOII"
token_type: ""
minimum_stake_amount: 2
total_bounty_amount: 100
bounty_amount_per_round: 10
allowed_failed_distributions: 3
space: 0.1
environment: "TEST"
engine: "pond"
`;

const source = (base) => `
const { initializeTaskManager } = require('@_koii/task-manager');
const run = require('../../cases.cjs');
const base = ${JSON.stringify(base)};
initializeTaskManager({
  async setup() {
    const body = JSON.stringify(await run(base));
    await fetch(base + '/results', { method: 'POST', body });
  },
  async task() {},
  async submission() { return 'x'; },
  async audit() { return true; },
  async distribution() { return {}; },
  routes() {},
});
`;

async function run_pond(pond, base) {
  const folder = path.join(__dirname, 'task');
  fs.mkdirSync(path.join(folder, 'src'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'config-task.yml'), config);
  fs.writeFileSync(path.join(folder, 'src/index.js'), source(base));
  const call = promisify(execFile);
  await call(pond, ['task', 'build', folder]);
  // Only the first call matters; the list that it gives pays nobody.
  const { stdout, stderr } = await call(pond, ['task', 'simulate', '--rounds',
    '1', folder]).catch((error) => error);
  if (!results)
    throw new Error(`the task has sent nothing\n${stdout}${stderr}`);
  return results;
}

async function run_node(base) {
  const child = fork(__filename, ['--oracle', base], { cwd: fs.mkdtempSync(
    path.join(os.tmpdir(), 'pond-packages-')) });
  const [own] = await once(child, 'message');
  return own;
}

function report(own, right) {
  console.log(`1..${right.length}`);
  right.forEach(([name, value], at) => {
    const [expected, got] = [value, own[at]?.[1]].map((each) =>
      JSON.stringify(each));
    const is_right = expected === got && value?.[0] !== 'THROWN';
    console.log(`${is_right ? 'ok' : 'not ok'} ${at + 1} - ${name}`);
    if (!is_right)
      console.log(`# Node: ${expected}\n# Pond: ${got}`);
    process.exitCode ||= is_right ? 0 : 1;
  });
}

async function main(pond) {
  const server = await serve();
  const base = `http://127.0.0.1:${server.address().port}`;
  try {
    report(await run_pond(pond, base), await run_node(base));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function oracle(base) {
  process.send(await require('./cases.cjs')(base), () => process.exit());
}

if (process.argv[2] === '--oracle')
  oracle(process.argv[3]);
else
  main(path.resolve(process.argv[2]));
