/*
 * CompressionStream and DecompressionStream (Compression Standard), over the
 * codecs of node/zlib_codec.js.
 *
 * A chunk's output is made while the reader wants it, so a small chunk that
 * unpacks to gigabytes does not fill the memory.
 */
'use strict';

(function ({ load }) {
  const { is_buffer_source } = load('web_idl');
  const { finish, upon } = load('streams/shared');
  const { can_enqueue } = load('streams/readable_core');
  const { create, enqueue } = load('streams/transform');
  const { readable_of, writable_of } = load('streams/text');
  const { constants } = load('node/zlib_constants');
  const { Codec } = load('node/zlib_codec');
  const { make, arg_type, arg_value } = load('node/errors');

  const kinds = new Map([
    ['deflate', [constants.DEFLATE, constants.INFLATE]],
    ['deflate-raw', [constants.DEFLATERAW, constants.INFLATERAW]],
    ['gzip', [constants.GZIP, constants.GUNZIP]],
  ]);

  function bytes_of(chunk) {
    if (!is_buffer_source(chunk))
      throw arg_type('chunk', 'an instance of ArrayBuffer or ArrayBufferView',
        chunk);
    return load('encoding').view_of(chunk);
  }

  /* The standard has a TypeError for all that is wrong with the data. */
  function fault(error) {
    return Object.assign(new TypeError(error.message, { cause: error }),
      { code: error.code, errno: error.errno });
  }

  const trailing = () => make(TypeError, 'ERR_TRAILING_JUNK_AFTER_STREAM_END',
    'Trailing junk found after the end of the compressed stream');

  async function run(stream, bytes, flush) {
    const { controller } = stream.readable;
    try {
      for (const piece of stream.codec.pieces(bytes, flush)) {
        if (stream.is_pressed)
          await stream.pressure.promise;
        if (!can_enqueue(controller))
          return;
        enqueue(stream, piece);
      }
    } catch (error) {
      throw error instanceof TypeError ? error : fault(error);
    }
    if (stream.is_decoder && stream.codec.rest.length)
      throw trailing();
  }

  async function take(stream, chunk) {
    const bytes = bytes_of(chunk);
    if (!bytes.length)
      return;
    if (stream.codec.is_ended)
      throw trailing();
    await run(stream, bytes, constants.Z_NO_FLUSH);
  }

  async function end(stream) {
    if (!stream.codec.is_ended)
      await run(stream, new Uint8Array(0), constants.Z_FINISH);
    stream.codec.close();
  }

  function open(format, is_decoder, count) {
    load('web_idl').need(count, 1,
      is_decoder ? 'DecompressionStream' : 'CompressionStream');
    const kind = kinds.get(String(format));
    if (!kind)
      throw arg_value('format', format, 'must be one of: \'deflate\', ' +
        '\'deflate-raw\', \'gzip\'');
    const close_after = (promise) => upon(promise, undefined, (error) => {
      stream.codec.close();
      throw error;
    });
    const stream = create({
      transform: (chunk) => close_after(take(stream, chunk)),
      flush: () => close_after(end(stream)),
      cancel: async () => stream.codec.close(),
    });
    stream.codec = new Codec(kind[Number(is_decoder)], { chunkSize: 65536 });
    stream.is_decoder = is_decoder;
    return stream;
  }

  class CompressionStream {
    #inside;
    constructor(format) {
      this.#inside = open(format, false, arguments.length);
    }
    get readable() {
      return readable_of(this.#inside);
    }
    get writable() {
      return writable_of(this.#inside);
    }
  }

  class DecompressionStream {
    #inside;
    constructor(format) {
      this.#inside = open(format, true, arguments.length);
    }
    get readable() {
      return readable_of(this.#inside);
    }
    get writable() {
      return writable_of(this.#inside);
    }
  }

  finish(CompressionStream, DecompressionStream);

  return { CompressionStream, DecompressionStream };
})
