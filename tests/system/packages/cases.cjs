// What packages of real tasks give in a task's folder, against the site at
// `base`: each function's value is held against Node's.
'use strict';
const fs = require('fs');
const { PassThrough, Readable } = require('stream');
const { buffer, json, text } = require('stream/consumers');

const fault = ({ name, code, message }) => [name, code ?? null, message];

// Boundaries of forms are random.
const plain = (form) => form.replace(/-{6,}[\w-]+/g, 'boundary');

async function failure(own) {
  try {
    return ['no failure', await own()];
  } catch (error) {
    return fault(error);
  }
}

const http = (base) => ({
  async 'axios reads JSON'() {
    const { status, data, headers } = await require('axios').get(
      `${base}/echo?a=1`, { headers: { 'X-Own': '1' } });
    return [status, data, headers['set-cookie'], headers['x-multi']];
  },
  'axios posts JSON': async () => (await require('axios').post(`${base}/echo`,
    { a: [1, 2] }, { params: { q: 'ä b' } })).data,
  'axios posts a form': async () => (await require('axios').post(
    `${base}/echo`, new URLSearchParams({ a: 'b c' }))).data,
  'axios unpacks': async () => (await require('axios').get(`${base}/gzip`))
    .data,
  async 'axios follows redirects'() {
    const { status, data, request } = await require('axios').get(
      `${base}/redirect`);
    return [status, data.url, request.res.responseUrl.slice(base.length)];
  },
  async 'axios leaves redirects'() {
    const { status, headers } = await require('axios').get(`${base}/redirect`,
      { maxRedirects: 0, validateStatus: () => true });
    return [status, headers.location];
  },
  'axios says what failed': async () => [
    await failure(() => require('axios').get(`${base}/status?code=404`)),
    await failure(() => require('axios').get(`${base}/never`,
      { timeout: 50 })),
    (await failure(() => require('axios').get('http://127.0.0.1:1/')))[1],
    (await failure(() => require('axios').get('http://none.invalid/')))[1],
    await failure(() => require('axios').get(`${base}/never`,
      { signal: AbortSignal.timeout(50) })),
    await failure(() => require('axios').get(`${base}/big`,
      { maxContentLength: 100 }))],
  async 'axios reads bytes and streams'() {
    const axios = require('axios');
    const bytes = await axios.get(`${base}/bytes`,
      { responseType: 'arraybuffer' });
    const big = await axios.get(`${base}/big`, { responseType: 'stream' });
    return [bytes.data.toString('hex'), (await buffer(big.data)).length];
  },
  'axios sends streams': async () => (await require('axios').post(
    `${base}/echo`, Readable.from(['ab', 'cd']),
    { headers: { 'Content-Type': 'text/plain' } })).data,
  async 'form-data is sent by axios and by itself'() {
    const FormData = require('form-data');
    const form = new FormData();
    form.append('a', '1');
    form.append('file', Buffer.from('xyz'), { filename: 'x.txt' });
    const { data } = await require('axios').post(`${base}/echo`, form,
      { headers: form.getHeaders() });
    const own = new FormData();
    own.append('k', 'v');
    const answer = await new Promise((resolve, reject) => {
      own.submit(`${base}/echo`, (error, response) =>
        error ? reject(error) : resolve(json(response)));
    });
    return [plain(data.body), plain(answer.body)];
  },
  async 'node-fetch 2'() {
    const fetch = require('node-fetch2');
    const answer = await fetch(`${base}/echo`, { method: 'POST', body: 'x',
      headers: { a: 'b' } });
    const moved = await fetch(`${base}/redirect`);
    let size = 0;
    for await (const chunk of (await fetch(`${base}/big`)).body)
      size += chunk.length;
    return [answer.status, await answer.json(),
      answer.headers.raw()['set-cookie'], moved.redirected, size,
      await (await fetch(`${base}/gzip`)).text(),
      (await failure(() => fetch('http://127.0.0.1:1/'))).slice(0, 2),
      (await failure(() => fetch(`${base}/never`, { timeout: 50 })))[0]];
  },
  async 'node-fetch 3'() {
    const { default: fetch, FormData, Blob } = require('node-fetch3');
    const form = new FormData();
    form.set('a', 'b');
    form.set('f', new Blob(['xyz']), 'n.txt');
    const answer = await fetch(`${base}/echo`, { method: 'POST', body: form });
    return [plain((await answer.json()).body),
      await (await fetch(`${base}/gzip`)).text(),
      (await failure(() => fetch(`${base}/never`,
        { signal: AbortSignal.timeout(50) })))[0]];
  },
  'cross-fetch': async () => (await require('cross-fetch')(`${base}/echo`))
    .json(),
  async 'got'() {
    const got = require('got').default;
    const moved = await got(`${base}/redirect`);
    return [await got(`${base}/echo`, { headers: { x: '1' } }).json(),
      await got.post(`${base}/echo`, { json: { a: 1 } }).json(),
      moved.statusCode, moved.redirectUrls.length,
      await got(`${base}/gzip`).text(),
      (await buffer(got.stream(`${base}/big`))).length,
      (await failure(() => got(`${base}/never`, { timeout: { request: 50 },
        retry: { limit: 0 } }))).slice(0, 2)];
  },
  async 'http gives an answer as it comes'() {
    const { get } = require('http');
    const answer = await new Promise((resolve) =>
      get(`${base}/halves`, resolve));
    const pieces = [];
    for await (const piece of answer.setEncoding('utf8')) {
      pieces.push(piece);
      if (pieces.length === 1)
        get(`${base}/go`).on('response', (response) => response.resume());
    }
    return pieces;
  },
  async 'superagent'() {
    const agent = require('superagent');
    const sent = await agent.post(`${base}/echo`).send({ a: 1 }).set('X', 'y');
    const form = await agent.post(`${base}/echo`).field('n', 'v')
      .attach('f', Buffer.from('abc'), 'x.txt');
    return [sent.body, plain(form.body.body)];
  },
});

