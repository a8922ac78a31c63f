/* Run with `names`, an array of lines like those of node_names.txt. */
const assert = require('node:assert');
const { EventEmitter } = require('events');

/* Names that are missing; a star for a module. */
const missing = {
  crypto: 'fips prng pseudoRandomBytes rng',
};

const is_missing = (module, name) =>
  missing[module]?.trim().split(/\s+/).includes(name);

function lacks_of(line) {
  const [module, ...expected] = line.split(' ');
  let exports;
  try {
    exports = require(module);
  } catch (error) {
    return is_missing(module, '*') ? [] : [`${module} (${error.message.split('\n')[0]})`];
  }
  return expected.filter((each) => {
    const [name, type] = each.split(':');
    return typeof exports[name] !== type && !is_missing(module, name) &&
      !is_missing(module, '*');
  }).map((each) => `${module} ${each}`);
}

exports.checks = {
  'every module of Node has the names that it has in Node'() {
    const lacks = names.flatMap(lacks_of);
    assert.ok(lacks.length === 0,
      `${lacks.length} of ${names.length}: ${lacks.join(', ')}`);
  },
  'what can not be done throws when it is called'() {
    const unavailable = { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' };
    assert.throws(() => require('child_process').exec('ls'),
      { ...unavailable, message: /^child_process\.exec\(\) .*engine: node/ });
    for (const [module, name] of [['net', 'connect'], ['tls', 'connect'],
      ['dgram', 'createSocket'], ['cluster', 'fork'], ['http2', 'connect'],
      ['dns', 'lookup'], ['inspector', 'open'], ['repl', 'start'],
      ['node:test', 'describe']])
      assert.throws(() => require(module)[name](), unavailable);
    for (const [module, name] of [['worker_threads', 'Worker'],
      ['net', 'Server'], ['tls', 'Server'], ['dns', 'Resolver'],
      ['wasi', 'WASI'], ['tty', 'ReadStream']])
      assert.throws(() => new (require(module)[name])(), unavailable);
    /* Packages make sockets at load, to look at their class. */
    for (const [module, name] of [['net', 'Socket'], ['tls', 'TLSSocket']])
      assert.throws(() => new (require(module)[name])().connect(80),
        unavailable);
    return assert.rejects(require('dns').promises.lookup('localhost'),
      unavailable);
  },
  'classes that can not be made can be extended'() {
    const { Socket } = require('net');
    class Own extends Socket {
    }
    assert.ok(Own.prototype instanceof Socket);
    assert.ok(Own.prototype instanceof EventEmitter);
    assert.ok(!({} instanceof Socket));
    assert.strictEqual(require('net').Stream, Socket);
  },
};
