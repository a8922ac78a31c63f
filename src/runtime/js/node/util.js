/*
 * node:util.
 */
'use strict';

(function ({ load }) {
  const { inspect, format, formatWithOptions, without_control } =
    load('inspect');
  const { make, arg_type, arg_value, out_of_range, check_boolean,
    check_function, check_signal, check_string } =
    load('node/errors');
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

  /* A code is warned of once, whatever functions have it. */
  const warned_codes = new Set();

  function deprecate(own, text, code) {
    check_function(own, 'fn');
    if (code !== undefined)
      check_string(code, 'code');
    let has_warned = false;
    function deprecated(...values) {
      if (!has_warned && !warned_codes.has(code))
        process.emitWarning(text, 'DeprecationWarning', code);
      has_warned = true;
      if (code !== undefined)
        warned_codes.add(code);
      return new.target ? Reflect.construct(own, values, new.target)
        : Reflect.apply(own, this, values);
    }
    Object.setPrototypeOf(deprecated, own);
    if (own.prototype)
      deprecated.prototype = own.prototype;
    return deprecated;
  }

  /* NODE_DEBUG names the sections that are written, with stars. */
  function is_debugged(section) {
    return `${process.env.NODE_DEBUG ?? ''}`.split(',').some((name) =>
      name !== '' && new RegExp(`^${name.replace(/[|\\{}()[\]^$+?.]/g, '\\$&')
        .replaceAll('*', '.*')}$`, 'i').test(section));
  }

  function debuglog(section, ready) {
    let is_on;
    const find = () => (is_on ??= is_debugged(section));
    const log = (...values) => {
      if (find())
        console.error(`${section.toUpperCase()} ${process.pid}: ` +
          format(...values));
    };
    let first = (...values) => {
      first = log;
      ready?.(log);
      log(...values);
    };
    return Object.defineProperty((...values) => first(...values), 'enabled',
      { get: find, configurable: true, enumerable: true });
  }

  /* ---- errors of the system ---- */

  const system_errors = () => load('node/system_numbers').system_errors;

  function getSystemErrorName(number) {
    if (typeof number !== 'number')
      throw arg_type('err', 'of type number', number);
    if (!Number.isSafeInteger(number) || number >= 0)
      throw out_of_range('err', 'a negative integer', number);
    return system_errors().get(number)?.[0] ??
      `Unknown system error ${number}`;
  }

  function _errnoException(number, call, original) {
    const code = getSystemErrorName(number);
    const error = new Error(`${call} ${code}` +
      (original ? ` ${original}` : ''));
    return Object.assign(error, { errno: number, code, syscall: call });
  }

  function _exceptionWithHostPort(number, call, address, port, more) {
    const place = port > 0 ? `${address}:${port}` : address;
    const error = _errnoException(number, call, `${place}` +
      (more ? ` - Local (${more})` : ''));
    error.address = address;
    if (port)
      error.port = port;
    return error;
  }

  /* ---- texts ---- */

  /* A style is left out where the stream shows none. */
  function styleText(style, text, options = {}) {
    check_string(text, 'text');
    const { validateStream = true, stream = process.stdout } = options;
    check_boolean(validateStream, 'options.validateStream');
    if (validateStream && typeof stream?.pipe !== 'function' &&
      typeof stream?.write !== 'function' &&
      typeof stream?.getReader !== 'function' &&
      typeof stream?.getWriter !== 'function')
      throw arg_type('stream', 'an instance of ReadableStream, ' +
        'WritableStream, or Stream', stream);
    const codes = [style].flat().map((name) => {
      if (!Object.hasOwn(inspect.colors, name))
        throw arg_value('format', name, 'must be one of: ' +
          Object.keys(inspect.colors).map((each) => `'${each}'`).join(', '));
      return inspect.colors[name];
    });
    if (validateStream && !stream.isTTY)
      return text;
    return codes.map(([begin]) => `\u001b[${begin}m`).join('') + text +
      codes.reverse().map(([, end]) => `\u001b[${end}m`).join('');
  }

  const env_line = new RegExp('^\\s*(?:export\\s+)?([\\w.-]+)\\s*=\\s*' +
    '("(?:[^"])*"|\'[^\']*\'|`[^`]*`|[^#\\n]*)', 'gm');

  function parseEnv(text) {
    check_string(text, 'content');
    const values = {};
    for (const [, name, raw] of text.replaceAll('\r\n', '\n')
      .matchAll(env_line)) {
      const value = raw.trim();
      const quoted = /^(["'`])([^]*)\1$/.exec(value);
      load('own').set(values, name, !quoted ? value
        : quoted[1] === '"' ? quoted[2].replaceAll('\\n', '\n') : quoted[2]);
    }
    return values;
  }

  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep',
    'Oct', 'Nov', 'Dec'];

  function log(...values) {
    const now = new Date();
    const time = [now.getHours(), now.getMinutes(), now.getSeconds()]
      .map((part) => String(part).padStart(2, '0')).join(':');
    console.log('%s - %s', `${now.getDate()} ${months[now.getMonth()]} ${time}`,
      format(...values));
  }

  /* ---- signals ---- */

  async function aborted(signal, resource) {
    if (signal === undefined)
      throw arg_type('signal', 'an instance of AbortSignal', signal);
    check_signal(signal, 'signal');
    if (Object(resource) !== resource)
      throw arg_type('resource', 'an instance of Object', resource);
    if (!signal.aborted)
      await new Promise((resolve) =>
        signal.addEventListener('abort', resolve, { once: true }));
  }

  /* There is no thread to transfer a signal to. */
  function transferableAbortSignal(signal) {
    if (!(signal instanceof AbortSignal))
      throw arg_type('signal', 'an instance of AbortSignal', signal);
    return signal;
  }

  const types = load('node/util_types');
  const is_kind = (kind) => (value) => typeof value === kind;

  const util = {
    inspect, format, formatWithOptions, promisify, callbackify, deprecate,
    types, debuglog, debug: debuglog, getSystemErrorName, _errnoException,
    _exceptionWithHostPort, styleText, parseEnv, log, aborted,
    transferableAbortSignal,
    transferableAbortController: () => new AbortController(),
    getSystemErrorMap: () => new Map(system_errors()),
    get parseArgs() {
      return load('node/parse_args');
    },
    get MIMEType() {
      return load('node/mime_type').MIMEType;
    },
    get MIMEParams() {
      return load('node/mime_type').MIMEParams;
    },
    inherits(own, from) {
      check_function(own, 'ctor');
      check_function(from, 'superCtor');
      Object.defineProperty(own, 'super_',
        { value: from, configurable: true, writable: true });
      Object.setPrototypeOf(own.prototype, from.prototype);
    },
    isDeepStrictEqual: (a, b) => load('node/deep_equal').is_equal(a, b, true),
    isArray: Array.isArray,
    isBoolean: is_kind('boolean'), isNumber: is_kind('number'),
    isString: is_kind('string'), isSymbol: is_kind('symbol'),
    isFunction: is_kind('function'), isUndefined: is_kind('undefined'),
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isObject: (value) => typeof value === 'object' && value !== null,
    isPrimitive: (value) => Object(value) !== value,
    isRegExp: types.isRegExp, isDate: types.isDate,
    isError: (value) => types.isNativeError(value) || value instanceof Error,
    isBuffer: (value) => Buffer.isBuffer(value),
    _extend: (target, source) =>
      source && typeof source === 'object' ? Object.assign(target, source)
        : target,
    stripVTControlCharacters(text) {
      check_string(text, 'str');
      return without_control(text);
    },
    toUSVString: (text) => String(text).toWellFormed(),
    get TextEncoder() {
      return globalThis.TextEncoder;
    },
    get TextDecoder() {
      return globalThis.TextDecoder;
    },
  };
  return util;
})
