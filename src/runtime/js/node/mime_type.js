/*
 * util.MIMEType and MIMEParams over the standard's parser.
 */
'use strict';

(function ({ load }) {
  const { make } = load('node/errors');
  const mime = load('mime');
  const { token } = mime;
  const quotable = /^[\t\x20-\x7e\x80-\xff]*$/;

  function syntax(part, text, at) {
    return make(TypeError, 'ERR_INVALID_MIME_SYNTAX', `The MIME syntax for a ` +
      `${part} in ${JSON.stringify(text)} is invalid` +
      (at >= 0 ? ` at ${at}` : ''));
  }

  let params_of;

  class MIMEParams {
    #values = new Map();
    static {
      params_of = (values) => {
        const params = new MIMEParams();
        params.#values = values;
        return params;
      };
    }
    get(name) {
      return this.#values.get(`${name}`) ?? null;
    }
    has(name) {
      return this.#values.has(`${name}`);
    }
    delete(name) {
      this.#values.delete(`${name}`);
    }
    set(name, value) {
      const [key, text] = [`${name}`, `${value}`];
      if (!token.test(key))
        throw syntax('parameter name', key, key.search(/[^\w!#$%&'*+\-.^`|~]/));
      if (!quotable.test(text))
        throw syntax('parameter value', text,
          text.search(/[^\t\x20-\x7e\x80-\xff]/));
      this.#values.set(key, text);
    }
    entries() {
      return this.#values.entries();
    }
    keys() {
      return this.#values.keys();
    }
    values() {
      return this.#values.values();
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    toString() {
      return mime.show({ essence: '', parameters: this.#values }).slice(1);
    }
    toJSON() {
      return this.toString();
    }
  }

  class MIMEType {
    #type;
    #subtype;
    #params;
    constructor(text) {
      text = `${text}`;
      const found = mime.parse(text);
      if (!found) {
        const [type] = text.trim().split('/', 1);
        throw syntax(token.test(type) && text.includes('/') ? 'subtype'
          : 'type', text, text.search(/[^\w!#$%&'*+\-.^`|~/]/));
      }
      [this.#type, this.#subtype] = found.essence.split('/');
      this.#params = params_of(found.parameters);
    }
    static #check(part, value) {
      if (!token.test(value))
        throw syntax(part, value, value.search(/[^\w!#$%&'*+\-.^`|~]/));
      return value.toLowerCase();
    }
    get type() {
      return this.#type;
    }
    set type(value) {
      this.#type = MIMEType.#check('type', `${value}`);
    }
    get subtype() {
      return this.#subtype;
    }
    set subtype(value) {
      this.#subtype = MIMEType.#check('subtype', `${value}`);
    }
    get essence() {
      return `${this.#type}/${this.#subtype}`;
    }
    get params() {
      return this.#params;
    }
    toString() {
      const params = this.#params.toString();
      return this.essence + (params === '' ? '' : `;${params}`);
    }
    toJSON() {
      return this.toString();
    }
  }

  return { MIMEType, MIMEParams };
})
