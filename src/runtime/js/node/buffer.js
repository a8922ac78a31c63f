/*
 * node:buffer: Buffer over Uint8Array. Numbers, encodings, filling and
 * searching have files of their own.
 */
'use strict';

(function ({ native, load }) {
  const encodings = load('node/buffer_encodings');
  const { fill_part, search } = load('node/buffer_search');
  const errors = load('node/errors');
  const { make, arg_type, arg_value, out_of_range, check_number,
    check_integer } = errors;

  const size_max = 2 ** 32;
  const text_max = 2 ** 29 - 24;

  const plain = (bytes) =>
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const is_bytes = (value) => value instanceof Uint8Array;
  const is_buffer_of_bytes = (value) => value instanceof ArrayBuffer ||
    (globalThis.SharedArrayBuffer !== undefined &&
      value instanceof SharedArrayBuffer);

  /* The class of Buffers. Buffer itself is a function, because old bundles call
   * it without new. */
  class FastBuffer extends Uint8Array {}

  const wrap = (bytes) =>
    new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  function check_bytes(value, name) {
    if (!is_bytes(value))
      throw arg_type(name, 'an instance of Buffer or Uint8Array', value);
  }

  const check_offset = (value, name, max = size_max) =>
    check_integer(value, name, 0, max);

  function out_of_bounds(name) {
    return make(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', name
      ? `"${name}" is outside of buffer bounds`
      : 'Attempt to access memory outside buffer bounds');
  }

  function Buffer(value, encoding, length) {
    if (typeof value !== 'number')
      return Buffer.from(value, encoding, length);
    if (typeof encoding === 'string')
      throw arg_type('string', 'of type string', value);
    return Buffer.alloc(value);
  }
  Object.setPrototypeOf(Buffer, Uint8Array);
  Buffer.prototype = FastBuffer.prototype;
  Object.defineProperty(FastBuffer.prototype, 'constructor',
    { value: Buffer, configurable: true, writable: true });
  Object.defineProperty(Buffer, Symbol.species,
    { get: () => FastBuffer, configurable: true });

  /* ---- making one ---- */

  function from_text(text, encoding) {
    const form = typeof encoding === 'string' && encoding !== ''
      ? encodings.get(encoding) : encodings.utf8;
    return wrap(form.encode(text));
  }

  function from_array_buffer(buffer, offset, length) {
    offset = +offset || 0;
    const room = buffer.byteLength - offset;
    if (room < 0)
      throw out_of_bounds('offset');
    if (length === undefined)
      return new FastBuffer(buffer, offset, room);
    length = +length;
    if (length > room)
      throw out_of_bounds('length');
    return new FastBuffer(buffer, offset, length > 0 ? length : 0);
  }

  function from_list(list) {
    const buffer = new FastBuffer(list.length > 0 ? Math.trunc(list.length)
      : 0);
    if (is_bytes(list))
      buffer.set(list);
    else
      for (let at = 0; at < buffer.length; at++)
        buffer[at] = list[at];
    return buffer;
  }

  /* null if the object is not a list of bytes. */
  function from_object(value) {
    if (value.length !== undefined || is_buffer_of_bytes(value.buffer))
      return typeof value.length === 'number' ? from_list(value)
        : new FastBuffer(0);
    return value.type === 'Buffer' && Array.isArray(value.data)
      ? from_list(value.data) : null;
  }

  function size_of(size, name = 'size') {
    check_number(size, name, 0, size_max);
    return Math.trunc(size);
  }

  const made = {
    from(value, encoding, length) {
      if (typeof value === 'string')
        return from_text(value, encoding);
      if (typeof value === 'object' && value !== null) {
        if (is_buffer_of_bytes(value))
          return from_array_buffer(value, encoding, length);
        const inner = value.valueOf?.();
        if (inner !== null && inner !== value && (typeof inner === 'string' ||
          typeof inner === 'object'))
          return Buffer.from(inner, encoding, length);
        const buffer = from_object(value);
        if (buffer)
          return buffer;
        const text = typeof value[Symbol.toPrimitive] === 'function'
          ? value[Symbol.toPrimitive]('string') : null;
        if (typeof text === 'string')
          return from_text(text, encoding);
      }
      throw arg_type('first argument', 'of type string or an instance of ' +
        'Buffer, ArrayBuffer, or Array or an Array-like Object', value);
    },
    alloc(size, fill, encoding) {
      const buffer = new FastBuffer(size_of(size));
      if (encoding !== undefined && encoding !== null)
        errors.check_string(encoding, 'encoding');
      return fill !== undefined && fill !== 0 && buffer.length
        ? fill_part(buffer, fill, 0, buffer.length, encoding) : buffer;
    },
    allocUnsafe: (size) => new FastBuffer(size_of(size)),
    allocUnsafeSlow: (size) => new FastBuffer(size_of(size)),
    of(...bytes) {
      return from_list(bytes);
    },
    copyBytesFrom(view, offset, length) {
      if (!ArrayBuffer.isView(view) || view instanceof DataView)
        throw arg_type('view', 'an instance of TypedArray', view);
      if (offset !== undefined)
        check_integer(offset, 'offset', 0);
      const start = offset ?? 0;
      if (start >= view.length)
        return new FastBuffer(0);
      if (length !== undefined)
        check_integer(length, 'length', 0);
      return wrap(new Uint8Array(plain(view.subarray(start,
        length === undefined ? undefined : start + length))));
    },
    concat(list, length) {
      if (!Array.isArray(list))
        throw arg_type('list', 'an instance of Array', list);
      if (length === undefined)
        length = size_of(list.reduce((sum, each) => each.length
          ? sum + each.length : sum, 0));
      else
        check_offset(length, 'length');
      const whole = new FastBuffer(list.length ? length : 0);
      let at = 0;
      list.forEach((each, index) => {
        check_bytes(each, `list[${index}]`);
        const part = plain(each).subarray(0, Math.max(0, whole.length - at));
        whole.set(part, Math.min(at, whole.length));
        at += each.length;
      });
      return whole;
    },
    byteLength(text, encoding) {
      if (typeof text === 'string')
        return (encodings.find(encoding) ?? encodings.utf8).size(text);
      if (ArrayBuffer.isView(text) || is_buffer_of_bytes(text))
        return text.byteLength;
      throw arg_type('string', 'of type string or an instance of Buffer or ' +
        'ArrayBuffer', text);
    },
    compare(a, b) {
      check_bytes(a, 'buf1');
      check_bytes(b, 'buf2');
      return order_of(a, b);
    },
    isBuffer: (value) => value instanceof Buffer,
    isEncoding: (encoding) => typeof encoding === 'string' &&
      encodings.find(encoding) !== undefined,
  };

  function order_of(a, b) {
    const size = Math.min(a.length, b.length);
    for (let at = 0; at < size; at++)
      if (a[at] !== b[at])
        return a[at] < b[at] ? -1 : 1;
    return Math.sign(a.length - b.length);
  }

  /* ---- writing text ---- */

  /* The bytes up to the end of the last complete character. */
  function whole_characters(bytes) {
    let at = bytes.length - 1;
    while (at >= 0 && (bytes[at] & 0xc0) === 0x80)
      at--;
    if (at < 0 || bytes[at] < 0xc0)
      return bytes.length;
    const needed = bytes[at] >= 0xf0 ? 4 : bytes[at] >= 0xe0 ? 3 : 2;
    return at + needed > bytes.length ? at : bytes.length;
  }

  function write_text(buffer, text, at, room, form) {
    if (typeof text !== 'string')
      throw make(TypeError, 'ERR_INVALID_ARG_TYPE',
        'argument must be a string');
    let bytes = form.encode(text);
    if (bytes.length > room) {
      bytes = bytes.subarray(0, room);
      if (form.name === 'utf8')
        bytes = bytes.subarray(0, whole_characters(bytes));
      else if (form.name === 'utf16le')
        bytes = bytes.subarray(0, bytes.length & ~1);
    }
    plain(buffer).set(bytes, at);
    return bytes.length;
  }

  /* As in Node, a value that is not a safe number becomes the fallback. */
  function to_integer(value, fallback) {
    if (Number.isInteger(value))
      return value;
    value = Math.floor(+value);
    return Number.isSafeInteger(value) ? value : fallback;
  }

  function swap(buffer, size) {
    if (buffer.length % size)
      throw make(RangeError, 'ERR_INVALID_BUFFER_SIZE',
        `Buffer size must be a multiple of ${8 * size}-bits`);
    for (let at = 0; at < buffer.length; at += size)
      plain(buffer).subarray(at, at + size).reverse();
    return buffer;
  }

  const methods = {
    toString(encoding, start, end) {
      const length = this.length;
      start = start > 0 ? Math.trunc(start) || 0 : 0;
      end = end === undefined || end > length ? length : Math.trunc(end) || 0;
      if (arguments.length && start >= length && length)
        return '';
      if (end <= start)
        return '';
      const form = encoding === undefined ? encodings.utf8
        : encodings.get(encoding);
      return form.decode(plain(this).subarray(start, end));
    },
    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    },
    inspect() {
      const hex = encodings.get('hex').decode(plain(this)
        .subarray(0, module.INSPECT_MAX_BYTES)).replace(/..(?=.)/g, '$& ');
      const more = this.length - module.INSPECT_MAX_BYTES;
      return `<${this.constructor.name} ${hex}` +
        `${more > 0 ? ` ... ${more} more byte${more > 1 ? 's' : ''}` : ''}>`;
    },
    /* The part shares memory, unlike that of Uint8Array's slice(). */
    slice(start, end) {
      return this.subarray(start, end);
    },
    subarray(start, end) {
      return wrap(plain(this).subarray(start, end));
    },
    equals(other) {
      check_bytes(other, 'otherBuffer');
      return this.length === other.length && order_of(this, other) === 0;
    },
    compare(target, start, end, own_start, own_end) {
      check_bytes(target, 'target');
      for (const [value, name, max] of [[start, 'targetStart'],
        [end, 'targetEnd', target.length], [own_start, 'sourceStart'],
        [own_end, 'sourceEnd', this.length]])
        if (value !== undefined)
          check_offset(value, name, max);
      const part = (buffer, from = 0, to = buffer.length) =>
        plain(buffer).subarray(from, Math.max(from, to));
      return order_of(part(this, own_start, own_end), part(target, start, end));
    },
    copy(target, at, start, end) {
      check_bytes(target, 'target');
      at = at === undefined ? 0 : to_integer(at, 0);
      if (at < 0)
        throw out_of_range('targetStart', '>= 0', at);
      start = start === undefined ? 0 : to_integer(start, 0);
      if (start < 0 || start > this.length)
        throw out_of_range('sourceStart', `>= 0 && <= ${this.length}`, start);
      end = end === undefined ? this.length : to_integer(end, 0);
      if (end < 0)
        throw out_of_range('sourceEnd', '>= 0', end);
      if (at >= target.length || start >= end)
        return 0;
      const part = plain(this).subarray(start,
        Math.min(end, start + target.length - at));
      plain(target).set(part, at);
      return part.length;
    },
    write(text, at, length, encoding) {
      if (at === undefined)
        return write_text(this, text, 0, this.length, encodings.utf8);
      if (length === undefined && typeof at === 'string') {
        encoding = at;
        at = 0;
        length = this.length;
      } else {
        check_offset(at, 'offset', this.length);
        if (typeof length === 'string')
          [encoding, length] = [length, undefined];
        else if (length !== undefined)
          check_offset(length, 'length', this.length);
        length = Math.min(length ?? Infinity, this.length - at);
      }
      return write_text(this, text, at, length,
        encoding ? encodings.get(encoding) : encodings.utf8);
    },
    fill(value, start, end, encoding) {
      return fill_part(this, value, start, end, encoding);
    },
    indexOf(value, offset, encoding) {
      return search(this, value, offset, encoding, true);
    },
    lastIndexOf(value, offset, encoding) {
      return search(this, value, offset, encoding, false);
    },
    includes(value, offset, encoding) {
      return search(this, value, offset, encoding, true) !== -1;
    },
    swap16() {
      return swap(this, 2);
    },
    swap32() {
      return swap(this, 4);
    },
    swap64() {
      return swap(this, 8);
    },
  };
  methods.toLocaleString = methods.toString;

  /* Node's internal shorthands hexSlice(), utf8Write() and the like, which
   * some bundles use. */
  for (const name of ['ascii', 'base64', 'base64url', 'latin1', 'hex', 'ucs2',
    'utf8']) {
    methods[`${name}Slice`] = function (start, end) {
      return this.toString(name, start, end);
    };
    methods[`${name}Write`] = function (text, at = 0, length) {
      return this.write(text, at, length, name);
    };
  }

  function define_all(object, properties) {
    for (const [name, value] of Object.entries(properties))
      Object.defineProperty(object, name,
        { value, configurable: true, enumerable: true, writable: true });
  }
  define_all(Buffer, { ...made, poolSize: 8192 });
  define_all(Buffer.prototype, methods);
  load('node/buffer_numbers').define(Buffer.prototype);
  for (const [name, get] of [
    ['parent', function () {
      return this instanceof Buffer ? this.buffer : undefined;
    }],
    ['offset', function () {
      return this instanceof Buffer ? this.byteOffset : undefined;
    }]])
    Object.defineProperty(Buffer.prototype, name, { get, enumerable: true });
  Object.defineProperty(Buffer.prototype,
    Symbol.for('nodejs.util.inspect.custom'),
    { value: methods.inspect, configurable: true, writable: true });

  /* ---- the module ---- */

  function transcode(source, from, to) {
    check_bytes(source, 'source');
    const [a, b] = [encodings.find(from ?? 'utf8'),
      encodings.find(to ?? 'utf8')];
    const known = ['utf8', 'utf16le', 'latin1', 'ascii'];
    if (!known.includes(a?.name) || !known.includes(b?.name)) {
      const error = new Error('Unable to transcode Buffer ' +
        '[U_ILLEGAL_ARGUMENT_ERROR]');
      throw Object.assign(error,
        { code: 'U_ILLEGAL_ARGUMENT_ERROR', errno: 1 });
    }
    const text = a.decode(plain(source));
    const max = { ascii: 0x7f, latin1: 0xff }[b.name];
    return wrap(b.encode(max === undefined ? text : Array.from(text,
      (character) => character.codePointAt(0) > max ? '?' : character)
      .join('')));
  }

  function bytes_of_input(input) {
    if (ArrayBuffer.isView(input) && !(input instanceof DataView) ||
      is_buffer_of_bytes(input))
      return load('encoding').view_of(input);
    throw arg_type('input', 'an instance of ArrayBuffer, Buffer, or TypedArray',
      input);
  }

  function isUtf8(input) {
    const bytes = bytes_of_input(input);
    try {
      native.decode_utf8(plain(bytes), true);
      return true;
    } catch {
      return false;
    }
  }

  const module = {
    Buffer, transcode, isUtf8,
    isAscii: (input) => bytes_of_input(input).every((byte) => byte < 0x80),
    SlowBuffer: (size) => Buffer.alloc(size),
    constants: { MAX_LENGTH: size_max, MAX_STRING_LENGTH: text_max },
    kMaxLength: size_max, kStringMaxLength: text_max,
    INSPECT_MAX_BYTES: 50,
    resolveObjectURL: (url) => load('object_url').find(`${url}`),
    get Blob() {
      return load('blob').Blob;
    },
    get File() {
      return load('blob').File;
    },
    get atob() {
      return load('encoding').atob;
    },
    get btoa() {
      return load('encoding').btoa;
    },
  };
  return module;
})
