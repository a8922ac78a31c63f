const assert = require('assert');
const util = require('util');
const zlib = require('zlib');

const text = 'Pond '.repeat(5000) + 'ünïcödé 💩';
const bytes = Buffer.from(text);

const pairs = [['gzip', 'gunzip'], ['deflate', 'inflate'],
  ['deflateRaw', 'inflateRaw'], ['gzip', 'unzip'], ['deflate', 'unzip'],
  ['brotliCompress', 'brotliDecompress']];

const is_node = typeof process.versions.v8 !== 'undefined';

const seen_error = (run) => {
  try {
    run();
  } catch (error) {
    return [error.name, error.code, error.errno, error.message];
  }
  return null;
};

const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream)
    chunks.push(chunk);
  return Buffer.concat(chunks);
};
const source = (...chunks) => new ReadableStream({
  start(controller) {
    chunks.forEach((chunk) => controller.enqueue(chunk));
    controller.close();
  },
});
/* Members of 8 MB each, of which a task may have a quarter of its memory. */
const bomb = () => {
  const part = zlib.gzipSync(Buffer.alloc(8 << 20), { level: 9 });
  const count = is_node ? 4
    : 1 + Math.ceil(process.constrainedMemory() / 4 / (8 << 20));
  return Buffer.concat(Array(count).fill(part));
};

