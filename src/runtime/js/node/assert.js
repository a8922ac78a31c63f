/*
 * node:assert, strict and loose.
 */
'use strict';

(function ({ load }) {
  const { arg_type, arg_value, make } = load('node/errors');
  const { AssertionError } = load('node/assertion_error');
  const { is_equal } = load('node/deep_equal');
  const types = load('node/util_types');

  /* A message that is an error is thrown itself. */
  function fail_with(start, fields) {
    if (fields.message instanceof Error)
      throw fields.message;
    throw new AssertionError({ ...fields, stackStartFn: start });
  }

  function need_two(count) {
    if (count < 2)
      throw make(TypeError, 'ERR_MISSING_ARGS',
        'The "actual" and "expected" arguments must be specified');
  }

  /* A check of two values that fails where holds(a, b) is false. */
  function comparison(name, operator, holds) {
    const own = { [name](actual, expected, message) {
      need_two(arguments.length);
      if (!holds(actual, expected))
        fail_with(own[name], { actual, expected, message, operator });
    } };
    return own[name];
  }

  const is_loose = (a, b) => a == b || a !== a && b !== b;

  const comparisons = {
    equal: comparison('equal', '==', is_loose),
    notEqual: comparison('notEqual', '!=', (a, b) => !is_loose(a, b)),
    deepEqual: comparison('deepEqual', 'deepEqual',
      (a, b) => is_equal(a, b, false)),
    notDeepEqual: comparison('notDeepEqual', 'notDeepEqual',
      (a, b) => !is_equal(a, b, false)),
    deepStrictEqual: comparison('deepStrictEqual', 'deepStrictEqual',
      (a, b) => is_equal(a, b, true)),
    notDeepStrictEqual: comparison('notDeepStrictEqual', 'notDeepStrictEqual',
      (a, b) => !is_equal(a, b, true)),
    strictEqual: comparison('strictEqual', 'strictEqual', Object.is),
    notStrictEqual: comparison('notStrictEqual', 'notStrictEqual',
      (a, b) => !Object.is(a, b)),
  };

  function check_truth(start, count, value, message) {
    if (value)
      return;
    const is_missing = count === 0;
    const error = { actual: value, expected: true, operator: '==',
      message: is_missing ? 'No value argument passed to `assert.ok()`'
        : message };
    try {
      fail_with(start, error);
    } catch (thrown) {
      if (is_missing)
        thrown.generatedMessage = true;
      throw thrown;
    }
  }

  /* ---- what is thrown ---- */

  /* The fields that are compared, under a name that the message shows. */
  class Comparison {
    constructor(source, keys, actual) {
      for (const key of keys)
        if (key in source)
          this[key] = actual !== undefined && typeof actual[key] === 'string' &&
            types.isRegExp(source[key]) && source[key].test(actual[key])
            ? actual[key] : source[key];
    }
  }

  function check_fields(start, error, expected, message) {
    if (Object(error) !== error)
      throw Object.assign(new AssertionError({ actual: error, expected, message,
        operator: 'deepStrictEqual', stackStartFn: start }),
      { operator: start.name });
    const keys = Object.keys(expected);
    if (expected instanceof Error)
      keys.push('name', 'message');
    else if (keys.length === 0)
      throw arg_value('error', expected, 'may not be an empty object');
    const is_same = (key) => typeof error[key] === 'string' &&
      types.isRegExp(expected[key]) && expected[key].test(error[key]) ||
      key in error && is_equal(error[key], expected[key], true);
    if (keys.every(is_same))
      return;
    if (message)
      fail_with(start, { actual: error, expected, message,
        operator: start.name });
    const failure = new AssertionError({ operator: 'deepStrictEqual',
      actual: new Comparison(error, keys),
      expected: new Comparison(expected, keys, error), stackStartFn: start });
    throw Object.assign(failure, { actual: error, expected,
      operator: start.name });
  }

  function check_function_of(start, error, expected, message) {
    const { inspect } = load('inspect');
    if (expected.prototype !== undefined && error instanceof expected)
      return;
    let text;
    if (Error.isPrototypeOf(expected) || expected === Error) {
      text = `The error is expected to be an instance of "${expected.name}". ` +
        'Received ' + (error instanceof Error
        ? `"${error.constructor?.name ?? error.name}"`
        : `"${inspect(error, { depth: -1 })}"`);
      if (error instanceof Error)
        text += `\n\nError message:\n\n${error.message}`;
    } else {
      const result = Reflect.apply(expected, {}, [error]);
      if (result === true)
        return;
      text = `The ${expected.name ? `"${expected.name}" ` : ''}validation ` +
        `function is expected to return "true". Received ${inspect(result)}`;
      if (error instanceof Error)
        text += `\n\nCaught error:\n\n${error}`;
    }
    const failure = message ?? text;
    if (failure instanceof Error)
      throw failure;
    throw Object.assign(new AssertionError({ actual: error, expected,
      message: failure, operator: start.name, stackStartFn: start }),
    { generatedMessage: !message });
  }

  function check_thrown(start, error, expected, message) {
    if (typeof expected === 'string') {
      const text = error instanceof Error ? error.message : error;
      if (text === expected)
        throw make(TypeError, 'ERR_AMBIGUOUS_ARGUMENT', 'The "error/message" ' +
          `argument is ambiguous. The error ${error instanceof Error
            ? 'message ' : ''}"${text}" is identical to the message.`);
      return;
    }
    if (expected === undefined)
      return;
    if (types.isRegExp(expected)) {
      if (expected.test(String(error)))
        return;
      const { inspect } = load('inspect');
      if (message)
        fail_with(start, { actual: error, expected, message,
          operator: start.name });
      throw Object.assign(new AssertionError({ actual: error, expected,
        message: 'The input did not match the regular expression ' +
          `${inspect(expected)}. Input:\n\n${inspect(String(error))}\n`,
        operator: start.name, stackStartFn: start }),
      { generatedMessage: true });
    }
    if (typeof expected === 'function')
      check_function_of(start, error, expected, message);
    else
      check_fields(start, error, expected, message);
  }

  function check_expected(expected) {
    if (expected !== undefined && typeof expected !== 'string' &&
      typeof expected !== 'function' &&
      (typeof expected !== 'object' || expected === null))
      throw arg_type('error', 'of type function or an instance of Error, ' +
        'RegExp, or Object', expected);
  }

  /* If expected is a text, it is the message and any error will do. */
  function fail_missing(start, expected, message) {
    const own = typeof expected === 'string' ? expected : message;
    if (own instanceof Error)
      throw own;
    const kind = start.name === 'rejects' ? 'rejection' : 'exception';
    fail_with(start, { actual: undefined, expected: typeof expected === 'string'
      ? undefined : expected, operator: start.name,
    message: `Missing expected ${kind}` +
      (expected?.name ? ` (${expected.name})` : '') +
      (own ? `: ${own}` : '.') });
  }

  function fail_unwanted(start, error, expected, message) {
    const own = typeof expected === 'string' ? expected : message;
    if (expected !== undefined && typeof expected !== 'string' &&
      !has_matched(start, error, expected, message))
      throw error;
    const kind = start.name === 'doesNotReject' ? 'rejection' : 'exception';
    fail_with(start, { actual: error, expected, operator: start.name,
      message: `Got unwanted ${kind}${own ? `: ${own}` : '.'}\n` +
        `Actual message: "${error?.message}"` });
  }

  function has_matched(start, error, expected, message) {
    try {
      check_thrown(start, error, expected, message);
      return true;
    } catch {
      return false;
    }
  }

  /* Why the work threw, as {error}; null if it did not. */
  function run(work) {
    load('node/errors').check_function(work, 'fn');
    try {
      work();
    } catch (error) {
      return { error };
    }
    return null;
  }

  /* A function that throws has not rejected. */
  async function settle(own) {
    let promise = own;
    if (typeof own === 'function') {
      promise = own();
      if (!is_promise(promise))
        throw make(TypeError, 'ERR_INVALID_RETURN_VALUE', 'Expected instance ' +
          'of Promise to be returned from the "promiseFn" function but got ' +
          `${load('node/errors').received(promise)}.`);
    } else if (!is_promise(promise)) {
      throw arg_type('promiseFn',
        'of type function or an instance of Promise', own);
    }
    try {
      await promise;
    } catch (error) {
      return { error };
    }
    return null;
  }

  const is_promise = (value) => types.isPromise(value) ||
    Object(value) === value && typeof value.then === 'function' &&
    typeof value.catch === 'function';

  const throwing = {
    throws(work, expected, message) {
      const thrown = run(work);
      check_expected(expected);
      if (!thrown)
        fail_missing(throwing.throws, expected, message);
      check_thrown(throwing.throws, thrown.error, expected, message);
    },
    async rejects(work, expected, message) {
      const thrown = await settle(work);
      check_expected(expected);
      if (!thrown)
        fail_missing(throwing.rejects, expected, message);
      check_thrown(throwing.rejects, thrown.error, expected, message);
    },
    doesNotThrow(work, expected, message) {
      const thrown = run(work);
      if (thrown)
        fail_unwanted(throwing.doesNotThrow, thrown.error, expected, message);
    },
    async doesNotReject(work, expected, message) {
      const thrown = await settle(work);
      if (thrown)
        fail_unwanted(throwing.doesNotReject, thrown.error, expected, message);
    },
  };

  /* ---- the rest ---- */

  function check_match(start, text, pattern, message, wanted) {
    if (!types.isRegExp(pattern))
      throw arg_type('regexp', 'an instance of RegExp', pattern);
    if (typeof text === 'string' && pattern.test(text) === wanted)
      return;
    if (message instanceof Error)
      throw message;
    const { inspect } = load('inspect');
    const words = typeof text !== 'string'
      ? 'The "string" argument must be of type string. Received ' +
        `${load('node/errors').received(text)}`
      : `The input ${wanted ? 'did not match' : 'was expected to not match'} ` +
        `the regular expression ${inspect(pattern)}. Input:\n\n` +
        `${inspect(text)}\n`;
    throw Object.assign(new AssertionError({ actual: text, expected: pattern,
      message: message ?? words, operator: start.name, stackStartFn: start }),
    { generatedMessage: !message });
  }

  const others = {
    match(text, pattern, message) {
      check_match(others.match, text, pattern, message, true);
    },
    doesNotMatch(text, pattern, message) {
      check_match(others.doesNotMatch, text, pattern, message, false);
    },
    /* The older form is (actual, expected, message, operator). */
    fail(actual, expected, message, operator = '!=', start = others.fail) {
      if (arguments.length > 1)
        fail_with(start, { actual, expected, message, operator });
      if (actual instanceof Error)
        throw actual;
      throw Object.assign(new AssertionError({ message: actual ?? 'Failed',
        operator: 'fail', stackStartFn: others.fail }),
      { generatedMessage: actual === undefined });
    },
    ifError(value) {
      if (value === null || value === undefined)
        return;
      const text = typeof value === 'object' && typeof value.message ===
        'string' ? value.message || value.constructor?.name
        : load('inspect').inspect(value);
      fail_with(others.ifError, { actual: value, expected: null,
        operator: 'ifError',
        message: `ifError got unwanted exception: ${text}` });
    },
  };

  function assert(...values) {
    check_truth(assert, values.length, ...values);
  }
  function ok(...values) {
    check_truth(ok, values.length, ...values);
  }

  const checks = { fail: others.fail, AssertionError, ok, ...comparisons,
    ...throwing, ifError: others.ifError, match: others.match,
    doesNotMatch: others.doesNotMatch };

  function define(target, own) {
    Object.assign(target, own);
    Object.defineProperty(target, 'CallTracker', { configurable: true,
      enumerable: true, get: () => load('node/call_tracker').CallTracker });
    return target;
  }

  define(assert, checks);
  assert.strict = define(function strict(...values) {
    check_truth(strict, values.length, ...values);
  }, { ...checks, equal: checks.strictEqual, notEqual: checks.notStrictEqual,
    deepEqual: checks.deepStrictEqual,
    notDeepEqual: checks.notDeepStrictEqual });
  assert.strict.strict = assert.strict;
  return assert;
})
