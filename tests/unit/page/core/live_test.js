/* The live connection against a WebSocket that the test plays. */
import { happens } from './browser.js';
import { get, order } from '../../../../web/core/api.js';
import { connection, isOutdated, onLive, slot, startLive, topicState, watch }
  from '../../../../web/core/live.js';
import { closeSession, openSession, session }
  from '../../../../web/core/session.js';
import { assert, test } from './tap.js';

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};

/** @type {any[]} */
const sockets = [];
globalThis.WebSocket = class {
  constructor(url) {
    this.url = String(url);
    this.sent = [];
    sockets.push(this);
  }

  send(source) { this.sent.push(JSON.parse(source)); }
  close() {}
  say(message) { this.onmessage({ data: JSON.stringify(message) }); }
};

const settled = () => new Promise((done) => setTimeout(done, 5));
const WELCOME = { type: 'welcome', build: 'b1', now: 1764450000000, slot: 3512,
  slot_ms: 100 };

/** The newest, once it has been greeted. */
function greeted() {
  const socket = sockets.at(-1);
  socket.onopen();
  socket.say(WELCOME);
  return socket;
}

test('the live connection begins with the key, and asks for what is watched',
  async () => {
    const held = watch('tasks');
    startLive();
    assert.equal(sockets.length, 0); // no session
    openSession('the-key');
    assert.equal(sockets[0].url, 'ws://127.0.0.1:30019/api/1/live');
    sockets[0].onopen();
    assert.deepEqual(sockets[0].sent,
      [{ type: 'hello', key: 'the-key', build: 'b1' }]);
    sockets[0].say(WELCOME);
    assert.deepEqual(sockets[0].sent.at(-1), { type: 'watch', topic: 'tasks' });
    assert.equal(connection.value.state, 'connected');
    assert.equal(slot.value.slot, 3512);
    held.release();
    await settled();
    assert.deepEqual(sockets[0].sent.at(-1), { type: 'unwatch', topic: 'tasks' });
  });

test('a snapshot is patched, and a gap asks for a new one', async () => {
  const socket = sockets.at(-1);
  const held = watch('tasks');
  socket.say({ type: 'snapshot', topic: 'tasks', seq: 1, data: { a: { n: 1 } } });
  socket.say({ type: 'patch', topic: 'tasks', seq: 2, data: { a: { n: 2 } } });
  await settled();
  assert.deepEqual(topicState('tasks').value.data, { a: { n: 2 } });
  const before = socket.sent.length;
  socket.say({ type: 'patch', topic: 'tasks', seq: 4, data: { a: { n: 4 } } });
  socket.say({ type: 'patch', topic: 'tasks', seq: 5, data: { a: { n: 5 } } });
  await settled();
  assert.deepEqual(topicState('tasks').value.data, { a: { n: 2 } });
  assert.deepEqual(socket.sent.slice(before),
    [{ type: 'watch', topic: 'tasks' }]);
  socket.say({ type: 'snapshot', topic: 'tasks', seq: 6, data: { b: {} } });
  await settled();
  assert.deepEqual(topicState('tasks').value.data, { b: {} });
  held.release();
  await settled();
});

test('what came just before the page was hidden is known there', async () => {
  const { requestAnimationFrame: frame } = globalThis;
  const socket = sockets.at(-1);
  const held = watch('attention');
  globalThis.requestAnimationFrame = () => {}; // comes when it is shown again
  socket.say({ type: 'snapshot', topic: 'attention', seq: 1, data: { a: 1 } });
  document.hidden = true;
  happens('visibilitychange');
  await settled();
  assert.deepEqual(topicState('attention').value.data, { a: 1 });
  socket.say({ type: 'patch', topic: 'attention', seq: 2, data: { b: 2 } });
  await settled();
  assert.deepEqual(topicState('attention').value.data, { a: 1, b: 2 });
  document.hidden = false;
  happens('visibilitychange');
  globalThis.requestAnimationFrame = frame;
  held.release();
  await settled();
});

test('a topic that there is not says so, and keeps what it had', async () => {
  const held = watch('nothing');
  sockets.at(-1).say({ type: 'error', code: 'topic', topic: 'nothing',
    message: 'there is no such topic' });
  assert.equal(topicState('nothing').value.error.code, 'topic');
  assert.equal(topicState('nothing').value.data, undefined);
  held.release();
  await settled();
});