exports.checks = {
  'what unpacks to very much is refused'() {
    const { length } = zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(5 << 20)));
    assert.strictEqual(length, 5 << 20);
    if (!is_node)
      assert.throws(() => zlib.gunzipSync(bomb()),
        { code: 'ERR_BUFFER_TOO_LARGE' });
  },
  async 'each pair gives back what it got'() {
    for (const [pack, unpack] of pairs) {
      const packed = zlib[`${pack}Sync`](text);
      assert.ok(Buffer.isBuffer(packed) && packed.length < 1000);
      assert.strictEqual(zlib[`${unpack}Sync`](packed).toString(), text);
      const later = await util.promisify(zlib[pack])(bytes, { level: 9 });
      assert.deepStrictEqual(await util.promisify(zlib[unpack])(later), bytes);
    }
  },
  'all kinds of bytes are taken'() {
    const packed = zlib.deflateSync('abc');
    const copy = new Uint8Array(packed);
    for (const kind of [packed, copy, copy.buffer, new DataView(copy.buffer)])
      assert.strictEqual(zlib.inflateSync(kind).toString(), 'abc');
  },
  'the bytes are those of zlib'() {
    assert.strictEqual(zlib.deflateSync('hello').toString('hex'),
      '789ccb48cdc9c90700062c0215');
    assert.strictEqual(zlib.deflateRawSync('hello', { level: 0 })
      .toString('hex'), '010500faff68656c6c6f');
    assert.strictEqual(zlib.gunzipSync(Buffer.from('H4sIAAAAAAAAA8tIzcnJBw' +
      'CGphA2BQAAAA==', 'base64')).toString(), 'hello');
    assert.strictEqual(zlib.brotliDecompressSync(Buffer.from(
      'CwKAaGVsbG8D', 'base64')).toString(), 'hello');
  },
  'brotli\'s errors have Node\'s codes'() {
    assert.deepStrictEqual(seen_error(() => zlib.brotliDecompressSync(
      Buffer.from('81ffffff123456', 'hex'))), ['Error',
      'ERR__ERROR_FORMAT_PADDING_2', -15, 'Decompression failed']);
  },
  'the engine of a result is there when it is asked for'() {
    const { buffer, engine } = zlib.gzipSync('abc', { info: true });
    assert.strictEqual(zlib.gunzipSync(buffer).toString(), 'abc');
    assert.ok(engine instanceof zlib.Gzip);
    assert.strictEqual(engine.bytesWritten, 3);
  },
  'crc32 is that of zlib'() {
    assert.strictEqual(zlib.crc32('hello'), 907060870);
    assert.strictEqual(zlib.crc32('lo', zlib.crc32('hel')), 907060870);
    assert.strictEqual(zlib.crc32(''), 0);
    assert.throws(() => zlib.crc32(5), { code: 'ERR_INVALID_ARG_TYPE' });
  },
  'errors are those of Node'() {
    const cut = (name, size) =>
      zlib[`${name}Sync`]('hello hello').subarray(0, size);
    const given = (dictionary) => ({ dictionary: Buffer.from(dictionary) });
    const keyed = zlib.deflateSync('hello', given('hello'));
    assert.deepStrictEqual([
      () => zlib.gunzipSync(Buffer.from('hello')),
      () => zlib.inflateSync(cut('deflate', 8)),
      () => zlib.gunzipSync(Buffer.alloc(0)),
      () => zlib.brotliDecompressSync(cut('brotliCompress', 4)),
      () => zlib.inflateSync(keyed),
      () => zlib.inflateSync(keyed, given('other')),
      () => zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(1000)),
        { maxOutputLength: 10 }),
      () => zlib.gzipSync(5),
      () => zlib.gzipSync('x', { level: 11 }),
      () => zlib.gzipSync('x', { level: '1' }),
      () => zlib.gzipSync('x', { chunkSize: 1 }),
      () => zlib.gzipSync('x', { windowBits: 0 }),
      () => zlib.gzipSync('x', { finishFlush: 99 }),
      () => zlib.gzipSync('x', { dictionary: 5 }),
      () => zlib.brotliCompressSync('x', { params: { 99: 1 } }),
      () => zlib.gzip('x'),
    ].map(seen_error), [
      ['Error', 'Z_DATA_ERROR', -3, 'incorrect header check'],
      ['Error', 'Z_BUF_ERROR', -5, 'unexpected end of file'],
      ['Error', 'Z_BUF_ERROR', -5, 'unexpected end of file'],
      ['Error', 'Z_BUF_ERROR', -5, 'unexpected end of file'],
      ['Error', 'Z_NEED_DICT', 2, 'Missing dictionary'],
      ['Error', 'Z_NEED_DICT', 2, 'Bad dictionary'],
      ['RangeError', 'ERR_BUFFER_TOO_LARGE', undefined,
        'Cannot create a Buffer larger than 10 bytes'],
      ['TypeError', 'ERR_INVALID_ARG_TYPE', undefined, 'The "buffer" ' +
        'argument must be of type string or an instance of Buffer, ' +
        'TypedArray, DataView, or ArrayBuffer. Received type number (5)'],
      ['RangeError', 'ERR_OUT_OF_RANGE', undefined, 'The value of ' +
        '"options.level" is out of range. It must be >= -1 and <= 9. ' +
        'Received 11'],
      ['TypeError', 'ERR_INVALID_ARG_TYPE', undefined, 'The ' +
        '"options.level" property must be of type number. Received type ' +
        'string (\'1\')'],
      ['RangeError', 'ERR_OUT_OF_RANGE', undefined, 'The value of ' +
        '"options.chunkSize" is out of range. It must be >= 64. Received 1'],
      ['RangeError', 'ERR_OUT_OF_RANGE', undefined, 'The value of ' +
        '"options.windowBits" is out of range. It must be >= 9 and <= 15. ' +
        'Received 0'],
      ['RangeError', 'ERR_OUT_OF_RANGE', undefined, 'The value of ' +
        '"options.finishFlush" is out of range. It must be >= 0 and <= 5. ' +
        'Received 99'],
      ['TypeError', 'ERR_INVALID_ARG_TYPE', undefined, 'The ' +
        '"options.dictionary" property must be an instance of Buffer, ' +
        'TypedArray, DataView, or ArrayBuffer. Received type number (5)'],
      ['RangeError', 'ERR_BROTLI_INVALID_PARAM', undefined,
        '99 is not a valid Brotli parameter'],
      ['TypeError', 'ERR_INVALID_ARG_TYPE', undefined, 'The "callback" ' +
        'argument must be of type function. Received undefined'],
    ]);
  },
  'options change the result'() {
    const half = zlib.deflateSync(text, { finishFlush: 2 });
    assert.throws(() => zlib.inflateSync(half), { code: 'Z_BUF_ERROR' });
    assert.strictEqual(zlib.inflateSync(half, { finishFlush: 2 }).toString(),
      text);
    assert.ok(zlib.gzipSync(text, { level: 0 }).length > bytes.length);
    const dictionary = Buffer.from('a long dictionary');
    for (const kind of ['deflate', 'deflateRaw'])
      assert.strictEqual(zlib[kind.replace('de', 'in') + 'Sync'](
        zlib[`${kind}Sync`]('a long dictionary', { dictionary }),
        { dictionary }).toString(), 'a long dictionary');
    const { BROTLI_PARAM_QUALITY: quality } = zlib.constants;
    assert.ok(zlib.brotliCompressSync(text, { params: { [quality]: 0 } })
      .length > zlib.brotliCompressSync(text).length);
  },
  'gzip may have several members and something after them'() {
    const two = Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two')]);
    assert.strictEqual(zlib.gunzipSync(two).toString(), 'one two');
    assert.strictEqual(zlib.unzipSync(two).toString(), 'one two');
    assert.strictEqual(zlib.gunzipSync(Buffer.concat([two, Buffer.alloc(9)]))
      .toString(), 'one two');
  },
  async 'a failure comes to the callback'() {
    const order = [];
    const error = await new Promise((resolve) => {
      zlib.gunzip(Buffer.from('no gzip at all'), resolve);
      order.push('called');
    });
    assert.deepStrictEqual([error.code, order], ['Z_DATA_ERROR', ['called']]);
  },
  async 'streams pack and unpack'() {
    const { pipeline } = require('stream/promises');
    const { Readable } = require('stream');
    for (const [pack, unpack] of pairs) {
      const name = (word) => `create${word[0].toUpperCase()}${word.slice(1)}`;
      const out = zlib[name(unpack)]();
      const parts = [bytes.subarray(0, 100), bytes.subarray(100)];
      const done = pipeline(Readable.from(parts), zlib[name(pack)](), out);
      assert.strictEqual((await collect(out)).toString(), text);
      await done;
    }
  },
  async 'a stream reports bad data'() {
    const broken = new zlib.Gunzip();
    const failed = new Promise((resolve) => broken.on('error', resolve));
    broken.end(Buffer.from('not gzip, surely'));
    assert.strictEqual((await failed).code, 'Z_DATA_ERROR');
    const cut = zlib.Gunzip();
    const short = new Promise((resolve) => cut.on('error', resolve));
    cut.resume();
    cut.end(zlib.gzipSync('hello').subarray(0, 15));
    assert.strictEqual((await short).code, 'Z_BUF_ERROR');
  },
  async 'flush gives what was written so far'() {
    const packer = zlib.createDeflate();
    const chunks = [];
    packer.on('data', (chunk) => chunks.push(chunk));
    packer.write('hello');
    await new Promise((resolve) => packer.flush(resolve));
    assert.strictEqual(zlib.inflateSync(Buffer.concat(chunks),
      { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString(), 'hello');
    await new Promise((resolve) => packer.params(0, 0, resolve));
    packer.end(' there');
    await new Promise((resolve) => packer.on('end', resolve));
    assert.strictEqual(zlib.inflateSync(Buffer.concat(chunks)).toString(),
      'hello there');
    assert.strictEqual(packer.bytesWritten, 11);
  },
  async 'a stream that unpacks to very much waits for its reader'() {
    const unpacker = zlib.createGunzip();
    unpacker.write(bomb());
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(unpacker.readableLength < 1 << 20);
    unpacker.destroy();
  },
  async 'compression streams agree with zlib'() {
    for (const [format, name] of [['gzip', 'gunzip'], ['deflate', 'inflate'],
      ['deflate-raw', 'inflateRaw']]) {
      const packed = await collect(source(bytes.subarray(0, 7),
        bytes.subarray(7)).pipeThrough(new CompressionStream(format)));
      assert.deepStrictEqual(zlib[`${name}Sync`](packed), bytes);
      const pieces = [...packed].map((byte) => new Uint8Array([byte]));
      assert.deepStrictEqual(await collect(source(...pieces)
        .pipeThrough(new DecompressionStream(format))), bytes);
    }
    assert.throws(() => new CompressionStream('br'), TypeError);
    assert.throws(() => new DecompressionStream(), TypeError);
  },
  async 'a decompression stream refuses what is wrong'() {
    const packed = zlib.gzipSync('hello');
    const unpack = (...chunks) => collect(source(...chunks)
      .pipeThrough(new DecompressionStream('gzip')));
    for (const wrong of [[Buffer.from('no gzip')], ['text']])
      await assert.rejects(unpack(...wrong), (error) =>
        error instanceof TypeError || is_node);
    /* Node 20 has another error, or none. */
    for (const wrong of [[packed.subarray(0, 20)], []])
      await assert.rejects(unpack(...wrong), (error) =>
        error instanceof TypeError || is_node);
    if (!is_node)
      for (const wrong of [[Buffer.concat([packed, Buffer.alloc(1)])],
        [packed, Buffer.alloc(1)]])
        await assert.rejects(unpack(...wrong),
          { name: 'TypeError', code: 'ERR_TRAILING_JUNK_AFTER_STREAM_END' });
  },
  async 'a decompression stream waits for its reader'() {
    const unpacked = source(zlib.gzipSync(Buffer.alloc(8 << 20)))
      .pipeThrough(new DecompressionStream('gzip'));
    const reader = unpacked.getReader();
    const { value } = await reader.read();
    assert.ok(value.length <= 1 << 16);
    await reader.cancel();
  },
};
