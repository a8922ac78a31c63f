/*
 * Queries and forms as Express 4 reads them: a name that comes twice is a list,
 * as is "a[]=1"; "a[b]=1" is an object, "a[2]=1" a place of a list.
 *
 * The names are a stranger's: each becomes an own property, and __proto__ is
 * left out.
 */
'use strict';

(function ({ load }) {
  const { set } = load('own');

  /* A text with broken escapes stays as it is. */
  function decode(text) {
    const plain = text.replace(/\+/g, ' ');
    try {
      return decodeURIComponent(plain);
    } catch {
      return plain;
    }
  }

  /* A map from each name to its values, in the order of the text. Without a
   * limit all pieces are read. */
  function gather(text, parameter_limit) {
    const values = new Map();
    const parts = text.replace(/%5B/gi, '[').replace(/%5D/gi, ']')
      .split('&', parameter_limit);
    for (const part of parts) {
      if (!part)
        continue;
      const bracket = part.indexOf(']=');
      const equals = bracket < 0 ? part.indexOf('=') : bracket + 1;
      const name = decode(equals < 0 ? part : part.slice(0, equals));
      const list = values.get(name) ?? [];
      list.push(equals < 0 ? '' : decode(part.slice(equals + 1)));
      values.set(name, list);
    }
    return values;
  }

  /* Where the bracket at open closes; -1 if it does not close. */
  function closing(name, open) {
    for (let at = open, level = 0; at < name.length; at++)
      if (name[at] === '[')
        level++;
      else if (name[at] === ']' && !--level)
        return at;
    return -1;
  }

  /* "a[b][]" as ['a', '[b]', '[]']. Brackets deeper than depth stay one
   * segment. */
  function segments_of(name, depth) {
    let open = name.indexOf('[');
    const parent = open < 0 ? name : name.slice(0, open);
    const segments = parent ? [parent] : [];
    for (let count = 0; open >= 0; count++) {
      const close = count < depth ? closing(name, open) : -1;
      if (close < 0) {
        segments.push(count < depth ? name.slice(open)
          : `[${name.slice(open)}]`);
        break;
      }
      segments.push(name.slice(open, close + 1));
      open = name.indexOf('[', close + 1);
    }
    return segments;
  }

  /* The value put below its segments, from the innermost outward. */
  function nest(segments, value, limit) {
    return segments.reduceRight((inner, segment, place) => {
      if (segment === '[]')
        return Array.isArray(inner) ? inner : [inner];
      const is_bracket = segment[0] === '[' && segment.endsWith(']');
      const key = is_bracket ? segment.slice(1, -1) : segment;
      if (place && is_bracket && /^(0|[1-9][0-9]*)$/.test(key) &&
        Number(key) < limit) {
        const list = [];
        list[key] = inner;
        return list;
      }
      const object = {};
      if (key !== '__proto__')
        set(object, key, inner);
      return object;
    }, value);
  }

  const is_holder = (value) => typeof value === 'object' && value !== null;

  function list_as_object(list) {
    const object = {};
    list.forEach((value, index) => set(object, String(index), value));
    return object;
  }

  function merge_lists(target, source) {
    source.forEach((value, index) => {
      if (!(index in target))
        target[index] = value;
      else if (is_holder(target[index]) && is_holder(value))
        target[index] = merge(target[index], value);
      else
        target.push(value);
    });
    return target;
  }

  /* Unite two values under one key. */
  function merge(target, source) {
    if (!is_holder(target))
      return [target].concat(source);
    if (!is_holder(source))
      return Array.isArray(target) ? target.concat([source])
        : [target, source];
    if (Array.isArray(target) && Array.isArray(source))
      return merge_lists(target, source);
    const object = Array.isArray(target) ? list_as_object(target) : target;
    for (const [key, value] of Object.entries(source))
      set(object, key, Object.hasOwn(object, key)
        ? merge(object[key], value) : value);
    return object;
  }

  /* Remove the holes of lists. A list above the limit becomes an object. */
  function settle(value, limit) {
    if (!is_holder(value))
      return value;
    for (const key of Object.keys(value))
      set(value, key, settle(value[key], limit));
    if (!Array.isArray(value))
      return value;
    return value.length > limit ? list_as_object(value)
      : value.filter(() => true);
  }

  /* depth limits brackets, list_limit the places of a list, parameter_limit
   * the pieces that are read. The defaults are those of queries. */
  function parse(text, { depth = 5, list_limit = 1000,
    parameter_limit = 1000 } = {}) {
    let whole = {};
    for (const [name, values] of gather(text, parameter_limit)) {
      const segments = segments_of(name, depth);
      if (!segments.length)
        continue;
      const value = values.length > 1 ? values : values[0];
      whole = merge(whole, nest(segments, value, list_limit));
    }
    return settle(whole, list_limit);
  }

  /* How deep the brackets of any name nest. Parsers refuse too much of it. */
  function depth_of(text) {
    let most = 0;
    for (const name of gather(text).keys())
      most = Math.max(most, segments_of(name, Infinity).length - 1);
    return most;
  }

  /* What querystring.parse() gives: brackets have no meaning. */
  function parse_simple(text) {
    const whole = {};
    for (const [name, values] of gather(text, 1000))
      set(whole, name, values.length > 1 ? values : values[0]);
    return whole;
  }

  return { parse, parse_simple, depth_of };
})
