/*
 * What the parts of node:crypto share: arguments that are bytes, results in
 * the encoding that was asked for, functions with a callback.
 */
'use strict';

(function ({ native, load }) {
  const { Buffer } = load('node/buffer');
  const { make, arg_type, arg_value, check_function } = load('node/errors');

  /* The largest size that OpenSSL and Node take. */
  const size_max = 2 ** 31 - 1;

  const of_views = 'of type string or an instance of Buffer, TypedArray, or ' +
    'DataView';
  const of_bytes = 'of type string or an instance of ArrayBuffer, Buffer, ' +
    'TypedArray, or DataView';

  const is_buffer = (value) => value instanceof ArrayBuffer ||
    typeof SharedArrayBuffer === 'function' &&
    value instanceof SharedArrayBuffer;
  const is_bytes = (value) => ArrayBuffer.isView(value) || is_buffer(value);

  function text_bytes(text, encoding) {
    if (encoding === undefined || encoding === 'utf8')
      return native.encode_utf8(text);
    if (encoding === 'buffer')
      encoding = 'utf8';
    if (String(encoding).toLowerCase() === 'hex' && text.length % 2)
      throw arg_value('encoding', encoding,
        `is invalid for data of length ${text.length}`);
    const bytes = Buffer.from(text,
      Buffer.isEncoding(encoding) ? encoding : 'utf8');
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /* A text or a view as a Uint8Array, which C takes. */
  function bytes_of(data, encoding, name = 'data') {
    if (typeof data === 'string')
      return text_bytes(data, encoding);
    if (!ArrayBuffer.isView(data))
      throw arg_type(name, of_views, data);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  /* The same, but an ArrayBuffer is allowed as well. */
  function secret_of(data, name, encoding = 'utf8', must = of_bytes) {
    if (typeof data === 'string')
      return text_bytes(data, encoding);
    if (!is_bytes(data))
      throw arg_type(name, must, data);
    return is_buffer(data) ? new Uint8Array(data)
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  const to_buffer = (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

  function as_asked(bytes, encoding) {
    if (encoding === 'hex')
      return native.encode_hex(bytes);
    const buffer = to_buffer(bytes);
    return Buffer.isEncoding(encoding) ? buffer.toString(encoding) : buffer;
  }

  /* Call a function of C. Some of its errors have another class in Node. */
  const classes = new Map([['ERR_MISSING_PASSPHRASE', TypeError],
    ['ERR_OUT_OF_RANGE', RangeError]]);
  function system(own) {
    try {
      return own();
    } catch (error) {
      const other = classes.get(error?.code);
      throw other ? make(other, error.code, error.message) : error;
    }
  }

  /* The form with a callback as last argument. Wrong arguments throw, and
   * what fails later is the callback's. prepare() throws for wrong
   * arguments and returns the work. */
  function with_callback(prepare) {
    return function (...values) {
      const done = typeof values.at(-1) === 'function' ? values.pop()
        : undefined;
      check_function(done, 'callback');
      const work = prepare(...values);
      finish(work, done);
    };
  }

  function finish(work, done) {
    let results;
    try {
      results = [null, work()];
    } catch (error) {
      results = [error];
    }
    process.nextTick(done, ...results);
  }

  return { Buffer, size_max, of_views, of_bytes, is_buffer, is_bytes, bytes_of,
    secret_of, to_buffer, as_asked, system, with_callback, finish };
})
