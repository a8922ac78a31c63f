/*
 * node:assert, strict and loose.
 */
'use strict';

(function ({ load }) {
  const { check_function, arg_type } = load('node/errors');

  class AssertionError extends Error {
    constructor({ message, actual, expected, operator }) {
      const show = load('inspect').inspect;
      super(message ?? `${show(actual)} ${operator} ${show(expected)}`);
      this.name = 'AssertionError';
      this.code = 'ERR_ASSERTION';
      this.generatedMessage = message === undefined;
      Object.assign(this, { actual, expected, operator });
    }
  }

  function fail_with(actual, expected, operator, message) {
    if (message instanceof Error)
      throw message;
    throw new AssertionError({ message, actual, expected, operator });
  }

  const keys_of = (object, strict) => Reflect.ownKeys(object).filter((key) =>
    (strict || typeof key === 'string') &&
    Object.prototype.propertyIsEnumerable.call(object, key));

  const kind_of = (value) => Object.prototype.toString.call(value);
  const boxes = [Number, String, Boolean, BigInt, Symbol];

  function is_equal_items(a, b, strict, seen) {
    if (a instanceof Map) {
      if (!(b instanceof Map) || a.size !== b.size)
        return false;
      return [...a].every(([key, value]) => b.has(key)
        ? is_equal(value, b.get(key), strict, seen)
        : [...b].some(([other, held]) => typeof key === 'object' &&
          is_equal(key, other, strict, seen) &&
          is_equal(value, held, strict, seen)));
    }
    if (a instanceof Set) {
      if (!(b instanceof Set) || a.size !== b.size)
        return false;
      return [...a].every((value) => b.has(value) ||
        [...b].some((other) => is_equal(value, other, strict, seen)));
    }
    const keys = keys_of(a, strict);
    return keys.length === keys_of(b, strict).length &&
      keys.every((key) => Object.hasOwn(b, key) &&
        is_equal(a[key], b[key], strict, seen));
  }

  function is_equal(a, b, strict, seen = []) {
    if (Object.is(a, b) || (!strict && a == b))
      return true;
    if (typeof a !== 'object' || typeof b !== 'object' || !a || !b)
      return false;
    if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b))
      return false;
    if (kind_of(a) !== kind_of(b))
      return false;
    if (a instanceof Date && b instanceof Date && !Object.is(+a, +b))
      return false;
    if (boxes.some((box) => a instanceof box && !(b instanceof box &&
      Object.is(a.valueOf(), b.valueOf()))))
      return false;
    if (a instanceof RegExp && String(a) !== String(b))
      return false;
    if (a instanceof Error && (a.message !== b.message || a.name !== b.name))
      return false;
    if (a instanceof ArrayBuffer && b instanceof ArrayBuffer)
      return is_equal(new Uint8Array(a), new Uint8Array(b), strict, seen);
    if (seen.some(([x, y]) => x === a && y === b))
      return true;
    return is_equal_items(a, b, strict, [...seen, [a, b]]);
  }

  function matches(error, expected) {
    if (expected === undefined)
      return true;
    if (expected instanceof RegExp)
      return expected.test(String(error));
    if (typeof expected === 'function')
      return expected.prototype !== undefined && error instanceof expected ||
        (!Error.isPrototypeOf(expected) && expected(error) === true);
    return Object.entries(expected).every(([key, value]) =>
      value instanceof RegExp && typeof error[key] === 'string'
        ? value.test(error[key]) : is_equal(error[key], value, true));
  }

  /* If expected is a text, it is the message and any error will do. */
  function check_thrown(error, expected, message) {
    if (typeof expected === 'string')
      return;
    if (!matches(error, expected))
      fail_with(error, expected, 'throws', message);
  }

  function fail_missing(operator, expected, message, kind) {
    const own = typeof expected === 'string' ? expected : message;
    fail_with(undefined, expected, operator,
      own ?? `Missing expected ${kind}`);
  }

  /* The promise that own is or returns. A function that throws has not
   * rejected. */
  function promise_of(own) {
    const promise = typeof own === 'function' ? own() : own;
    if (typeof promise?.then !== 'function')
      throw arg_type('promiseFn',
        'of type function or an instance of Promise', own);
    return promise;
  }

  function assert(value, message) {
    if (!value)
      fail_with(value, true, '==', message);
  }

  const checks = {
    ok: assert,
    equal(a, b, message) {
      if (!(a == b || (a !== a && b !== b)))
        fail_with(a, b, '==', message);
    },
    notEqual(a, b, message) {
      if (a == b)
        fail_with(a, b, '!=', message);
    },
    strictEqual(a, b, message) {
      if (!Object.is(a, b))
        fail_with(a, b, 'strictEqual', message);
    },
    notStrictEqual(a, b, message) {
      if (Object.is(a, b))
        fail_with(a, b, 'notStrictEqual', message);
    },
    deepEqual(a, b, message) {
      if (!is_equal(a, b, false))
        fail_with(a, b, 'deepEqual', message);
    },
    deepStrictEqual(a, b, message) {
      if (!is_equal(a, b, true))
        fail_with(a, b, 'deepStrictEqual', message);
    },
    notDeepEqual(a, b, message) {
      if (is_equal(a, b, false))
        fail_with(a, b, 'notDeepEqual', message);
    },
    notDeepStrictEqual(a, b, message) {
      if (is_equal(a, b, true))
        fail_with(a, b, 'notDeepStrictEqual', message);
    },
    match(text, pattern, message) {
      if (typeof text !== 'string' || !pattern.test(text))
        fail_with(text, pattern, 'match', message);
    },
    doesNotMatch(text, pattern, message) {
      if (typeof text !== 'string' || pattern.test(text))
        fail_with(text, pattern, 'doesNotMatch', message);
    },
    fail(message = 'Failed') {
      fail_with(undefined, undefined, 'fail', message);
    },
    ifError(value) {
      if (value === null || value === undefined)
        return;
      fail_with(value, null, 'ifError', 'ifError got unwanted exception: ' +
        (value instanceof Error ? value.message
          : load('inspect').inspect(value)));
    },
    throws(own, expected, message) {
      check_function(own, 'fn');
      try {
        own();
      } catch (error) {
        check_thrown(error, expected, message);
        return;
      }
      fail_missing('throws', expected, message, 'exception');
    },
    doesNotThrow(own) {
      own();
    },
    async rejects(own, expected, message) {
      const promise = promise_of(own);
      try {
        await promise;
      } catch (error) {
        check_thrown(error, expected, message);
        return;
      }
      fail_missing('rejects', expected, message, 'rejection');
    },
    async doesNotReject(own) {
      await promise_of(own);
    },
    AssertionError,
    is_equal,
  };
  Object.assign(assert, checks);
  assert.strict = Object.assign((value, message) => assert(value, message),
    checks, { equal: checks.strictEqual, notEqual: checks.notStrictEqual,
      deepEqual: checks.deepStrictEqual,
      notDeepEqual: checks.notDeepStrictEqual });
  assert.strict.strict = assert.strict;
  assert.default = assert;
  return assert;
})
