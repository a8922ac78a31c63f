/*
 * node:querystring. The keys of a query come from strangers, so the object has
 * no prototype, as in Node.
 */
'use strict';

(function ({ load }) {
  const unreserved = /^[A-Za-z0-9\-_.!~*'()]*$/;

  /* encodeURIComponent() with Node's error for half of a pair. */
  function escape(text) {
    if (typeof text !== 'string')
      text = typeof text === 'object' ? String(text) : text + '';
    if (unreserved.test(text))
      return text;
    try {
      return encodeURIComponent(text);
    } catch {
      throw load('node/errors').make(URIError, 'ERR_INVALID_URI',
        'URI malformed');
    }
  }

  /* The bytes of a text whose "%" sequences may be wrong: those stay as they
   * are. */
  function unescapeBuffer(text, has_plus = false) {
    const { Buffer } = load('node/buffer');
    const out = Buffer.allocUnsafe(text.length);
    let size = 0;
    for (let at = 0; at < text.length; at++) {
      const digits = text.slice(at + 1, at + 3);
      if (text[at] === '%' && /^[0-9a-fA-F]{2}$/.test(digits)) {
        out[size++] = parseInt(digits, 16);
        at += 2;
      } else {
        out[size++] = has_plus && text[at] === '+' ? 0x20
          : text.charCodeAt(at);
      }
    }
    return out.subarray(0, size);
  }

  function unescape(text, has_plus) {
    try {
      return decodeURIComponent(text);
    } catch {
      return querystring.unescapeBuffer(text, has_plus).toString();
    }
  }

  /* What a value of a record is written as. */
  function primitive(value) {
    switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isFinite(value) ? String(value) : '';
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return '';
    }
  }

  function stringify(record, separator, equals, options) {
    separator ||= '&';
    equals ||= '=';
    const encode = typeof options?.encodeURIComponent === 'function'
      ? options.encodeURIComponent : querystring.escape;
    if (record === null || typeof record !== 'object')
      return '';
    return Object.keys(record).flatMap((key) => {
      const start = encode(primitive(key)) + equals;
      return Array.isArray(record[key])
        ? record[key].map((each) => start + encode(primitive(each)))
        : [start + encode(primitive(record[key]))];
    }).join(separator);
  }

  function decode_with(decode, text) {
    try {
      return decode(text);
    } catch {
      return querystring.unescape(text);
    }
  }

  /* As many keys as this are read unless the caller says otherwise. */
  const keys_max = 1000;

  function parse(query, separator, equals, options) {
    const record = Object.create(null);
    if (typeof query !== 'string' || query === '')
      return record;
    separator = separator ? String(separator) : '&';
    equals = equals ? String(equals) : '=';
    const max = typeof options?.maxKeys === 'number' ? options.maxKeys
      : keys_max;
    const own = options?.decodeURIComponent;
    const decode = typeof own === 'function' ? own : querystring.unescape;
    /* A plus is a space; a decoder of the caller's gets that encoded. */
    const space = decode === own ? '%20' : ' ';
    const read = (text) => text &&
      decode_with(decode, text.replaceAll('+', space));
    const parts = query.split(separator);
    /* Empty parts count here, although they give no key. */
    if (max > 0)
      parts.length = Math.min(parts.length, max);
    for (const part of parts) {
      if (part === '')
        continue;
      const at = part.indexOf(equals);
      const key = read(at < 0 ? part : part.slice(0, at));
      const value = at < 0 ? '' : read(part.slice(at + equals.length));
      if (!(key in record))
        record[key] = value;
      else if (Array.isArray(record[key]))
        record[key].push(value);
      else
        record[key] = [record[key], value];
    }
    return record;
  }

  const querystring = { unescapeBuffer, unescape, escape, stringify,
    encode: stringify, parse, decode: parse };
  return querystring;
})
