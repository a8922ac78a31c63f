/*
 * The stream classes of Node's zlib, each a Transform around a codec.
 *
 * A chunk can unpack to a thousand times its size. So the work on a chunk
 * pauses while the reader has enough, and goes on with the next _read().
 *
 * _processChunk() without a callback and _handle.close() are Node's inside, but
 * minizlib, and so tar, works with them.
 */
'use strict';

(function ({ load }) {
  const { constants } = load('node/zlib_constants');
  const { Codec, is_brotli } = load('node/zlib_codec');
  const { Buffer } = load('node/buffer');
  const { Transform, finished } = load('node/stream');
  const { check_number, out_of_range, make } = load('node/errors');

  const codec_key = Symbol('codec');
  /* Of an empty chunk: the flush that it stands for. */
  const flush_key = Symbol('flush');

  function Zlib(kind, options) {
    options ??= {};
    Transform.call(this, { ...options, autoDestroy: true });
    this[codec_key] = new Codec(kind, options);
    this._kind = kind;
    this._flushFlag = this[codec_key].flush;
    this._finishFlushFlag = this[codec_key].finish;
    this._level = options.level ?? -1;
    this._strategy = options.strategy ?? 0;
    this._handle = { close: () => this[codec_key].close() };
    this._rest = null;
  }
  Object.setPrototypeOf(Zlib.prototype, Transform.prototype);
  Object.setPrototypeOf(Zlib, Transform);

  Object.defineProperties(Zlib.prototype, {
    bytesWritten: { configurable: true, get() {
      return this[codec_key].used;
    } },
    bytesRead: { configurable: true, get() {
      return this[codec_key].used;
    } },
    _closed: { configurable: true, get() {
      return !this[codec_key].is_open;
    } },
  });

  const to_buffer = (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  /* Push pieces until the reader has enough or there are no more. */
  function pump(stream) {
    const { pieces, callback } = stream._rest;
    stream._rest = null;
    try {
      for (;;) {
        const { value, done } = pieces.next();
        if (done)
          break;
        if (!stream.push(to_buffer(value))) {
          stream._rest = { pieces, callback };
          return;
        }
        if (stream.destroyed)
          return;
      }
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  Zlib.prototype._read = function (size) {
    if (this._rest)
      pump(this);
    else
      Transform.prototype._read.call(this, size);
  };

  function run(stream, bytes, flush, callback) {
    if (!stream[codec_key].is_open) {
      callback();
      return;
    }
    stream._rest = { pieces: stream[codec_key].pieces(bytes, flush), callback };
    pump(stream);
  }

  Zlib.prototype._transform = function (chunk, encoding, callback) {
    run(this, chunk, chunk[flush_key] ?? this._flushFlag, callback);
  };

  Zlib.prototype._flush = function (callback) {
    if (this[codec_key].is_ended)
      callback();
    else
      run(this, Buffer.alloc(0), this._finishFlushFlag, callback);
  };

  Zlib.prototype._destroy = function (error, callback) {
    this[codec_key].close();
    this._rest = null;
    callback(error);
  };

  Zlib.prototype._processChunk = function (chunk, flush, callback) {
    if (typeof callback === 'function') {
      run(this, chunk, flush, callback);
      return undefined;
    }
    const pieces = Array.from(this[codec_key].pieces(chunk, flush), to_buffer);
    return pieces.length ? Buffer.concat(pieces) : Buffer.alloc(0);
  };

  Zlib.prototype.flush = function (kind, callback) {
    if (typeof kind === 'function' || kind === undefined && !callback) {
      callback = kind;
      kind = is_brotli(this._kind) ? constants.BROTLI_OPERATION_FLUSH
        : constants.Z_FULL_FLUSH;
    }
    if (this.writableFinished) {
      if (callback)
        load('process').process.nextTick(callback);
    } else if (this.writableEnded) {
      if (callback)
        this.once('end', callback);
    } else {
      const mark = Buffer.alloc(0);
      mark[flush_key] = kind;
      this.write(mark, '', callback);
    }
  };

  Zlib.prototype.close = function (callback) {
    if (callback)
      finished(this, () => callback());
    this.destroy();
  };

  Zlib.prototype.reset = function () {
    if (!this[codec_key].is_open)
      throw make(Error, 'ERR_INTERNAL_ASSERTION', 'zlib binding closed');
    this[codec_key].reset();
  };

  function check_range(value, name, min, max) {
    check_number(value, name);
    if (!(value >= min && value <= max))
      throw out_of_range(name, `>= ${min} && <= ${max}`, value);
  }

  function params(level, strategy, callback) {
    check_range(level, 'level', -1, 9);
    check_range(strategy, 'strategy', 0, 4);
    if (this._level === level && this._strategy === strategy) {
      load('process').process.nextTick(callback);
      return;
    }
    this.flush(constants.Z_SYNC_FLUSH, () => {
      if (this[codec_key].is_open) {
        this[codec_key].set_params(level, strategy);
        this._level = level;
        this._strategy = strategy;
      }
      callback?.();
    });
  }

  /* Node's classes can be called without new. */
  function make_class(name, kind) {
    const own = { [name]: function (options) {
      if (!(this instanceof own))
        return new own(options);
      Zlib.call(this, kind, options);
      return undefined;
    } }[name];
    Object.setPrototypeOf(own, Zlib);
    Object.setPrototypeOf(own.prototype, Zlib.prototype);
    if (!is_brotli(kind))
      Object.defineProperty(own.prototype, 'params', { value: params,
        configurable: true, writable: true });
    return own;
  }

  const classes = {
    Deflate: make_class('Deflate', constants.DEFLATE),
    Inflate: make_class('Inflate', constants.INFLATE),
    Gzip: make_class('Gzip', constants.GZIP),
    Gunzip: make_class('Gunzip', constants.GUNZIP),
    DeflateRaw: make_class('DeflateRaw', constants.DEFLATERAW),
    InflateRaw: make_class('InflateRaw', constants.INFLATERAW),
    Unzip: make_class('Unzip', constants.UNZIP),
    BrotliCompress: make_class('BrotliCompress', constants.BROTLI_ENCODE),
    BrotliDecompress: make_class('BrotliDecompress', constants.BROTLI_DECODE),
  };

  return { classes, codec_of: (stream) => stream[codec_key] };
})
