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
const path = require('node:path');
const tls = require('node:tls');

const proxyPort = Number(process.env.POND_PROXY_PORT);
const connectDirectly = net.Socket.prototype.connect;
const connectTlsDirectly = tls.connect;

/* Hosts that the node itself answers for, and not over TLS. */
const ownHosts = (process.env.POND_HOSTS ?? '').split(',').filter(Boolean);

function isAnsweredByNode(host) {
  return ownHosts.some((name) => name.startsWith('*') ?
      host.endsWith(name.slice(1)) : host === name);
}

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

/* The handle of the link, which has a connection, becomes that of the socket. */
function adopt(socket, link, host) {
  const handle = link._handle;
  const rest = link.read();
  const isEnded = link._readableState.ended;
  const owner = Object.getOwnPropertySymbols(handle)
      .find((symbol) => symbol.description === 'owner_symbol');
  handle.readStop();
  handle.reading = false;
  link._handle = null;
  link.destroy();
  handle[owner] = socket;
  socket._handle = handle;
  socket._host = host;
  socket.connecting = false;
  if (rest !== null) {
    socket.push(rest);
  }
  if (isEnded) {
    socket.push(null);
  }
  socket.emit('connect');
  socket.emit('ready');
  if (socket.readable && !socket.isPaused()) {
    socket.read(0);
  }
}

/*
 * A link connects to the proxy and reads its answer. Until then the socket is
 * "connecting" without a handle, and Node holds writes and reads back.
 */
function connectByProxy(socket, host, port) {
  const link = new net.Socket({allowHalfOpen: true});
  const fail = (error) => {
    link.removeAllListeners();
    link.on('error', () => {});
    link.destroy();
    socket.connecting = false;
    socket.destroy(error);
  };
  socket.connecting = true;
  socket.once('close', () => link.destroy());
  link.once('error', () => fail(errorOf(6, host, port)));
  link.once('end', () => fail(errorOf(-1, host, port)));
  link.once('connect', () => link.write(`${host} ${port}\n`));
  link.on('readable', () => {
    const answer = link.read(1);
    if (answer === null) {
      return;
    }
    link.removeAllListeners();
    if (answer[0] !== 0) {
      fail(errorOf(answer[0], host, port));
    } else if (socket.destroyed) {
      link.destroy();
    } else {
      adopt(socket, link, host);
    }
  });
  connectDirectly.call(link, {port: proxyPort, host: '127.0.0.1'});
}

function goesByProxy(options, host) {
  const port = Number(options.port);
  return !options.path && !isOwn(host) && Number.isInteger(port) && port > 0 &&
      port < 65536 && !/[^\w.:-]/.test(host);
}

net.Socket.prototype.connect = function connect(...given) {
  const {options, done} = read(given);
  const host = String(options.host || 'localhost');
  if (!goesByProxy(options, host)) {
    return connectDirectly.apply(this, given);
  }
  if (done) {
    this.once('connect', done);
  }
  connectByProxy(this, host, Number(options.port));
  return this;
};

/* What the node answers itself is plain; to its user it looks like TLS. */
function connectToNode(options, done) {
  const socket = net.connect({host: options.host, port: options.port});
  Object.assign(socket, {
    encrypted: true, authorized: true, alpnProtocol: false,
    getPeerCertificate: () => ({}), getSession: () => undefined,
    isSessionReused: () => false,
  });
  if (done) {
    socket.once('secureConnect', done);
  }
  socket.once('connect', () => socket.emit('secureConnect'));
  return socket;
}

/* tls.connect([port[, host]][, options][, callback]) */
tls.connect = function connect(...given) {
  const {options: first, done} = read(given);
  const more = Array.isArray(given[0]) ? undefined : given.slice(1).find(
      (item) => item !== null && typeof item === 'object');
  const options = {...first, ...more};
  const host = String(options.host || 'localhost');
  if (options.socket || !goesByProxy(options, host)) {
    return connectTlsDirectly.apply(this, given);
  }
  if (isAnsweredByNode(host)) {
    return connectToNode(options, done);
  }
  const servername = options.servername ?? (net.isIP(host) ? '' : host);
  return connectTlsDirectly.call(this,
      {...options, servername, socket: net.connect({host, port: options.port})},
      done);
};

/* Addresses of names are looked up by the node, when a connection is made. */
const refused = 'names are looked up by the node, when a connection is made';

function refusal(syscall, name, code) {
  return Object.assign(new Error(`${syscall} ${code} ${name} (${refused})`),
      {code, syscall, hostname: name});
}

const lookUpDirectly = dns.lookup;
const lookUpDirectlyByPromise = dns.promises.lookup;

dns.lookup = function lookup(name, options, done) {
  if (!name || net.isIP(name) || isOwn(name)) {
    return lookUpDirectly.call(this, name, options, done);
  }
  const callback = typeof options === 'function' ? options : done;
  process.nextTick(callback, refusal('getaddrinfo', name, 'ENOTFOUND'));
  return {};
};
dns.promises.lookup = async function lookup(name, options) {
  if (!name || net.isIP(name) || isOwn(name)) {
    return lookUpDirectlyByPromise.call(this, name, options);
  }
  throw refusal('getaddrinfo', name, 'ENOTFOUND');
};

