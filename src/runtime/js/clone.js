/*
 * structuredClone (HTML Standard, 2.7). A value that can not be cloned gives a
 * DataCloneError.
 *
 * The inner slots of an object decide its kind, not its prototype: the result
 * of Object.create(Map.prototype) is an ordinary object. Each transferred
 * buffer first gets an empty successor. The bytes move when all is cloned, so
 * a clone that fails leaves the buffers as they were.
 */
'use strict';

(function ({ load, peek }) {
  const { set } = load('own');
  const errors = { __proto__: null, EvalError, RangeError, ReferenceError,
    SyntaxError, TypeError, URIError };

  const getter = (prototype, name) =>
    Object.getOwnPropertyDescriptor(prototype, name).get;

  /* True if the value has the inner slot that read needs. */
  function reads(read, value) {
    try {
      read.call(value);
      return true;
    } catch {
      return false;
    }
  }

  const typed_array = Object.getPrototypeOf(Uint8Array.prototype);
  const view_name = getter(typed_array, Symbol.toStringTag);
  const buffer_size = getter(ArrayBuffer.prototype, 'byteLength');
  const map_size = getter(Map.prototype, 'size');
  const set_size = getter(Set.prototype, 'size');
  const views = { __proto__: null };
  for (const own of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array,
    Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array, globalThis.Float16Array])
    if (own)
      views[own.name] = own;

  /* Objects with inner slots that can not be copied. */
  const iterators = [[].values(), new Map().values(), new Set().values(),
    ''[Symbol.iterator](), 'x'.matchAll(/x/g), (function* () {})(),
    (async function* () {})()];
  const closed = [Promise.prototype, WeakMap.prototype, WeakSet.prototype,
    WeakRef.prototype, FinalizationRegistry.prototype,
    ...[Intl, WebAssembly].flatMap((space) =>
      Object.getOwnPropertyNames(space).map((name) => space[name]?.prototype)),
    Object.getPrototypeOf(function* () {}).prototype,
    Object.getPrototypeOf(async function* () {}).prototype,
    ...iterators.slice(0, 5).map(Object.getPrototypeOf)]
    .filter((prototype) => prototype && !(prototype instanceof Error));

  function fault(text) {
    return new (load('dom_exception').DOMException)(text, 'DataCloneError');
  }

  function refuse(value) {
    let text = typeof value;
    try {
      text = typeof value === 'object' ? `#<${value.constructor.name}>`
        : String(value);
    } catch {
      /* The name of the kind has to do. */
    }
    return fault(`${text} could not be cloned.`);
  }

  function clone_buffer(buffer) {
    if (buffer.detached)
      throw fault('An ArrayBuffer is detached and could not be cloned.');
    if (!buffer.resizable)
      return ArrayBuffer.prototype.slice.call(buffer, 0);
    const copy = successor_of(buffer);
    new Uint8Array(copy).set(new Uint8Array(buffer));
    return copy;
  }

  function successor_of(buffer) {
    return new ArrayBuffer(buffer.byteLength, buffer.resizable
      ? { maxByteLength: buffer.maxByteLength } : undefined);
  }

  /* Whether a view grows with its buffer. The only way to find out is to grow
   * the buffer, if it has room. */
  function is_tracking(view) {
    const { buffer } = view;
    const size = buffer.byteLength;
    if (!buffer.resizable || size + 8 > buffer.maxByteLength)
      return false;
    const before = view.byteLength;
    buffer.resize(size + 8);
    const after = view.byteLength;
    buffer.resize(size);
    return after !== before;
  }

  function clone_view(value, seen) {
    const name = view_name.call(value);
    const own = name === undefined ? DataView : views[name];
    let offset;
    let size;
    try {
      offset = value.byteOffset;
      size = own === DataView ? value.byteLength : value.length;
    } catch {
      throw fault('A view beyond its buffer could not be cloned.');
    }
    if (value.buffer.detached || offset + value.byteLength >
      value.buffer.byteLength)
      throw fault('A view beyond its buffer could not be cloned.');
    const buffer = clone(value.buffer, seen);
    return is_tracking(value) ? new own(buffer, offset)
      : new own(buffer, offset, size);
  }

  function clone_error(value, seen) {
    const made = new (errors[String(value.name)] ?? Error)();
    seen.set(value, made);
    for (const key of ['message', 'stack', 'cause']) {
      const own = Object.getOwnPropertyDescriptor(value, key);
      if (!own)
        continue;
      const inner = key === 'cause' ? clone(value.cause, seen)
        : String(value[key]);
      Object.defineProperty(made, key, { value: inner,
        configurable: true, writable: true, enumerable: false });
    }
    return made;
  }

  function clone_properties(value, copy, seen) {
    for (const key of Object.keys(value))
      /* A getter may have deleted the key. */
      if (Object.hasOwn(value, key))
        set(copy, key, clone(value[key], seen));
    return copy;
  }

  function clone_entries(value, copy, seen) {
    seen.set(value, copy);
    if (copy instanceof Map)
      for (const [key, item] of [...Map.prototype.entries.call(value)])
        copy.set(clone(key, seen), clone(item, seen));
    else
      for (const item of [...Set.prototype.values.call(value)])
        copy.add(clone(item, seen));
    return copy;
  }

  const valued = [[Boolean, Boolean.prototype.valueOf],
    [Number, Number.prototype.valueOf], [String, String.prototype.valueOf],
    [BigInt, BigInt.prototype.valueOf]];

  /* The copy of an object that holds one value; null for other objects. */
  function clone_value(value) {
    if (value instanceof Date && reads(Date.prototype.getTime, value))
      return new Date(Date.prototype.getTime.call(value));
    if (value instanceof RegExp &&
      reads(getter(RegExp.prototype, 'hasIndices'), value))
      return new RegExp(value.source, value.flags);
    if (value instanceof ArrayBuffer && reads(buffer_size, value))
      return clone_buffer(value);
    if (globalThis.SharedArrayBuffer && value instanceof SharedArrayBuffer)
      return value;
    for (const [own, value_of] of valued)
      if (value instanceof own && reads(value_of, value))
        return Object(value_of.call(value));
    if (value instanceof Symbol)
      throw refuse(value);
    return null;
  }

  /* The copy of an object of the platform's own classes; null for others. No
   * object exists of a class whose part was never loaded. */
  function clone_platform(value) {
    if (peek('dom_exception')?.is_exception(value)) {
      const copy = new (load('dom_exception').DOMException)(value.message,
        value.name);
      Object.defineProperty(copy, 'stack', { value: value.stack,
        configurable: true, writable: true });
      return copy;
    }
    if (peek('blob')?.is_blob(value)) {
      const { Blob, File } = load('blob');
      return value instanceof File ? new File([value], value.name,
        { type: value.type, lastModified: value.lastModified })
        : new Blob([value], { type: value.type });
    }
    if (peek('message_port')?.is_port(value))
      throw fault('Object that needs transfer was found in message but not ' +
        'listed in transferList');
    if (peek('streams/readable')?.is_readable(value) ||
      peek('streams/writable')?.is_writable(value) ||
      peek('streams/transform')?.is_transform(value))
      throw fault('A stream could not be cloned.');
    if (peek('crypto_key')?.is_key(value))
      return load('crypto_key').copy_key(value);
    return peek('node/crypto_key_object')?.is_key_object(value)
      ? load('node/crypto_key_object').copy_key(value) : null;
  }

  function clone_object(value, seen) {
    if (value instanceof Map && reads(map_size, value))
      return clone_entries(value, new Map(), seen);
    if (value instanceof Set && reads(set_size, value))
      return clone_entries(value, new Set(), seen);
    const simple = clone_value(value) ?? clone_platform(value) ??
      (ArrayBuffer.isView(value) ? clone_view(value, seen) : null);
    if (simple) {
      seen.set(value, simple);
      return simple;
    }
    if (value instanceof Error &&
      Object.prototype.toString.call(value) === '[object Error]')
      return clone_error(value, seen);
    if (closed.some((prototype) => prototype.isPrototypeOf(value)))
      throw refuse(value);
    const copy = {};
    seen.set(value, copy);
    return clone_properties(value, copy, seen);
  }

  function clone(value, seen) {
    if (typeof value === 'function' || typeof value === 'symbol' ||
      value === globalThis)
      throw refuse(value);
    if (typeof value !== 'object' || value === null)
      return value;
    if (seen.has(value))
      return seen.get(value);
    const prototype = Object.getPrototypeOf(value);
    if (Array.isArray(value) || prototype === Object.prototype ||
      prototype === null) {
      if (Object.prototype.toString.call(value) === '[object Arguments]' &&
        !(Symbol.toStringTag in value))
        throw refuse(value);
      const copy = Array.isArray(value) ? new Array(value.length) : {};
      seen.set(value, copy);
      return clone_properties(value, copy, seen);
    }
    return clone_object(value, seen);
  }

  /* The empty successor of an object to be moved. */
  function successor_to(value, moved) {
    if (Object(value) !== value)
      throw new TypeError('a transfer list holds objects');
    const is_buffer = value instanceof ArrayBuffer && reads(buffer_size, value);
    const port = peek('message_port');
    const is_port = !is_buffer && port?.is_port(value);
    if (!is_buffer && !is_port)
      throw fault('Value not transferable');
    if (moved.has(value))
      throw fault(`${is_buffer ? 'ArrayBuffer' : 'MessagePort'} occurs in the ` +
        'transfer list twice');
    if (is_port ? port.is_detached(value) : value.detached)
      throw fault(`A detached ${is_buffer ? 'ArrayBuffer' : 'MessagePort'} ` +
        'could not be transferred.');
    return is_port ? port.make_port() : successor_of(value);
  }

  function move(value, successor) {
    if (!(value instanceof ArrayBuffer)) {
      load('message_port').move_port(value, successor);
      return;
    }
    new Uint8Array(successor).set(new Uint8Array(value));
    value.transfer(0);
  }

  /* The copy of a value for which the objects in the list are moved, and the
   * ports among them. */
  function pass(value, list) {
    const moved = new Map();
    for (const each of list)
      moved.set(each, successor_to(each, moved));
    const copy = clone(value, new Map(moved));
    for (const [each, successor] of moved)
      if (each instanceof ArrayBuffer && (each.detached ||
        each.byteLength !== successor.byteLength))
        throw fault('An ArrayBuffer changed while it was cloned.');
    for (const [each, successor] of moved)
      move(each, successor);
    return { copy, ports: [...moved.values()].filter((each) =>
      !(each instanceof ArrayBuffer)) };
  }

  function structuredClone(value, options = undefined) {
    const { dictionary, need } = load('web_idl');
    need(arguments.length, 1, 'structuredClone');
    return pass(value, [...dictionary(options).transfer ?? []]).copy;
  }

  return { structuredClone, pass };
})
