/*
 * Request (Fetch Standard, 5.4). Properties without a use in a task (mode,
 * credentials, cache and the like) have Node's default values.
 */
'use strict';

(function ({ load }) {
  const { Body, take, move, share, has } = load('body');
  const { Headers, token } = load('headers');

  const upper = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

  function normal_method(method) {
    method = String(method);
    if (!token.test(method) || /^(connect|trace|track)$/i.test(method))
      throw new TypeError(`'${method}' is not a valid HTTP method.`);
    return upper.has(method.toUpperCase()) ? method.toUpperCase() : method;
  }

  function url_of(input) {
    const url = new (load('url').URL)(String(input));
    if (url.username || url.password)
      throw new TypeError('a URL with credentials can not be fetched');
    return url.href;
  }

  function signal_of(init, from) {
    const { AbortSignal, AbortController } = load('abort');
    const signal = init.signal === undefined ? from?.signal : init.signal;
    if (signal === undefined || signal === null)
      return new AbortController().signal;
    if (!(signal instanceof AbortSignal))
      throw new TypeError('the signal of a Request must be an AbortSignal');
    return signal;
  }

  class Request extends Body {
    #url;
    #method;
    #headers;
    #redirect;
    #signal;

    constructor(input, init) {
      if (!arguments.length)
        throw new TypeError('a Request needs a URL');
      if (init !== undefined && init !== null && typeof init !== 'object' &&
        typeof init !== 'function')
        throw new TypeError('the options of a Request must be an object');
      init ??= {};
      super();
      const from = input instanceof Request ? input : null;
      this.#url = from ? from.url : url_of(input);
      this.#method = init.method === undefined ? from?.method ?? 'GET'
        : normal_method(init.method);
      this.#headers = new Headers(init.headers === undefined
        ? from?.headers : init.headers);
      this.#redirect = String(init.redirect ?? from?.redirect ?? 'follow');
      if (!['follow', 'error', 'manual'].includes(this.#redirect))
        throw new TypeError(`redirect can not be ${this.#redirect}`);
      this.#signal = signal_of(init, from);
      const body = init.body ?? null;
      if ((body !== null || from && has(from)) &&
        (this.#method === 'GET' || this.#method === 'HEAD'))
        throw new TypeError('Request with GET/HEAD method cannot have body.');
      if (body === null && from)
        move(this, from);
      else if (take(this, body, this.#headers) && init.duplex !== 'half')
        throw new TypeError('RequestInit: duplex option is required when ' +
          'sending a body.');
    }
    get url() {
      return this.#url;
    }
    get method() {
      return this.#method;
    }
    get headers() {
      return this.#headers;
    }
    get redirect() {
      return this.#redirect;
    }
    get signal() {
      return this.#signal;
    }
    clone() {
      const copy = new Request(this.#url, { method: this.#method,
        headers: this.#headers, redirect: this.#redirect,
        signal: this.#signal });
      share(copy, this, 'Request');
      return copy;
    }
  }

  const fixed = { mode: 'cors', credentials: 'same-origin', cache: 'default',
    destination: '', duplex: 'half', integrity: '', keepalive: false,
    referrer: 'about:client', referrerPolicy: '' };
  for (const [name, value] of Object.entries(fixed))
    Object.defineProperty(Request.prototype, name,
      { get: () => value, configurable: true, enumerable: true });
  load('web_idl').tag(Request, 'Request');
  load('web_idl').show(Request, ['method', 'url', 'headers', 'redirect',
    'bodyUsed', 'signal']);

  return { Request };
})
