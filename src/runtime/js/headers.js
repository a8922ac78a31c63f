/*
 * Headers (Fetch Standard, 5.1). Names and values are byte strings: each
 * character is a byte, so U+00FF is the highest.
 */
'use strict';

(function ({ load }) {
  const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

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

  function need(count, needed, method) {
    if (count < needed)
      throw new TypeError(`Headers.${method}() takes ${needed} arguments`);
  }

  class Headers {
    #list = new Map(); /* name -> values */
    #immutable = false;

    constructor(init) {
      if (init !== undefined)
        for (const [name, value] of pairs_of(init))
          this.append(name, value);
    }
    static freeze(headers) {
      headers.#immutable = true;
    }
    #check() {
      if (this.#immutable)
        throw new TypeError('the headers of a fetched answer are immutable');
    }
    append(name, value) {
      need(arguments.length, 2, 'append');
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
      need(arguments.length, 2, 'set');
      name = normal_name(name);
      value = normal_value(value);
      this.#check();
      this.#list.set(name, [value]);
    }
    get(name) {
      need(arguments.length, 1, 'get');
      return this.#list.get(normal_name(name))?.join(', ') ?? null;
    }
    has(name) {
      need(arguments.length, 1, 'has');
      return this.#list.has(normal_name(name));
    }
    delete(name) {
      need(arguments.length, 1, 'delete');
      name = normal_name(name);
      this.#check();
      this.#list.delete(name);
    }
    getSetCookie() {
      return [...this.#list.get('set-cookie') ?? []];
    }
    forEach(callback, self) {
      if (typeof callback !== 'function')
        throw new TypeError('forEach needs a function');
      for (const [name, value] of this)
        callback.call(self, value, name, this);
    }
    *entries() {
      for (const name of [...this.#list.keys()].sort())
        if (name === 'set-cookie')
          for (const value of this.getSetCookie())
            yield [name, value];
        else
          yield [name, this.get(name)];
    }
    *keys() {
      for (const [name] of this.entries())
        yield name;
    }
    *values() {
      for (const [, value] of this.entries())
        yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
      return `Headers ${inspect(Object.fromEntries(this))}`;
    }
  }
  const freeze = Headers.freeze;
  delete Headers.freeze;
  load('own').tag(Headers, 'Headers');

  return { Headers, freeze, token };
})
