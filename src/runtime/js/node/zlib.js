/*
 * Node's zlib. The *Sync functions and those with a callback are whole here.
 * The classes are in node/zlib_stream.js, which needs Node's streams and so is
 * loaded at their first use.
 */
'use strict';

(function ({ native, load, start }) {
  const { is_buffer_source } = load('web_idl');
  const { zlib, codes, constants } = load('node/zlib_constants');
  const { Codec } = load('node/zlib_codec');
  const { Buffer } = load('node/buffer');
  const { make, arg_type, check_function, check_integer, check_object } =
    load('node/errors');

  /* What a *Sync function or one with a callback may give, unless its
   * maxOutputLength says otherwise. A few kilobytes can unpack to gigabytes,
   * and the worker would end. The result stands in memory twice while its
   * pieces are joined, so it may take a quarter of the memory. */
  const output_max = Math.floor(start.limits.memory_bytes / 4);

  const kinds = { Deflate: 'DEFLATE', Inflate: 'INFLATE', Gzip: 'GZIP',
    Gunzip: 'GUNZIP', DeflateRaw: 'DEFLATERAW', InflateRaw: 'INFLATERAW',
    Unzip: 'UNZIP', BrotliCompress: 'BROTLI_ENCODE',
    BrotliDecompress: 'BROTLI_DECODE' };

  function bytes_of(source) {
    if (typeof source === 'string')
      return Buffer.from(source);
    if (!is_buffer_source(source))
      throw arg_type('buffer', 'of type string or an instance of Buffer, ' +
        'TypedArray, DataView, or ArrayBuffer', source);
    return load('encoding').view_of(source);
  }

  function limit_of(options) {
    const limit = options.maxOutputLength;
    if (limit === undefined)
      return output_max;
    check_integer(limit, 'options.maxOutputLength', 1);
    return limit;
  }

  function whole(codec, bytes, limit) {
    const output = codec.whole(bytes, codec.finish, Math.min(limit, 2 ** 31));
    if (!output)
      throw make(RangeError, 'ERR_BUFFER_TOO_LARGE',
        `Cannot create a Buffer larger than ${limit} bytes`);
    return Buffer.from(output.buffer);
  }

  /* Options are checked at once. Returns the function that does the work. */
  function prepare(name, source, options) {
    options ??= {};
    check_object(options, 'options');
    const bytes = bytes_of(source);
    const limit = limit_of(options);
    const engine = options.info ? new (streams()[name])(options) : null;
    const codec = engine ? load('node/zlib_stream').codec_of(engine)
      : new Codec(constants[kinds[name]], options);
    return () => {
      try {
        const buffer = whole(codec, bytes, limit);
        return engine ? { buffer, engine } : buffer;
      } finally {
        codec.close();
      }
    };
  }

  const streams = () => load('node/zlib_stream').classes;

  function crc32(data, value = 0) {
    if (typeof data !== 'string' && !ArrayBuffer.isView(data))
      throw arg_type('data', 'of type string or an instance of Buffer, ' +
        'TypedArray, or DataView', data);
    check_integer(value, 'value', 0, 2 ** 32 - 1);
    return native.crc32(bytes_of(data), value);
  }

  const exports = { crc32 };

  /* A class is a property from the beginning, and loaded when it is read. */
  for (const name of Object.keys(kinds)) {
    Object.defineProperty(exports, name, { enumerable: true,
      configurable: true, get: () => streams()[name] });
    exports[`create${name}`] = (options) => new (streams()[name])(options);
  }

  for (const name of Object.keys(kinds)) {
    const method = name[0].toLowerCase() + name.slice(1);
    exports[`${method}Sync`] = (source, options) =>
      prepare(name, source, options)();
    exports[method] = (source, options, callback) => {
      if (typeof options === 'function') {
        callback = options;
        options = {};
      }
      check_function(callback, 'callback');
      const run = prepare(name, source, options);
      load('timers').setImmediate(() => {
        let result;
        try {
          result = run();
        } catch (error) {
          callback(error);
          return;
        }
        callback(null, result);
      });
    };
  }

  Object.defineProperties(exports, {
    constants: { value: constants, enumerable: true },
    codes: { value: codes, enumerable: true },
  });
  /* Node's old names of zlib's own numbers. */
  for (const [name, value] of Object.entries(zlib))
    Object.defineProperty(exports, name, { value });

  return exports;
})
