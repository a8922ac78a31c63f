/*
 * Buffer: each method with arguments of many kinds.
 */
'use strict';

const { Buffer, ...others } = require('buffer');

const texts = ['', 'abc', 'h\u00e9llo \u20ac\u{1d11e}', '\ud800x', 'ff00zz',
  'YWJj', 'YW Jj\n==', '_-8', 'a', '\0\xff', 'x'.repeat(50)];
const encodings = [undefined, 'utf8', 'utf-8', 'UTF8', 'hex', 'base64',
  'base64url', 'latin1', 'binary', 'ascii', 'ucs2', 'utf16le', 'UCS-2', 'nope',
  '', null, 5];
const numbers = [undefined, null, 0, -0, 1, 2, 3, 5, 7, 8, 9, -1, -2, 1.5, 100,
  NaN, Infinity, -Infinity, '1', 'a', {}, true, 2 ** 31, 2 ** 32, 2 ** 53];
const places = [undefined, 0, 1, 9, -1, 1.5, 'a'];
const values = [0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 32768, 65535,
  65536, -32769, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 31) - 1, 1.7, NaN,
  Infinity, '5', null, undefined, {}, 5n, -1n, 2n ** 63n, 2n ** 64n,
  -(2n ** 63n) - 1n];
const kinds = ['Int8', 'UInt8', 'Uint8', 'Int16LE', 'Int16BE', 'UInt16LE',
  'Uint16BE', 'Int32LE', 'Int32BE', 'UInt32LE', 'UInt32BE', 'FloatLE',
  'FloatBE', 'DoubleLE', 'DoubleBE', 'BigInt64LE', 'BigInt64BE', 'BigUInt64LE',
  'BigUint64BE'];

const fresh = () => Buffer.from([0, 1, 127, 128, 255, 97, 0xe2, 0x82, 0xac,
  0x20]);

/* A call that changes its buffer: the result, then the bytes. */
function changed(own) {
  const buffer = fresh();
  return [own(buffer), [...buffer]];
}

/* What is no text and no number. */
const things = () => [undefined, null, [], [1, 2, 300, -1, 'x', 2.7],
  { length: 2, 0: 7 }, { length: -1 }, {}, { type: 'Buffer', data: [1, 2] },
  { type: 'Buffer', data: 5 }, new Uint16Array([1, 500]),
  new Float32Array([1.5]), new DataView(new ArrayBuffer(3)),
  new ArrayBuffer(2), new String('abc'), new Number(5), Object(1n),
  { valueOf: () => 'v' }, { [Symbol.toPrimitive]: () => 'p' }, true,
  Symbol('s'), () => 1, /x/, new Set([1]), fresh(), 'x', 5n];

function add_texts(run) {
  const sought = 'abcabc\u20ac\0xabc';
  for (const text of texts)
    for (const encoding of encodings) {
      const with_both = (name, own) =>
        run(`${name} ${JSON.stringify(text)} ${String(encoding)}`, own);
      with_both('from', () => Buffer.from(text, encoding));
      with_both('byteLength', () => Buffer.byteLength(text, encoding));
      with_both('toString', () => Buffer.from(text).toString(encoding));
      with_both('write', () => changed((own) => own.write(text, encoding)));
      with_both('write at', () =>
        changed((own) => own.write(text, 2, 4, encoding)));
      if (!text.includes('\ud800')) {
        with_both('fill', () => fresh().fill(text, 1, 8, encoding));
        with_both('alloc', () => Buffer.alloc(7, text, encoding));
      }
      with_both('indexOf', () =>
        Buffer.from(sought).indexOf(text, 1, encoding));
      with_both('lastIndexOf', () =>
        Buffer.from(sought).lastIndexOf(text, undefined, encoding));
      with_both('includes', () => fresh().includes(text, encoding));
    }
  for (const encoding of encodings) {
    run(`isEncoding ${String(encoding)}`, () => Buffer.isEncoding(encoding));
    for (const start of numbers)
      for (const end of [undefined, 3, -1, 100])
        run(`toString ${String(encoding)} ${String(start)} ${end}`, () =>
          fresh().toString(encoding, start, end));
  }
}

