/*
 * WebSocket (WebSockets Standard), without a server: system tests have one.
 * Node 20 does not have it.
 */
'use strict';

function construction({ same, throws, show }) {
  for (const [name, value] of [['CONNECTING', 0], ['OPEN', 1], ['CLOSING', 2],
    ['CLOSED', 3]]) {
    same(WebSocket[name], value, `WebSocket.${name}`);
    same(WebSocket.prototype[name], value, `${name} of a socket`);
  }
  throws(() => new WebSocket(), TypeError, 'no URL');
  throws(() => WebSocket('ws://h'), TypeError, 'without new');
  for (const url of ['', 'x', '/p', 'ws://', 'ws://a b/', 'ftp://h/',
    'mailto:a', 'data:,x', 'ws://h:99999/'])
    throws(() => new WebSocket(url), 'SyntaxError', `no URL: ${show(url)}`);
  for (const protocols of ['', 'a b', 'a,b', ['a', 'a'], ['a', 'A'], '\u00e4',
    ['']])
    throws(() => new WebSocket('ws://h/', protocols), 'SyntaxError',
      `protocols ${show(protocols)}`);
}

async function failing({ same, throws }) {
  const socket = new WebSocket('ws://127.0.0.1:9/p', ['a', 'b']);
  same([socket.url, socket.readyState, socket.protocol, socket.extensions,
    socket.bufferedAmount, socket.binaryType],
  ['ws://127.0.0.1:9/p', 0, '', '', 0, 'blob'], 'a new socket');
  for (const handler of ['onopen', 'onmessage', 'onerror', 'onclose'])
    same(socket[handler], null, handler);
  throws(() => socket.send('x'), 'InvalidStateError', 'send before it is open');
  throws(() => socket.send(), TypeError, 'send nothing');
  socket.binaryType = 'arraybuffer';
  same(socket.binaryType, 'arraybuffer', 'binaryType');
  socket.binaryType = 'other';
  same(socket.binaryType, 'arraybuffer', 'another one is ignored');
  for (const code of [0, 999, 1001, 1006, 2999, 5000, NaN])
    throws(() => socket.close(code), 'InvalidAccessError',
      `close with ${code}`);
  throws(() => socket.close(1000, 'x'.repeat(124)), 'SyntaxError',
    'a long reason');
  throws(() => socket.close(3000, '\u00e4'.repeat(62)), 'SyntaxError',
    'a reason of many bytes');
  const order = [];
  socket.addEventListener('error', () => order.push('error'));
  const event = await new Promise((resolve) => {
    socket.onclose = resolve;
  });
  same(order, ['error'], 'an error comes first');
  same([event instanceof CloseEvent, event.code, event.wasClean, event.target
    === socket], [true, 1006, false, true], 'then it is closed');
  same(socket.readyState, WebSocket.CLOSED, 'for good');
  same(socket.close(), undefined, 'close does nothing more');
  same(Object.prototype.toString.call(socket), '[object WebSocket]', 'the tag');
}

async function closing({ same }) {
  const socket = new WebSocket('ws://127.0.0.1:9/');
  socket.close();
  same(socket.readyState, WebSocket.CLOSING, 'closed before it is open');
  const event = await new Promise((resolve) => {
    socket.onclose = resolve;
  });
  same([event.code, event.wasClean], [1006, false], 'the connection never was');
}

module.exports = async (check) => {
  if (check.is_node)
    return;
  for (const group of [construction, failing, closing])
    await check.group(group.name, () => group(check));
};
