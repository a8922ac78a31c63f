/*
 * URLSearchParams and application/x-www-form-urlencoded (URL Standard, 5 and
 * 6.2).
 */
'use strict';

(function ({ load }) {
  const { encode, decode } = load('url_encode');

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

  const usv = (value) => `${value}`.toWellFormed();

  function need_arguments(count, needed, name) {
    if (count < needed)
      throw load('node/errors').make(TypeError, 'ERR_MISSING_ARGS',
        `${name} takes ${needed} argument${needed > 1 ? 's' : ''}`);
  }

  class URLSearchParams {
    #list = [];
    #changed = null; /* reports a change to the URL that owns the list */

    constructor(init) {
      if (init === undefined || init === null)
        return;
      if (typeof init !== 'object' && typeof init !== 'function') {
        this.#list = form_parse(usv(init).replace(/^\?/, ''));
        return;
      }
      if (init[Symbol.iterator] === undefined) {
        this.#list = load('own').entries(init)
          .map(([name, value]) => [usv(name), usv(value)]);
        return;
      }
      this.#list = Array.from(init, (pair) => {
        const list = typeof pair?.[Symbol.iterator] === 'function' &&
          typeof pair !== 'string' ? [...pair] : [];
        if (list.length !== 2)
          throw load('node/errors').make(TypeError, 'ERR_INVALID_TUPLE',
            'Each query pair must be an iterable [name, value] tuple');
        return list.map(usv);
      });
    }
    static attach(params, changed) {
      params.#changed = changed;
    }
    static replace(params, text) {
      params.#list = form_parse(text);
    }
    #update() {
      this.#changed?.(this.toString());
    }
    get size() {
      return this.#list.length;
    }
    append(name, value) {
      need_arguments(arguments.length, 2, 'append');
      this.#list.push([usv(name), usv(value)]);
      this.#update();
    }
    delete(name, value) {
      need_arguments(arguments.length, 1, 'delete');
      this.#list = this.#list.filter((pair) => pair[0] !== usv(name) ||
        (value !== undefined && pair[1] !== usv(value)));
      this.#update();
    }
    get(name) {
      need_arguments(arguments.length, 1, 'get');
      return this.#list.find((pair) => pair[0] === usv(name))?.[1] ?? null;
    }
    getAll(name) {
      need_arguments(arguments.length, 1, 'getAll');
      return this.#list.filter((pair) => pair[0] === usv(name))
        .map((pair) => pair[1]);
    }
    has(name, value) {
      need_arguments(arguments.length, 1, 'has');
      return this.#list.some((pair) => pair[0] === usv(name) &&
        (value === undefined || pair[1] === usv(value)));
    }
    set(name, value) {
      need_arguments(arguments.length, 2, 'set');
      name = usv(name);
      const first = this.#list.find((pair) => pair[0] === name);
      if (first)
        first[1] = usv(value);
      else
        this.#list.push([name, usv(value)]);
      this.#list = this.#list.filter((pair) => pair[0] !== name ||
        pair === first || !first);
      this.#update();
    }
    sort() {
      this.#list.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
      this.#update();
    }
    forEach(callback, self) {
      load('node/errors').check_function(callback, 'callback');
      for (const [name, value] of this)
        callback.call(self, value, name, this);
    }
    *entries() {
      for (let at = 0; at < this.#list.length; at++)
        yield [...this.#list[at]];
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
  const { attach, replace } = URLSearchParams;
  delete URLSearchParams.attach;
  delete URLSearchParams.replace;
  load('own').tag(URLSearchParams, 'URLSearchParams');

  return { URLSearchParams, attach, replace, form_parse, need_arguments };
})
