/*
 * Writes express_routes.json: what Express 4 answers to the requests of
 * express_routes.js. To make it anew, in an empty folder:
 *
 *     npm install express@4.22.3
 *     cp .../tests/vectors/express_routes.* . && node express_routes.mjs
 *
 * The body parsers are those of Koii's wrapper. Left out of the answers is what
 * differs from run to run or is the server's: Date, lengths, connections. Of
 * ETag and Last-Modified only the presence is kept.
 */
import { createRequire } from 'node:module';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';

const require = createRequire(import.meta.url);
const express = require('express');
const { apps, requests } = require('./express_routes.js');
const left_out = new Set(['date', 'connection', 'keep-alive',
  'transfer-encoding', 'content-length', 'x-powered-by']);
const present = new Set(['etag', 'last-modified']);

function exchange(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const parts = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('close', () => resolve(Buffer.concat(parts)));
    socket.write(bytes);
  });
}

function unchunk(body) {
  const parts = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at);
    const size = parseInt(body.subarray(at, end), 16);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
  return Buffer.concat(parts);
}

function take_apart(bytes, is_head) {
  const end = bytes.indexOf('\r\n\r\n');
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1')
    .split('\r\n');
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  let body = bytes.subarray(end + 4);
  if (pairs.some(([name]) => name === 'transfer-encoding'))
    body = unchunk(body);
  const headers = pairs.filter(([name]) => !left_out.has(name))
    .map(([name, value]) => [name, present.has(name) ? '' : value])
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return { status: Number(first.split(' ')[1]), headers,
    body: is_head ? '' : body.toString('base64') };
}

const vectors = {};
for (const [name, build] of Object.entries(apps)) {
  const app = express();
  app.set('env', 'production').disable('x-powered-by');
  app.use(express.json({ limit: '50mb' }),
    express.urlencoded({ limit: '50mb', extended: true }));
  build(app, express, mkdtempSync(tmpdir() + '/express-'));
  const server = app.listen(0);
  vectors[name] = [];
  for (const request of requests[name]) {
    const [line, extra = [], body] = [request].flat(1).length === 1
      ? [request] : request;
    const [method, target] = line.split(' ');
    const headers = [['Host', 'ex.am:80'], ...extra,
      ...body === undefined ? [] : [['Content-Length', String(body.length)]],
      ['Connection', 'close']];
    const head = `${method} ${target} HTTP/1.1\r\n` + headers
      .map(([key, value]) => `${key}: ${value}\r\n`).join('') + '\r\n';
    const bytes = Buffer.from(head + (body ?? ''), 'latin1');
    const answer = await exchange(server.address().port, bytes);
    vectors[name].push({ method, target, headers,
      body: Buffer.from(body ?? '', 'latin1').toString('base64'),
      answer: take_apart(answer, method === 'HEAD') });
  }
  server.close();
}
const rows = Object.entries(vectors).map(([name, list]) =>
  `"${name}": [\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`);
writeFileSync('express_routes.json', `{\n${rows.join(',\n')}\n}\n`);
