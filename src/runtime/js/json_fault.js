/*
 * What V8 says of a text that is no JSON, and of a value that JSON has no text
 * for: programs look for these words ("Unexpected token", "in JSON at
 * position", "circular structure"). The engine has found the fault already;
 * this finds its place again, in the order in which V8 looks (json-parser.cc
 * and json-stringifier.cc of V8 11.3, which Node 20 has).
 */
'use strict';

(function () {
  class Fault extends Error {}

  const space = /[\t\n\r ]*/y;
  const digits = /\d*/y;

  /* Characters of the text that a message shows on each side of the place. */
  const context = 10;
  const special = ['NaN', 'Infinity', 'undefined', '[object Object]'];

  /* The message for a character where no value can begin. */
  function unexpected(text, at) {
    const token = text[at];
    if (token === undefined)
      return 'Unexpected end of JSON input';
    if (/[-\d]/.test(token))
      return `Unexpected number in JSON at position ${at}`;
    if (token === '"')
      return `Unexpected string in JSON at position ${at}`;
    if (special.includes(text))
      return `"${text}" is not valid JSON`;
    const start = text.length <= 2 * context || at < context ? 0 : at - context;
    const end = text.length <= 2 * context || at >= text.length - context
      ? text.length : at + context;
    return `Unexpected token '${token}', ${start > 0 ? '...' : ''}"` +
      `${text.slice(start, end)}"${end < text.length ? '...' : ''} is not ` +
      'valid JSON';
  }

  function find(text) {
    let at = 0;

    const fail = (words) => {
      throw new Fault(words ? `${words} in JSON at position ${at}`
        : unexpected(text, at));
    };
    const skip = (pattern) => {
      pattern.lastIndex = at;
      pattern.test(text);
      at = Math.max(at, pattern.lastIndex);
    };
    const peek = () => {
      skip(space);
      return text[at];
    };
    const check = (token) => {
      const is = peek() === token;
      at += is;
      return is;
    };
    const expect = (token, words) => {
      if (!check(token))
        fail(words);
    };

    function string() {
      for (;;) {
        const one = text[at];
        if (one === undefined)
          fail('Unterminated string');
        if (one < ' ')
          fail('Bad control character in string literal');
        at++;
        if (one === '"')
          return;
        if (one !== '\\')
          continue;
        if (text[at] === undefined)
          fail();
        if (!'"\\/bfnrtu'.includes(text[at]))
          fail('Bad escaped character');
        if (text[at++] !== 'u')
          continue;
        for (const end = at + 4; at < end; at++)
          if (!/[\da-f]/i.test(text[at] ?? ''))
            fail('Bad Unicode escape');
      }
    }

    /* At least one digit. */
    function some_digits(words) {
      if (!/\d/.test(text[at] ?? ''))
        fail(words);
      skip(digits);
    }

    function number() {
      if (text[at] === '-') {
        at++;
        if (!/\d/.test(text[at] ?? ''))
          fail('No number after minus sign');
      }
      if (text[at] === '0') {
        at++;
        if (/\d/.test(text[at] ?? ''))
          fail();
      } else {
        skip(digits);
      }
      if (text[at] === '.') {
        at++;
        some_digits('Unterminated fractional number');
      }
      if (text[at] === 'e' || text[at] === 'E') {
        at++;
        if (text[at] === '+' || text[at] === '-')
          at++;
        some_digits('Exponent part is missing a number');
      }
    }

    function literal(word) {
      for (const letter of word) {
        if (text[at] !== letter)
          fail();
        at++;
      }
    }

    function name(words) {
      string();
      expect(':', words);
    }

    /* Open objects and lists, the innermost last. */
    const open = [];
    for (;;) {
      const token = peek();
      if (token === '{') {
        at++;
        if (!check('}')) {
          expect('"', "Expected property name or '}'");
          name("Expected ':' after property name");
          open.push('}');
          continue;
        }
      } else if (token === '[') {
        at++;
        if (!check(']')) {
          open.push(']');
          continue;
        }
      } else if (token === '"') {
        at++;
        string();
      } else if (/[-\d]/.test(token ?? '')) {
        number();
      } else {
        literal({ t: 'true', f: 'false', n: 'null' }[token] ?? fail());
      }
      /* After a value. */
      while (open.length) {
        const end = open.at(-1);
        if (check(',')) {
          if (end === '}') {
            expect('"', 'Expected double-quoted property name');
            name();
          }
          break;
        }
        expect(end, end === '}' ? "Expected ',' or '}' after property value"
          : "Expected ',' or ']' after array element");
        open.pop();
      }
      if (!open.length)
        break;
    }
    if (peek() !== undefined)
      throw new Fault('Unexpected non-whitespace character after JSON at ' +
        `position ${at}`);
  }

  /* The message; undefined if the text is JSON. */
  function fault_of(text) {
    try {
      find(text);
    } catch (error) {
      if (error instanceof Fault)
        return error.message;
      throw error;
    }
    return undefined;
  }

  /* ---- circles ---- */

  const maker_of = (value) => value.constructor?.name ?? 'Object';

  const place_of = (key, holder) => Array.isArray(holder) ? `index ${key}`
    : `property '${key}'`;

  /* A circle's steps, the outermost first: [{value, place}, ...], and closing,
   * the place that leads back into it. Values in done are in none. */
  function circle_of(value, path = [], place = '', done = new Set()) {
    const start = path.findIndex((step) => step.value === value);
    if (start >= 0)
      return { steps: path.slice(start), closing: place };
    if (done.has(value))
      return null;
    path.push({ value, place });
    for (const key of Object.keys(value)) {
      const next = value[key];
      const found = typeof next === 'object' && next !== null &&
        typeof next.toJSON !== 'function' &&
        circle_of(next, path, place_of(key, value), done);
      if (found)
        return found;
    }
    path.pop();
    done.add(value);
    return null;
  }

  /* V8's words for a circle: of a long one it shows the beginning and the
   * end. */
  function circle_text(value) {
    const circle = circle_of(value);
    const first = 'Converting circular structure to JSON';
    if (!circle)
      return first;
    const [start, ...steps] = circle.steps;
    const lines = steps.map((step) => `    |     ${step.place} -> object ` +
      `with constructor '${maker_of(step.value)}'`);
    if (lines.length > 3)
      lines.splice(2, lines.length - 3, '    |     ...');
    return [first, '    --> starting at object with constructor ' +
      `'${maker_of(start.value)}'`, ...lines,
    `    --- ${circle.closing} closes the circle`].join('\n');
  }

  return { fault_of, circle_text };
})
