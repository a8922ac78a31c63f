/*
 * One compressed stream, in pieces: zlib's and brotli's codecs with Node's
 * errors and checks of options. node/zlib.js and streams/compression.js stand
 * on it.
 */
'use strict';

(function ({ native, load }) {
  const { is_buffer_source } = load('web_idl');
  const { constants, codes } = load('node/zlib_constants');
  const { make, arg_type, out_of_range, check_number } = load('node/errors');
  const { DEFLATE, GZIP, DEFLATERAW, GUNZIP, INFLATE, UNZIP, BROTLI_DECODE,
    BROTLI_ENCODE, Z_OK, Z_STREAM_END, Z_NEED_DICT, Z_BUF_ERROR, Z_FINISH,
    Z_BLOCK, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_EMIT_METADATA } =
    constants;

  const is_brotli = (kind) => kind === BROTLI_DECODE || kind === BROTLI_ENCODE;

  /* Node's code is made of the name in brotli's header, whichever text this
   * machine's brotli has for it. */
  const brotli_code = (number) => {
    const name = Object.keys(constants).find((key) =>
      key.startsWith('BROTLI_DECODER_ERROR_') && constants[key] === number);
    return `ERR_${name?.slice('BROTLI_DECODER'.length) ?? '_ERROR_UNKNOWN'}`;
  };

  /* zlib gives Z_BUF_ERROR when it has nothing to do. */
  const is_failure = (code) => code !== Z_OK && code !== Z_STREAM_END &&
    code !== Z_BUF_ERROR;

  function fault(text, number, code) {
    const error = new Error(text);
    error.errno = number;
    error.code = code;
    return error;
  }

  const truncated = () =>
    fault('unexpected end of file', Z_BUF_ERROR, 'Z_BUF_ERROR');

  /* ---- options ---- */

  /* A number of the options within a range, or the usual one. */
  function number_of(options, name, min, max, usual) {
    const value = options[name];
    if (value === undefined || Number.isNaN(value))
      return usual;
    if (typeof value !== 'number')
      check_number(value, `options.${name}`);
    if (value < min || value > max || !Number.isFinite(value))
      throw out_of_range(`options.${name}`, max === Infinity ? `>= ${min}`
        : `>= ${min} and <= ${max}`, value);
    return value;
  }

  function window_of(kind, options) {
    const may_be_zero = kind === INFLATE || kind === GUNZIP || kind === UNZIP;
    if (may_be_zero && !options.windowBits)
      return 0;
    const bits = number_of(options, 'windowBits', kind === GZIP ? 9 : 8, 15,
      15);
    /* zlib has no raw deflate with 8 bits. */
    return kind === DEFLATERAW && bits === 8 ? 9 : bits;
  }

  function dictionary_of({ dictionary }) {
    if (dictionary === undefined)
      return new Uint8Array(0);
    if (!is_buffer_source(dictionary))
      throw arg_type('options.dictionary', 'an instance of Buffer, ' +
        'TypedArray, DataView, or ArrayBuffer', dictionary);
    return new Uint8Array(load('encoding').view_of(dictionary));
  }

  function open_zlib(kind, options) {
    const window = window_of(kind, options);
    const level = number_of(options, 'level', -1, 9, -1);
    const memory = number_of(options, 'memLevel', 1, 9, 8);
    const strategy = number_of(options, 'strategy', 0, 4, 0);
    return native.zlib_new(kind, level, window, memory, strategy,
      dictionary_of(options));
  }

  const brotli_params = Object.keys(constants).filter((name) =>
    name.startsWith('BROTLI_PARAM_')).map((name) => constants[name]);

  function open_brotli(kind, { params }) {
    const handle = native.brotli_new(kind === BROTLI_ENCODE);
    for (const [name, value] of Object.entries(params ?? {})) {
      const number = Number(name);
      if (!brotli_params.includes(number))
        throw make(RangeError, 'ERR_BROTLI_INVALID_PARAM',
          `${name} is not a valid Brotli parameter`);
      if (typeof value !== 'number' && typeof value !== 'boolean')
        throw arg_type(`options.params[key]`, 'of type number', value);
      if (!native.brotli_set(handle, number, Number(value)))
        throw make(Error, 'ERR_ZLIB_INITIALIZATION_FAILED',
          'Initialization failed');
    }
    return handle;
  }

  /* The options of all kinds, checked: {flush, finish, chunk_size}. */
  function common_options(kind, options) {
    const most = is_brotli(kind) ? BROTLI_OPERATION_EMIT_METADATA : Z_BLOCK;
    const last = is_brotli(kind) ? BROTLI_OPERATION_FINISH : Z_FINISH;
    return {
      chunk_size: number_of(options, 'chunkSize', 64, Infinity, 16384),
      flush: number_of(options, 'flush', 0, most, 0),
      finish: number_of(options, 'finishFlush', 0, most, last),
      last,
    };
  }

  /* ---- the codec ---- */

  class Codec {
    #handle;
    #kind;
    #chunk_size;
    #has_dictionary;
    #last;
    flush;
    finish;
    is_ended = false;
    /* Bytes of the input that were used. */
    used = 0;
    /* What stood behind the end of the stream. */
    rest = new Uint8Array(0);

    constructor(kind, options = {}) {
      this.#kind = kind;
      const common = common_options(kind, options);
      this.#chunk_size = common.chunk_size;
      this.#last = common.last;
      this.flush = common.flush;
      this.finish = common.finish;
      this.#has_dictionary = options.dictionary !== undefined;
      this.#handle = is_brotli(kind) ? open_brotli(kind, options)
        : open_zlib(kind, options);
    }

    get is_open() {
      return this.#handle !== null;
    }

    /* The output for some input, one array after another. A reader that stops
     * leaves the rest undone. */
    *pieces(input, flush) {
      let is_full = true;
      while (this.#handle && !this.is_ended && (input.length || is_full)) {
        const output = new Uint8Array(this.#chunk_size);
        const [code, used, made] = native.zlib_run(this.#handle, input, flush,
          output);
        input = input.subarray(used);
        this.used += used;
        this.is_ended = code === Z_STREAM_END;
        is_full = made === output.length;
        if (made)
          yield is_full ? output : output.slice(0, made);
        if (is_failure(code))
          throw this.#fault(code);
        if (!used && !made)
          break;
      }
      this.#end(input, flush);
    }

    #end(rest, flush) {
      if (this.is_ended)
        this.rest = rest;
      else if (flush === this.#last)
        throw truncated();
    }

    /* The whole output at once; undefined if it has more bytes than limit. */
    whole(input, flush, limit) {
      const [code, used, , output] = native.zlib_whole(this.#handle, input,
        flush, limit);
      if (output === undefined)
        return undefined;
      this.used += used;
      this.is_ended = code === Z_STREAM_END;
      if (is_failure(code))
        throw this.#fault(code);
      this.#end(input.subarray(used), flush);
      return output;
    }

    #fault(code) {
      const text = native.zlib_message(this.#handle);
      if (is_brotli(this.#kind))
        return this.#kind === BROTLI_ENCODE
          ? fault('Compression failed', code, 'ERR_BROTLI_COMPRESSION_FAILED')
          : fault('Decompression failed', code, brotli_code(code));
      if (code === Z_NEED_DICT)
        return fault(this.#has_dictionary ? 'Bad dictionary'
          : 'Missing dictionary', code, 'Z_NEED_DICT');
      return fault(text || 'Zlib error', code, codes[code]);
    }

    set_params(level, strategy) {
      native.zlib_params(this.#handle, level, strategy);
    }

    reset() {
      if (is_brotli(this.#kind))
        throw make(Error, 'ERR_METHOD_NOT_IMPLEMENTED',
          'a brotli stream can not be reset: make a new one');
      native.zlib_reset(this.#handle);
      this.is_ended = false;
    }

    close() {
      if (this.#handle)
        native.zlib_free(this.#handle);
      this.#handle = null;
    }
  }

  return { Codec, is_brotli };
})