/* Records that say where a service is, and texts, the node looks up: "name srv\n"
 * to the proxy, which answers with a byte and JSON. Database drivers ask for
 * them before they connect. */
const recordCodes = new Map([[1, 'ENOTFOUND'], [4, 'ETIMEOUT'],
  [5, 'EREFUSED'], [6, 'ESERVFAIL']]);

function askForRecords(kind, name) {
  const syscall = kind === 'srv' ? 'querySrv' : 'queryTxt';
  const errorOf = (code) => Object.assign(
      new Error(`${syscall} ${code} ${name}`),
      {errno: undefined, code, syscall, hostname: name});
  return new Promise((resolve, reject) => {
    if (typeof name !== 'string' || /[^\w.-]/.test(name) || !name) {
      reject(errorOf('EBADNAME'));
      return;
    }
    const link = new net.Socket();
    const pieces = [];
    link.on('data', (piece) => pieces.push(piece));
    link.on('error', () => reject(errorOf('ECONNREFUSED')));
    link.on('end', () => {
      const answer = Buffer.concat(pieces);
      if (answer[0] !== 0) {
        reject(errorOf(recordCodes.get(answer[0]) ?? 'ECONNREFUSED'));
        return;
      }
      try {
        resolve(JSON.parse(answer.subarray(1)));
      } catch {
        reject(errorOf('ECONNREFUSED')); /* it broke off */
      }
    });
    connectDirectly.call(link, {port: proxyPort, host: '127.0.0.1'},
        () => link.write(`${name} ${kind}\n`));
  });
}

function answersOf(key, name, rest) {
  const kind = key === 'resolve' ? String(rest[0]).toUpperCase() :
      key.replace('resolve', '').toUpperCase();
  if (kind === 'SRV' || kind === 'TXT') {
    return askForRecords(kind.toLowerCase(), name);
  }
  return Promise.reject(refusal(key, name, 'EREFUSED'));
}

function replaceLookups(callbacks, promises) {
  const names = (object) => Object.getOwnPropertyNames(object)
      .filter((name) => /^(resolve|reverse)/.test(name));
  for (const key of names(callbacks)) {
    callbacks[key] = function resolve(name, ...rest) {
      const done = rest.pop();
      answersOf(key, name, rest).then(
          (answers) => process.nextTick(done, null, answers),
          (error) => process.nextTick(done, error));
      return {};
    };
  }
  for (const key of names(promises)) {
    promises[key] = async function resolve(name, ...rest) {
      return answersOf(key, name, rest);
    };
  }
}

replaceLookups(dns, dns.promises);
replaceLookups(dns.Resolver.prototype, dns.promises.Resolver.prototype);

/*
 * The proxy's variables are for other programs that the task starts. Libraries
 * in this process that go by them (axios) ask a proxy for a page by TLS in a way
 * that no proxy of HTTP understands, and here nothing needs them.
 */
const forChildren = Object.entries(process.env)
    .filter(([name]) => /^(https?|no)_proxy$/i.test(name));
for (const [name] of forChildren) {
  delete process.env[name];
}

/* [..., options][, callback]: the options, with an environment that has them. */
function withProxy(given) {
  const at = given.findIndex((item, place) => place > 0 && item !== null &&
      typeof item === 'object' && !Array.isArray(item));
  const options = at < 0 ? {} : given[at];
  const env = {...Object.fromEntries(forChildren),
    ...options.env ?? process.env};
  const changed = {...options, env};
  if (at >= 0) {
    return [...given.slice(0, at), changed, ...given.slice(at + 1)];
  }
  const end = given.findIndex((item, place) => place > 0 &&
      (typeof item === 'function' || item === undefined || item === null));
  return end < 0 ? [...given, changed] :
      [...given.slice(0, end), changed,
        ...given.slice(end).filter((item) => typeof item === 'function')];
}

/* Chromium's own sandbox needs namespaces of its own, which are shut here: it is
 * in those of the task already. */
function isChromium(program) {
  return /^(chrom(e|ium)|google-chrome|headless_shell)/i.test(
      path.basename(String(program)));
}

/* (program[, arguments][, options]...) of spawn and execFile. */
function withoutNestedSandbox(given) {
  const list = given[1];
  if (!isChromium(given[0]) || !Array.isArray(list) ||
      list.includes('--no-sandbox')) {
    return given;
  }
  return [given[0], ['--no-sandbox', ...list], ...given.slice(2)];
}

const children = require('node:child_process');
for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec',
  'execSync', 'fork']) {
  const start = children[name];
  const own = {[name](...given) {
    return start.apply(this, withProxy(withoutNestedSandbox(given)));
  }};
  /* What util.promisify() gives. */
  for (const symbol of Object.getOwnPropertySymbols(start)) {
    const promised = start[symbol];
    Object.defineProperty(own[name], symbol,
        {value: (...given) =>
          promised(...withProxy(withoutNestedSandbox(given)))});
  }
  children[name] = own[name];
}

require('node:module').syncBuiltinESMExports();
