/*
 * Buffer's methods that read and write numbers, with Node's checks.
 */
'use strict';

(function ({ load }) {
  const { make, arg_type, out_of_range, check_number } = load('node/errors');

  function bounds_error(value, last, name) {
    if (Math.floor(value) !== value) {
      check_number(value, name ?? 'offset');
      return out_of_range(name ?? 'offset', 'an integer', value);
    }
    if (last < 0)
      return make(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS',
        'Attempt to access memory outside buffer bounds');
    return out_of_range(name ?? 'offset', `>= ${name ? 1 : 0} and <= ${last}`,
      value);
  }

  function check_bounds(buffer, at, size) {
    check_number(at, 'offset');
    if (buffer[at] === undefined || buffer[at + size - 1] === undefined)
      throw bounds_error(at, buffer.length - size);
  }

  function check_range(value, min, max, size) {
    if (value <= max && value >= min || Number.isNaN(value))
      return;
    const n = typeof min === 'bigint' ? 'n' : '';
    if (!(value > max || value < min))
      return;
    let range = `>= ${min}${n} and <= ${max}${n}`;
    if (size > 4)
      range = min < 0
        ? `>= -(2${n} ** ${8 * size - 1}${n}) and < 2${n} ** ` +
          `${8 * size - 1}${n}`
        : `>= 0${n} and < 2${n} ** ${8 * size}${n}`;
    throw out_of_range('value', range, value);
  }

  function check_big(buffer, at, value, min, max) {
    check_range(value, min, max, 8);
    check_bounds(buffer, at, 8);
    if (typeof value !== 'bigint')
      throw new TypeError('Cannot mix BigInt and other types, use explicit ' +
        'conversions');
  }

  function read_unsigned(buffer, at, size, is_little) {
    let value = 0;
    for (let index = 0; index < size; index++)
      value = value * 256 + buffer[is_little ? at + size - 1 - index
        : at + index];
    return value;
  }

  function write_unsigned(buffer, value, at, size, is_little) {
    for (let index = 0; index < size; index++) {
      buffer[is_little ? at + index : at + size - 1 - index] = value;
      value = Math.floor(value / 256);
    }
    return at + size;
  }

  function read_integer(buffer, at, size, is_little, is_signed) {
    check_bounds(buffer, at, size);
    const value = read_unsigned(buffer, at, size, is_little);
    return is_signed && value >= 2 ** (8 * size - 1)
      ? value - 2 ** (8 * size) : value;
  }

  function write_integer(buffer, value, at, size, is_little, is_signed) {
    value = +value;
    if (size === 1)
      check_number(at, 'offset');
    const half = 2 ** (8 * size - 1);
    check_range(value, is_signed ? -half : 0,
      is_signed ? half - 1 : 2 * half - 1, size);
    check_bounds(buffer, at, size);
    value = Math.trunc(value) || 0;
    return write_unsigned(buffer, value < 0 ? value + 2 * half : value, at,
      size, is_little);
  }

  function check_size(size) {
    if (!(Number.isInteger(size) && size >= 1 && size <= 6))
      throw bounds_error(size, 6, 'byteLength');
  }

  const scratch = new DataView(new ArrayBuffer(8));

  function read_view(buffer, at, size, is_little, kind) {
    check_bounds(buffer, at, size);
    for (let index = 0; index < size; index++)
      scratch.setUint8(index, buffer[at + index]);
    return scratch['get' + kind](0, is_little);
  }

  function write_view(buffer, value, at, size, is_little, kind) {
    check_bounds(buffer, at, size);
    scratch['set' + kind](0, value, is_little);
    for (let index = 0; index < size; index++)
      buffer[at + index] = scratch.getUint8(index);
    return at + size;
  }

  const limits = { BigInt64: [-(2n ** 63n), 2n ** 63n - 1n],
    BigUint64: [0n, 2n ** 64n - 1n] };

  /* The methods of one order of bytes. */
  function methods_of(order) {
    const is_little = order === 'LE';
    const methods = {};
    const add = (name, size, read, write) => {
      methods[`read${name}`] = function (offset = 0) {
        return read(this, offset, size);
      };
      methods[`write${name}`] = function (value, offset = 0) {
        return write(this, value, offset, size);
      };
    };
    for (const is_signed of [false, true]) {
      const kind = is_signed ? 'Int' : 'UInt';
      for (const size of order === '' ? [1] : [2, 4])
        add(`${kind}${8 * size}${order}`, size, (buffer, at) =>
          read_integer(buffer, at, size, is_little, is_signed),
        (buffer, value, at) =>
          write_integer(buffer, value, at, size, is_little, is_signed));
      if (order === '')
        continue;
      methods[`read${kind}${order}`] = function (offset, byteLength) {
        if (offset === undefined)
          throw arg_type('offset', 'of type number', offset);
        check_size(byteLength);
        return read_integer(this, offset, byteLength, is_little, is_signed);
      };
      methods[`write${kind}${order}`] = function (value, offset, byteLength) {
        check_size(byteLength);
        return write_integer(this, value, offset, byteLength, is_little,
          is_signed);
      };
    }
    if (order === '')
      return methods;
    for (const [name, kind, size] of [['Float', 'Float32', 4],
      ['Double', 'Float64', 8], ['BigInt64', 'BigInt64', 8],
      ['BigUInt64', 'BigUint64', 8]])
      add(name + order, size, (buffer, at) =>
        read_view(buffer, at, size, is_little, kind),
      (buffer, value, at) => {
        if (limits[kind])
          check_big(buffer, at, value, ...limits[kind]);
        return write_view(buffer, limits[kind] ? value : +value, at, size,
          is_little, kind);
      });
    return methods;
  }

  /* Add the methods, also under Node's second spelling: readUint8() for
   * readUInt8(). */
  function define(prototype) {
    for (const order of ['', 'LE', 'BE'])
      for (const [name, own] of Object.entries(methods_of(order)))
        for (const alias of [name, name.replace('UInt', 'Uint')])
          Object.defineProperty(prototype, alias, { value: own,
            configurable: true, enumerable: true, writable: true });
  }

  return { define };
})