function add_numbers(run) {
  for (const a of numbers) {
    run(`from ${String(a)}`, () => Buffer.from(a));
    for (const method of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'])
      if (!(a > 1e6))
        run(`${method} ${String(a)}`, () => Buffer[method](a).length);
    for (const b of numbers) {
      const with_both = (name, own) =>
        run(`${name} ${String(a)} ${String(b)}`, own);
      for (const method of ['slice', 'subarray', 'fill', 'readUIntBE',
        'readIntLE', 'indexOf', 'lastIndexOf', 'includes'])
        with_both(method, () => fresh()[method](a, b));
      with_both('copy', () => changed((own) => fresh().copy(own, a, b)));
      with_both('copy from', () =>
        changed((own) => fresh().copy(own, 1, a, b)));
      with_both('compare', () => fresh().compare(fresh(), a, b));
      with_both('compare own', () => fresh().compare(fresh(), 0, 3, a, b));
      with_both('write', () => changed((own) => own.write('\u20acxyz', a, b)));
      with_both('writeUIntLE', () =>
        changed((own) => own.writeUIntLE(a, 1, b)));
      with_both('writeIntBE', () => changed((own) => own.writeIntBE(a, b, 3)));
      with_both('from a part', () => Buffer.from(new ArrayBuffer(10), a, b));
      with_both('copyBytesFrom', () =>
        Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), a, b));
    }
    for (const kind of kinds)
      run(`read${kind} ${String(a)}`, () => fresh()[`read${kind}`](a));
  }
  for (const kind of kinds)
    for (const value of values)
      for (const place of places)
        run(`write${kind} ${typeof value} ${String(value)} ${place}`, () =>
          changed((own) => own[`write${kind}`](value, place)));
}

function add_things(run) {
  things().forEach((value, at) => {
    for (const method of ['from', 'byteLength', 'isBuffer', 'of', 'concat',
      'alloc', 'copyBytesFrom'])
      run(`${method} #${at}`, () => Buffer[method](value));
    for (const method of ['equals', 'compare', 'indexOf', 'includes',
      'lastIndexOf', 'fill'])
      run(`.${method} #${at}`, () => fresh()[method](value));
    for (const method of ['copy', 'write'])
      run(`.${method} #${at}`, () => changed((own) => own[method](value)));
    run(`concat two #${at}`, () => Buffer.concat([fresh(), value]));
    run(`concat to #${at}`, () => Buffer.concat([fresh(), fresh()], value));
    run(`Buffer.compare #${at}`, () => Buffer.compare(fresh(), value));
    run(`Buffer() #${at}`, () => Buffer(value));
    run(`new Buffer #${at}`, () => new Buffer(value));
    run(`isUtf8 #${at}`, () => others.isUtf8(value));
    run(`isAscii #${at}`, () => others.isAscii(value));
  });
}

function add_bytes(run) {
  for (const [from, to] of [['utf8', 'ucs2'], ['utf8', 'latin1'],
    ['utf8', 'ascii'], ['latin1', 'utf8'], ['ucs2', 'utf8'], ['hex', 'utf8'],
    ['utf8', 'nope'], [undefined, 'utf8'], ['binary', 'utf16le']])
    run(`transcode ${from} ${to}`, () =>
      others.transcode(Buffer.from('a\u20ac\u00e9'), from, to));
  for (const size of [2, 3, 4, 8, 10, 16])
    for (const method of ['swap16', 'swap32', 'swap64'])
      run(`${method} ${size}`, () =>
        Buffer.from(Array.from({ length: size }, (_, at) => at))[method]());
  for (const bytes of [[0xe2], [0xe2, 0x82], [0xe2, 0x82, 0xac], [0xf0, 0x9f],
    [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xff, 0xfe], [0xf4, 0x90, 0x80, 0x80],
    [0x80], [97, 0xe2, 97], [0xe2, 0x82, 97]]) {
    for (const encoding of encodings)
      run(`bytes ${bytes} ${String(encoding)}`, () =>
        Buffer.from(bytes).toString(encoding));
    run(`isUtf8 ${bytes}`, () => others.isUtf8(Buffer.from(bytes)));
  }
}

function add_shape(run) {
  const names = (object) => Object.getOwnPropertyNames(object).sort();
  run('names', () => names(Buffer));
  run('names of the prototype', () => names(Buffer.prototype));
  run('names of the module', () => Object.keys(require('buffer')).sort());
  run('JSON', () => JSON.stringify(fresh()));
  run('shown', () => require('util').inspect(fresh()));
  run('shown long', () => require('util').inspect(Buffer.alloc(60)));
  run('entries', () => [...Buffer.from('ab').entries()]);
  run('map', () => Buffer.from('ab').map((byte) => byte + 1));
  run('filter', () => Buffer.from('ab').filter((byte) => byte > 97));
  run('parent', () => [Buffer.alloc(2).parent.byteLength,
    Buffer.alloc(2).offset]);
  run('limits', () => [others.kMaxLength, others.kStringMaxLength,
    others.constants.MAX_LENGTH, Buffer.poolSize, others.INSPECT_MAX_BYTES]);
  run('lengths', () => [Buffer.name, Buffer.length, Buffer.from.length]);
  run('tag', () => Object.prototype.toString.call(fresh()));
  run('shared', () => changed((own) => {
    own.subarray(1)[0] = 9;
    own.slice(2)[0] = 8;
  }));
}

module.exports = function buffer(run) {
  add_texts(run);
  add_numbers(run);
  add_things(run);
  add_bytes(run);
  add_shape(run);
};
