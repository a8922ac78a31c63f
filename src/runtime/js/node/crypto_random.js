/*
 * node:crypto: randomness, and the comparison that takes the same time
 * wherever the bytes differ.
 */
'use strict';

(function ({ native, load }) {
  const { is_buffer_source } = load('web_idl');
  const { make, arg_type, out_of_range, check_boolean, check_function,
    check_number } = load('node/errors');
  const { size_max, to_buffer } = load('node/crypto_bytes');

  function answer(done, value) {
    if (done === undefined)
      return value;
    process.nextTick(done, null, value);
    return undefined;
  }

  function randomBytes(size, done) {
    check_number(size, 'size', 0, size_max);
    if (done !== undefined)
      check_function(done, 'callback');
    return answer(done, to_buffer(native.random(
      new Uint8Array(Math.trunc(size)))));
  }

  function randomFillSync(target, offset = 0, size = undefined) {
    if (!is_buffer_source(target))
      throw arg_type('buf', 'an instance of ArrayBuffer or ArrayBufferView',
        target);
    const step = target.BYTES_PER_ELEMENT ?? 1;
    const length = target.length ?? target.byteLength;
    check_number(offset, 'offset', 0, length);
    size ??= length - offset;
    check_number(size, 'size', 0, size_max);
    if (size + offset > length)
      throw out_of_range('size + offset', `<= ${length}`, size + offset);
    const bytes = load('encoding').view_of(target);
    native.random(new Uint8Array(bytes.buffer, bytes.byteOffset + offset * step,
      size * step));
    return target;
  }

  function randomFill(target, ...values) {
    const done = values.pop();
    check_function(done, 'callback');
    answer(done, randomFillSync(target, ...values));
  }

  function randomInt(min, max, done) {
    if (max === undefined || typeof max === 'function')
      [min, max, done] = [0, min, max];
    if (done !== undefined)
      check_function(done, 'callback');
    for (const [value, name] of [[min, 'min'], [max, 'max']])
      if (!Number.isSafeInteger(value))
        throw arg_type(name, 'a safe integer', value);
    if (max <= min)
      throw out_of_range('max', `greater than the value of "min" (${min})`,
        max);
    const range = max - min;
    if (range > 2 ** 48 - 1)
      throw out_of_range('max - min', `<= ${2 ** 48 - 1}`, range);
    /* Numbers above the last whole range would make small results likelier. */
    const whole = 2 ** 48 - 2 ** 48 % range;
    for (;;) {
      const value = randomBytes(6).readUIntBE(0, 6);
      if (value < whole)
        return answer(done, min + value % range);
    }
  }

  function randomUUID(options) {
    if (options?.disableEntropyCache !== undefined)
      check_boolean(options.disableEntropyCache, 'options.disableEntropyCache');
    return crypto.randomUUID();
  }

  function timingSafeEqual(a, b) {
    const [x, y] = [[a, 'buf1'], [b, 'buf2']].map(([value, name]) => {
      if (!is_buffer_source(value))
        throw make(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" ` +
          'argument must be an instance of ArrayBuffer, Buffer, TypedArray, ' +
          'or DataView.');
      return load('encoding').view_of(value);
    });
    if (x.length !== y.length)
      throw make(RangeError, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
        'Input buffers must have the same byte length');
    return load('digest').is_equal(x, y);
  }

  return { randomBytes, randomFill, randomFillSync, randomInt, randomUUID,
    timingSafeEqual };
})
