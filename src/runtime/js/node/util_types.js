/*
 * node:util/types: the kind of a value by its inner slots.
 */
'use strict';

(function ({ native, peek }) {
  /* True for values that have the inner slot that read needs. */
  function reads(read) {
    return (value) => {
      try {
        read.call(value);
        return true;
      } catch {
        return false;
      }
    };
  }

  const getter = (prototype, name) =>
    Object.getOwnPropertyDescriptor(prototype, name).get;
  const text_of = (value) =>
    Object.prototype.toString.call(value).slice(8, -1);
  const tagged = (name) => (value) =>
    Object(value) === value && text_of(value) === name;
  const view_name = getter(Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag);

  const types = {
    isPromise: (value) => value instanceof Promise,
    isRegExp: reads(getter(RegExp.prototype, 'source')),
    isDate: reads(Date.prototype.getTime),
    isMap: reads(getter(Map.prototype, 'size')),
    isSet: reads(getter(Set.prototype, 'size')),
    isWeakMap: (value) => value instanceof WeakMap,
    isWeakSet: (value) => value instanceof WeakSet,
    isMapIterator: tagged('Map Iterator'),
    isSetIterator: tagged('Set Iterator'),
    isNativeError: (value) => value instanceof Error,
    isTypedArray: (value) => view_name.call(value) !== undefined,
    isDataView: (value) => ArrayBuffer.isView(value) &&
      view_name.call(value) === undefined,
    isArrayBufferView: (value) => ArrayBuffer.isView(value),
    isArrayBuffer: reads(getter(ArrayBuffer.prototype, 'byteLength')),
    isSharedArrayBuffer: tagged('SharedArrayBuffer'),
    isAsyncFunction: (value) => typeof value === 'function' &&
      /^Async/.test(text_of(value)),
    isGeneratorFunction: (value) => typeof value === 'function' &&
      /GeneratorFunction$/.test(text_of(value)),
    isGeneratorObject: tagged('Generator'),
    isArgumentsObject: tagged('Arguments'),
    isModuleNamespaceObject: tagged('Module'),
    isCryptoKey: (value) => value instanceof globalThis.CryptoKey,
    isProxy: (value) => Object(value) === value &&
      native.proxy_target(value) !== undefined,
    isBoxedPrimitive: (value) => boxes.some((name) =>
      types[`is${name}Object`](value)),
    /* Before that part's first use there is no such object. */
    isKeyObject: (value) =>
      peek('node/crypto_key_object')?.is_key_object(value) ?? false,
    /* Such values do not exist here. */
    isExternal: () => false,
  };
  types.isAnyArrayBuffer = (value) =>
    types.isArrayBuffer(value) || types.isSharedArrayBuffer(value);

  const boxes = ['Number', 'String', 'Boolean', 'BigInt', 'Symbol'];
  for (const name of boxes) {
    const is_boxed = reads(globalThis[name].prototype.valueOf);
    types[`is${name}Object`] = (value) => typeof value === 'object' &&
      is_boxed(value);
  }
  for (const name of ['Int8Array', 'Uint8Array', 'Uint8ClampedArray',
    'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array',
    'Float64Array', 'BigInt64Array', 'BigUint64Array'])
    types[`is${name}`] = (value) => view_name.call(value) === name;
  /* For the library. */
  Object.defineProperty(types, 'view_name',
    { value: (value) => view_name.call(value) });
  return types;
})
