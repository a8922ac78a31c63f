/*
 * Loaded by Node before a bundle. The process has a network in which nothing but
 * its node is; so every connection to elsewhere goes to its node's proxy, with
 * one line "host port" before its data (net/proxy.h). The node looks names up
 * and decides. This script is a comfort and no wall: without it there is no
 * network.
 *
 * The proxy answers with one byte: 0, or why not. The errors are those that
 * Node gives for the same causes.
 */
'use strict';
const dns = require('node:dns');
const net = require('node:net');

const proxyPort = Number(process.env.POND_PROXY_PORT);
const connectDirectly = net.Socket.prototype.connect;
const lookUpDirectly = dns.lookup;

/* Node's codes for the proxy's bytes; enum proxy_answer. */
const reasons = new Map([
  [1, ['ENOTFOUND', 'getaddrinfo', 'no such host']],
  [2, ['ECONNREFUSED', 'connect', 'connection refused']],
  [3, ['EACCES', 'connect', 'this node does not let tasks connect there']],
  [4, ['ETIMEDOUT', 'connect', 'connection timed out']],
  [5, ['EMFILE', 'connect', 'the task has too many open connections']],
  [6, ['EHOSTUNREACH', 'connect', 'no way to the host']],
]);

function isOwn(host) {
  return host === 'localhost' || host === '::1' || host === '0.0.0.0' ||
      host === '::' || /^127\./.test(host) || /^::ffff:127\./i.test(host) ||
      host.endsWith('.localhost');
}

function errorOf(reason, host, port) {
  const [code, syscall, text] =
      reasons.get(reason) ?? ['ECONNRESET', 'connect', 'connection reset'];
  const where = syscall === 'connect' ? `${host}:${port}` : host;
  const error = new Error(`${syscall} ${code} ${where} (${text})`);
  return Object.assign(error, syscall === 'connect' ?
      {code, syscall, address: host, port} : {code, syscall, hostname: host});
}

/* As Node's own normalizeArgs(): (options), (path), (port[, host]), each with a
 * callback; a list that Node has normalized comes as the first argument. */
function read(given) {
  const list = Array.isArray(given[0]) ? given[0] : given;
  const done = list.find((item) => typeof item === 'function');
  const [first, second] = list;
  if (first !== null && typeof first === 'object') {
    return {options: first, done};
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) {
    return {options: {path: first}, done};
  }
  const host = typeof second === 'string' ? second : undefined;
  return {options: {port: first, host}, done};
}

/*
 * The socket connects to the proxy, and what its user sees begins with the
 * proxy's answer: until then "connect" is held back, writes wait (they do so in
 * Node, too, while a socket connects), and data is not read.
 */
function connect(...given) {
  const {options, done} = read(given);
  const host = options.host || 'localhost';
  if (options.path || isOwn(host)) {
    return Reflect.apply(connectDirectly, this, given);
  }
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535 ||
      /[\s\0]/.test(host)) {
    return Reflect.apply(connectDirectly, this, given);
  }
  if (done) {
    this.once('connect', done);
  }
  const link = Reflect.construct(net.Socket, []);
  const socket = this;
  socket.connecting = true;
  const fail = (error) => {
    socket.connecting = false;
    socket.destroy(error);
  };
  link.once('error', () => fail(errorOf(6, host, port)));
  link.once('close', () => fail(errorOf(-1, host, port)));
  socket.once('close', () => link.destroy());
  Reflect.apply(connectDirectly, link, [{port: proxyPort, host: '127.0.0.1'}]);
  link.once('connect', () => {
    link.write(`${host} ${port}\n`);
  });
  link.once('readable', () => {
    const answer = link.read(1);
    if (answer === null) {
      return;
    }
    link.removeAllListeners();
    if (answer[0] !== 0) {
      link.destroy();
      fail(errorOf(answer[0], host, port));
      return;
    }
    adopt(socket, link, options, host, port);
  });
  return socket;
}

/* The handle of the link becomes that of the socket. */
function adopt(socket, link, options, host, port) {
  const rest = link.read();
  const handle = link._handle;
  handle.readStop();
  link._handle = null;
  link.destroy();
  if (socket.destroyed) {
    handle.close();
    return;
  }
  const made = new net.Socket({handle, manualStart: true});
  made._handle = null;
  socket._handle = handle;
  const owner = Object.getOwnPropertySymbols(handle)
      .find((symbol) => symbol.description === 'owner_symbol');
  if (owner) {
    handle[owner] = socket;
  }
  socket.connecting = false;
  socket._sockname = null;
  socket._host = host;
  if (rest !== null) {
    socket.push(rest);
  }
  if (options.noDelay && handle.setNoDelay) {
    handle.setNoDelay(true);
  }
  socket.emit('connect');
  socket.emit('ready');
  if (socket.readable) {
    socket.read(0);
  }
}

net.Socket.prototype.connect = connect;
