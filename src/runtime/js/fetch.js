/*
 * fetch, Headers, Request and Response (Fetch Standard). The node carries the
 * request out, under the task's network rules, and answers with the whole
 * body.
 */
'use strict';

(function (library) {
  const { native, load } = library;
  const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

  function normal_name(name) {
    name = String(name);
    if (!token.test(name))
      throw new TypeError(`${name} is no header name`);
    return name.toLowerCase();
  }

  function normal_value(value) {
    value = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
    if (/[\0\r\n]/.test(value))
      throw new TypeError('a header value must be one line');
    return value;
  }

  class Headers {
    #list = new Map(); /* name -> values */

    constructor(init) {
      if (init === undefined || init === null)
        return;
      const pairs = typeof init[Symbol.iterator] === 'function' ? init
        : Object.entries(init);
      for (const [name, value] of pairs)
        this.append(name, value);
    }
    append(name, value) {
      name = normal_name(name);
      const values = this.#list.get(name) ?? [];
      values.push(normal_value(value));
      this.#list.set(name, values);
    }
    set(name, value) {
      this.#list.set(normal_name(name), [normal_value(value)]);
    }
    get(name) {
      return this.#list.get(normal_name(name))?.join(', ') ?? null;
    }
    has(name) {
      return this.#list.has(normal_name(name));
    }
    delete(name) {
      this.#list.delete(normal_name(name));
    }
    getSetCookie() {
      return [...this.#list.get('set-cookie') ?? []];
    }
    forEach(callback, self) {
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
  }

  /* A body as bytes and the content type it implies. */
  function body_of(body) {
    if (body === undefined || body === null)
      return [null, null];
    if (typeof body === 'string')
      return [native.encode_utf8(body.toWellFormed()),
        'text/plain;charset=UTF-8'];
    if (body instanceof load('url').URLSearchParams)
      return [native.encode_utf8(String(body)),
        'application/x-www-form-urlencoded;charset=UTF-8'];
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body))
      return [new Uint8Array(load('encoding').view_of(body)), null];
    const { Blob, FormData, blob_bytes, encode_form } = load('blob');
    if (body instanceof Blob)
      return [blob_bytes(body), body.type || null];
    if (body instanceof FormData)
      return encode_form(body);
    if (typeof body === 'object' && Symbol.asyncIterator in body)
      throw new TypeError('a streamed body is not supported: send it whole');
    return [native.encode_utf8(String(body).toWellFormed()),
      'text/plain;charset=UTF-8'];
  }

  class Body {
    #bytes = null;
    #used = false;

    take_body(body, headers) {
      const [bytes, type] = body_of(body);
      this.#bytes = bytes;
      if (type && !headers.has('content-type'))
        headers.set('content-type', type);
    }
    copy_body(other) {
      if (other.#used)
        throw new TypeError('the body was used before');
      this.#bytes = other.#bytes;
    }
    get bodyUsed() {
      return this.#used;
    }
    async #use() {
      if (this.#used)
        throw new TypeError('the body was used before');
      this.#used = this.#bytes !== null;
      return this.#bytes ?? new Uint8Array(0);
    }
    async bytes() {
      return this.#use();
    }
    async arrayBuffer() {
      const bytes = await this.#use();
      return bytes.buffer.slice(bytes.byteOffset,
        bytes.byteOffset + bytes.byteLength);
    }
    async text() {
      const text = native.decode_utf8(await this.#use(), false);
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
    async json() {
      return JSON.parse(await this.text());
    }
    async blob() {
      return new (load('blob').Blob)([await this.#use()],
        { type: this.headers.get('content-type') ?? '' });
    }
    async formData() {
      return load('blob').decode_form(await this.#use(),
        this.headers.get('content-type') ?? '');
    }
  }

  const upper = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

  function normal_method(method) {
    method = String(method);
    if (!token.test(method) || /^(connect|trace|track)$/i.test(method))
      throw new TypeError(`the method ${method} is not allowed`);
    return upper.has(method.toUpperCase()) ? method.toUpperCase() : method;
  }

  class Request extends Body {
    constructor(input, init = {}) {
      super();
      const from = input instanceof Request ? input : null;
      const url = new (load('url').URL)(from ? from.url : String(input));
      if (url.username || url.password)
        throw new TypeError('a URL with credentials can not be fetched');
      this.url = url.href;
      this.method = normal_method(init.method ?? from?.method ?? 'GET');
      this.headers = new Headers(init.headers ?? from?.headers);
      this.redirect = init.redirect ?? from?.redirect ?? 'follow';
      if (!['follow', 'error', 'manual'].includes(this.redirect))
        throw new TypeError(`redirect can not be ${this.redirect}`);
      this.signal = init.signal ?? from?.signal ??
        new (load('events').AbortController)().signal;
      const body = init.body ?? null;
      if (body !== null && (this.method === 'GET' || this.method === 'HEAD'))
        throw new TypeError(`a ${this.method} has no body`);
      if (body !== null || !from)
        this.take_body(body, this.headers);
      else
        this.copy_body(from);
    }
    clone() {
      return new Request(this);
    }
  }

  let make_received; /* a Response for what the node answered */

  const no_body = new Set([101, 103, 204, 205, 304]);

  class Response extends Body {
    #details = { url: '', redirected: false, type: 'default' };

    constructor(body = null, { status = 200, statusText = '',
      headers } = {}) {
      super();
      status = Number(status);
      if (!(status >= 200 && status <= 599))
        throw new RangeError(`a status of ${status}`);
      if (body !== null && no_body.has(status))
        throw new TypeError(`an answer with status ${status} has no body`);
      this.status = status;
      this.statusText = String(statusText);
      this.headers = new Headers(headers);
      this.take_body(body, this.headers);
    }
    get ok() {
      return this.status >= 200 && this.status <= 299;
    }
    get url() {
      return this.#details.url;
    }
    get redirected() {
      return this.#details.redirected;
    }
    get type() {
      return this.#details.type;
    }
    clone() {
      const copy = new Response(null, this);
      copy.copy_body(this);
      copy.#details = this.#details;
      return copy;
    }
    static error() {
      const response = new Response();
      response.status = 0;
      response.#details = { url: '', redirected: false, type: 'error' };
      return response;
    }
    static json(value, init = {}) {
      const response = new Response(JSON.stringify(value), init);
      if (!new Headers(init.headers).has('content-type'))
        response.headers.set('content-type', 'application/json');
      return response;
    }
    static redirect(url, status = 302) {
      return new Response(null, { status,
        headers: { location: new (load('url').URL)(url).href } });
    }
    static {
      make_received = Response.#received;
    }
    static #received({ status, statusText, headers, url, redirected }, bytes) {
      const response = new Response(null,
        { status: status < 200 ? 200 : status, statusText });
      response.status = status;
      for (const [name, value] of headers)
        response.headers.append(name, value);
      if (!no_body.has(status))
        response.take_body(bytes, response.headers);
      response.#details = { url, redirected, type: 'basic' };
      return response;
    }
  }

  /* A data: URL needs no network. */
  function fetch_data(url) {
    const found = /^data:([^,]*?)(;base64)?,([^#]*)/s.exec(url);
    if (!found)
      throw new TypeError('fetch failed: not a data URL');
    const text = decodeURIComponent(found[3]);
    const bytes = found[2]
      ? Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
      : native.encode_utf8(text);
    return new Response(bytes, { headers: { 'content-type':
      found[1] || 'text/plain;charset=US-ASCII' } });
  }

  async function fetch(input, init) {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    if (request.url.startsWith('data:'))
      return fetch_data(request.url);
    if (!/^https?:/.test(request.url))
      throw new TypeError(`fetch failed: ${request.url.split(':')[0]}: is ` +
        'not http or https');
    const payload = await request.bytes();
    let answer;
    try {
      answer = await library.ask('fetch', [{ url: request.url,
        method: request.method, headers: [...request.headers],
        redirect: request.redirect }], payload, request.signal);
    } catch (error) {
      if (request.signal.aborted)
        throw request.signal.reason;
      throw new TypeError(`fetch failed: ${error.message}`, { cause: error });
    }
    return make_received(answer.result, answer.payload);
  }

  return { fetch, Headers, Request, Response };
})
