const assert = require('node:assert');
const path = require('path');
const util = require('util');
const EventEmitter = require('events');
const nodeUrl = require('url');
const { createHash, createHmac, timingSafeEqual } = require('crypto');

exports.checks = {
  'path'() {
    assert.strictEqual(path.join('a', '..', '/b/', './c'), 'b/c');
    assert.strictEqual(path.normalize('/a//b/../../..'), '/');
    assert.strictEqual(path.normalize('../a/..'), '..');
    assert.strictEqual(path.resolve('/a', 'b', '../c'), '/a/c');
    assert.strictEqual(path.dirname('/a/b/'), '/a');
    assert.strictEqual(path.basename('/a/b.txt', '.txt'), 'b');
    assert.strictEqual(path.extname('a.tar.gz'), '.gz');
    assert.strictEqual(path.extname('.profile'), '');
    assert.strictEqual(path.relative('/a/b/c', '/a/d'), '../../d');
    assert.deepStrictEqual(path.parse('/a/b.c'),
      { root: '/', dir: '/a', base: 'b.c', ext: '.c', name: 'b' });
  },
  'Buffer: texts and encodings'() {
    assert.strictEqual(Buffer.from('pönd').toString('hex'), '70c3b66e64');
    assert.strictEqual(Buffer.from('cG9uZA', 'base64').toString(), 'pond');
    assert.strictEqual(Buffer.from('_-8', 'base64url').toString('hex'),
      'ffef');
    assert.strictEqual(Buffer.from([255, 254]).toString('base64url'), '__4');
    assert.strictEqual(Buffer.from('ff0g', 'hex').length, 1);
    assert.strictEqual(Buffer.from('\xe9', 'latin1')[0], 0xe9);
    assert.strictEqual(Buffer.from('a€', 'utf16le').toString('utf16le'), 'a€');
    assert.strictEqual(Buffer.byteLength('€'), 3);
    assert.deepStrictEqual(Buffer.from('ab').toJSON(),
      { type: 'Buffer', data: [97, 98] });
    assert.throws(() => Buffer.from('a', 'rot13'),
      { code: 'ERR_UNKNOWN_ENCODING' });
  },
  'Buffer: parts share memory, copies do not'() {
    const buffer = Buffer.from('hello');
    const part = buffer.slice(1, 3);
    part[0] = 0x45;
    assert.strictEqual(buffer.toString(), 'hEllo');
    assert.ok(Buffer.isBuffer(part));
    assert.ok(part instanceof Uint8Array);
    const copy = Buffer.from(buffer);
    copy[0] = 0;
    assert.strictEqual(buffer[0], 0x68);
    assert.strictEqual(Buffer.concat([buffer, Buffer.from('!')]).toString(),
      'hEllo!');
    assert.strictEqual(Buffer.compare(Buffer.from('a'), Buffer.from('b')), -1);
    assert.strictEqual(buffer.indexOf('lo'), 3);
    assert.strictEqual(Buffer.alloc(5, 'ab').toString(), 'ababa');
    assert.strictEqual(Buffer.alloc(4).write('a€b'), 4);
    assert.strictEqual(Buffer.alloc(3).write('a€b'), 1);
  },
  'Buffer: numbers'() {
    const buffer = Buffer.alloc(16);
    buffer.writeUInt32BE(0x01020304, 0);
    buffer.writeInt16LE(-2, 4);
    buffer.writeDoubleLE(1.5, 8);
    assert.strictEqual(buffer.toString('hex'),
      '01020304feff0000000000000000f83f');
    assert.strictEqual(buffer.readUint32BE(0), 0x01020304);
    assert.strictEqual(buffer.readInt16LE(4), -2);
    assert.strictEqual(buffer.readUIntBE(0, 3), 0x010203);
    assert.throws(() => buffer.readUInt32LE(13),
      { code: 'ERR_OUT_OF_RANGE' });
    buffer.writeBigUInt64LE(2n ** 63n, 0);
    assert.strictEqual(buffer.readBigUInt64LE(0), 2n ** 63n);
  },
  async 'events'() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on('x', (value) => seen.push(value));
    emitter.once('x', () => seen.push('once'));
    assert.strictEqual(emitter.emit('x', 1), true);
    emitter.emit('x', 2);
    assert.deepStrictEqual(seen, [1, 'once', 2]);
    assert.throws(() => emitter.emit('error', new Error('bad')), /bad/);
    function Old() {
      EventEmitter.call(this);
    }
    util.inherits(Old, EventEmitter);
    const old = new Old();
    const waiting = EventEmitter.once(old, 'y');
    old.emit('y', 3);
    assert.deepStrictEqual(await waiting, [3]);
  },
  async 'util'() {
    assert.strictEqual(util.format('%s %d %j', 'a', 1, { b: 2 }, 'c'),
      'a 1 {"b":2} c');
    assert.strictEqual(util.inspect({ a: 1, b: ['x', null], c: new Map([[1,
      2]]) }), '{ a: 1, b: [ \'x\', null ], c: Map(1) { 1 => 2 } }');
    assert.strictEqual(util.inspect({ a: { b: { c: { d: 1 } } } }),
      '{ a: { b: { c: [Object] } } }');
    assert.strictEqual(util.inspect('it\'s'), '"it\'s"');
    const later = util.promisify((value, done) => done(null, value + 1));
    assert.strictEqual(await later(1), 2);
    assert.ok(util.isDeepStrictEqual({ a: [1] }, { a: [1] }));
    assert.ok(util.types.isPromise(Promise.resolve()));
  },
  'url'() {
    assert.strictEqual(nodeUrl.parse('http://a:1/b?c=d').pathname, '/b');
    assert.strictEqual(nodeUrl.resolve('http://a/b/c', '../d'), 'http://a/d');
    assert.strictEqual(nodeUrl.format({ protocol: 'http', host: 'a',
      pathname: '/b', query: { c: 1 } }), 'http://a/b?c=1');
  },
  'crypto'() {
    assert.strictEqual(createHash('sha256').update('a').update('bc')
      .digest('hex').slice(0, 16), 'ba7816bf8f01cfea');
    /* RFC 4231, test case 2 */
    assert.strictEqual(createHmac('sha256', 'Jefe')
      .update('what do ya want for nothing?').digest('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    assert.strictEqual(timingSafeEqual(Buffer.from('a'), Buffer.from('b')),
      false);
  },
  'assert itself can fail'() {
    assert.throws(() => assert.strictEqual(1, 2), { code: 'ERR_ASSERTION' });
    assert.throws(() => assert.deepStrictEqual({ a: 1 }, { a: '1' }),
      assert.AssertionError);
    assert.throws(() => assert.throws(() => {}), assert.AssertionError);
    assert.deepEqual({ a: 1 }, { a: '1' });
  },
  'path: what is odd, and what is no path'() {
    for (const [made, expected] of [[path.dirname('//a'), '//'],
      [path.normalize('./'), './'], [path.basename('b', 'b'), ''],
      [path.basename('a/b/', 'b'), 'b'],
      [path.format({ root: '/', name: 'a', ext: 'b' }), '/a.b'],
      [path.parse('.x').dir, ''], [path.parse('./a/b.c').dir, './a'],
      [path.parse('/').base, '']])
      assert.strictEqual(made, expected);
    for (const wrong of [() => path.join('a', 5), () => path.resolve(null),
      () => path.basename(), () => path.format(5)])
      assert.throws(wrong, { code: 'ERR_INVALID_ARG_TYPE' });
  },
  'names of the language are names like others'() {
    const emitter = new EventEmitter();
    const target = new EventTarget();
    const heard = [];
    for (const name of ['__proto__', 'constructor', 'toString']) {
      assert.strictEqual(emitter.emit(name), false);
      target.dispatchEvent(new Event(name));
      emitter.on(name, () => heard.push(name));
      target.addEventListener(name, ({ type }) => heard.push(type));
      emitter.emit(name);
      target.dispatchEvent(new Event(name));
    }
    assert.deepStrictEqual(heard, ['__proto__', '__proto__', 'constructor',
      'constructor', 'toString', 'toString']);
    const own = JSON.parse('{"__proto__":1}');
    assert.throws(() => assert.deepStrictEqual(own, {}));
    assert.strictEqual(util.inspect(own), '{ [\'__proto__\']: 1 }');
    assert.deepStrictEqual(util.format('%__proto__'), '%__proto__');
  },
  'what listens and what is heard must be of the right kind'() {
    const wrong = { code: 'ERR_INVALID_ARG_TYPE' };
    for (const listen of [() => new EventEmitter().on('x', 5),
      () => new EventTarget().addEventListener('x', 5),
      () => new EventTarget().dispatchEvent({}), () => queueMicrotask(5),
      () => process.nextTick(), () => AbortSignal.timeout('x')])
      assert.throws(listen, wrong);
    assert.throws(() => new AbortSignal(), { code: 'ERR_ILLEGAL_CONSTRUCTOR' });
    assert.throws(() => new Event(), { code: 'ERR_MISSING_ARGS' });
    assert.throws(() => new EventEmitter().emit('error', 'text'),
      { code: 'ERR_UNHANDLED_ERROR', context: 'text' });
    assert.deepStrictEqual(Object.keys(new Event('x')), []);
  },
  'assert compares what is inside'() {
    const { deepStrictEqual, throws, ifError } = assert;
    deepStrictEqual(new Map([[{ a: 1 }, [2]]]), new Map([[{ a: 1 }, [2]]]));
    for (const [a, b] of [[Object(1), Object(2)], [new Date(0), new Date(1)],
      [{ [Symbol.for('x')]: 1 }, { [Symbol.for('x')]: 2 }], [-0, 0],
      [[, 1], [undefined, 1]], [new Set([[1]]), new Set([[2]])]])
      throws(() => deepStrictEqual(a, b), { code: 'ERR_ASSERTION' });
    throws(() => ifError('text'), { code: 'ERR_ASSERTION' });
  },
  'inspect shows what things are'() {
    for (const [value, text] of [[[1, , , 4], '[ 1, <2 empty items>, 4 ]'],
      [class A {}, '[class A]'], [class B extends Map {},
        '[class B extends Map]'], [Object(1), '[Number: 1]'],
      [Object('s'), '[String: \'s\']'], [Math, 'Object [Math] {}'],
      [async () => {}, '[AsyncFunction (anonymous)]'],
      [new WeakMap(), 'WeakMap { <items unknown> }'],
      [new ArrayBuffer(2),
        'ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }'],
      [new URLSearchParams('a=1'), 'URLSearchParams { \'a\' => \'1\' }']])
      assert.strictEqual(util.inspect(value), text);
    assert.strictEqual(util.format('%s', { toString: () => 'own' }), 'own');
  },
  'variables of the environment are texts'() {
    process.env.NUMBER = 5;
    process.env.NONE = undefined;
    assert.strictEqual(process.env.NUMBER, '5');
    assert.strictEqual(process.env.NONE, 'undefined');
    delete process.env.NUMBER;
    assert.strictEqual(process.env.NUMBER, undefined);
    assert.strictEqual(Object.keys(process.env).includes('NUMBER'), false);
  },
  'a listener goes that is asked to, and only that'() {
    const emitter = new EventEmitter();
    const heard = [];
    const listener = () => heard.push(heard.length);
    emitter.once('x', listener);
    emitter.on('x', listener);
    emitter.emit('x');
    emitter.emit('x');
    assert.deepStrictEqual(heard, [0, 1, 2]);

    const gone = [];
    emitter.on('removeListener', (name) => gone.push(name));
    emitter.on('y', listener).on('z', listener);
    emitter.removeAllListeners('y');
    emitter.removeAllListeners();
    assert.deepStrictEqual(gone, ['y', 'x', 'z']);
    assert.deepStrictEqual(emitter.eventNames(), []);

    const target = new EventTarget();
    const later = () => heard.push('later');
    target.addEventListener('x', () => target.removeEventListener('x', later));
    target.addEventListener('x', later);
    target.dispatchEvent(new Event('x'));
    assert.strictEqual(heard.length, 3);
  },
  async 'events as promises and as iterators'() {
    const { once, on, errorMonitor, getEventListeners } = EventEmitter;
    const target = new EventTarget();
    const event = once(target, 'x');
    target.dispatchEvent(new Event('x'));
    assert.strictEqual((await event)[0].type, 'x');

    const emitter = new EventEmitter();
    const first = once(emitter, 'x');
    emitter.emit('error', new Error('bad'));
    await assert.rejects(first, { message: 'bad' });
    assert.strictEqual(getEventListeners(emitter, 'x').length, 0);
    const control = new AbortController();
    const stopped = once(emitter, 'x', { signal: control.signal });
    control.abort();
    await assert.rejects(stopped, { name: 'AbortError', code: 'ABORT_ERR' });

    const heard = [];
    const all = on(emitter, 'x');
    emitter.emit('x', 1);
    setTimeout(() => emitter.emit('x', 2), 1);
    for await (const [value] of all)
      if (heard.push(value) === 2)
        break;
    assert.deepStrictEqual(heard, [1, 2]);
    assert.strictEqual(emitter.listenerCount('x'), 0);
    const failing = on(emitter, 'x');
    emitter.emit('error', new Error('worse'));
    await assert.rejects(failing.next(), { message: 'worse' });
    assert.deepStrictEqual(await failing.next(),
      { value: undefined, done: true });

    emitter.on(errorMonitor, ({ message }) => heard.push(message));
    assert.throws(() => emitter.emit('error', new Error('q')), /q/);
    assert.strictEqual(heard[2], 'q');
    assert.strictEqual(emitter.setMaxListeners(3).getMaxListeners(), 3);
    assert.throws(() => emitter.setMaxListeners(-1),
      { code: 'ERR_OUT_OF_RANGE' });
  },
  'util.types looks inside'() {
    const { types } = util;
    assert.strictEqual(require('util/types').isDate, types.isDate);
    for (const [is, yes, no] of [
      ['isDate', new Date(), { [Symbol.toStringTag]: 'Date' }],
      ['isMap', new Map(), Object.create(Map.prototype)],
      ['isRegExp', /x/, { source: 'x' }],
      ['isBoxedPrimitive', Object(1n), 1],
      ['isNumberObject', Object(1), Object('1')],
      ['isDataView', new DataView(new ArrayBuffer(1)), new Uint8Array(1)],
      ['isTypedArray', new Float32Array(1), new DataView(new ArrayBuffer(1))],
      ['isUint8Array', Buffer.alloc(1), new Uint8ClampedArray(1)],
      ['isGeneratorObject', (function* () {})(), {}],
      ['isAsyncFunction', async () => {}, () => {}],
      ['isArrayBuffer', new ArrayBuffer(1), new Uint8Array(1)]])
      assert.deepStrictEqual([is, types[is](yes), types[is](no)],
        [is, true, false]);
    assert.ok(util.isString('a') && !util.isString(Object('a')));
    assert.throws(() => util.inherits(class {}, null),
      { code: 'ERR_INVALID_ARG_TYPE' });
  },
  'values as text: circles, errors, depths'() {
    const circle = { a: {} };
    circle.a.b = circle;
    assert.strictEqual(util.inspect(circle),
      '<ref *1> { a: { b: [Circular *1] } }');
    assert.strictEqual(util.format('%j', circle), '[Circular]');
    const deep = { a: { b: { c: { d: 1 } } } };
    assert.strictEqual(util.format('%O', { a: { b: { c: {} } } }),
      '{ a: { b: { c: {} } } }');
    assert.ok(util.inspect(deep, false, null).includes('d: 1'));
    assert.strictEqual(util.inspect('\u001b\u0085'), '\'\\x1B\\x85\'');
    assert.strictEqual(util.format('%d %d %i', null, Symbol('a'), 5n),
      '0 NaN 5n');
    const error = Object.assign(new Error('x'), { code: 'E', errno: -2 });
    const text = util.inspect(error);
    assert.ok(/\bcode: 'E'/.test(text) && /\berrno: -2/.test(text), text);
    assert.ok(!/\b(line|column|sourceURL): /.test(util.inspect(new Error())));
  },
  async 'assertions that fail are AssertionErrors'() {
    const other = () => {
      throw new RangeError('x');
    };
    for (const wrong of [() => assert.ifError(new Error('x')),
      () => assert.throws(other, () => false),
      () => assert.throws(other, TypeError)])
      assert.throws(wrong, { code: 'ERR_ASSERTION' });
    assert.throws(other, 'a message');
    assert.throws(() => assert.throws('x'), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(assert.rejects('x'),
      { code: 'ERR_INVALID_ARG_TYPE' });
    for (const [a, b] of [[new Date(0), {}], [{}, new Map()], [[], {}]])
      assert.throws(() => assert.deepEqual(a, b), { code: 'ERR_ASSERTION' });
    assert.throws(() => assert.match(5, /5/), { code: 'ERR_ASSERTION' });
    assert.strictEqual(require('assert/strict'), assert.strict);
    assert.strictEqual(assert.strict.strict, assert.strict);
  },
  'parts of modules under their own names'() {
    assert.strictEqual(require('path/posix'), path.posix);
    assert.strictEqual(require('node:console').log, console.log);
    assert.strictEqual(nodeUrl.format(new URL('http://u:p@a/?q#h'),
      { auth: false, fragment: false, search: false }), 'http://a/');
  },
};
