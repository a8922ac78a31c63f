/* structuredClone (HTML Standard, 2.7). */
'use strict';

function primitives({ same, show }) {
  for (const value of [undefined, null, true, false, 0, -0, 1.5, NaN, Infinity,
    -Infinity, 10n ** 30n, -1n, '', 'text', '\ud800', '\ud83d\udca9'])
    same(structuredClone(value), value, `clone of ${show(value)}`);
}

function boxes({ same, show }) {
  for (const value of [true, false, 0, -0, 1.5, NaN, 7n, '', 'text']) {
    const copy = structuredClone(Object(value));
    same(typeof copy, 'object', `a box of ${show(value)}`);
    same(copy.valueOf(), value, `in the box: ${show(value)}`);
    same(Object.getPrototypeOf(copy), Object.getPrototypeOf(Object(value)),
      `its prototype: ${show(value)}`);
  }
  const box = Object.assign(new String('x'), { more: 1 });
  same(Object.keys(structuredClone(box)), ['0'], 'properties of a box go');
}

function dates_and_patterns({ same }) {
  for (const time of [0, -1, 8.64e15, -8.64e15, 1e12, NaN]) {
    const copy = structuredClone(new Date(time));
    same(copy instanceof Date, true, `a Date of ${time}`);
    same(copy.getTime(), time, `time ${time}`);
  }
  for (const pattern of [/x/, /(?:)/, /a|b/gimsuy, /[/\]]/d, /\n/u, /\//]) {
    pattern.lastIndex = 1;
    const copy = structuredClone(pattern);
    same([copy.source, copy.flags, copy.lastIndex],
      [pattern.source, pattern.flags, 0], `pattern ${pattern}`);
    same(copy instanceof RegExp, true, `class of ${pattern}`);
  }
}

function containers({ same }) {
  const map = new Map([[1, 'a'], ['k', { x: 1 }], [NaN, new Set([1, 2])]]);
  const copy = structuredClone(map);
  same([...copy.keys()], [1, 'k', NaN], 'keys of a Map');
  same(copy.get('k'), { x: 1 }, 'a value of a Map');
  same(copy.get('k') === map.get('k'), false, 'copied');
  same([...copy.get(NaN)], [1, 2], 'a Set in a Map');
  const key = {};
  const pair = structuredClone([new Map([[key, 1]]), key]);
  same(pair[0].get(pair[1]), 1, 'an object as a key keeps its identity');
  const self = new Map();
  self.set(self, self);
  const own = structuredClone(self);
  same(own.get(own) === own, true, 'a Map in itself');
  const set = new Set();
  set.add(set);
  const own_set = structuredClone(set);
  same(own_set.has(own_set), true, 'a Set in itself');
  const more = Object.assign(new Map(), { more: 1 });
  same(structuredClone(more).more, undefined, 'properties of a Map go');
}

function arrays({ same }) {
  const sparse = [1, , 3];
  sparse.named = 'x';
  const copy = structuredClone(sparse);
  same(copy.length, 3, 'length of a sparse list');
  same(1 in copy, false, 'its hole');
  same(copy.named, 'x', 'its name');
  same(Array.isArray(copy), true, 'a list is a list');
  same(structuredClone(new Array(5)).length, 5, 'only a length');
  class Own extends Array {}
  same(Object.getPrototypeOf(structuredClone(Own.from([1]))), Array.prototype,
    'a class of lists becomes a list');
}