const files = {
  async 'archiver packs, adm-zip unpacks'() {
    const out = fs.createWriteStream('a.zip');
    const archive = require('archiver')('zip', { zlib: { level: 9 } });
    archive.pipe(out);
    archive.append('hello', { name: 'h.txt' });
    archive.append(Readable.from(['str', 'eam']), { name: 's.txt' });
    fs.mkdirSync('folder');
    fs.writeFileSync('folder/q.txt', 'q');
    archive.directory('folder', 'd');
    const closed = new Promise((resolve) => out.on('close', resolve));
    await archive.finalize();
    await closed;
    return new (require('adm-zip'))('a.zip').getEntries()
      .map((entry) => [entry.entryName, String(entry.getData())]).sort();
  },
  async 'tar packs and unpacks'() {
    const tar = require('tar');
    fs.mkdirSync('in/sub', { recursive: true });
    fs.mkdirSync('out');
    fs.writeFileSync('in/a.txt', 'A');
    fs.writeFileSync('in/sub/b.txt', 'B'.repeat(10000));
    await tar.create({ gzip: true, file: 't.tgz' }, ['in']);
    await tar.extract({ file: 't.tgz', cwd: 'out' });
    tar.create({ sync: true, file: 's.tar' }, ['in']);
    const names = [];
    tar.list({ sync: true, file: 's.tar',
      onReadEntry: (entry) => names.push(entry.path) });
    return [fs.readFileSync('out/in/a.txt', 'utf8'),
      fs.readFileSync('out/in/sub/b.txt').length, names.sort()];
  },
  async 'nedb keeps a file'() {
    const Datastore = require('@seald-io/nedb');
    const store = new Datastore({ filename: 'n.db' });
    await store.loadDatabaseAsync();
    await store.insertAsync([{ _id: 'x', v: [1, 2] }, { _id: 'y', v: [3] }]);
    await store.updateAsync({ _id: 'y' }, { $push: { v: 2 } });
    await store.compactDatafileAsync();
    const again = new Datastore({ filename: 'n.db' });
    await again.loadDatabaseAsync();
    const promised = require('nedb-promises').create('p.db');
    await promised.insert({ _id: 'q', r: 1 });
    await promised.update({ _id: 'q' }, { $inc: { r: 4 } });
    return [await again.findAsync({ v: 2 }).sort({ _id: 1 }),
      fs.readFileSync('n.db', 'utf8').split('\n').sort(),
      await promised.findOne({ r: 5 })];
  },
  async 'winston logs to a file'() {
    const winston = require('winston');
    const logger = winston.createLogger({ format: winston.format.json(),
      transports: [new winston.transports.File({ filename: 'w.log' })] });
    logger.info('hello', { a: 1 });
    logger.error('bad');
    logger.end();
    while (!fs.existsSync('w.log') ||
      !fs.readFileSync('w.log', 'utf8').includes('bad'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    return fs.readFileSync('w.log', 'utf8');
  },
  async 'fs-extra copies, moves and removes'() {
    const extra = require('fs-extra');
    await extra.outputJson('x/a/b.json', { q: 1 });
    await extra.copy('x', 'y');
    await extra.move('y', 'z', { overwrite: true });
    await extra.ensureDir('z/e');
    await extra.emptyDir('x');
    const found = [await extra.readJson('z/a/b.json'),
      await extra.pathExists('y'), extra.readdirSync('x'),
      extra.readdirSync('z').sort()];
    await extra.remove('z');
    return [...found, await extra.pathExists('z')];
  },
  async 'csv-parse reads a stream of a file'() {
    fs.writeFileSync('c.csv', 'a,b\n1,"x,y"\n2,\n');
    const rows = [];
    for await (const row of fs.createReadStream('c.csv')
      .pipe(require('csv-parse').parse({ columns: true })))
      rows.push(row);
    return rows;
  },
  async 'form-data measures and reads a file'() {
    fs.writeFileSync('up.txt', 'content');
    const form = new (require('form-data'))();
    form.append('k', fs.createReadStream('up.txt'));
    const size = await new Promise((resolve, reject) =>
      form.getLength((error, value) => error ? reject(error)
        : resolve(value)));
    return [size, plain(await text(form.pipe(new PassThrough())))];
  },
};

const others = {
  'js-yaml': () => require('js-yaml').load('a: [1, 2]\nb: {c: d}'),
  'tweetnacl and bs58'() {
    const { sign } = require('tweetnacl');
    const pair = sign.keyPair.fromSeed(new Uint8Array(32));
    return require('bs58').encode(sign.detached(Buffer.from('m'),
      pair.secretKey));
  },
  async 'express listens and closes'() {
    const app = require('express')();
    app.get('/x', (request, response) => response.json({ ok: 1 }));
    const server = await new Promise((resolve) => {
      const own = app.listen(0, () => resolve(own));
    });
    const { listening } = server;
    await new Promise((resolve) => server.close(resolve));
    return [listening, server.listening];
  },
};

// Resolves to [[name, value or failure], ...].
module.exports = async function run(base) {
  const results = [];
  for (const [name, own] of Object.entries({ ...http(base), ...files,
    ...others }))
    try {
      results.push([name, await own()]);
    } catch (error) {
      results.push([name, ['THROWN', ...fault(error)]]);
    }
  return results;
};
