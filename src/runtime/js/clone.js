/*
 * structuredClone (HTML Standard, 2.7): what it knows, and DataCloneError for
 * what it doesn't.
 */
'use strict';

(function ({ load }) {
  const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError,
    TypeError, URIError };

  function refuse(value) {
    const { DOMException } = load('events');
    return new DOMException(`${String(value?.name ?? typeof value)} can not ` +
      'be cloned', 'DataCloneError');
  }

  function clone_view(value, seen) {
    const buffer = clone(value.buffer, seen);
    return value instanceof DataView
      ? new DataView(buffer, value.byteOffset, value.byteLength)
      : new value.constructor(buffer, value.byteOffset, value.length);
  }

  function clone_error(value, seen) {
    const make = errors[value.name] ?? Error;
    const copy = Object.create(make.prototype);
    seen.set(value, copy);
    for (const name of ['message', 'stack', 'cause'])
      if (Object.hasOwn(value, name))
        Object.defineProperty(copy, name, { value: clone(value[name], seen),
          configurable: true, writable: true, enumerable: false });
    return copy;
  }

  function clone_items(value, seen) {
    if (value instanceof Map) {
      const copy = new Map();
      seen.set(value, copy);
      for (const [key, item] of [...value])
        copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = new Set();
      seen.set(value, copy);
      for (const item of [...value])
        copy.add(clone(item, seen));
      return copy;
    }
    const copy = Array.isArray(value) ? new Array(value.length) : {};
    seen.set(value, copy);
    for (const key of Object.keys(value))
      copy[key] = clone(value[key], seen);
    return copy;
  }

  /* Objects that are values. */
  function clone_simple(value) {
    if (value instanceof Date)
      return new Date(value.getTime());
    if (value instanceof RegExp)
      return new RegExp(value.source, value.flags);
    if (value instanceof ArrayBuffer)
      return value.slice(0);
    if (value instanceof Boolean || value instanceof Number ||
      value instanceof String)
      return Object(value.valueOf());
    return null;
  }

  function clone(value, seen) {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw refuse(value);
    if (typeof value !== 'object' || value === null)
      return value;
    if (seen.has(value))
      return seen.get(value);
    const simple = clone_simple(value) ??
      (ArrayBuffer.isView(value) ? clone_view(value, seen) : null);
    if (simple) {
      seen.set(value, simple);
      return simple;
    }
    if (value instanceof Error)
      return clone_error(value, seen);
    if (value instanceof Promise || value instanceof WeakMap ||
      value instanceof WeakSet || value instanceof WeakRef)
      throw refuse(value.constructor);
    return clone_items(value, seen);
  }

  function structuredClone(value, options) {
    const seen = new Map();
    const moved = options?.transfer ?? [];
    for (const buffer of moved) {
      if (!(buffer instanceof ArrayBuffer) || buffer.detached)
        throw refuse(buffer);
      seen.set(buffer, null);
    }
    /* Moving is the last step: a failure leaves all in place. */
    for (const buffer of moved)
      seen.set(buffer, buffer.transfer());
    return clone(value, seen);
  }

  return { structuredClone };
})
