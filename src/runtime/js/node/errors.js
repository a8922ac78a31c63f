/*
 * Errors in Node's words and with Node's codes, which bundles compare, and
 * checks of arguments that throw such errors.
 */
'use strict';

(function ({ load }) {
  function make(own, code, text) {
    const error = new own(text);
    error.code = code;
    return error;
  }

  const show = (value, depth = -1) =>
    load('inspect').inspect(value, { depth });

  /* "an instance of Map", "type string ('x')". */
  function received(value) {
    if (value === undefined || value === null)
      return String(value);
    if (typeof value === 'function')
      return `function ${value.name}`;
    if (typeof value === 'object')
      return value.constructor?.name
        ? `an instance of ${value.constructor.name}` : show(value);
    let text = show(value);
    if (text.length > 28)
      text = `${text.slice(0, 25)}...`;
    return `type ${typeof value} (${text})`;
  }

  /* must is a phrase such as "of type string". */
  function arg_type(name, must, value) {
    const what = name.endsWith(' argument') ? name
      : `"${name}" ${name.includes('.') ? 'property' : 'argument'}`;
    return make(TypeError, 'ERR_INVALID_ARG_TYPE',
      `The ${what} must be ${must}. Received ${received(value)}`);
  }

  function arg_value(name, value, reason = 'is invalid') {
    const what = name.includes('.') ? 'property' : 'argument';
    return make(TypeError, 'ERR_INVALID_ARG_VALUE',
      `The ${what} '${name}' ${reason}. Received ${show(value, 0)}`);
  }

  /* 4294967297 as 4_294_967_297. */
  function grouped(text) {
    return text.replace(/(\d)(?=(\d{3})+n?$)/g, '$1_');
  }

  function out_of_range(name, range, value) {
    let text = show(value, 0);
    if (Number.isInteger(value) && Math.abs(value) > 2 ** 32 ||
      typeof value === 'bigint' && (value > 2n ** 32n || value < -(2n ** 32n)))
      text = grouped(text);
    return make(RangeError, 'ERR_OUT_OF_RANGE', `The value of "${name}" is ` +
      `out of range. It must be ${range}. Received ${text}`);
  }

  function unknown_encoding(encoding) {
    return make(TypeError, 'ERR_UNKNOWN_ENCODING',
      `Unknown encoding: ${typeof encoding === 'string' ? encoding
        : show(encoding, 0)}`);
  }

  function check_number(value, name, min, max) {
    if (typeof value !== 'number')
      throw arg_type(name, 'of type number', value);
    if (min !== undefined && value < min || max !== undefined && value > max ||
      Number.isNaN(value) && (min !== undefined || max !== undefined)) {
      const range = [min === undefined ? '' : `>= ${min}`,
        max === undefined ? '' : `<= ${max}`].filter(Boolean).join(' && ');
      throw out_of_range(name, range, value);
    }
  }

  function check_integer(value, name, min = Number.MIN_SAFE_INTEGER,
    max = Number.MAX_SAFE_INTEGER) {
    if (typeof value !== 'number')
      throw arg_type(name, 'of type number', value);
    if (!Number.isInteger(value))
      throw out_of_range(name, 'an integer', value);
    if (value < min || value > max)
      throw out_of_range(name, `>= ${min} && <= ${max}`, value);
  }

  function check_string(value, name) {
    if (typeof value !== 'string')
      throw arg_type(name, 'of type string', value);
  }

  function check_function(value, name) {
    if (typeof value !== 'function')
      throw arg_type(name, 'of type function', value);
  }

  function check_boolean(value, name) {
    if (typeof value !== 'boolean')
      throw arg_type(name, 'of type boolean', value);
  }

  function check_object(value, name) {
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw arg_type(name, 'of type object', value);
  }

  function check_signal(value, name) {
    if (value !== undefined && (value === null || typeof value !== 'object' ||
      !('aborted' in value)))
      throw arg_type(name, 'an instance of AbortSignal', value);
  }

  function abort_error(signal) {
    const error = new Error('The operation was aborted',
      signal && { cause: signal.reason });
    error.name = 'AbortError';
    error.code = 'ABORT_ERR';
    return error;
  }

  return { make, received, arg_type, arg_value, out_of_range, unknown_encoding,
    check_number, check_integer, check_string, check_function, check_boolean,
    check_object, check_signal, abort_error };
})
