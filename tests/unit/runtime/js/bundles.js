/*
 * What the bundles of the network's tasks ask for while they load or soon
 * after, by the packages that do.
 */
const assert = require('node:assert');
const util = require('util');

const have = (object, names) => assert.deepStrictEqual(
  names.split(' ').filter((name) => object[name] === undefined), []);

exports.checks = {
  'depd: call sites'() {
    const before = Error.prepareStackTrace;
    const holder = {};
    Error.prepareStackTrace = (error, sites) => sites;
    Error.captureStackTrace(holder);
    assert.ok(Array.isArray(holder.stack));
    assert.strictEqual(typeof holder.stack[0].getFileName(), 'string');
    Error.prepareStackTrace = before;
  },
  'axios: the tag of process, and which adapter it means'() {
    assert.strictEqual(Object.prototype.toString.call(process),
      '[object process]');
    have(require('http'), 'request Agent STATUS_CODES');
    have(require('https'), 'request Agent');
  },
  'readable-stream, archiver: stream is the old constructor'() {
    const stream = require('stream');
    assert.notStrictEqual(stream.Readable, stream);
    assert.ok(new stream.Readable() instanceof stream);
    class Own extends stream {
    }
    assert.ok(new Own() instanceof require('events'));
  },
  'puppeteer: the web\'s streams and others'() {
    have(globalThis, 'ReadableStream WritableStream TransformStream ' +
      'MessageChannel WebSocket navigator');
    assert.ok('body' in Response.prototype);
    assert.strictEqual(typeof Blob.prototype.stream, 'function');
  },
  'graceful-fs and others: members of process'() {
    have(process, 'binding getuid execArgv release listenerCount umask config ' +
      'allowedNodeEnvironmentFlags stdin chdir hrtime emitWarning');
    assert.strictEqual(typeof process.stdout.on, 'function');
    assert.ok(process.memoryUsage().rss > 0);
    assert.throws(() => process.nextTick(undefined));
    assert.doesNotThrow(() => process.binding('fs').FSReqCallback);
  },
  'old names of util'() {
    have(util, 'isArray isBoolean isBuffer isDate isError isFunction isNull ' +
      'isNullOrUndefined isNumber isObject isPrimitive isRegExp isString ' +
      'isSymbol isUndefined debug formatWithOptions parseArgs');
    assert.ok(util.types.isBoxedPrimitive(Object(1)));
    have(require('events'), 'on setMaxListeners getEventListeners ' +
      'errorMonitor');
  },
  'crypto, fs, url, path and timers'() {
    const crypto = require('crypto');
    for (const [name, digest] of [
      ['sha1', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
      ['md5', '900150983cd24fb0d6963f7d28e17f72']])
      assert.strictEqual(crypto.createHash(name).update('abc').digest('hex'),
        digest);
    have(crypto, 'pbkdf2 scrypt hkdf createCipheriv constants randomFill Hash');
    const fs = require('fs');
    have(fs, 'openSync realpathSync createReadStream createWriteStream ' +
      'chmodSync');
    have(fs.promises, 'open');
    have(fs.constants, 'O_RDONLY O_WRONLY O_CREAT O_EXCL');
    assert.throws(() => fs.writeFileSync('never-written', undefined),
      { code: 'ERR_INVALID_ARG_TYPE' });
    have(require('url'), 'Url urlToHttpOptions');
    have(require('path'), 'win32 posix');
    have(require('timers'), 'promises');
  },
  'CommonJS'() {
    assert.ok(require.main && require.resolve && require.cache);
    assert.strictEqual(__dirname[0], '/');
    for (const name of ['punycode/', 'string_decoder/', 'process/'])
      assert.ok(require(name), name);
    for (const name of ['fs', 'stream', 'util', 'net', 'zlib', 'crypto'])
      assert.strictEqual(require(name).default, require(name), name);
  },
  'what a bundle only loads is loaded'() {
    for (const name of ['child_process', 'net', 'tls', 'dns', 'tty', 'http2',
      'readline', 'worker_threads', 'perf_hooks', 'diagnostics_channel', 'vm',
      'module', 'v8', 'async_hooks', 'stream/web'])
      assert.ok(require(name), name);
    util.promisify(require('child_process').exec);
    assert.strictEqual(require('http2').constants.HTTP2_HEADER_STATUS,
      ':status');
    assert.strictEqual(require('worker_threads').isMainThread, true);
    assert.strictEqual(require('net').isIP('::1'), 6);
    assert.strictEqual(require('net').isIPv6('1::2::3'), false);
    assert.strictEqual(require('os').EOL, '\n');
  },
  'Koii\'s modules'() {
    const { namespaceWrapper } = require('@_koii/namespace-wrapper');
    have(namespaceWrapper, 'getMainAccountPubkey logMessage');
    have(require('@_koii/task-manager'), 'taskRunner initializeTaskManager');
    for (const name of ['@_koii/task-manager/extensions',
      '@_koii/namespace-wrapper/dist/types', '@_koii/storage-task-sdk'])
      assert.ok(require(name), name);
  },
  'BlockList'() {
    const { BlockList, SocketAddress } = require('net');
    const list = new BlockList();
    list.addSubnet('10.0.0.0', 8);
    list.addRange('1.1.1.1', '1.1.1.9');
    list.addAddress('::1', 'ipv6');
    assert.ok(list.check('10.255.0.1') && list.check('1.1.1.5'));
    assert.ok(list.check('::ffff:10.0.0.1', 'ipv6'));
    assert.ok(list.check('::1', 'ipv6') && !list.check('11.0.0.1'));
    assert.deepStrictEqual(list.rules, ['Address: IPv6 ::1',
      'Range: IPv4 1.1.1.1-1.1.1.9', 'Subnet: IPv4 10.0.0.0/8']);
    assert.throws(() => new SocketAddress({ address: 'x' }),
      { code: 'ERR_INVALID_ADDRESS' });
  },
};
