const assert = require('assert');
const http = require('http');
const https = require('https');
const { getEventListeners, once } = require('events');
const { text } = require('stream/consumers');
const { pipeline } = require('stream/promises');
const { Readable } = require('stream');

/* The test's node answers with the request as it saw it. */
const site = 'http://a.example';

async function ask(...values) {
  const body = values.pop();
  const request = http.request(...values);
  request.end(body);
  const [response] = await once(request, 'response');
  return { request, response, seen: await text(response) };
}

/* The names of the events until the last of them. */
function heard(request) {
  const names = [];
  for (const name of ['socket', 'finish', 'response', 'abort', 'timeout',
    'error', 'close'])
    request.on(name, (value) =>
      names.push(name === 'error' ? `error ${value.code}` : name));
  return new Promise((resolve) => request.on('close', () => resolve(names)));
}

exports.checks = {
  async 'a request is sent whole and its answer read as a stream'() {
    const { response, request, seen } = await ask(`${site}/json?b=1`,
      { method: 'POST', headers: { 'X-Own': 'z', b: ['1', '2'] },
        auth: 'u:p' }, 'hello');
    const { url, method, headers, text: body } = JSON.parse(seen);
    assert.deepStrictEqual([url, method, body],
      ['http://a.example:80/json?b=1', 'POST', 'hello']);
    assert.deepStrictEqual(headers, [['X-Own', 'z'], ['b', '1'], ['b', '2'],
      ['Host', 'a.example'], ['Authorization', 'Basic dTpw']]);
    assert.strictEqual(response.statusCode, 200);
    assert.strictEqual(response.statusMessage, 'Of course');
    assert.strictEqual(response.headers['x-twice'], 'a, b');
    assert.deepStrictEqual(response.headersDistinct['x-twice'], ['a', 'b']);
    assert.strictEqual(response.headers['content-type'], 'text/plain');
    assert(response.rawHeaders.includes('x-method'));
    assert.strictEqual(response.complete, true);
    assert.strictEqual(response.req, request);
    assert.strictEqual(request.writableFinished, true);
  },
  async 'options name the place in all of Node\'s ways'() {
    for (const [values, url] of [
      [[new URL('http://b.example:81/x?y')], 'http://b.example:81/x?y'],
      [[{ hostname: 'c', port: 8, path: '/p' }], 'http://c:8/p'],
      [[{ host: 'd', defaultPort: 9 }], 'http://d:9/'],
      [[`${site}/one`, { path: '/two' }], 'http://a.example:80/two'],
      [[Object.create({ hostname: 'e' })], 'http://e:80/'],
      [[{ host: '::1' }], 'http://[::1]:80/']])
      assert.strictEqual((await ask(...values, undefined)).seen,
        `GET ${url} `);
    const secure = https.get('https://f.example/x');
    assert.strictEqual(await text((await once(secure, 'response'))[0]),
      'GET https://f.example:443/x ');
  },
  async 'redirects are answers'() {
    const { response } = await ask(`${site}/?status=302&location=/there`,
      undefined);
    assert.strictEqual(response.statusCode, 302);
    assert.strictEqual(response.headers.location, '/there');
  },
  async 'what says where a message ends is the node\'s'() {
    const { seen } = await ask(`${site}/json`, { method: 'POST', headers: {
      'Content-Length': 5, 'Transfer-Encoding': 'chunked',
      Connection: 'keep-alive' } }, 'hello');
    assert.deepStrictEqual(JSON.parse(seen).headers, [['Host', 'a.example']]);
  },
  async 'bodies are written in pieces and piped'() {
    const request = http.request(`${site}/x`, { method: 'PUT' });
    const got = once(request, 'response');
    await pipeline(Readable.from(['one ', Buffer.from('two')]), request);
    assert.strictEqual(await text((await got)[0]),
      'PUT http://a.example:80/x one two');
  },
  async 'events come in Node\'s order'() {
    const request = http.get(`${site}/x`, (response) => response.resume());
    assert.deepStrictEqual(await heard(request),
      ['socket', 'finish', 'response', 'close']);
    const unread = http.get(`${site}/x`);
    await once(unread, 'close');
  },
  async 'a request that fails, is aborted or takes long says so'() {
    const failing = http.get('http://unreachable/');
    const names = await heard(failing);
    assert.match(names.at(-2), /^error E[A-Z]+$/);
    const aborted = http.get(`${site}/hold`);
    const abortion = heard(aborted);
    aborted.on('socket', () => aborted.abort());
    assert.deepStrictEqual((await abortion).filter((name) =>
      name !== 'finish'), ['socket', 'abort', 'error ECONNRESET', 'close']);
    assert.strictEqual(aborted.aborted, true);
    const late = http.get(`${site}/hold`, { timeout: 5 });
    late.on('timeout', () => late.destroy(Object.assign(new Error('late'),
      { code: 'MINE' })));
    assert.deepStrictEqual((await heard(late)).slice(-3),
      ['timeout', 'error MINE', 'close']);
    const stopper = new AbortController();
    const stopped = http.get(`${site}/hold`, { signal: stopper.signal });
    stopped.on('socket', () => stopper.abort());
    assert.strictEqual((await heard(stopped)).at(-2), 'error ABORT_ERR');
  },
  async 'a signal forgets requests that are over'() {
    const { signal } = new AbortController();
    const request = http.get(`${site}/x`, { signal },
      (response) => response.resume());
    assert.strictEqual(getEventListeners(signal, 'abort').length, 1);
    await once(request, 'close');
    assert.deepStrictEqual(getEventListeners(signal, 'abort'), []);
  },
  async 'the socket\'s place is taken by something that packages can set'() {
    const request = http.get(`${site}/x`, (response) => response.resume());
    const [socket] = await once(request, 'socket');
    assert.strictEqual(socket.setKeepAlive(true).setNoDelay(true), socket);
    assert.strictEqual(socket.connecting, false);
    await once(request, 'close');
  },
  async 'a request to change the protocol names what to use'() {
    const request = http.get(site, { headers: { Connection: 'Upgrade',
      Upgrade: 'websocket' } });
    const [error] = await once(request, 'error');
    assert.strictEqual(error.code, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
    assert.match(error.message, /WebSocket/);
  },
  'wrong arguments are refused in Node\'s words'() {
    for (const [own, code] of [
      [() => http.request('https://x'), 'ERR_INVALID_PROTOCOL'],
      [() => http.request({ path: '/a b' }), 'ERR_UNESCAPED_CHARACTERS'],
      [() => http.request({ method: 'a b' }), 'ERR_INVALID_HTTP_TOKEN'],
      [() => http.request({ hostname: 5 }), 'ERR_INVALID_ARG_TYPE'],
      [() => http.request({ agent: 5 }), 'ERR_INVALID_ARG_TYPE'],
      [() => http.request('nothing'), 'ERR_INVALID_URL'],
      [() => http.request(site, { headers: { 'a b': 1 } }),
        'ERR_INVALID_HTTP_TOKEN'],
      [() => http.request(site, { headers: { a: '\n' } }), 'ERR_INVALID_CHAR'],
      [() => new http.Agent().createConnection(),
        'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM']])
      assert.throws(own, { code });
  },
  async 'more requests than may be open wait for each other'() {
    const answers = await Promise.all(Array.from({ length: 200 },
      (each, at) => ask(`${site}/${at}`, undefined)));
    answers.forEach(({ seen }, at) =>
      assert.strictEqual(seen, `GET http://a.example:80/${at} `));
  },
  async 'an agent that connects by itself is refused, others are taken'() {
    class Proxy extends http.Agent {
      connect() {}
    }
    const refused = http.get(site, { agent: new Proxy() });
    const [error] = await once(refused, 'error');
    assert.strictEqual(error.code, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
    assert.strictEqual((await ask(site, { agent: new http.Agent(
      { keepAlive: true }) }, undefined)).response.statusCode, 200);
    assert.strictEqual((await ask(site, { agent: false }, undefined))
      .response.statusCode, 200);
  },
  async 'a server of the task\'s own listens in name'() {
    const server = http.createServer((request, response) => response.end());
    server.listen(3000);
    await once(server, 'listening');
    assert.strictEqual(server.address().port, 3000);
    assert.throws(() => server.listen(1),
      { code: 'ERR_SERVER_ALREADY_LISTEN' });
    await new Promise((resolve) => server.close(resolve));
    assert.strictEqual(server.listening, false);
  },
};