test('who shares a topic lets go of it with the last', async () => {
  const socket = sockets.at(-1);
  const one = watch('node');
  const two = watch('node');
  assert.equal(socket.sent.filter(({ type, topic }) =>
    type === 'watch' && topic === 'node').length, 1);
  one.release();
  one.release();
  await settled();
  assert.notEqual(socket.sent.at(-1).type, 'unwatch');
  two.release();
  await settled();
  assert.deepEqual(socket.sent.at(-1), { type: 'unwatch', topic: 'node' });
});

test('events reach who listens', async () => {
  const heard = [];
  const end = onLive('duty', (message) => heard.push(message.kind));
  sockets.at(-1).say({ type: 'duty', kind: 'submit' });
  await settled();
  end();
  sockets.at(-1).say({ type: 'duty', kind: 'vote' });
  await settled();
  assert.deepEqual(heard, ['submit']);
});

test('a lost connection keeps its data, says since when, and comes back',
  async () => {
    const held = watch('tasks');
    const old = sockets.at(-1);
    old.onclose();
    assert.equal(connection.value.state, 'lost');
    assert.deepEqual(topicState('tasks').value.data, { b: {} });
    const count = sockets.length;
    while (sockets.length === count)
      await settled();
    old.onclose(); // late, and of no consequence
    const socket = greeted();
    assert.equal(connection.value.state, 'connected');
    assert.deepEqual(socket.sent.at(-1), { type: 'watch', topic: 'tasks' });
    held.release();
    await settled();
  });

test('a node that says bye is waited for, with its reason', () => {
  sockets.at(-1).say({ type: 'bye', reason: 'restart' });
  assert.equal(connection.value.state, 'lost');
  assert.equal(connection.value.reason, 'restart');
});

test('a connection that is refused asks whether the session has ended',
  async () => {
    const asked = [];
    globalThis.fetch = async (url, { headers }) => {
      asked.push([url, headers['X-Pond-Key']]);
      return new Response('{"error":{"code":"session","message":""}}',
        { status: 401, headers: { 'Content-Type': 'application/json' } });
    };
    const count = sockets.length;
    while (sockets.length === count)
      await settled();
    sockets.at(-1).onclose();
    await settled();
    assert.deepEqual(asked, [['api/1/node', 'the-key']]);
    assert.equal(session.value.state, 'none');
    assert.equal(connection.value.state, 'off');
    openSession('the-key');
  });

test('a question that the browser has dropped is asked once more', async () => {
  const { fetch, setTimeout: real } = globalThis;
  let lost = 1;
  let asked = 0;
  globalThis.setTimeout = (act, ms) => real(act, ms === 500 ? 0 : ms);
  globalThis.fetch = async () => {
    asked++;
    if (lost-- > 0)
      throw new TypeError('Failed to fetch');
    return new Response('{"items":[]}',
      { headers: { 'Content-Type': 'application/json' } });
  };
  assert.deepEqual(await get('catalog'), { items: [] });
  lost = 2;
  await assert.rejects(get('catalog'), { code: 'unreachable' });
  assert.equal(asked, 4);
  Object.assign(globalThis, { fetch, setTimeout: real });
});

test('an order that takes its time is waited for', async () => {
  const { fetch, setTimeout: real } = globalThis;
  const limits = [];
  globalThis.setTimeout = (act, ms) => {
    limits.push(ms);
    return real(act, ms);
  };
  globalThis.fetch = async () => new Response('{}',
    { headers: { 'Content-Type': 'application/json' } });
  await order('lock');
  await order('passphrase', {}, { isLong: true });
  Object.assign(globalThis, { fetch, setTimeout: real });
  assert.deepEqual(limits, [30000, 600000]);
});

test('another build is noticed', () => {
  const socket = sockets.at(-1);
  socket.onopen();
  socket.say({ ...WELCOME, build: 'b2' });
  assert.ok(isOutdated.value);
});

test('without its session the page connects no more', async () => {
  sockets.at(-1).say({ type: 'bye', reason: 'session' });
  assert.equal(session.value.state, 'none');
  assert.equal(session.value.why, 'session');
  assert.equal(connection.value.state, 'off');
  assert.equal(kept.size, 0);
  closeSession();
});
