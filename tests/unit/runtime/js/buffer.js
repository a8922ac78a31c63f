const assert = require('assert');
const module_of_buffer = require('buffer');

const hex = (buffer) => buffer.toString('hex');
const out_of_range = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
const wrong_type = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };

exports.checks = {
  'from takes what Node takes, and nothing else'() {
    for (const [value, bytes] of [['abc', '616263'],
      [new String('abc'), '616263'], [[1, 300, -1, '7', 1.9], '012cff0701'],
      [Uint8Array.of(1, 2), '0102'], [Uint16Array.of(1, 258), '0102'],
      [new ArrayBuffer(2), '0000'], [{ length: 2, 0: 5, 1: 6 }, '0506'],
      [{ type: 'Buffer', data: [1] }, '01'], [[], ''],
      [{ valueOf: () => 'val' }, '76616c'],
      [{ [Symbol.toPrimitive]: () => 'p' }, '70']])
      assert.strictEqual(hex(Buffer.from(value)), bytes);
    for (const value of [{}, null, undefined, 5, true, Symbol('x'), () => 1,
      Object(5), new Set([1]), 1n])
      assert.throws(() => Buffer.from(value), wrong_type);
    assert.throws(() => Buffer.from(new ArrayBuffer(8), 9),
      { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
    assert.throws(() => Buffer.from(new ArrayBuffer(8), 2, 7),
      { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
    const shared = new ArrayBuffer(4);
    Buffer.from(shared, 1, 2)[0] = 9;
    assert.strictEqual(new Uint8Array(shared)[1], 9);
  },
  'names of encodings are only those there are'() {
    for (const name of ['constructor', '__proto__', 'toString', 'foo', {}]) {
      assert.strictEqual(Buffer.isEncoding(name), false);
      if (typeof name === 'string')
        assert.throws(() => Buffer.from('a', name),
          { code: 'ERR_UNKNOWN_ENCODING' });
      assert.throws(() => Buffer.from('a').toString(name),
        { code: 'ERR_UNKNOWN_ENCODING' });
    }
    for (const name of ['UTF8', 'Utf-16LE', 'base64URL', 'binary', 'ucs-2'])
      assert.strictEqual(Buffer.isEncoding(name), true);
  },
  'encodings both ways'() {
    for (const [text, name, bytes] of [['61zz62', 'hex', '61'],
      ['616', 'hex', '61'], ['YQ', 'base64', '61'], ['_-8', 'base64', 'ffef'],
      ['Y', 'base64', ''], ['a b\nc=', 'base64', '69b7'],
      ['\xe9\u2603', 'latin1', 'e903'], ['\xe9', 'ascii', 'e9'],
      ['\ud83d\ude00', 'ucs2', '3dd800de'], ['\ud800x', 'utf8', 'efbfbd78']])
      assert.strictEqual(hex(Buffer.from(text, name)), bytes);
    const bytes = Buffer.from([0xff, 0xfe, 0x80, 0x41]);
    for (const [name, text] of [['utf8', '\ufffd\ufffd\ufffdA'],
      ['latin1', '\xff\xfe\x80A'], ['ascii', '\x7f~\x00A'],
      ['ucs2', '\ufeff\u4180'], ['base64', '//6AQQ=='],
      ['base64url', '__6AQQ'], ['hex', 'fffe8041']])
      assert.strictEqual(bytes.toString(name), text);
    for (const [name, size] of [['utf8', 3], ['hex', 2], ['base64', 3],
      ['ucs2', 8], ['latin1', 4]])
      assert.strictEqual(Buffer.byteLength(name === 'utf8' ? '\u2603' : 'abcd',
        name), size);
    assert.strictEqual(Buffer.byteLength('ab==', 'base64'), 1);
    assert.throws(() => Buffer.byteLength(5), wrong_type);
  },
  'search forwards and backwards'() {
    const buffer = Buffer.from('abcabcabc');
    for (const [found, ...values] of [[0, 'abc'], [3, 'abc', 1],
      [6, 'abc', -3], [-1, 'abc', -1], [-1, 'abc', 100], [0, 'abc', -100],
      [2, '', 2], [9, '', 100], [1, 98], [1, 98 + 256], [-1, 98, 8],
      [1, Buffer.from('bca')], [1, '6263', 'hex'], [0, 'abc', undefined]])
      assert.strictEqual(buffer.indexOf(...values), found);
    for (const [found, ...values] of [[6, 'abc'], [0, 'abc', 2],
      [3, 'abc', 5], [6, 'abc', -1], [3, 'abc', -4], [-1, 'abc', -100],
      [6, 'abc', 100], [7, 98], [4, 98, 5], [4, Buffer.from('bca')],
      [9, ''], [7, '6263', 'hex'], [-1, 'abcabcabcabc'], [-1, 'x']])
      assert.strictEqual(buffer.lastIndexOf(...values), found);
    assert.strictEqual(buffer.includes('cab', 3), true);
    assert.strictEqual(buffer.includes('cab', 6), false);
    const wide = Buffer.from('a\u2603b\u2603', 'ucs2');
    assert.strictEqual(wide.indexOf('\u2603', 4, 'ucs2'), 6);
    assert.strictEqual(wide.lastIndexOf('\u2603', 4, 'ucs2'), 2);
    for (const value of [{}, null, undefined, true, [98]])
      assert.throws(() => buffer.indexOf(value), wrong_type);
    assert.throws(() => buffer.indexOf('a', 0, 'foo'),
      { code: 'ERR_UNKNOWN_ENCODING' });
  },
  'fill, write and copy keep to their bounds'() {
    assert.strictEqual(hex(Buffer.alloc(5, 'ab')), '6162616261');
    assert.strictEqual(hex(Buffer.alloc(3, 'ab', 'hex')), 'ababab');
    assert.strictEqual(hex(Buffer.alloc(3, 300)), '2c2c2c');
    assert.throws(() => Buffer.alloc(3, 'zz', 'hex'),
      { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => Buffer.alloc(3, ''.slice(), 'foo'),
      { code: 'ERR_UNKNOWN_ENCODING' });
    assert.throws(() => Buffer.alloc('3'), wrong_type);
    assert.throws(() => Buffer.alloc(-1), out_of_range);
    const buffer = Buffer.alloc(4);
    assert.throws(() => buffer.fill('x', -1), out_of_range);
    assert.throws(() => buffer.fill('x', 0, 5), out_of_range);
    assert.throws(() => buffer.fill('x', 1.5), out_of_range);
    assert.strictEqual(hex(buffer.fill(1, 1, 3)), '00010100');
    assert.strictEqual(buffer.write('\u2603\u2603'), 3);
    assert.strictEqual(buffer.write('6162', 3, 'hex'), 1);
    assert.throws(() => buffer.write('x', 5), out_of_range);
    assert.throws(() => buffer.write('x', 0, 9), out_of_range);
    assert.throws(() => buffer.write(5), wrong_type);
    const target = Buffer.alloc(2);
    assert.strictEqual(Buffer.from('abc').copy(target, 1, 1), 1);
    assert.strictEqual(hex(target), '0062');
    assert.throws(() => Buffer.from('a').copy(target, -1), out_of_range);
    assert.throws(() => Buffer.from('a').copy(target, 0, 2), out_of_range);
    assert.throws(() => Buffer.from('a').copy({}), wrong_type);
    assert.throws(() => Buffer.concat([Buffer.from('a'), 'b']), wrong_type);
    assert.strictEqual(hex(Buffer.concat([Buffer.from('ab')], 3)), '616200');
  },
  'numbers: the range is checked, then the place'() {
    const buffer = Buffer.alloc(8);
    for (const [method, ...values] of [['writeUInt8', 256], ['writeInt8', 128],
      ['writeInt8', -129], ['writeUInt16LE', 65536], ['writeUInt16BE', -1],
      ['writeInt32BE', 2 ** 31], ['writeUInt32LE', 2 ** 32],
      ['writeBigInt64LE', 2n ** 63n], ['writeBigUInt64BE', -1n],
      ['writeUIntBE', 2 ** 24, 0, 3], ['writeIntLE', -(2 ** 39) - 1, 0, 5],
      ['writeUInt8', 1, 8], ['writeUInt8', 1, -1], ['writeUInt8', 1, 1.5],
      ['writeDoubleLE', 1, 1], ['writeFloatBE', 1, 5],
      ['writeUIntBE', 1, 0, 7], ['writeUIntBE', 1, 7, 2],
      ['readUInt8', 8], ['readUInt16LE', 7], ['readInt32BE', -1],
      ['readDoubleBE', 1], ['readBigInt64LE', 1], ['readUIntLE', 0, 0],
      ['readIntBE', 6, 3]])
      assert.throws(() => buffer[method](...values), out_of_range,
        `${method}(${values})`);
    for (const [method, ...values] of [['readUInt8', '1'], ['readUInt8', null],
      ['readUIntBE'], ['readUIntBE', 0], ['writeUInt16LE', 1, 'x']])
      assert.throws(() => buffer[method](...values), wrong_type);
    assert.throws(() => buffer.writeBigInt64LE(1), TypeError);
    assert.throws(() => Buffer.alloc(0).readUInt8(),
      { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
  },
  'numbers: both orders, both spellings, all sizes'() {
    const bytes = Buffer.from('fffe010203807f08', 'hex');
    for (const [value, method, ...values] of [[0xff, 'readUInt8'],
      [-1, 'readInt8'], [0xfeff, 'readUInt16LE'], [-257, 'readInt16LE'],
      [0xfffe, 'readUint16BE'], [0x0201feff, 'readUInt32LE'],
      [0xfffe01, 'readUintBE', 0, 3], [-511, 'readIntBE', 0, 3],
      [0x807f08, 'readUIntBE', 5, 3], [0x7f80030201fe, 'readUIntLE', 1, 6]])
      assert.strictEqual(bytes[method](...values), value, method);
    assert.strictEqual(bytes.readInt32BE(), -130814);
    assert.strictEqual(bytes.readBigUInt64LE(), 0x087f80030201feffn);
    assert.strictEqual(bytes.readBigUint64BE(), 0xfffe010203807f08n);
    const buffer = Buffer.alloc(6);
    for (let size = 1; size <= 6; size++)
      for (const order of ['LE', 'BE'])
        for (const value of [0, 1, -1, 2 ** (8 * size - 1) - 1,
          -(2 ** (8 * size - 1))]) {
          assert.strictEqual(buffer[`writeInt${order}`](value, 0, size), size);
          assert.strictEqual(buffer[`readInt${order}`](0, size), value);
          if (value < 0)
            continue;
          buffer[`writeUint${order}`](value, 0, size);
          assert.strictEqual(buffer[`readUint${order}`](0, size), value);
        }
    for (const name of Object.keys(Buffer.prototype))
      if (name.includes('UInt'))
        assert.strictEqual(Buffer.prototype[name],
          Buffer.prototype[name.replace('UInt', 'Uint')]);
    assert.strictEqual(buffer.writeUInt16LE('258'), 2);
    assert.strictEqual(buffer.writeUInt16LE(NaN), 2);
    assert.strictEqual(buffer.readUInt16LE(), 0);
  },
  'swaps, comparisons, JSON'() {
    const bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    assert.strictEqual(hex(Buffer.from(bytes).swap16()), '0201040306050807');
    assert.strictEqual(hex(Buffer.from(bytes).swap32()), '0403020108070605');
    assert.strictEqual(hex(Buffer.from(bytes).swap64()), '0807060504030201');
    for (const method of ['swap16', 'swap32', 'swap64'])
      assert.throws(() => Buffer.alloc(3)[method](),
        { code: 'ERR_INVALID_BUFFER_SIZE' });
    const buffer = Buffer.from('abcabc');
    assert.strictEqual(buffer.compare(Buffer.from('xbcx'), 1, 3, 1, 3), 0);
    assert.strictEqual(buffer.compare(Buffer.from('b')), -1);
    assert.throws(() => buffer.compare(Buffer.from('b'), 0, 2), out_of_range);
    assert.throws(() => buffer.compare('b'), wrong_type);
    assert.throws(() => buffer.equals('abcabc'), wrong_type);
    assert.strictEqual(JSON.stringify(Buffer.from('a')),
      '{"type":"Buffer","data":[97]}');
  },
  'what Uint8Array makes of a Buffer is a Buffer'() {
    const buffer = Buffer.from('abc');
    for (const made of [buffer.map((byte) => byte + 1),
      buffer.filter((byte) => byte > 97), buffer.slice(1), buffer.subarray(1)])
      assert.ok(Buffer.isBuffer(made));
    assert.strictEqual(buffer.slice(-2, '3').toString(), 'bc');
    assert.strictEqual(buffer.slice(1).buffer, buffer.buffer);
    assert.strictEqual(buffer.at(-1), 99);
    assert.strictEqual(Buffer(2).length, 2);
    assert.strictEqual(new Buffer('ab').toString(), 'ab');
    assert.ok(buffer instanceof Buffer && buffer instanceof Uint8Array);
  },
  'the module around it'() {
    const { transcode, isUtf8, isAscii } = module_of_buffer;
    assert.strictEqual(hex(transcode(Buffer.from('\u20ac\xe9'), 'utf8',
      'latin1')), '3fe9');
    assert.strictEqual(hex(transcode(Buffer.from('e9', 'hex'), 'latin1',
      'ucs2')), 'e900');
    assert.throws(() => transcode(Buffer.from('a'), 'utf8', 'hex'),
      { code: 'U_ILLEGAL_ARGUMENT_ERROR' });
    assert.strictEqual(isUtf8(Buffer.from([0xff])), false);
    assert.strictEqual(isAscii(Buffer.from('abc')), true);
  },
};