function objects({ same, throws }) {
  const object = { a: 1, b: { c: [1] }, 5: 'x', '__proto__x': 1 };
  same(structuredClone(object), object, 'an object');
  const proto = JSON.parse('{"__proto__": {"x": 1}}');
  const copy = structuredClone(proto);
  same(Object.hasOwn(copy, '__proto__'), true, 'the key __proto__');
  same(copy.x, undefined, 'which is no prototype');
  class Own {
    constructor() {
      this.a = 1;
    }
    get b() {
      return 2;
    }
  }
  const plain = structuredClone(new Own());
  same([plain.a, plain.b, plain.constructor === Object], [1, undefined, true],
    'a class becomes an object');
  const calls = [];
  structuredClone({ get a() {
    calls.push('a');
    return 1;
  }, get b() {
    calls.push('b');
    return 2;
  } });
  same(calls, ['a', 'b'], 'getters are called in order');
  same(structuredClone({ get a() {
    return 5;
  } }).a, 5, 'and become values');
  same(Object.keys(structuredClone(Object.defineProperty({ a: 1 }, 'hidden',
    { value: 2 }))), ['a'], 'enumerable properties only');
  same(Reflect.ownKeys(structuredClone({ [Symbol('a')]: 1, a: 1 })), ['a'],
    'no symbols');
  const cycle = { name: 'c' };
  cycle.self = cycle;
  cycle.list = [cycle];
  const round = structuredClone(cycle);
  same(round.self === round && round.list[0] === round, true, 'a cycle');
  const shared = {};
  const [one, two] = structuredClone([shared, shared]);
  same(one === two, true, 'the same object twice');
  same(Object.isFrozen(structuredClone(Object.freeze({ a: 1 }))), false,
    'a copy is not frozen');
  const thrown = new Error('mine');
  throws(() => structuredClone({ get a() {
    throw thrown;
  } }), { value: thrown }, 'what a getter throws');
  let deep = {};
  for (let depth = 0; depth < 500; depth++)
    deep = { deep };
  let count = 0;
  for (let at = structuredClone(deep); at; at = at.deep)
    count++;
  same(count, 501, 'a deep object');
}

function binary({ same, throws }) {
  const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
  const copy = structuredClone(buffer);
  same(copy, buffer, 'a buffer');
  same(copy === buffer, false, 'copied');
  for (const own of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array,
    Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array]) {
    const view = structuredClone(new own(buffer));
    same(Object.getPrototypeOf(view), own.prototype, `a ${own.name}`);
    same(view, new own(buffer), `values of a ${own.name}`);
  }
  const part = structuredClone(new Uint8Array(buffer, 2, 3));
  same([part.byteOffset, part.length, part.buffer.byteLength], [2, 3, 8],
    'a view keeps its buffer');
  const view = structuredClone(new DataView(buffer, 1, 4));
  same([view.byteOffset, view.byteLength, view.getUint8(0)], [1, 4, 2],
    'a DataView');
  const both = structuredClone({ a: new Uint8Array(buffer),
    b: new Uint16Array(buffer), buffer });
  same(both.a.buffer === both.b.buffer && both.a.buffer === both.buffer, true,
    'views share a buffer');
  const moved = structuredClone(new Uint8Array(buffer).subarray(4),
    { transfer: [buffer] });
  same([moved.byteOffset, moved.buffer.byteLength], [4, 8], 'a moved view');
  same(buffer.byteLength, 0, 'leaves nothing behind');
  throws(() => structuredClone(buffer), 'DataCloneError', 'a detached buffer');
  throws(() => structuredClone(1, { transfer: [buffer] }), 'DataCloneError',
    'to move a detached buffer');
  const shared = new SharedArrayBuffer(4);
  const same_memory = structuredClone(shared);
  new Uint8Array(shared)[0] = 7;
  same(new Uint8Array(same_memory)[0], 7, 'shared memory is shared');
  throws(() => structuredClone(1, { transfer: [shared] }), 'DataCloneError',
    'shared memory is not moved');
}

