const assert = require('assert');

const refused = (value, options) => assert.throws(
  () => structuredClone(value, options),
  (error) => error instanceof DOMException && error.name === 'DataCloneError' &&
    error.code === 25);
const tag = (value) => Object.prototype.toString.call(value);
const is_detached = (buffer) => {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
};

exports.checks = {
  'what can not be cloned is refused'() {
    for (const value of [() => 1, class {}, Symbol('x'), Object(Symbol('x')),
      Promise.resolve(), new WeakMap(), new WeakSet(), new WeakRef({}),
      new FinalizationRegistry(() => {}), (function* () {})(),
      (async function* () {})(), [].values(), new Map().keys(),
      new Set().values(), 'x'[Symbol.iterator](), new Intl.NumberFormat(),
      (function () {
        return arguments;
      })(1), globalThis]) {
      refused(value);
      refused({ inner: [new Map([[1, value]])] });
    }
  },
  'every kind of value is itself again'() {
    for (const value of [Object(true), Object(1), Object('text'), Object(5n)]) {
      const copy = structuredClone(value);
      assert.strictEqual(tag(copy), tag(value));
      assert.strictEqual(copy.valueOf(), value.valueOf());
      assert.notStrictEqual(copy, value);
    }
    const pattern = /a/giu;
    pattern.lastIndex = 3;
    const copy = structuredClone(pattern);
    assert.deepStrictEqual([copy.source, copy.flags, copy.lastIndex],
      ['a', 'giu', 0]);
    assert.strictEqual(structuredClone(new Date(NaN)).getTime(), NaN);
    assert.ok(Object.is(structuredClone(-0), -0));
  },
  'exceptions and files are cloned'() {
    const fault = structuredClone(new DOMException('text', 'AbortError'));
    assert.ok(fault instanceof DOMException);
    assert.deepStrictEqual([fault.name, fault.message, fault.code],
      ['AbortError', 'text', 20]);
  },
  async 'a Blob is cloned with its bytes and type'() {
    const blob = structuredClone({ inner: new Blob(['text'],
      { type: 'a/b' }) }).inner;
    assert.ok(blob instanceof Blob);
    assert.strictEqual(blob.type, 'a/b');
    assert.strictEqual(await blob.text(), 'text');
  },
  'errors keep their kind, whatever they are called'() {
    for (const own of [Error, EvalError, RangeError, ReferenceError,
      SyntaxError, TypeError, URIError]) {
      const copy = structuredClone(new own('text'));
      assert.ok(copy instanceof own);
      assert.strictEqual(copy.name, own.name);
      assert.strictEqual(copy.message, 'text');
      assert.strictEqual(typeof copy.stack, 'string');
    }
    for (const name of ['toString', 'constructor', '__proto__', 'valueOf',
      'Own', 'AggregateError']) {
      const error = new TypeError('text');
      error.name = name;
      const copy = structuredClone(error);
      assert.strictEqual(Object.getPrototypeOf(copy), Error.prototype);
      assert.strictEqual(copy.message, 'text');
    }
    const cause = { deep: new RangeError('inner') };
    const copy = structuredClone(new Error('outer', { cause }));
    assert.ok(copy.cause.deep instanceof RangeError);
    assert.strictEqual(Object.hasOwn(structuredClone(new Error()), 'message'),
      false);
  },
  'keys of strangers stay keys'() {
    const copy = structuredClone(JSON.parse('{"__proto__":{"admin":true},' +
      '"constructor":1,"toString":2}'));
    assert.strictEqual(copy.admin, undefined);
    assert.deepStrictEqual(Object.keys(copy),
      ['__proto__', 'constructor', 'toString']);
    assert.strictEqual(Object.getPrototypeOf(copy), Object.prototype);
    assert.strictEqual(
      Object.getOwnPropertyDescriptor(copy, '__proto__').value.admin, true);
  },
  'objects that only look like another kind are plain'() {
    for (const value of [Object.create(Map.prototype),
      Object.create(Date.prototype), Object.create(Error.prototype),
      { [Symbol.toStringTag]: 'Map' }])
      assert.strictEqual(
        Object.getPrototypeOf(structuredClone(value)), Object.prototype);
  },
  'only enumerable own properties, read once, getters as values'() {
    let count = 0;
    const value = Object.defineProperty({ get a() {
      return ++count;
    }, [Symbol('s')]: 1 }, 'hidden', { value: 2 });
    assert.deepStrictEqual(Reflect.ownKeys(structuredClone(value)), ['a']);
    assert.strictEqual(count, 1);
    const list = [1, , 3];
    list.extra = 'x';
    const copy = structuredClone(list);
    assert.strictEqual(copy.length, 3);
    assert.strictEqual(1 in copy, false);
    assert.strictEqual(copy.extra, 'x');
    const first = { get a() {
      delete this.b;
      return 1;
    }, b: 2 };
    assert.deepStrictEqual(Object.keys(structuredClone(first)), ['a']);
  },
  'cycles and shared parts keep their shape'() {
    const value = { map: new Map(), set: new Set() };
    value.map.set(value, value.set);
    value.set.add(value);
    value.twice = [value.map, value.map];
    const copy = structuredClone(value);
    assert.strictEqual(copy.twice[0], copy.map);
    assert.strictEqual(copy.twice[1], copy.map);
    assert.strictEqual(copy.map.get(copy), copy.set);
    assert.ok(copy.set.has(copy));
  },
  'buffers can grow still, views stay where they are'() {
    const buffer = new ArrayBuffer(4, { maxByteLength: 16 });
    new Uint8Array(buffer).set([1, 2, 3, 4]);
    const copy = structuredClone({ buffer, whole: new Uint8Array(buffer),
      part: new Uint8Array(buffer, 1, 2), data: new DataView(buffer, 1) });
    assert.strictEqual(copy.buffer.maxByteLength, 16);
    assert.strictEqual(copy.whole.buffer, copy.buffer);
    copy.buffer.resize(10);
    assert.deepStrictEqual([copy.whole.length, copy.part.length,
      copy.data.byteLength], [10, 2, 9]);
    assert.strictEqual(buffer.byteLength, 4);
    assert.strictEqual(structuredClone(Buffer.from('x')).constructor,
      Uint8Array);
    for (const own of [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array,
      Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array,
      BigUint64Array])
      assert.strictEqual(structuredClone(new own(2)).constructor, own);
  },
  'a view of a moved buffer keeps its length'() {
    const u = new Uint8Array([1, 2, 3, 4]);
    const part = new Uint16Array(u.buffer, 2, 1);
    const copy = structuredClone({ u, part, data: new DataView(u.buffer, 1) },
      { transfer: [u.buffer] });
    assert.deepStrictEqual([...copy.u], [1, 2, 3, 4]);
    assert.strictEqual(copy.part.length, 1);
    assert.strictEqual(copy.part.byteOffset, 2);
    assert.strictEqual(copy.data.byteLength, 3);
    assert.strictEqual(copy.part.buffer, copy.u.buffer);
    assert.strictEqual(u.length, 0);
    assert.ok(is_detached(part.buffer));
  },
  'a clone that fails moves nothing'() {
    for (const fail of [
      (buffer) => structuredClone({ buffer, f() {} }, { transfer: [buffer] }),
      (buffer) => structuredClone(buffer, { transfer: [buffer, buffer] }),
      (buffer) => structuredClone(buffer, { transfer: [buffer, {}] }),
      (buffer) => structuredClone(buffer, { transfer: [buffer, 1] }),
      (buffer) => structuredClone(buffer,
        { transfer: [buffer, new Uint8Array(1)] }),
      (buffer) => structuredClone({ get a() {
        throw new Error('own');
      } }, { transfer: [buffer] })]) {
      const buffer = Uint8Array.from([1, 2]).buffer;
      assert.throws(() => fail(buffer));
      assert.deepStrictEqual([...new Uint8Array(buffer)], [1, 2]);
    }
    const twice = new ArrayBuffer(1);
    refused(1, { transfer: [twice, twice] });
    structuredClone(1, { transfer: [twice] });
    refused(1, { transfer: [twice] });
  },
  'moving reads any list'() {
    const buffer = new ArrayBuffer(3);
    const copy = structuredClone([buffer, buffer],
      { transfer: new Set([buffer]) });
    assert.strictEqual(copy[0], copy[1]);
    assert.strictEqual(copy[0].byteLength, 3);
    assert.ok(is_detached(buffer));
    assert.throws(() => structuredClone(1, { transfer: 5 }), TypeError);
    assert.throws(() => structuredClone(), TypeError);
  },
};
