/*
 * util.format() (Console Standard, 2.2, with Node's differences).
 */
'use strict';

(function ({ load }) {
  const { inspect } = load('inspect');

  /* Whether String(value) says what the object's author wants: the value is an
   * error, or has a toString() that is not the language's. */
  function has_own_text(value) {
    if (value instanceof Error || value instanceof Date)
      return value instanceof Error;
    for (let object = value; object; object = Object.getPrototypeOf(object))
      if (Object.hasOwn(object, 'toString'))
        return typeof object.toString === 'function' && !/\[native code\]/.test(
          Function.prototype.toString.call(object.toString));
    return false;
  }

  function json(value) {
    try {
      return JSON.stringify(value);
    } catch (error) {
      if (/circular structure/.test(error.message))
        return '[Circular]';
      throw error;
    }
  }

  const number = (value) => Object.is(value, -0) ? '-0' : String(value);

  function number_text(value, convert) {
    if (typeof value === 'bigint')
      return `${value}n`;
    if (typeof value === 'symbol' ||
      typeof value === 'object' && value !== null)
      return 'NaN';
    return number(convert(value));
  }

  function text_of(value, options) {
    if (typeof value === 'number')
      return number(value);
    if (typeof value === 'bigint')
      return `${value}n`;
    if (typeof value !== 'object' || value === null)
      return String(value);
    return has_own_text(value) ? String(value)
      : inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
  }

  const place_holders = {
    s: text_of,
    d: (value) => number_text(value, Number),
    i: (value) => number_text(value, (each) => parseInt(each)),
    f: (value) => typeof value === 'symbol' ? 'NaN'
      : number(parseFloat(value)),
    j: (value) => json(value),
    o: (value, options) => inspect(value, { ...options, showHidden: true,
      showProxy: true, depth: 4 }),
    O: (value, options) => inspect(value, options),
    c: () => '',
  };

  function formatWithOptions(options, ...values) {
    load('node/errors').check_object(options, 'inspectOptions');
    let text = '';
    /* A pattern alone is printed as it is. */
    if (typeof values[0] === 'string' && values.length > 1) {
      const pattern = values.shift();
      text = pattern.replace(/%([sdifjoOc%])/g, (whole, kind) => {
        if (kind === '%')
          return '%';
        return values.length
          ? place_holders[kind](values.shift(), options) : whole;
      });
      if (values.length)
        text += ' ';
    }
    return text + values.map((value) => typeof value === 'string' ? value
      : inspect(value, options)).join(' ');
  }

  return { formatWithOptions,
    format: (...values) => formatWithOptions({}, ...values) };
})