function transferring({ same, throws }) {
  const one = new ArrayBuffer(1);
  throws(() => structuredClone(1, { transfer: [one, one] }), 'DataCloneError',
    'a buffer twice');
  throws(() => structuredClone(() => {}, { transfer: [one] }),
    'DataCloneError', 'a clone that fails');
  same(one.byteLength, 1, 'moves nothing');
  structuredClone(1, { transfer: [one] });
  same(one.byteLength, 0, 'a buffer that is nowhere in the value');
  for (const [what, list] of [['an object', [{}]], ['a view',
    [new Uint8Array(1)]], ['a function', [() => {}]], ['a Map', [new Map()]]])
    throws(() => structuredClone(1, { transfer: list }), 'DataCloneError',
      `to move ${what}`);
  for (const list of [[1], [null], ['x'], [undefined], 5, 'x'])
    throws(() => structuredClone(1, { transfer: list }), TypeError,
      `a transfer list ${JSON.stringify(list)}`);
  throws(() => structuredClone(), TypeError, 'no value');
  throws(() => structuredClone(1, 5), TypeError, 'options that are a number');
  same(structuredClone(1, null), 1, 'options null');
  same(structuredClone(1, {}), 1, 'no list');
  same(structuredClone(1, { transfer: new Set() }), 1,
    'any iterable as a list');
}

function errors({ same }) {
  for (const own of [Error, EvalError, RangeError, ReferenceError, SyntaxError,
    TypeError, URIError]) {
    const error = new own('message', { cause: { a: 1 } });
    error.more = 1;
    const copy = structuredClone(error);
    same(Object.getPrototypeOf(copy), own.prototype, `class ${own.name}`);
    same([copy.name, copy.message, copy.more], [own.name, 'message',
      undefined], `a ${own.name}`);
    same(copy.cause, { a: 1 }, `cause of a ${own.name}`);
    same(typeof copy.stack, 'string', `stack of a ${own.name}`);
    same(Object.getOwnPropertyDescriptor(copy, 'message').enumerable, false,
      `message of a ${own.name}`);
  }
  class Own extends TypeError {}
  same(Object.getPrototypeOf(structuredClone(new Own('x'))),
    TypeError.prototype, 'a class of errors');
  const named = new Error('x');
  named.name = 'RangeError';
  same(structuredClone(named) instanceof RangeError, true, 'the name decides');
  named.name = 'Unknown';
  same(structuredClone(named).name, 'Error', 'an unknown name');
  same(Object.hasOwn(structuredClone(new Error()), 'message'), false,
    'no message');
  const exception = structuredClone(new DOMException('m', 'AbortError'));
  same([exception instanceof DOMException, exception.name, exception.message,
    exception.code], [true, 'AbortError', 'm', 20], 'a DOMException');
}

async function platform({ same }) {
  const blob = structuredClone(new Blob(['ab'], { type: 't/x' }));
  same([blob instanceof Blob, blob.type, blob.size], [true, 't/x', 2],
    'a Blob');
  same(await blob.text(), 'ab', 'its text');
}

async function file_of_platform({ same }) {
  const file = structuredClone(new File(['x'], 'n', { type: 'a/b',
    lastModified: 3 }));
  same([file instanceof File, file.name, file.type, file.lastModified],
    [true, 'n', 'a/b', 3], 'a File');
  same(await file.text(), 'x', 'its text');
}

function refused({ throws, same }) {
  const values = { 'a function': () => {}, 'a class': class {},
    'a symbol': Symbol('a'), 'a boxed symbol': Object(Symbol('a')),
    'a WeakMap': new WeakMap(), 'a WeakSet': new WeakSet(),
    'a WeakRef': new WeakRef({}), 'a Promise': Promise.resolve(),
    'a generator': (function* () {})(), 'an iterator': [][Symbol.iterator](),
    'a Map iterator': new Map().keys(),
    'the global object': globalThis };
  for (const [what, value] of Object.entries(values)) {
    throws(() => structuredClone(value), 'DataCloneError', what);
    throws(() => structuredClone([value]), 'DataCloneError', `${what} within`);
    throws(() => structuredClone(new Map([[1, value]])), 'DataCloneError',
      `${what} in a Map`);
    throws(() => structuredClone({ get a() {
      return value;
    } }), 'DataCloneError', `${what} from a getter`);
  }
  same(structuredClone.length, 1, 'length of structuredClone');
  same(structuredClone.name, 'structuredClone', 'its name');
}

module.exports = async (check) => {
  for (const group of [primitives, boxes, dates_and_patterns, containers,
    arrays, objects, binary, transferring, errors, platform, file_of_platform,
    refused])
    await check.group(group.name, () => group(check));
};
