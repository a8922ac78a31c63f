/*
 * Values as text: util.inspect() and util.format(), as Node's. What only an
 * engine's inspector sees is not there: the state of a promise, what is left in
 * an iterator.
 */
'use strict';

(function ({ native, load }) {
  const { quote, width, without_control, enclose } = load('inspect_layout');
  const custom = Symbol.for('nodejs.util.inspect.custom');
  const types = load('node/util_types');

  const { defaults, colors, styles, stylize, primitive } =
    load('inspect_values');

  /*
   * The state of one inspection:
   *   settings  the options, whole
   *   indent    columns before the present line
   *   deepest   the level of the object that was begun last
   *   seen      the objects that are being shown
   *   circles   numbers of those that contain themselves
   */

  /* Show work's text with more columns before its lines. */
  function indented(state, columns, work) {
    state.indent += columns;
    const text = work();
    state.indent -= columns;
    return text;
  }

  /* ---- names ---- */

  /* The name of the object's class, null if it has none. */
  function class_name(value, state) {
    /* Promises do not always name it: async_context.js. */
    if (types.isPromise(value) && Object.getPrototypeOf(value) ===
      Promise.prototype)
      return 'Promise';
    let first;
    for (let object = value; object; object = Object.getPrototypeOf(object)) {
      const own = Object.getOwnPropertyDescriptor(object, 'constructor');
      if (own && typeof own.value === 'function' && own.value.name !== '' &&
        is_instance(value, own.value))
        return String(own.value.name);
      first ??= Object.getPrototypeOf(object);
    }
    if (!first)
      return null;
    const shown = show(first, { ...state,
      settings: { ...state.settings, depth: -1, customInspect: false } }, 0);
    return `${types.isNativeError(value) ? 'Error' : 'Object'} <${shown}>`;
  }

  function is_instance(value, own) {
    try {
      return value instanceof own;
    } catch {
      return false;
    }
  }

  function tag_of(value) {
    try {
      const tag = value[Symbol.toStringTag];
      return typeof tag === 'string' ? tag : '';
    } catch {
      return '';
    }
  }

  /* "Name(size) [tag] ", as it stands before the braces. */
  function prefix_of({ name, tag }, fallback, size = '') {
    if (name === null)
      return `[${fallback}${size}: null prototype] ` +
        (tag !== '' && tag !== fallback ? `[${tag}] ` : '');
    return `${name}${size} ${tag !== '' && tag !== name ? `[${tag}] ` : ''}`;
  }

  /* ---- properties ---- */

  function keys_of(value, state, is_skipped = () => false) {
    const keys = state.settings.showHidden ? Reflect.ownKeys(value)
      : Reflect.ownKeys(value).filter((key) =>
        Object.prototype.propertyIsEnumerable.call(value, key));
    return keys.filter((key) => !(typeof key === 'string' && is_skipped(key)));
  }

  const is_index = (key) => /^(0|[1-9]\d*)$/.test(key) && key < 2 ** 32 - 1;

  function key_text(key, is_enumerable, state) {
    if (typeof key === 'symbol')
      return `[${stylize(key.toString(), 'symbol', state)}]`;
    if (key === '__proto__')
      return '[\'__proto__\']'; /* an own one, not the prototype */
    if (!is_enumerable)
      return `[${key}]`;
    return /^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key
      : stylize(quote(key), 'string', state);
  }

  function getter_text(value, own, state, level) {
    const kind = own.set ? 'Getter/Setter' : 'Getter';
    const { getters } = state.settings;
    if (!(getters === true || getters === 'get' && !own.set ||
      getters === 'set' && own.set))
      return stylize(`[${kind}]`, 'special', state);
    try {
      const found = own.get.call(value);
      const shown = indented(state, 2, () => show(found, state, level));
      return Object(found) === found
        ? `${stylize(`[${kind}]`, 'special', state)} ${shown}`
        : `${stylize(`[${kind}:`, 'special', state)} ${shown}` +
          stylize(']', 'special', state);
    } catch (error) {
      return stylize(`[${kind}: <Inspection threw (${error.message})>]`,
        'special', state);
    }
  }

  function property_text(value, key, state, level, is_array) {
    const own = Object.getOwnPropertyDescriptor(value, key) ??
      { value: value[key], enumerable: true };
    const columns = state.settings.compact === true && !is_array ? 3 : 2;
    let text;
    let gap = ' ';
    if (own.get) {
      text = getter_text(value, own, state, level);
    } else if (own.set) {
      text = stylize('[Setter]', 'special', state);
    } else {
      text = indented(state, columns, () => show(own.value, state, level));
      if (columns === 3 && state.settings.breakLength < width(text,
        state.settings.colors))
        gap = `\n${' '.repeat(state.indent + columns)}`;
    }
    return is_array ? text : `${key_text(key, own.enumerable, state)}:${gap}` +
      text;
  }

  /* ---- the insides of objects ---- */

  function cut(items, left) {
    if (left > 0)
      items.push(`... ${left} more item${left > 1 ? 's' : ''}`);
    return items;
  }

  const limit_of = (length, { settings }) =>
    Math.min(Math.max(0, settings.maxArrayLength), length);

  /* Each run of holes is one item. */
  function array_items(value, state, level) {
    const limit = limit_of(value.length, state);
    const items = [];
    let at = 0;
    while (at < value.length && items.length < limit) {
      if (Object.hasOwn(value, at)) {
        items.push(property_text(value, at++, state, level, true));
        continue;
      }
      const begin = at;
      while (at < value.length && !Object.hasOwn(value, at))
        at++;
      items.push(stylize(`<${at - begin} empty item` +
        `${at - begin > 1 ? 's' : ''}>`, 'undefined', state));
    }
    return cut(items, value.length - at);
  }

  /* Also of arrays whose prototype was taken away. */
  const length_of = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype), 'length').get;

  function typed_array_items(value, state) {
    const length = length_of.call(value);
    const limit = limit_of(length, state);
    const items = cut(Array.from({ length: limit }, (none, at) =>
      primitive(value[at], state)), length - limit);
    if (!state.settings.showHidden)
      return items;
    for (const key of ['BYTES_PER_ELEMENT', 'length', 'byteLength',
      'byteOffset'])
      items.push(`[${key}]: ${primitive(value[key], state)}`);
    items.push('[buffer]: ArrayBuffer { byteLength: ' +
      `${primitive(value.buffer.byteLength, state)} }`);
    return items;
  }

  function entry_items(value, entries, state, level) {
    const limit = limit_of(value.size, state);
    const items = [];
    for (const entry of entries) {
      if (items.length === limit)
        break;
      items.push(indented(state, 2, () => types.isMap(value)
        ? `${show(entry[0], state, level)} => ${show(entry[1], state, level)}`
        : show(entry, state, level)));
    }
    return cut(items, value.size - limit);
  }

  function bytes_items(value, state) {
    const bytes = new Uint8Array(value);
    const limit = limit_of(bytes.length, state);
    const left = bytes.length - limit;
    const text = Array.from(bytes.subarray(0, limit), (byte) =>
      byte.toString(16).padStart(2, '0')).join(' ') +
      (left > 0 ? ` ... ${left} more byte${left > 1 ? 's' : ''}` : '');
    return [`${stylize('[Uint8Contents]', 'special', state)}: <${text}>`];
  }

  function function_base(value, { name, tag }) {
    const own_name = typeof value.name === 'string' ? value.name : '';
    const source = Function.prototype.toString.call(value);
    if (/^class\b/.test(source) && source.endsWith('}')) {
      const parent = Object.getPrototypeOf(value)?.name;
      return `[class ${own_name || '(anonymous)'}` +
        `${name !== 'Function' && name !== null ? ` [${name}]` : ''}` +
        `${tag !== '' && name !== tag ? ` [${tag}]` : ''}` +
        `${name === null ? ' extends null' : parent ? ` extends ${parent}`
          : ''}]`;
    }
    const kind = `${types.isAsyncFunction(value) ? 'Async' : ''}` +
      `${types.isGeneratorFunction(value) ? 'Generator' : ''}Function`;
    return `[${kind}${name === null ? ' (null prototype)' : ''}` +
      `${own_name ? `: ${own_name}` : ' (anonymous)'}]` +
      `${name !== kind && name !== 'Function' && name !== null ? ` ${name}`
        : ''}${tag !== '' && name !== tag ? ` [${tag}]` : ''}`;
  }

  function boxed_base(value, { name, tag }, state) {
    const kind = ['Number', 'String', 'Boolean', 'BigInt', 'Symbol']
      .find((each) => types[`is${each}Object`](value));
    const inner = globalThis[kind].prototype.valueOf.call(value);
    const own = name === null ? ' (null prototype)'
      : name !== kind ? ` (${name})` : '';
    return stylize(`[${kind}${own}: ${primitive(inner, { ...state,
      settings: { ...state.settings, colors: false } })}]` +
      (tag !== '' && tag !== name ? ` [${tag}]` : ''),
    kind.toLowerCase(), state);
  }

  /* ---- errors ---- */

  /* Properties that the engine puts into an error. */
  const engine_keys = new Set(['line', 'column', 'sourceURL']);

  /* The head names the class where the stack does not. */
  function improve_stack(stack, name, own) {
    const size = name.length;
    if (own === null || name === own || !name.endsWith('Error') ||
      !stack.startsWith(name) || !/^[:\n]?$/.test(stack[size] ?? ''))
      return stack;
    return own.includes(name) ? own + stack.slice(size)
      : `${own} [${name}]${stack.slice(size)}`;
  }

  function error_base(error, { name }, keys, state) {
    const own_name = error.name === undefined || error.name === null ? 'Error'
      : String(error.name);
    const stack = load('stack').show(error);
    /* What the text says already is not repeated. */
    for (const key of ['name', 'message', 'stack']) {
      const place = keys.indexOf(key);
      if (place >= 0 && stack.includes(error[key]))
        keys.splice(place, 1);
    }
    for (const key of ['cause', 'errors'])
      if (Object.hasOwn(error, key) && !keys.includes(key))
        keys.push(key);
    const text = improve_stack(stack, own_name, name);
    const message = typeof error.message === 'string' ? error.message : '';
    const begin = Math.max(0, text.indexOf(message)) + message.length;
    return (text.indexOf('\n    at', begin) < 0 ? `[${text}]` : text)
      .replaceAll('\n', `\n${' '.repeat(state.indent)}`);
  }

  /* ---- objects ---- */

  /*
   * What is shown of an object: {open, close, base, keys, items(level),
   * is_array, whole}. whole is all of its text, where that needs no braces.
   */
  function describe(value, names, state) {
    const keys = (is_skipped) => keys_of(value, state, is_skipped);
    const braces = (fallback, size) => ({ open: `${prefix_of(names, fallback,
      size)}{`, close: '}' });
    if (Array.isArray(value)) {
      const prefix = names.name === 'Array' && names.tag === '' ? ''
        : prefix_of(names, 'Array', `(${value.length})`);
      return { open: `${prefix}[`, close: ']', keys: keys(is_index),
        is_array: true, values: value, is_empty: value.length === 0,
        items: (level) => array_items(value, state, level) };
    }
    if (types.isSet(value) || types.isMap(value)) {
      const kind = types.isSet(value) ? Set : Map;
      return { ...braces(kind.name, `(${value.size})`), keys: keys(),
        is_empty: value.size === 0,
        items: (level) => entry_items(value,
          kind.prototype[kind === Set ? 'values' : 'entries'].call(value),
          state, level) };
    }
    if (types.isTypedArray(value))
      return { open: `${prefix_of(names, types.view_name(value),
        `(${length_of.call(value)})`)}[`, close: ']', keys: keys(is_index),
        is_array: true, values: value,
        is_empty: length_of.call(value) === 0 && !state.settings.showHidden,
        items: () => typed_array_items(value, state) };
    return describe_other(value, names, state, keys, braces);
  }

  function describe_other(value, names, state, keys, braces) {
    const based = (base, style, own_keys = keys()) => ({ open: '{', close: '}',
      base: style ? stylize(base, style, state) : base, keys: own_keys,
      whole: own_keys.length === 0 });
    const named = (text, kind) => {
      const prefix = prefix_of(names, kind);
      return prefix === `${kind} ` ? text : prefix + text;
    };
    if (typeof value === 'function')
      return based(function_base(value, names), 'special',
        keys((key) => state.settings.showHidden &&
          /^(arguments|caller)$/.test(key)));
    if (types.isArgumentsObject(value))
      return { open: '[Arguments] {', close: '}', keys: keys() };
    if (types.isRegExp(value))
      return based(named(RegExp.prototype.toString.call(value), 'RegExp'),
        'regexp');
    if (types.isDate(value))
      return based(named(isNaN(value) ? 'Invalid Date'
        : Date.prototype.toISOString.call(value), 'Date'), 'date');
    if (value instanceof Error) {
      const own_keys = keys((key) => engine_keys.has(key));
      return based(error_base(value, names, own_keys, state), '', own_keys);
    }
    if (types.isAnyArrayBuffer(value))
      return { ...braces('ArrayBuffer'), keys: ['byteLength', ...keys()],
        items: () => bytes_items(value, state) };
    if (types.isDataView(value))
      return { ...braces('DataView'),
        keys: ['byteLength', 'byteOffset', 'buffer', ...keys()] };
    if (types.isWeakMap(value) || types.isWeakSet(value))
      return { ...braces(types.isWeakMap(value) ? 'WeakMap' : 'WeakSet'),
        keys: keys(),
        items: () => [stylize('<items unknown>', 'special', state)] };
    if (types.isModuleNamespaceObject(value))
      return { ...braces('Module'), keys: keys() };
    if (types.isBoxedPrimitive(value))
      return based(boxed_base(value, names, state), '', keys((key) =>
        types.isStringObject(value) && (is_index(key) || key === 'length')));
    const is_plain = names.name === 'Object' &&
      (names.tag === '' || names.tag === 'Object');
    return { open: is_plain ? '{' : `${prefix_of(names, 'Object')}{`,
      close: '}', keys: keys() };
  }

  function show_object(value, state, level) {
    const { settings, circles, seen } = state;
    const name = class_name(value, state);
    let tag = tag_of(value);
    /* A tag that is the class's name says nothing. */
    if (tag !== '' && (name === tag || typeof value === 'function' &&
      tag === 'Function'))
      tag = '';
    const names = { name, tag };
    const shape = describe(value, names, state);
    const { keys, base = '' } = shape;
    if (shape.whole)
      return base;
    if (keys.length === 0 && (shape.items ? shape.is_empty : true))
      return `${shape.open}${shape.close}`;
    if (settings.depth !== null && level > settings.depth) {
      const short = prefix_of(names, Array.isArray(value) ? 'Array' : 'Object')
        .slice(0, -1);
      return stylize(`[${short}]`, 'special', state);
    }
    seen.push(value);
    state.deepest = level + 1;
    const items = shape.items?.(level + 1) ?? [];
    for (const key of keys)
      items.push(property_text(value, key, state, level + 1, false));
    seen.pop();
    let head = base;
    const circle = circles.get(value);
    if (circle !== undefined) {
      const mark = stylize(`<ref *${circle}>`, 'special', state);
      head = base === '' ? mark : `${mark} ${base}`;
    }
    if (settings.sorted)
      sort_items(items, keys.length, settings, shape.is_array);
    return enclose(items, { ...shape, base: head }, level + 1, state);
  }

  /* Items of arrays keep their places. */
  function sort_items(items, key_count, { sorted }, is_array) {
    const compare = typeof sorted === 'function' ? sorted : undefined;
    const kept = is_array ? items.splice(0, items.length - key_count) : [];
    items.sort(compare);
    items.unshift(...kept);
  }

  /* The object's own way of being shown; undefined if it has none. */
  function show_custom(value, state, level) {
    const own = state.settings.customInspect && value[custom];
    if (typeof own !== 'function' || own === inspect ||
      value.constructor?.prototype === value)
      return undefined;
    const { depth } = state.settings;
    const text = own.call(value, depth === null ? null : depth - level,
      { ...state.settings, stylize: (given, style) =>
        stylize(`${given}`, style, state) }, inspect);
    if (text === value)
      return undefined;
    return typeof text === 'object' || typeof text === 'function'
      ? text === null ? 'null' : show(text, state, level)
      : String(text).replaceAll('\n', `\n${' '.repeat(state.indent)}`);
  }

  function show_proxy(value, target, state, level) {
    if (!state.settings.showProxy)
      return show(target, state, level);
    if (state.settings.depth !== null && level > state.settings.depth)
      return stylize('Proxy [Array]', 'special', state);
    state.deepest = level + 1;
    return enclose([indented(state, 2, () => show(target, state, level + 1))],
      { base: '', open: 'Proxy [', close: ']', is_array: true }, level + 1,
      state);
  }

  function show(value, state, level) {
    if (value === null || (typeof value !== 'object' &&
      typeof value !== 'function'))
      return primitive(value, state);
    /* The traps of a proxy are not called. The engine's global object is a
     * proxy, too, of what no script may see. */
    const target = value === globalThis ? undefined
      : native.proxy_target(value);
    if (target)
      return show_proxy(value, target, state, level);
    const text = show_custom(value, state, level);
    if (text !== undefined)
      return text;
    if (state.seen.includes(value)) {
      const { circles } = state;
      if (!circles.has(value))
        circles.set(value, circles.size + 1);
      return stylize(`[Circular *${circles.get(value)}]`, 'special', state);
    }
    return show_object(value, state, level);
  }

  /* The older form of the arguments is (value, showHidden, depth, colors). */
  function inspect(value, options, depth, has_colors) {
    const settings = { ...defaults };
    if (typeof options === 'boolean')
      Object.assign(settings, { showHidden: options },
        depth !== undefined && { depth },
        has_colors !== undefined && { colors: has_colors });
    else
      Object.assign(settings, options);
    for (const name of ['maxArrayLength', 'maxStringLength', 'breakLength'])
      settings[name] ??= Infinity;
    if (settings.depth === Infinity)
      settings.depth = null;
    return show(value, { settings, indent: 0, deepest: 0, seen: [],
      circles: new Map() }, 0);
  }
  Object.assign(inspect, { custom, colors, styles });
  Object.defineProperty(inspect, 'defaultOptions', {
    get: () => defaults,
    set(options) {
      load('node/errors').check_object(options, 'options');
      Object.assign(defaults, options);
    },
  });

  return { inspect, without_control,
    get format() {
      return load('format').format;
    },
    get formatWithOptions() {
      return load('format').formatWithOptions;
    } };
})
