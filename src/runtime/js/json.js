/*
 * JSON with V8's errors. The engine does the work; only where it throws is its
 * error replaced by one with V8's words (js/json_fault.js) and stack.
 */
'use strict';

(function ({ load }) {
  const { parse, stringify } = JSON;
  const engine_words = /^JSON\.stringify cannot serialize (cyclic|BigInt)/;

  function parse_fault(error, text) {
    const words = error instanceof SyntaxError
      ? load('json_fault').fault_of(text) : undefined;
    return words === undefined ? error : new SyntaxError(words);
  }

  function stringify_fault(error, value) {
    const kind = error instanceof TypeError
      ? engine_words.exec(error.message)?.[1] : undefined;
    if (!kind)
      return error;
    return new TypeError(kind === 'BigInt'
      ? 'Do not know how to serialize a BigInt'
      : load('json_fault').circle_text(value));
  }

  const own = {
    parse(text, reviver) {
      const whole = typeof text === 'string' ? text : `${text}`;
      try {
        return parse(whole, reviver);
      } catch (error) {
        throw parse_fault(error, whole);
      }
    },
    stringify(value, replacer, space) {
      try {
        return stringify(value, replacer, space);
      } catch (error) {
        throw stringify_fault(error, value);
      }
    },
  };

  for (const name of ['parse', 'stringify'])
    Object.defineProperty(JSON, name,
      { value: own[name], configurable: true, writable: true });

  return {};
})
