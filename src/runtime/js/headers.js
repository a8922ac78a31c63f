/*
 * Headers (Fetch Standard, 5.1). Names and values are byte strings: each
 * character is a byte, so U+00FF is the highest.
 */
'use strict';

(function ({ load }) {
  const { token } = load('mime');
  const { need } = load('web_idl');

  /* Convert a value to the standard's ByteString. */
  function byte_string(value) {
    const text = `${value}`; /* a symbol is an error, unlike for String() */
    const wide = /[^\0-\xff]/.exec(text);
    if (wide)
      throw new TypeError(`a header is made of bytes: character ` +
        `${wide.index} of "${text}" is above U+00FF`);
    return text;
  }

  function normal_name(name) {
    name = byte_string(name);
    if (!token.test(name))
      throw new TypeError(`"${name}" is no header name`);
    return name.toLowerCase();
  }

  function normal_value(value) {
    value = byte_string(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
    if (/[\0\r\n]/.test(value))
      throw new TypeError('a header value must be one line without NULs');
    return value;
  }

  /* The argument of the constructor as [[name, value], ...]. */
  function pairs_of(init) {
    if (init === null || (typeof init !== 'object' &&
      typeof init !== 'function'))
      throw new TypeError('Headers takes an object or a list of pairs');
    if (init[Symbol.iterator] === undefined)
      return load('own').entries(init);
    return Array.from(init, (pair) => {
      if (typeof pair?.[Symbol.iterator] !== 'function' ||
        typeof pair === 'string')
        throw new TypeError('a header is a list of a name and a value');
      const list = [...pair];
      if (list.length !== 2)
        throw new TypeError('a header is a list of a name and a value');
      return list;
    });
  }

  class Headers {
    #list = new Map(); /* name -> values */
    #sorted = null;
    #immutable = false;

    constructor(init = undefined) {
      if (init !== undefined)
        for (const [name, value] of pairs_of(init))
          this.append(name, value);
    }
    static freeze(headers) {
      headers.#immutable = true;
    }
    /* Before each change. */
    #check() {
      this.#sorted = null;
      if (this.#immutable)
        throw new TypeError('the headers of a fetched answer are immutable');
    }
    append(name, value) {
      need(arguments.length, 2, 'Headers.append');
      name = normal_name(name);
      value = normal_value(value);
      this.#check();
      const values = this.#list.get(name);
      if (values)
        values.push(value);
      else
        this.#list.set(name, [value]);
    }
    set(name, value) {
      need(arguments.length, 2, 'Headers.set');
      name = normal_name(name);
      value = normal_value(value);
      this.#check();
      this.#list.set(name, [value]);
    }
    get(name) {
      need(arguments.length, 1, 'Headers.get');
      return this.#list.get(normal_name(name))?.join(', ') ?? null;
    }
    has(name) {
      need(arguments.length, 1, 'Headers.has');
      return this.#list.has(normal_name(name));
    }
    delete(name) {
      need(arguments.length, 1, 'Headers.delete');
      name = normal_name(name);
      this.#check();
      this.#list.delete(name);
    }
    getSetCookie() {
      return [...this.#list.get('set-cookie') ?? []];
    }
    /* Pairs in the order of the names; each cookie is one of its own. */
    static sorted(headers) {
      headers.#sorted ??= [...headers.#list.keys()].sort().flatMap((name) =>
        name === 'set-cookie'
          ? headers.#list.get(name).map((value) => [name, value])
          : [[name, headers.#list.get(name).join(', ')]]);
      return headers.#sorted;
    }
    [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
      return `Headers ${inspect(Object.fromEntries(this))}`;
    }
  }
  const { freeze, sorted } = Headers;
  delete Headers.freeze;
  delete Headers.sorted;
  load('pairs').define_pairs(Headers, 'Headers', sorted);
  load('web_idl').tag(Headers, 'Headers');

  return { Headers, freeze, token };
})
