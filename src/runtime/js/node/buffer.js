/*
 * node:buffer: Buffer over Uint8Array.
 */
'use strict';

(function ({ native, load }) {
  const { latin1, base64_bytes, view_of } = load('encoding');
  const names = { utf8: 'utf8', 'utf-8': 'utf8', hex: 'hex', base64: 'base64',
    base64url: 'base64url', latin1: 'latin1', binary: 'latin1',
    ascii: 'ascii', utf16le: 'utf16le', 'utf-16le': 'utf16le',
    ucs2: 'utf16le', 'ucs-2': 'utf16le' };

  function encoding_name(encoding) {
    const name = names[String(encoding ?? 'utf8').toLowerCase()];
    if (!name) {
      const error = new TypeError(`Unknown encoding: ${encoding}`);
      error.code = 'ERR_UNKNOWN_ENCODING';
      throw error;
    }
    return name;
  }

  function from_hex(text) {
    const digits = /^(?:[0-9a-f]{2})*/i.exec(text)[0];
    const bytes = new Uint8Array(digits.length / 2);
    for (let at = 0; at < bytes.length; at++)
      bytes[at] = parseInt(digits.slice(2 * at, 2 * at + 2), 16);
    return bytes;
  }

  const encoders = {
    utf8: (text) => native.encode_utf8(text.toWellFormed()),
    hex: from_hex,
    /* Node takes both alphabets and stops at nothing. */
    base64: (text) => {
      const plain = text.replace(/=.*$/s, '').replaceAll('-', '+')
        .replaceAll('_', '/').replace(/[^A-Za-z0-9+/]/g, '');
      return base64_bytes(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
    },
    latin1: (text) => {
      const bytes = new Uint8Array(text.length);
      for (let at = 0; at < text.length; at++)
        bytes[at] = text.charCodeAt(at);
      return bytes;
    },
    utf16le: (text) => {
      const bytes = new Uint8Array(2 * text.length);
      for (let at = 0; at < text.length; at++) {
        bytes[2 * at] = text.charCodeAt(at);
        bytes[2 * at + 1] = text.charCodeAt(at) >> 8;
      }
      return bytes;
    },
  };
  encoders.base64url = encoders.base64;
  encoders.ascii = encoders.latin1;

  const plain = (bytes) =>
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  const decoders = {
    utf8: (bytes) => native.decode_utf8(plain(bytes), false),
    hex: (bytes) => {
      let text = '';
      for (const byte of bytes)
        text += (byte < 16 ? '0' : '') + byte.toString(16);
      return text;
    },
    base64: (bytes) => native.encode_base64(plain(bytes)),
    base64url: (bytes) => native.encode_base64(plain(bytes))
      .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
    latin1: (bytes) => latin1(plain(bytes)),
    ascii: (bytes) => latin1(plain(bytes).map((byte) => byte & 0x7f)),
    utf16le: (bytes) => {
      let text = '';
      for (let at = 0; at + 1 < bytes.length; at += 2)
        text += String.fromCharCode(bytes[at] | bytes[at + 1] << 8);
      return text;
    },
  };

  function out_of_range(what) {
    const error = new RangeError(`The value of "${what}" is out of range.`);
    error.code = 'ERR_OUT_OF_RANGE';
    return error;
  }

  function wrap(bytes) {
    return Object.setPrototypeOf(plain(bytes), Buffer.prototype);
  }

  class Buffer extends Uint8Array {
    static poolSize = 0;
    static get [Symbol.species]() {
      return Buffer;
    }

    static from(data, encoding, length) {
      if (typeof data === 'string')
        return wrap(encoders[encoding_name(encoding)](data));
      if (data instanceof ArrayBuffer || (globalThis.SharedArrayBuffer &&
        data instanceof SharedArrayBuffer))
        return new Buffer(data, encoding, length);
      if (ArrayBuffer.isView(data))
        return wrap(new Uint8Array(data instanceof DataView ? view_of(data)
          : data));
      if (data && data.type === 'Buffer' && Array.isArray(data.data))
        return wrap(Uint8Array.from(data.data));
      if (data && typeof data === 'object' && typeof data.length === 'number')
        return wrap(Uint8Array.from(data));
      const own = data?.valueOf?.();
      if (own !== undefined && own !== null && own !== data)
        return Buffer.from(own, encoding, length);
      throw new TypeError('Buffer.from takes a text, bytes or an array');
    }
    static alloc(size, fill, encoding) {
      if (!(size >= 0))
        throw out_of_range('size');
      const buffer = new Buffer(size);
      return fill === undefined || fill === 0 ? buffer
        : buffer.fill(fill, encoding);
    }
    static allocUnsafe(size) {
      return Buffer.alloc(size);
    }
    static allocUnsafeSlow(size) {
      return Buffer.alloc(size);
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static isEncoding(encoding) {
      return Object.hasOwn(names, String(encoding).toLowerCase());
    }
    static byteLength(data, encoding) {
      return typeof data === 'string'
        ? encoders[encoding_name(encoding)](data).length : data.byteLength;
    }
    static concat(list, size) {
      const total = size ??
        list.reduce((sum, { length }) => sum + length, 0);
      const whole = Buffer.alloc(total);
      let at = 0;
      for (const each of list) {
        if (at >= total)
          break;
        whole.set(each.subarray(0, total - at), at);
        at += each.length;
      }
      return whole;
    }
    static compare(a, b) {
      const size = Math.min(a.length, b.length);
      for (let at = 0; at < size; at++)
        if (a[at] !== b[at])
          return a[at] < b[at] ? -1 : 1;
      return Math.sign(a.length - b.length);
    }

    get parent() {
      return this.buffer;
    }
    get offset() {
      return this.byteOffset;
    }
    toString(encoding, start = 0, end = this.length) {
      return decoders[encoding_name(encoding)](
        plain(this).subarray(Math.max(0, start), Math.max(0, end)));
    }
    toLocaleString(encoding) {
      return this.toString(encoding);
    }
    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    }
    inspect() {
      const hex = decoders.hex(plain(this).subarray(0, 50))
        .replace(/..(?=.)/g, '$& ');
      const more = this.length > 50 ? ` ... ${this.length - 50} more bytes`
        : '';
      return `<Buffer${hex ? ' ' + hex : ''}${more}>`;
    }
    [Symbol.for('nodejs.util.inspect.custom')]() {
      return this.inspect();
    }
    /* Shares memory, unlike Uint8Array's. */
    slice(start, end) {
      return this.subarray(start, end);
    }
    subarray(start, end) {
      return wrap(plain(this).subarray(start, end));
    }
    equals(other) {
      return this.length === other.length && Buffer.compare(this, other) === 0;
    }
    compare(other, start = 0, end = other.length, own_start = 0,
      own_end = this.length) {
      return Buffer.compare(this.subarray(own_start, own_end),
        other.subarray(start, end));
    }
    copy(target, at = 0, start = 0, end = this.length) {
      const part = plain(this).subarray(start,
        Math.min(end, start + Math.max(0, target.length - at)));
      target.set(part, at);
      return part.length;
    }
    write(text, at = 0, size, encoding) {
      if (typeof at === 'string')
        [at, encoding] = [0, at];
      if (typeof size === 'string')
        [size, encoding] = [undefined, size];
      const room = Math.min(size ?? Infinity, this.length - at);
      let bytes = encoders[encoding_name(encoding)](String(text));
      if (bytes.length > room) {
        bytes = bytes.subarray(0, room);
        /* No part of a character. */
        if (encoding_name(encoding) === 'utf8')
          bytes = bytes.subarray(0, whole_characters(bytes));
      }
      this.set(bytes, at);
      return bytes.length;
    }
    fill(value, start, end, encoding) {
      if (typeof start === 'string')
        [start, encoding] = [undefined, start];
      if (typeof value === 'number')
        return super.fill(value & 255, start, end);
      const bytes = typeof value === 'string'
        ? encoders[encoding_name(encoding)](value) : value;
      if (!bytes.length)
        return super.fill(0, start, end);
      const stop = end ?? this.length;
      for (let at = start ?? 0, index = 0; at < stop; at++, index++)
        this[at] = bytes[index % bytes.length];
      return this;
    }
    indexOf(value, start = 0, encoding) {
      if (typeof start === 'string')
        [start, encoding] = [0, start];
      if (typeof value === 'number')
        return super.indexOf(value & 255, start);
      const bytes = typeof value === 'string'
        ? encoders[encoding_name(encoding)](value) : value;
      const from = start < 0 ? Math.max(0, this.length + start) : start;
      for (let at = from; at + bytes.length <= this.length; at++) {
        let same = 0;
        while (same < bytes.length && this[at + same] === bytes[same])
          same++;
        if (same === bytes.length)
          return at;
      }
      return -1;
    }
    includes(value, start, encoding) {
      return this.indexOf(value, start, encoding) >= 0;
    }
    swap16() {
      for (let at = 0; at + 1 < this.length; at += 2)
        [this[at], this[at + 1]] = [this[at + 1], this[at]];
      return this;
    }

    #check(at, size) {
      if (!Number.isInteger(at) || at < 0 || at + size > this.length)
        throw out_of_range('offset');
    }
    readUIntBE(at, size) {
      this.#check(at, size);
      let value = 0;
      for (let index = 0; index < size; index++)
        value = value * 256 + this[at + index];
      return value;
    }
    readUIntLE(at, size) {
      this.#check(at, size);
      let value = 0;
      for (let index = size - 1; index >= 0; index--)
        value = value * 256 + this[at + index];
      return value;
    }
    readIntBE(at, size) {
      const value = this.readUIntBE(at, size);
      return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    }
    readIntLE(at, size) {
      const value = this.readUIntLE(at, size);
      return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    }
    writeUIntBE(value, at, size) {
      this.#check(at, size);
      for (let index = size - 1; index >= 0; index--) {
        this[at + index] = value;
        value = Math.floor(value / 256);
      }
      return at + size;
    }
    writeUIntLE(value, at, size) {
      this.#check(at, size);
      for (let index = 0; index < size; index++) {
        this[at + index] = value;
        value = Math.floor(value / 256);
      }
      return at + size;
    }
    writeIntBE(value, at, size) {
      return this.writeUIntBE(value < 0 ? value + 2 ** (8 * size) : value, at,
        size);
    }
    writeIntLE(value, at, size) {
      return this.writeUIntLE(value < 0 ? value + 2 ** (8 * size) : value, at,
        size);
    }
  }

  function whole_characters(bytes) {
    let size = bytes.length;
    let at = size - 1;
    while (at >= 0 && (bytes[at] & 0xc0) === 0x80)
      at--;
    if (at >= 0 && bytes[at] >= 0xc0) {
      const needed = bytes[at] >= 0xf0 ? 4 : bytes[at] >= 0xe0 ? 3 : 2;
      if (at + needed > size)
        size = at;
    }
    return size;
  }

  /* read/write of each kind of number, through a DataView. */
  const kinds = { UInt8: 1, Int8: 1, UInt16: 2, Int16: 2, UInt32: 4, Int32: 4,
    Float: 4, Double: 8, BigInt64: 8, BigUInt64: 8 };
  const view_names = { Float: 'Float32', Double: 'Float64',
    BigUInt64: 'BigUint64', UInt8: 'Uint8', UInt16: 'Uint16',
    UInt32: 'Uint32' };
  for (const [kind, size] of Object.entries(kinds)) {
    for (const order of size === 1 ? [''] : ['LE', 'BE']) {
      const name = view_names[kind] ?? kind;
      const view = (buffer, at) => {
        if (!Number.isInteger(at) || at < 0 || at + size > buffer.length)
          throw out_of_range('offset');
        return new DataView(buffer.buffer, buffer.byteOffset + at, size);
      };
      const methods = {
        ['read' + kind + order](at = 0) {
          return view(this, at)['get' + name](0, order === 'LE');
        },
        ['write' + kind + order](value, at = 0) {
          view(this, at)['set' + name](0, value, order === 'LE');
          return at + size;
        },
      };
      for (const [method, own] of Object.entries(methods))
        for (const alias of [method, method.replace('UInt', 'Uint')])
          Object.defineProperty(Buffer.prototype, alias,
            { value: own, configurable: true, writable: true });
    }
  }

  const module = { Buffer, constants: { MAX_LENGTH: 2 ** 32 },
    kMaxLength: 2 ** 32, SlowBuffer: Buffer,
    get Blob() {
      return load('blob').Blob;
    },
    atob: (text) => globalThis.atob(text),
    btoa: (text) => globalThis.btoa(text) };
  module.default = module;
  return module;
})
