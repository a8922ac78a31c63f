/*
 * URLSearchParams and application/x-www-form-urlencoded (URL Standard, 5 and
 * 6.2).
 */
'use strict';

(function ({ load }) {
  const { encode, decode } = load('url_encode');
  const { need, usv } = load('web_idl');

  const form_set = (code) => !(code === 0x2a || code === 0x2d ||
    code === 0x2e || code === 0x5f || code === 0x20 ||
    (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a));
  const form_encode = (text) =>
    encode(String(text), form_set).replaceAll(' ', '+');

  function form_parse(text) {
    return text.split('&').filter((part) => part !== '').map((part) => {
      const equal = part.indexOf('=');
      const name = equal < 0 ? part : part.slice(0, equal);
      const value = equal < 0 ? '' : part.slice(equal + 1);
      return [name, value].map((each) => decode(each.replaceAll('+', ' ')));
    });
  }

  /* The argument of the constructor as a list of pairs. */
  function pairs_of(init) {
    if (Object(init) !== init)
      return form_parse(usv(init).replace(/^\?/, ''));
    if (init[Symbol.iterator] === undefined || init[Symbol.iterator] === null) {
      /* Keys that become the same text are one key. */
      const record = new Map();
      for (const [name, value] of load('own').entries(init))
        record.set(usv(name), usv(value));
      return [...record];
    }
    return Array.from(init, (pair) => {
      const list = Object(pair) === pair &&
        typeof pair[Symbol.iterator] === 'function' ? [...pair] : [];
      if (list.length !== 2)
        throw load('node/errors').make(TypeError, 'ERR_INVALID_TUPLE',
          'Each query pair must be an iterable [name, value] tuple');
      return list.map(usv);
    });
  }

  let inside; /* functions on the list of an object */

  class URLSearchParams {
    #list = [];
    #changed = null; /* reports a change to the URL that owns the list */

    constructor(init = undefined) {
      /* Node takes null for nothing as well; the standard makes it a text. */
      if (init !== undefined && init !== null)
        this.#list = pairs_of(init);
    }
    static {
      inside = {
        attach(params, changed) {
          params.#changed = changed;
        },
        replace(params, text) {
          params.#list = form_parse(text);
        },
        list_of: (params) => params.#list,
      };
    }
    #update() {
      this.#changed?.(this.toString());
    }
    get size() {
      return this.#list.length;
    }
    append(name, value) {
      need(arguments.length, 2, 'append');
      this.#list.push([usv(name), usv(value)]);
      this.#update();
    }
    delete(name, value = undefined) {
      need(arguments.length, 1, 'delete');
      name = usv(name);
      value = value === undefined ? null : usv(value);
      this.#list = this.#list.filter((pair) => pair[0] !== name ||
        (value !== null && pair[1] !== value));
      this.#update();
    }
    get(name) {
      need(arguments.length, 1, 'get');
      name = usv(name);
      return this.#list.find((pair) => pair[0] === name)?.[1] ?? null;
    }
    getAll(name) {
      need(arguments.length, 1, 'getAll');
      name = usv(name);
      return this.#list.filter((pair) => pair[0] === name)
        .map((pair) => pair[1]);
    }
    has(name, value = undefined) {
      need(arguments.length, 1, 'has');
      name = usv(name);
      value = value === undefined ? null : usv(value);
      return this.#list.some((pair) => pair[0] === name &&
        (value === null || pair[1] === value));
    }
    set(name, value) {
      need(arguments.length, 2, 'set');
      name = usv(name);
      value = usv(value);
      const first = this.#list.find((pair) => pair[0] === name);
      if (first) {
        first[1] = value;
        this.#list = this.#list.filter((pair) => pair[0] !== name ||
          pair === first);
      } else {
        this.#list.push([name, value]);
      }
      this.#update();
    }
    sort() {
      this.#list.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
      this.#update();
    }
    [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
      const items = this.#list.map(([name, value]) =>
        `${inspect(name)} => ${inspect(value)}`);
      return items.length ? `URLSearchParams { ${items.join(', ')} }`
        : 'URLSearchParams {}';
    }
    toString() {
      return this.#list.map(([name, value]) =>
        `${form_encode(name)}=${form_encode(value)}`).join('&');
    }
  }
  load('pairs').define_pairs(URLSearchParams, 'URLSearchParams',
    inside.list_of);
  load('web_idl').tag(URLSearchParams, 'URLSearchParams');

  return { URLSearchParams, attach: inside.attach, replace: inside.replace,
    form_parse };
})
