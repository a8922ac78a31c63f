#!/usr/bin/env node
/**
 * The page while it is written: node web/dev/serve.mjs [PORT]
 *
 * The page is built anew at each reload, and sent with the headers that a node
 * sends. The API is answered from answers.mjs, orders with {}; the live
 * connection tells the same and a slot a second. "?state=NAME" behind the path
 * chooses among the recorded states, "?door=chain" the explorer's page.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STATES } from './answers.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDER = join(mkdtempSync(join(tmpdir(), 'pond-page-')), 'dist');
const PORT = Number(process.argv[2] ?? 8080);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript',
  '.css': 'text/css', '.txt': 'text/plain' };
/** What src/page/page_headers.c sends. */
const POLICY = /"(default-src[^;]*;(?:[^;]|;(?!\n))*?trusted-types 'none')"/s
  .exec(readFileSync(join(HERE, '../../src/page/page_headers.c'), 'utf8')
    .replace(/"\s*\\\n\s*"/g, ''))?.[1] ?? "default-src 'none'";

let state = STATES.busy;

function build() {
  const done = spawnSync(join(HERE, '../build.py'), ['--folder', FOLDER],
    { encoding: 'utf8' });
  return done.status ? done.stderr + done.stdout : '';
}

function answerFile(path, query, response) {
  let file = path;
  if (path === '/') {
    state = STATES[query.get('state') ?? 'busy'] ?? STATES.busy;
    const fault = build();
    if (fault)
      return send(response, 500, 'text/plain', fault);
    file = query.get('door') === 'chain' ? '/explorer.html' : '/index.html';
  }
  try {
    return send(response, 200, TYPES[extname(file)],
      readFileSync(join(FOLDER, file)));
  } catch {
    return send(response, 404, 'text/plain', 'no such file\n');
  }
}

function send(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' });
  response.end(body);
}

function answerApi(method, path, response) {
  const found = state.answers[path];
  if (method !== 'GET')
    return send(response, 200, 'application/json',
      JSON.stringify(state.orders?.[path] ?? {}));
  if (found === undefined)
    return send(response, 404, 'application/json',
      JSON.stringify({ error: { code: 'not_found', message: 'not recorded' } }));
  return send(response, 200, 'application/json', JSON.stringify(found));
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname.startsWith('/api/1/'))
    answerApi(request.method, pathname.slice(7), response);
  else
    answerFile(decodeURIComponent(pathname), searchParams, response);
});

/** A frame of text, unmasked, as servers send. */
function frame(message) {
  const data = Buffer.from(JSON.stringify(message));
  const head = data.length < 126 ? Buffer.from([0x81, data.length])
    : data.length < 65536
      ? Buffer.from([0x81, 126, data.length >> 8, data.length & 255])
      : Buffer.from([0x81, 127, 0, 0, 0, 0, data.length >>> 24,
        data.length >> 16 & 255, data.length >> 8 & 255, data.length & 255]);
  return Buffer.concat([head, data]);
}

/** The texts in what a browser has sent: short, masked, whole frames. */
function* texts(data) {
  for (let at = 0; at + 6 <= data.length;) {
    const long = (data[at + 1] & 127) === 126;
    const size = long ? data.readUInt16BE(at + 2) : data[at + 1] & 127;
    const mask = at + (long ? 4 : 2);
    const bytes = data.subarray(mask + 4, mask + 4 + size)
      .map((byte, i) => byte ^ data[mask + i % 4]);
    if ((data[at] & 15) === 1)
      yield Buffer.from(bytes).toString();
    at = mask + 4 + size;
  }
}

/** All tasks that work, a slot further. */
function stepped(slot) {
  return Object.fromEntries(Object.values(state.topics.tasks ?? {})
    .filter(({ round_time: length }) => length)
    .map((task) => [task.task, { offset: slot % task.round_time }]));
}

server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] +
    '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
    `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  const say = (message) => socket.write(frame(message));
  let slot = state.answers.node?.slot ?? 1;
  let seq = 1;
  let watchesTasks = false;
  const timer = setInterval(() => {
    slot += 1;
    say({ type: 'slot', slot, final: slot - 1, slot_ms: 500 });
    if (watchesTasks)
      say({ type: 'patch', topic: 'tasks', seq: ++seq, data: stepped(slot) });
  }, 500);
  socket.on('data', (data) => {
    for (const text of texts(data)) {
      const message = JSON.parse(text);
      if (message.type === 'hello')
        say({ type: 'welcome', now: Date.now(), slot, slot_ms: 500 });
      else if (message.type === 'watch' && state.topics[message.topic])
        say({ type: 'snapshot', topic: message.topic, seq: 1,
          data: state.topics[message.topic] });
      if (message.type === 'watch' && message.topic === 'tasks') {
        watchesTasks = true;
        seq = 1;
      }
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => clearInterval(timer));
});

server.listen(PORT, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/#/open=development-page`);
  console.log(`states: ${Object.keys(STATES).join(' ')}`);
});
