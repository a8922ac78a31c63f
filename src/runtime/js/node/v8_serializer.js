/*
 * The Serializer of node:v8: V8's format of structured clones,
 * version 15 (ValueSerializer), in which Node programs keep values. Numbers are
 * varints, seven bits a byte; each object that begins gets the next id.
 */
'use strict';

(function ({ load }) {
  const { make, arg_type } = load('node/errors');
  const types = load('node/util_types');

  const version = 15;
  /* More levels would overflow the stack. */
  const depth_max = 2000;

  const error_kinds = new Map([['EvalError', 'E'], ['RangeError', 'R'],
    ['ReferenceError', 'F'], ['SyntaxError', 'S'], ['TypeError', 'T'],
    ['URIError', 'U']]);
  const flag_bits = new Map([['g', 1], ['i', 2], ['m', 4], ['y', 8], ['u', 16],
    ['s', 32], ['d', 128], ['v', 256]]);

  const view_tags = new Map([['Int8Array', 'b'], ['Uint8Array', 'B'],
    ['Uint8ClampedArray', 'C'], ['Int16Array', 'w'], ['Uint16Array', 'W'],
    ['Int32Array', 'd'], ['Uint32Array', 'D'], ['Float32Array', 'f'],
    ['Float64Array', 'F'], ['DataView', '?'], ['BigInt64Array', 'q'],
    ['BigUint64Array', 'Q']]);
  function refused_text(value) {
    try {
      return typeof value === 'function' ? `${value}`
        : typeof value === 'symbol' ? value.toString()
          : `#<${value.constructor?.name ?? 'Object'}>`;
    } catch {
      return '#<Object>';
    }
  }

  class Serializer {
    #bytes = Buffer.allocUnsafe(256);
    #size = 0;
    #ids = new Map();
    #depth = 0;
    #takes_views = false;

    #room(count) {
      if (this.#size + count > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length,
          this.#size + count));
        this.#bytes.copy(larger, 0, 0, this.#size);
        this.#bytes = larger;
      }
      this.#size += count;
      return this.#size - count;
    }
    #byte(value) {
      const at = this.#room(1);
      this.#bytes[at] = value;
    }
    #tag(character) {
      this.#byte(character.charCodeAt(0));
    }
    #varint(value) {
      for (; value >= 128; value = Math.floor(value / 128))
        this.#byte(value % 128 | 128);
      this.#byte(value);
    }
    #double(value) {
      const at = this.#room(8);
      this.#bytes.writeDoubleLE(value, at);
    }
    #raw(bytes) {
      const at = this.#room(bytes.length);
      this.#bytes.set(bytes, at);
    }
    #string(text) {
      if (/^[\0-\xff]*$/.test(text)) {
        this.#tag('"');
        this.#varint(text.length);
        this.#raw(Buffer.from(text, 'latin1'));
        return;
      }
      /* Two-byte characters begin at an even place. */
      let digits = 1;
      for (let rest = text.length / 64; rest >= 1; rest /= 128)
        digits++;
      if ((this.#size + 1 + digits) % 2)
        this.#byte(0);
      this.#tag('c');
      this.#varint(2 * text.length);
      this.#raw(Buffer.from(text, 'utf16le'));
    }
    #bigint(value) {
      const digits = [];
      for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 64n)
        digits.push(rest & 0xffffffffffffffffn);
      this.#varint(16 * digits.length + (value < 0n ? 1 : 0));
      for (const digit of digits) {
        const at = this.#room(8);
        this.#bytes.writeBigUInt64LE(digit, at);
      }
    }
    #number(value) {
      if (Number.isInteger(value) && !Object.is(value, -0) &&
        value >= -(2 ** 31) && value < 2 ** 31) {
        this.#tag('I');
        this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
      } else {
        this.#tag('N');
        this.#double(value);
      }
    }
    #primitive(value) {
      switch (typeof value) {
      case 'undefined':
        this.#tag('_');
        return;
      case 'boolean':
        this.#tag(value ? 'T' : 'F');
        return;
      case 'number':
        this.#number(value);
        return;
      case 'string':
        this.#string(value);
        return;
      case 'bigint':
        this.#tag('Z');
        this.#bigint(value);
        return;
      default:
        if (value !== null)
          this.#refuse(value);
        this.#tag('0');
      }
    }
    #refuse(value) {
      throw this._getDataCloneError(
        `${refused_text(value)} could not be cloned.`);
    }
    #properties(value, keys) {
      let count = 0;
      for (const key of keys) {
        if (!Object.hasOwn(value, key))
          continue;
        if (/^(0|[1-9]\d{0,9})$/.test(key) && key < 2 ** 32 - 1)
          this.#number(Number(key));
        else
          this.#string(key);
        this.#value(value[key]);
        count++;
      }
      return count;
    }
    #array(value) {
      const { length } = value;
      const keys = Object.keys(value);
      const is_dense = keys.length >= length &&
        keys.every((key, at) => at >= length || key === String(at));
      this.#tag(is_dense ? 'A' : 'a');
      this.#varint(length);
      if (is_dense)
        for (let at = 0; at < length; at++)
          this.#value(value[at]);
      const count = this.#properties(value,
        is_dense ? keys.slice(length) : keys);
      this.#tag(is_dense ? '$' : '@');
      this.#varint(count);
      this.#varint(length);
    }
    #error(error) {
      this.#tag('r');
      const kind = error_kinds.get(String(error.name));
      if (kind)
        this.#tag(kind);
      const message = Object.getOwnPropertyDescriptor(error, 'message');
      if (message) {
        this.#tag('m');
        this.#string(`${error.message}`);
      }
      if (Object.hasOwn(error, 'cause')) {
        this.#tag('c');
        this.#value(error.cause);
      }
      if (typeof error.stack === 'string') {
        this.#tag('s');
        this.#string(error.stack);
      }
      this.#tag('.');
    }
    #boxed(value) {
      const inner = value.valueOf();
      if (typeof inner === 'boolean') {
        this.#tag(inner ? 'y' : 'x');
      } else if (typeof inner === 'number') {
        this.#tag('n');
        this.#double(inner);
      } else if (typeof inner === 'bigint') {
        this.#tag('z');
        this.#bigint(inner);
      } else if (typeof inner === 'string') {
        this.#tag('s');
        this.#string(inner);
      } else {
        this.#refuse(value);
      }
    }
    #entries(value, [open, close], size) {
      this.#tag(open);
      for (const item of [...value].flat(types.isMap(value) ? 1 : 0))
        this.#value(item);
      this.#tag(close);
      this.#varint(size);
    }
    #view(value) {
      if (!this.#takes_views) {
        this.#tag('V');
        this.#tag(view_tags.get(types.isDataView(value) ? 'DataView'
          : value[Symbol.toStringTag]));
        this.#varint(value.byteOffset);
        this.#varint(value.byteLength);
        this.#varint(0);
        return;
      }
      this.#tag('\\');
      this._writeHostObject(value);
    }
    #object(value) {
      if (types.isProxy(value))
        this.#refuse(value);
      if (Array.isArray(value))
        this.#array(value);
      else if (types.isDate(value)) {
        this.#tag('D');
        this.#double(value.getTime());
      } else if (types.isBoxedPrimitive(value))
        this.#boxed(value);
      else if (types.isRegExp(value)) {
        this.#tag('R');
        this.#string(value.source);
        this.#varint([...value.flags].reduce((sum, flag) =>
          sum + flag_bits.get(flag), 0));
      } else if (types.isMap(value))
        this.#entries(value, ';:', 2 * value.size);
      else if (types.isSet(value))
        this.#entries(value, '\',', value.size);
      else if (types.isArrayBuffer(value)) {
        this.#tag('B');
        this.#varint(value.byteLength);
        this.#raw(new Uint8Array(value));
      } else if (ArrayBuffer.isView(value))
        this.#view(value);
      else if (value instanceof Error)
        this.#error(value);
      else if (types.isPromise(value) || types.isWeakMap(value) ||
        types.isWeakSet(value) || value instanceof WeakRef)
        this.#refuse(value);
      else {
        this.#tag('o');
        const count = this.#properties(value, Object.keys(value));
        this.#tag('{');
        this.#varint(count);
      }
    }
    #value(value) {
      if (typeof value === 'function')
        this.#refuse(value);
      if (typeof value !== 'object' || value === null) {
        this.#primitive(value);
        return;
      }
      /* The buffer of a view comes before it. */
      if (ArrayBuffer.isView(value) && !this.#takes_views &&
        !this.#ids.has(value) && !this.#ids.has(value.buffer))
        this.#value(value.buffer);
      const id = this.#ids.get(value);
      if (id !== undefined) {
        this.#tag('^');
        this.#varint(id);
        return;
      }
      this.#ids.set(value, this.#ids.size);
      if (++this.#depth > depth_max)
        throw new RangeError('Maximum call stack size exceeded');
      this.#object(value);
      this.#depth--;
    }

    _getDataCloneError(text) {
      return new Error(text);
    }
    writeHeader() {
      this.#byte(0xff);
      this.#byte(version);
    }
    writeValue(value) {
      this.#value(value);
      return true;
    }
    releaseBuffer() {
      const bytes = this.#bytes.subarray(0, this.#size);
      this.#bytes = Buffer.allocUnsafe(256);
      this.#size = 0;
      this.#ids = new Map();
      return bytes;
    }
    transferArrayBuffer(id, buffer) {
      if (!types.isAnyArrayBuffer(buffer))
        throw arg_type('arrayBuffer',
          'an instance of ArrayBuffer or SharedArrayBuffer', buffer);
      throw load('node/unavailable').refusal('v8',
        'Serializer.transferArrayBuffer()');
    }
    writeUint32(value) {
      this.#varint(value >>> 0);
    }
    writeUint64(high, low) {
      let rest = BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
      for (; rest >= 128n; rest >>= 7n)
        this.#byte(Number(rest & 127n) | 128);
      this.#byte(Number(rest));
    }
    writeDouble(value) {
      this.#double(Number(value));
    }
    writeRawBytes(source) {
      if (!ArrayBuffer.isView(source) && !types.isAnyArrayBuffer(source))
        throw make(TypeError, 'ERR_INVALID_ARG_TYPE',
          'source must be a TypedArray or a DataView');
      this.#raw(load('encoding').view_of(source));
    }
    _setTreatArrayBufferViewsAsHostObjects(value) {
      this.#takes_views = Boolean(value);
    }
  }

  return { Serializer, version, depth_max, error_kinds, flag_bits, view_tags };
})
