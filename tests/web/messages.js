/* MessageChannel, MessagePort, BroadcastChannel (HTML Standard, 9.4, 9.5). */
'use strict';

const next = (target) => new Promise((resolve) =>
  target.addEventListener('message', resolve, { once: true }));

async function channel({ same, throws, sleep }) {
  const { port1, port2 } = new MessageChannel();
  same([port1 instanceof MessagePort, port1 instanceof EventTarget],
    [true, true], 'a port is a target');
  throws(() => new MessagePort(), TypeError, 'ports are not made alone');
  throws(() => port1.postMessage(), TypeError, 'no message');
  const seen = [];
  port2.addEventListener('message', (event) => seen.push(event.data));
  port1.postMessage('early');
  await sleep(5);
  same(seen, [], 'a port that has not started');
  port2.start();
  port1.postMessage('late');
  same(seen, [], 'no message comes at once');
  await sleep(10);
  same(seen, ['early', 'late'], 'messages come in order');
  const order = [];
  port2.addEventListener('message', () => {
    order.push('message');
    Promise.resolve().then(() => order.push('promise'));
  });
  port1.postMessage(1);
  port1.postMessage(2);
  await sleep(10);
  same(order, ['message', 'promise', 'message', 'promise'],
    'each message has a turn of its own');
  const value = { a: [1], map: new Map([[1, new Date(5)]]) };
  port1.postMessage(value);
  const event = await next(port2);
  same(event.data === value, false, 'a message is a copy');
  same([event.data.a, event.data.map.get(1).getTime()], [[1], 5],
    'with what was in it');
  same([event.type, event.origin, event.source, event.ports, event.lastEventId,
    event.bubbles, event.cancelable],
  ['message', '', null, [], '', false, false], 'the rest of the event');
  same([event.target === port2, event instanceof MessageEvent], [true, true],
    'its target and class');
  throws(() => port1.postMessage(() => {}), 'DataCloneError',
    'a function as a message');
  port1.close();
  port2.close();
}

async function handler({ same, sleep }) {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port1.postMessage(1);
  same(port2.onmessage, null, 'no handler');
  port2.onmessage = ({ data }) => seen.push(data);
  await sleep(10);
  same(seen, [1], 'a handler starts the port');
  port2.postMessage('back');
  port1.onmessage = ({ data }) => seen.push(data);
  await sleep(10);
  same(seen, [1, 'back'], 'both ways');
  port1.postMessage('sent before');
  port1.close();
  port1.postMessage('sent after');
  await sleep(10);
  same(seen.includes('sent after'), false, 'a closed port sends nothing');
  same(port1.close(), undefined, 'closed twice');
}

async function transfers({ same, throws }) {
  const { port1, port2 } = new MessageChannel();
  port2.start();
  const buffer = new ArrayBuffer(8);
  port1.postMessage(buffer, [buffer]);
  same(buffer.byteLength, 0, 'a buffer is moved');
  same((await next(port2)).data.byteLength, 8, 'and arrives');
  const other = new ArrayBuffer(4);
  port1.postMessage({ other }, { transfer: [other] });
  same([other.byteLength, (await next(port2)).data.other.byteLength], [0, 4],
    'a transfer list in options');
  throws(() => port1.postMessage(1, [other]), 'DataCloneError',
    'a buffer that is gone');
  throws(() => port1.postMessage(1, [port1]), 'DataCloneError',
    'the port itself');
  throws(() => port1.postMessage(1, [port1, port1]), 'DataCloneError',
    'the port itself, twice');
  port1.close();
}

async function moving({ same, throws, sleep }) {
  const outer = new MessageChannel();
  const inner = new MessageChannel();
  inner.port1.postMessage('waits');
  outer.port2.start();
  throws(() => outer.port1.postMessage(inner.port2), 'DataCloneError',
    'a port that is not in the list');
  outer.port1.postMessage({ port: inner.port2 }, [inner.port2]);
  const event = await next(outer.port2);
  const moved = event.data.port;
  same([event.ports.length, event.ports[0] === moved], [1, true],
    'a moved port is in ports');
  same(moved === inner.port2, false, 'a new object');
  const seen = [];
  moved.onmessage = ({ data }) => seen.push(data);
  inner.port1.postMessage('new');
  await sleep(10);
  same(seen, ['waits', 'new'], 'what waited moves along');
  inner.port1.onmessage = ({ data }) => seen.push(data);
  moved.postMessage('back');
  await sleep(10);
  same(seen.at(-1), 'back', 'and it answers');
  throws(() => outer.port1.postMessage(1, [inner.port2]), 'DataCloneError',
    'a port that has gone');
  const copy = structuredClone(outer.port1, { transfer: [outer.port1] });
  same(copy instanceof MessagePort, true, 'structuredClone moves ports');
  throws(() => structuredClone(copy), 'DataCloneError',
    'and does not copy them');
  copy.postMessage('cloned');
  same((await next(outer.port2)).data, 'cloned', 'the other end is the same');
  for (const port of [copy, outer.port2, inner.port1, moved])
    port.close();
}

async function broadcast({ same, throws, sleep }) {
  const name = `web cases ${Math.random()}`;
  const one = new BroadcastChannel(name);
  const two = new BroadcastChannel(name);
  const three = new BroadcastChannel(name);
  const other = new BroadcastChannel(`${name}!`);
  same(one.name, name, 'the name');
  same(one instanceof EventTarget, true, 'a channel is a target');
  const seen = [];
  for (const [index, each] of [one, two, three, other].entries())
    each.onmessage = ({ data }) => seen.push([index, data]);
  one.postMessage('all');
  await sleep(20);
  same(seen.map(([index]) => index).sort(), [1, 2],
    'all others of the name hear it');
  same(seen.every(([, data]) => data === 'all'), true, 'the same message');
  two.close();
  seen.length = 0;
  one.postMessage({ x: 1 });
  await sleep(20);
  same(seen, [[2, { x: 1 }]], 'a closed channel hears nothing');
  throws(() => two.postMessage(1), 'InvalidStateError',
    'a closed channel says nothing');
  throws(() => one.postMessage(Symbol('a')), 'DataCloneError',
    'a message that can not be cloned');
  throws(() => new BroadcastChannel(), TypeError, 'no name');
  throws(() => one.postMessage(), TypeError, 'no message for all');
  for (const each of [one, three, other])
    each.close();
}

function shape({ same }) {
  for (const own of [MessageChannel, MessagePort, BroadcastChannel])
    same(own.prototype[Symbol.toStringTag], own.name, `tag of ${own.name}`);
}

module.exports = async (check) => {
  for (const group of [channel, handler, transfers, moving, broadcast, shape])
    await check.group(group.name, () => group(check));
};
