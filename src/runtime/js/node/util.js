/*
 * The part of node:util that needs no internals of Node.
 */
'use strict';

(function ({ load }) {
  const { inspect, format } = load('inspect');
  const { make, check_function } = load('node/errors');
  const custom = Symbol.for('nodejs.util.promisify.custom');

  function promisify(own) {
    check_function(own, 'original');
    if (own[custom]) {
      check_function(own[custom], 'util.promisify.custom');
      return Object.defineProperty(own[custom], custom,
        { value: own[custom], configurable: true });
    }
    function promised(...values) {
      return new Promise((resolve, reject) => {
        own.call(this, ...values, (error, value) =>
          error ? reject(error) : resolve(value));
      });
    }
    Object.setPrototypeOf(promised, Object.getPrototypeOf(own));
    Object.defineProperty(promised, custom,
      { value: promised, configurable: true });
    return Object.defineProperties(promised,
      Object.getOwnPropertyDescriptors(own));
  }
  promisify.custom = custom;

  /* The first argument of a callback is an error only if it is truthy. */
  function as_error(reason) {
    if (reason)
      return reason;
    const error = make(Error, 'ERR_FALSY_VALUE_REJECTION',
      'Promise was rejected with falsy value');
    error.reason = reason;
    return error;
  }

  function callbackify(own) {
    check_function(own, 'original');
    return function (...values) {
      const done = values.pop();
      check_function(done, 'last argument');
      Reflect.apply(own, this, values).then(
        (value) => process.nextTick(() => done.call(this, null, value)),
        (reason) => process.nextTick(() => done.call(this, as_error(reason))));
    };
  }

  function deprecate(own, text) {
    let has_warned = false;
    return function (...values) {
      if (!has_warned)
        console.warn(`DeprecationWarning: ${text}`);
      has_warned = true;
      return new.target ? Reflect.construct(own, values, new.target)
        : own.apply(this, values);
    };
  }

  const types = load('node/util_types');
  const is_kind = (kind) => (value) => typeof value === kind;

  const util = {
    inspect, format, promisify, callbackify, deprecate, types,
    inherits(own, from) {
      check_function(own, 'ctor');
      check_function(from, 'superCtor');
      Object.defineProperty(own, 'super_',
        { value: from, configurable: true, writable: true });
      Object.setPrototypeOf(own.prototype, from.prototype);
    },
    isDeepStrictEqual: (a, b) => load('node/assert').is_equal(a, b, true),
    debuglog: () => Object.assign(() => {}, { enabled: false }),
    isArray: Array.isArray,
    isBoolean: is_kind('boolean'), isNumber: is_kind('number'),
    isString: is_kind('string'), isSymbol: is_kind('symbol'),
    isFunction: is_kind('function'), isUndefined: is_kind('undefined'),
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isObject: (value) => typeof value === 'object' && value !== null,
    isPrimitive: (value) => Object(value) !== value,
    isRegExp: types.isRegExp, isDate: types.isDate,
    isError: (value) => value instanceof Error,
    isBuffer: (value) => Buffer.isBuffer(value),
    _extend: (target, source) =>
      source && typeof source === 'object' ? Object.assign(target, source)
        : target,
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
  util.debug = util.debuglog;
  util.default = util;
  return util;
})
