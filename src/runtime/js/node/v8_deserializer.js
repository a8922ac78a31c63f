/*
 * The Deserializer of node:v8, for what v8_serializer.js writes. The bytes may
 * be anybody's: what does not have the form is an error, and levels are limited.
 */
'use strict';

(function ({ load }) {
  const { make } = load('node/errors');
  const types = load('node/util_types');
  const { version, depth_max, error_kinds, flag_bits, view_tags } =
    load('node/v8_serializer');

  const views_by_tag = new Map([...view_tags].map(([name, tag]) =>
    [tag, globalThis[name]]));

  /* By the tag of a value. */
  const readers = Object.create(null);

  const malformed = () => new Error('Unable to deserialize cloned data.');

  class Deserializer {
    #bytes;
    #at = 0;
    #objects = [];
    #depth = 0;
    #version = 0;
    constructor(buffer) {
      if (!ArrayBuffer.isView(buffer))
        throw make(TypeError, 'ERR_INVALID_ARG_TYPE',
          'buffer must be a TypedArray or a DataView');
      this.buffer = buffer;
      this.#bytes = Buffer.from(buffer.buffer, buffer.byteOffset,
        buffer.byteLength);
    }
    #take(count) {
      if (!(count <= this.#bytes.length - this.#at))
        throw malformed();
      this.#at += count;
      return this.#at - count;
    }
    #byte() {
      return this.#bytes[this.#take(1)];
    }
    #varint() {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = this.#byte();
        if (scale <= 2 ** 28)
          value += (byte & 127) * scale;
        if (!(byte & 128))
          return value % 2 ** 32;
      }
    }
    #double() {
      return this.#bytes.readDoubleLE(this.#take(8));
    }
    #text(size, encoding) {
      const at = this.#take(size);
      return this.#bytes.toString(encoding, at, at + size);
    }
    #bigint() {
      const field = this.#varint();
      const size = Math.floor(field / 2);
      let value = 0n;
      const at = this.#take(size);
      for (let place = size - 1; place >= 0; place--)
        value = value << 8n | BigInt(this.#bytes[at + place]);
      return field % 2 ? -value : value;
    }
    #tag() {
      let byte;
      do
        byte = this.#byte();
      while (byte === 0);
      return String.fromCharCode(byte);
    }
    #string() {
      const value = this.#value();
      if (typeof value !== 'string')
        throw malformed();
      return value;
    }
    #keep(object) {
      this.#objects.push(object);
      return object;
    }
    /* Properties until the tag that ends them, whose number is checked. */
    #properties(object, end) {
      let count = 0;
      for (; this.#peek() !== end; count++) {
        const key = this.#value();
        if (typeof key !== 'string' && typeof key !== 'number')
          throw malformed();
        load('own').set(object, key, this.#value());
      }
      this.#tag();
      if (this.#varint() !== count)
        throw malformed();
      return object;
    }
    #peek() {
      while (this.#bytes[this.#at] === 0)
        this.#at++;
      if (this.#at >= this.#bytes.length)
        throw malformed();
      return String.fromCharCode(this.#bytes[this.#at]);
    }
    #dense_array() {
      const length = this.#varint();
      if (length > this.#bytes.length - this.#at)
        throw malformed();
      const array = this.#keep([]);
      array.length = length;
      for (let at = 0; at < length; at++)
        if (this.#peek() === '-')
          this.#tag();
        else
          array[at] = this.#value();
      this.#properties(array, '$');
      if (this.#varint() !== length)
        throw malformed();
      return array;
    }
    #sparse_array() {
      const array = this.#keep([]);
      array.length = this.#varint();
      this.#properties(array, '@');
      this.#varint();
      return array;
    }
    #items(end, add) {
      let count = 0;
      for (; this.#peek() !== end; count++)
        add(this.#value());
      this.#tag();
      if (this.#varint() !== count)
        throw malformed();
    }
    #map() {
      const map = this.#keep(new Map());
      let key;
      let has_key = false;
      this.#items(':', (value) => {
        if (has_key)
          map.set(key, value);
        key = value;
        has_key = !has_key;
      });
      return map;
    }
    #set() {
      const set = this.#keep(new Set());
      this.#items(',', (value) => set.add(value));
      return set;
    }
    #regexp() {
      const place = this.#objects.push(null) - 1;
      const source = this.#string();
      const bits = this.#varint();
      const flags = [...flag_bits].filter(([, bit]) => bits & bit)
        .map(([flag]) => flag).join('');
      this.#objects[place] = new RegExp(source, flags);
      return this.#objects[place];
    }
    #error() {
      const place = this.#objects.push(null) - 1;
      let own = Error;
      const fields = {};
      for (;;) {
        const tag = this.#tag();
        if (tag === '.')
          break;
        const kind = [...error_kinds].find(([, each]) => each === tag);
        if (kind)
          own = globalThis[kind[0]];
        else if (tag === 'm')
          fields.message = this.#string();
        else if (tag === 's')
          fields.stack = this.#string();
        else if (tag === 'c')
          fields.cause = this.#value();
        else
          throw malformed();
      }
      const error = new own();
      for (const [name, value] of Object.entries(fields))
        Object.defineProperty(error, name,
          { value, configurable: true, writable: true });
      this.#objects[place] = error;
      return error;
    }
    #array_buffer() {
      const size = this.#varint();
      const at = this.#take(size);
      const buffer = this.#keep(Uint8Array.prototype.slice.call(this.#bytes, at,
        at + size).buffer);
      if (this.#at < this.#bytes.length && this.#peek() === 'V')
        return this.#view(buffer);
      return buffer;
    }
    #view(buffer) {
      this.#tag();
      const own = views_by_tag.get(this.#tag());
      const offset = this.#varint();
      const size = this.#varint();
      if (this.#version >= 14)
        this.#varint();
      const unit = own?.BYTES_PER_ELEMENT ?? 1;
      if (!own || offset % unit || size % unit ||
        offset + size > buffer.byteLength)
        throw malformed();
      return this.#keep(new own(buffer, offset, size / unit));
    }
    #host_object() {
      if (typeof this._readHostObject !== 'function')
        throw malformed();
      const place = this.#objects.push(null) - 1;
      this.#objects[place] = this._readHostObject();
      return this.#objects[place];
    }
    #reference() {
      const id = this.#varint();
      if (!(id < this.#objects.length))
        throw malformed();
      const object = this.#objects[id];
      if (types.isArrayBuffer(object) && this.#at < this.#bytes.length &&
        this.#peek() === 'V')
        return this.#view(object);
      return object;
    }
    #value() {
      if (++this.#depth > depth_max)
        throw malformed();
      const read = readers[this.#tag()];
      if (!read)
        throw malformed();
      const value = read(this);
      this.#depth--;
      return value;
    }
    static {
      const zigzag = (value) => value % 2 ? -(value + 1) / 2 : value / 2;
      Object.assign(readers, {
        '_': () => undefined,
        '0': () => null,
        'T': () => true,
        'F': () => false,
        'I': (own) => zigzag(own.#varint()),
        'U': (own) => own.#varint(),
        'N': (own) => own.#double(),
        'Z': (own) => own.#bigint(),
        '"': (own) => own.#text(own.#varint(), 'latin1'),
        'c': (own) => own.#text(own.#varint(), 'utf16le'),
        'S': (own) => own.#text(own.#varint(), 'utf8'),
        'o': (own) => own.#properties(own.#keep({}), '{'),
        'A': (own) => own.#dense_array(),
        'a': (own) => own.#sparse_array(),
        'D': (own) => own.#keep(new Date(own.#double())),
        'y': (own) => own.#keep(new Boolean(true)),
        'x': (own) => own.#keep(new Boolean(false)),
        'n': (own) => own.#keep(new Number(own.#double())),
        'z': (own) => own.#keep(Object(own.#bigint())),
        's': (own) => own.#keep(new String(own.#string())),
        'R': (own) => own.#regexp(),
        ';': (own) => own.#map(),
        '\'': (own) => own.#set(),
        'B': (own) => own.#array_buffer(),
        'r': (own) => own.#error(),
        '^': (own) => own.#reference(),
        '\\': (own) => own.#host_object(),
      });
    }

    readHeader() {
      this.#version = this.#bytes[this.#at] === 0xff
        ? this.#bytes[this.#at + 1] : undefined;
      if (!(this.#version >= 13 && this.#version <= version))
        throw new Error('Unable to deserialize cloned data due to invalid or ' +
          'unsupported version.');
      this.#at += 2;
      return true;
    }
    readValue() {
      this.#depth = 0;
      return this.#value();
    }
    getWireFormatVersion() {
      return this.#version;
    }
    transferArrayBuffer() {
      throw load('node/unavailable').refusal('v8',
        'Deserializer.transferArrayBuffer()');
    }
    readUint32() {
      return this.#varint();
    }
    readUint64() {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = this.#byte();
        value |= BigInt(byte & 127) << shift;
        if (!(byte & 128))
          return [Number(value >> 32n & 0xffffffffn),
            Number(value & 0xffffffffn)];
      }
    }
    readDouble() {
      return this.#double();
    }
    _readRawBytes(size) {
      return this.#take(size);
    }
    readRawBytes(size) {
      const at = this.#take(size);
      return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, size);
    }
  }

  return { Deserializer };
})
