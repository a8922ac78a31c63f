/*
 * node:util, the part that needs nothing of Node's inside.
 */
'use strict';

(function ({ load }) {
  const { inspect, format } = load('inspect');
  const custom = Symbol.for('nodejs.util.promisify.custom');

  function promisify(own) {
    if (typeof own !== 'function')
      throw new TypeError('promisify needs a function');
    if (own[custom])
      return own[custom];
    return function (...values) {
      return new Promise((resolve, reject) => {
        own.call(this, ...values, (error, value) =>
          error ? reject(error) : resolve(value));
      });
    };
  }
  promisify.custom = custom;

  function callbackify(own) {
    return function (...values) {
      const done = values.pop();
      own.apply(this, values).then((value) => queueMicrotask(() =>
        done(null, value)), (error) => queueMicrotask(() => done(error)));
    };
  }

  function deprecate(own, text) {
    let told = false;
    return function (...values) {
      if (!told)
        console.warn(`DeprecationWarning: ${text}`);
      told = true;
      return new.target ? Reflect.construct(own, values, new.target)
        : own.apply(this, values);
    };
  }

  const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const types = {
    isPromise: (value) => value instanceof Promise,
    isRegExp: (value) => tag(value) === 'RegExp',
    isDate: (value) => tag(value) === 'Date',
    isMap: (value) => value instanceof Map,
    isSet: (value) => value instanceof Set,
    isNativeError: (value) => value instanceof Error,
    isTypedArray: (value) =>
      ArrayBuffer.isView(value) && !(value instanceof DataView),
    isUint8Array: (value) => value instanceof Uint8Array,
    isArrayBuffer: (value) => value instanceof ArrayBuffer,
    isAnyArrayBuffer: (value) => tag(value).endsWith('ArrayBuffer'),
    isArrayBufferView: (value) => ArrayBuffer.isView(value),
    isAsyncFunction: (value) => tag(value) === 'AsyncFunction',
    isGeneratorFunction: (value) => tag(value) === 'GeneratorFunction',
  };

  const util = {
    inspect, format, promisify, callbackify, deprecate, types,
    inherits(own, from) {
      Object.defineProperty(own, 'super_',
        { value: from, configurable: true, writable: true });
      Object.setPrototypeOf(own.prototype, from.prototype);
    },
    isDeepStrictEqual: (a, b) => load('node/assert').is_equal(a, b, true),
    debuglog: () => Object.assign(() => {}, { enabled: false }),
    isArray: Array.isArray,
    stripVTControlCharacters: (text) =>
      text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, ''),
    toUSVString: (text) => String(text).toWellFormed(),
    get TextEncoder() {
      return globalThis.TextEncoder;
    },
    get TextDecoder() {
      return globalThis.TextDecoder;
    },
  };
  util.default = util;
  return util;
})
