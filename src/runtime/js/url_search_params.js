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

  class URLSearchParams {
    #list = [];
    #changed = null; /* tells the URL that it belongs to */

    constructor(init = '') {
      if (typeof init === 'object' && init !== null) {
        const pairs = typeof init[Symbol.iterator] === 'function' ? init
          : Object.entries(init);
        for (const pair of pairs) {
          const [name, value, ...more] = pair;
          if (value === undefined || more.length)
            throw new TypeError('each pair must hold a name and a value');
          this.#list.push([String(name), String(value)]);
        }
      } else {
        this.#list = form_parse(String(init).replace(/^\?/, ''));
      }
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
      this.#list.push([String(name), String(value)]);
      this.#update();
    }
    delete(name, value) {
      this.#list = this.#list.filter((pair) => pair[0] !== String(name) ||
        (value !== undefined && pair[1] !== String(value)));
      this.#update();
    }
    get(name) {
      return this.#list.find((pair) => pair[0] === String(name))?.[1] ?? null;
    }
    getAll(name) {
      return this.#list.filter((pair) => pair[0] === String(name))
        .map((pair) => pair[1]);
    }
    has(name, value) {
      return this.#list.some((pair) => pair[0] === String(name) &&
        (value === undefined || pair[1] === String(value)));
    }
    set(name, value) {
      name = String(name);
      const first = this.#list.find((pair) => pair[0] === name);
      if (first)
        first[1] = String(value);
      else
        this.#list.push([name, String(value)]);
      this.#list = this.#list.filter((pair) => pair[0] !== name ||
        pair === first || !first);
      this.#update();
    }
    sort() {
      this.#list.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
      this.#update();
    }
    forEach(callback, self) {
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
    toString() {
      return this.#list.map(([name, value]) =>
        `${form_encode(name)}=${form_encode(value)}`).join('&');
    }
  }
  const { attach, replace } = URLSearchParams;
  delete URLSearchParams.attach;
  delete URLSearchParams.replace;
  load('own').tag(URLSearchParams, 'URLSearchParams');

  return { URLSearchParams, attach, replace, form_parse };
})
