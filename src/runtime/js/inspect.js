/*
 * Values as text for the log: Node's util.inspect and util.format, with limits
 * on depth and length.
 */
'use strict';

(function ({ load }) {
  const items_max = 100;
  const text_max = 10000;
  const width = 72;
  const custom = Symbol.for('nodejs.util.inspect.custom');

  function quote(text) {
    const mark = !text.includes('\'') ? '\''
      : !text.includes('"') ? '"' : !text.includes('`') ? '`' : '\'';
    const special = /[\u0000-\u001f\u007f-\u009f\\]/g;
    const escaped = text.replace(special, (character) => {
      const named = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };
      return named[character] ??
        '\\x' + character.charCodeAt(0).toString(16).toUpperCase()
          .padStart(2, '0');
    });
    return mark + (mark === '\'' ? escaped.replaceAll('\'', '\\\'') : escaped) +
      mark;
  }

  function primitive(value) {
    switch (typeof value) {
    case 'string':
      return quote(value.length > text_max
        ? value.slice(0, text_max) + '...' : value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'symbol':
      return value.toString();
    default:
      return String(value);
    }
  }

  function class_name(value) {
    for (let object = value; object; object = Object.getPrototypeOf(object)) {
      const own = Object.getOwnPropertyDescriptor(object, 'constructor');
      if (own && typeof own.value === 'function' && own.value.name)
        return own.value.name;
    }
    return null;
  }

  function key_text(key) {
    if (typeof key === 'symbol')
      return `[${key.toString()}]`;
    if (key === '__proto__')
      return '[\'__proto__\']'; /* an own one, not the prototype */
    return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
  }

  /* Items in one line if they fit, else each item in a line. */
  function join(open, items, close, indent) {
    if (!items.length)
      return open + close;
    const one = `${open} ${items.join(', ')} ${close}`;
    if (one.length + indent.length <= width && !one.includes('\n'))
      return one;
    const inner = indent + '  ';
    return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
  }

  function cut(items, total) {
    if (total > items.length)
      items.push(`... ${total - items.length} more item` +
        (total - items.length > 1 ? 's' : ''));
    return items;
  }

  /* Properties that the engine puts into an error. */
  const engine_keys = new Set(['line', 'column', 'sourceURL']);
  const is_index = (key) => /^(\d+|length)$/.test(key);

  function property_items(value, state, is_skipped = () => false) {
    const items = [];
    let total = 0;
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'string' && is_skipped(key))
        continue;
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (!property || !property.enumerable)
        continue;
      if (++total > items_max)
        continue;
      let text;
      if (property.get)
        text = property.set ? '[Getter/Setter]' : '[Getter]';
      else if (property.set)
        text = '[Setter]';
      else
        text = show(property.value, deeper(state));
      items.push(`${key_text(key)}: ${text}`);
    }
    return cut(items, total);
  }

  function deeper(state) {
    return { ...state, depth: state.depth - 1, indent: state.indent + '  ' };
  }

  function show_error(error, state) {
    const text = load('stack').show(error).replaceAll('\n',
      `\n${state.indent}`);
    /* What the text says already is not repeated. */
    const is_said = (key) => /^(name|message|stack)$/.test(key) &&
      text.includes(error[key]);
    const items = state.depth < 0 ? [] : property_items(error, state,
      (key) => engine_keys.has(key) || is_said(key));
    for (const key of ['cause', 'errors']) {
      const hidden = Object.getOwnPropertyDescriptor(error, key);
      if (state.depth >= 0 && hidden && !hidden.enumerable)
        items.push(`[${key}]: ${show(hidden.value, deeper(state))}`);
    }
    return items.length ? join(`${text} {`, items, '}', state.indent) : text;
  }

  function show_entries(value, name, state) {
    const items = [];
    for (const entry of value) {
      if (items.length === items_max)
        break;
      items.push(value instanceof Map
        ? `${show(entry[0], deeper(state))} => ${show(entry[1], deeper(state))}`
        : show(entry, deeper(state)));
    }
    return join(`${name}(${value.size}) {`, cut(items, value.size), '}',
      state.indent);
  }

  /* Each run of holes is one item. */
  function array_items(value, state) {
    const items = [];
    let at = 0;
    for (; at < value.length && items.length < items_max; at++) {
      if (Object.hasOwn(value, at)) {
        items.push(show(value[at], deeper(state)));
        continue;
      }
      const start = at;
      while (at + 1 < value.length && !Object.hasOwn(value, at + 1))
        at++;
      const holes = at + 1 - start;
      items.push(`<${holes} empty item${holes > 1 ? 's' : ''}>`);
    }
    return at < value.length
      ? cut(items, items.length + value.length - at) : items;
  }

  const boxed = [Number, String, Boolean, BigInt, Symbol];

  /* The text of an object whose inner slots say more than its properties; null
   * for other objects. */
  function show_inside(value, name, state) {
    for (const own of boxed)
      if (value instanceof own && name)
        return `[${name}: ${primitive(own.prototype.valueOf.call(value))}]`;
    if (value instanceof ArrayBuffer) {
      const bytes = Array.from(new Uint8Array(value).subarray(0, 50), (byte) =>
        byte.toString(16).padStart(2, '0'));
      return `ArrayBuffer { [Uint8Contents]: <${bytes.join(' ')}` +
        `${value.byteLength > 50 ? ' ...' : ''}>, byteLength: ` +
        `${value.byteLength} }`;
    }
    if (value instanceof WeakMap || value instanceof WeakSet)
      return `${name} { <items unknown> }`;
    if (value instanceof Promise)
      return 'Promise {}';
    if (value instanceof Date)
      return isNaN(value) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp)
      return String(value);
    if (value instanceof Map || value instanceof Set)
      return show_entries(value, name, state);
    return null;
  }

  /* Empty objects are shown whole at any depth. */
  const is_empty = (value) => Array.isArray(value) ? value.length === 0
    : Object.prototype.toString.call(value) === '[object Object]' &&
      Reflect.ownKeys(value).length === 0;

  function show_object(value, state) {
    const name = class_name(value);
    if (typeof value[custom] === 'function') {
      const own = value[custom](state.depth, {}, inspect);
      return typeof own === 'string' ? own : show(own, state);
    }
    if (value instanceof Error)
      return show_error(value, state);
    if (state.depth < 0 && !is_empty(value))
      return Array.isArray(value) ? '[Array]' : `[${name ?? 'Object'}]`;
    if (Array.isArray(value)) {
      const items = array_items(value, state);
      items.push(...property_items(value, state, is_index));
      return join(name === 'Array' ? '[' : `${name}(${value.length}) [`, items,
        ']', state.indent);
    }
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      const items = cut(Array.from(value.subarray(0, items_max), primitive),
        value.length);
      return join(`${name}(${value.length}) [`, items, ']', state.indent);
    }
    const inside = show_inside(value, name, state);
    if (inside !== null)
      return inside;
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const open = tag === 'Arguments' ? '[Arguments] {'
      : name === 'Object' ? tag === 'Object' ? '{' : `Object [${tag}] {`
        : name ? `${name} {` : '[Object: null prototype] {';
    return join(open, property_items(value, state), '}', state.indent);
  }

  function function_head(value) {
    if (/^class\b/.test(Function.prototype.toString.call(value))) {
      const base = Object.getPrototypeOf(value);
      return `[class ${value.name || '(anonymous)'}` +
        `${typeof base === 'function' && base.name ? ` extends ${base.name}`
          : ''}]`;
    }
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    return value.name ? `[${kind}: ${value.name}]` : `[${kind} (anonymous)]`;
  }

  function show_function(value, state) {
    const head = function_head(value);
    const items = state.depth < 0 ? [] : property_items(value, state);
    return items.length ? join(`${head} {`, items, '}', state.indent) : head;
  }

  function show(value, state) {
    if (value === null || (typeof value !== 'object' &&
      typeof value !== 'function'))
      return primitive(value);
    if (state.seen.includes(value)) {
      if (!state.circles.has(value))
        state.circles.set(value, state.circles.size + 1);
      return `[Circular *${state.circles.get(value)}]`;
    }
    const inner = { ...state, seen: [...state.seen, value] };
    const text = typeof value === 'function' ? show_function(value, inner)
      : show_object(value, inner);
    return state.circles.has(value)
      ? `<ref *${state.circles.get(value)}> ${text}` : text;
  }

  /* The older form of the arguments is (value, show_hidden, depth). */
  function inspect(value, options, older) {
    const asked = typeof options === 'boolean' ? older : options?.depth;
    const depth = asked === null ? Infinity : asked ?? 2;
    return show(value, { depth, indent: '', seen: [], circles: new Map() });
  }
  inspect.custom = custom;

  /* Whether String(value) says what the object's author wants: the value is an
   * error, or has a toString() that is not the language's. */
  function has_own_text(value) {
    if (value instanceof Error || value instanceof Date)
      return value instanceof Error;
    for (let object = value; object; object = Object.getPrototypeOf(object))
      if (Object.hasOwn(object, 'toString'))
        return !/\[native code\]/.test(
          Function.prototype.toString.call(object.toString));
    return false;
  }

  function json(value) {
    try {
      return JSON.stringify(value);
    } catch (error) {
      if (/cyclic/.test(error.message))
        return '[Circular]';
      throw error;
    }
  }

  function number_text(value, convert) {
    if (typeof value === 'bigint')
      return `${value}n`;
    if (typeof value === 'symbol' ||
      typeof value === 'object' && value !== null)
      return 'NaN';
    return primitive(convert(value));
  }

  const place_holders = {
    s: (value) => typeof value === 'string' ? value
      : typeof value !== 'object' || value === null ? primitive(value)
        : has_own_text(value) ? String(value) : inspect(value, { depth: 0 }),
    d: (value) => number_text(value, Number),
    i: (value) => number_text(value, (each) => parseInt(each, 10)),
    f: (value) => typeof value === 'symbol' ? 'NaN'
      : String(parseFloat(value)),
    j: (value) => json(value),
    o: (value) => inspect(value, { depth: 4 }),
    O: (value) => inspect(value),
    c: () => '',
  };

  function format(...values) {
    let text = '';
    if (typeof values[0] === 'string') {
      const pattern = values.shift();
      text = pattern.replace(/%([sdifjoOc%])/g, (whole, kind) => {
        if (kind === '%')
          return '%';
        return values.length ? place_holders[kind](values.shift()) : whole;
      });
      if (values.length)
        text += ' ';
    }
    return text + values.map((value) =>
      typeof value === 'string' ? value : inspect(value)).join(' ');
  }

  return { inspect, format };
})
