/*
 * Response (Fetch Standard, 5.5).
 */
'use strict';

(function ({ load }) {
  const { Body, take, take_stream, share } = load('body');
  const { Headers, freeze } = load('headers');
  const { dictionary } = load('web_idl');

  const no_body = new Set([101, 103, 204, 205, 304]);
  const redirects = new Set([301, 302, 303, 307, 308]);
  /* A reason phrase (RFC 9112, 4). */
  const phrase = /^[\t\x20-\x7e\x80-\xff]*$/;

  let received; /* makes a Response of what the network or a data: URL gave */

  class Response extends Body {
    #status;
    #text;
    #headers;
    #url = '';
    #redirected = false;
    #type = 'default';

    constructor(body = null, init) {
      super();
      const { status = 200, statusText = '', headers } =
        dictionary(init, 'init');
      this.#status = Number(status);
      if (!(this.#status >= 200 && this.#status <= 599))
        throw new RangeError('init["status"] must be in the range of 200 to ' +
          '599, inclusive.');
      this.#status = Math.trunc(this.#status);
      this.#text = String(statusText);
      if (!phrase.test(this.#text))
        throw new TypeError('Invalid statusText');
      this.#headers = new Headers(headers);
      if (body !== null && no_body.has(this.#status))
        throw new TypeError('Response with null body status cannot have body');
      take(this, body, this.#headers);
    }
    get status() {
      return this.#status;
    }
    get statusText() {
      return this.#text;
    }
    get headers() {
      return this.#headers;
    }
    get ok() {
      return this.#status >= 200 && this.#status <= 299;
    }
    get url() {
      return this.#url;
    }
    get redirected() {
      return this.#redirected;
    }
    get type() {
      return this.#type;
    }
    clone() {
      const copy = new Response();
      share(copy, this, 'Response');
      copy.#status = this.#status;
      copy.#text = this.#text;
      copy.#headers = new Headers(this.#headers);
      copy.#url = this.#url;
      copy.#redirected = this.#redirected;
      copy.#type = this.#type;
      return copy;
    }
    static error() {
      const response = new Response();
      response.#status = 0;
      response.#type = 'error';
      freeze(response.#headers);
      return response;
    }
    static json(value, init) {
      const text = JSON.stringify(value);
      if (text === undefined)
        throw new TypeError('Value is not JSON serializable');
      const headers = new Headers(dictionary(init, 'init').headers);
      if (!headers.has('content-type'))
        headers.set('content-type', 'application/json');
      return new Response(text, { status: init?.status,
        statusText: init?.statusText, headers });
    }
    static redirect(url, status = 302) {
      const { href } = new (load('url').URL)(String(url));
      status = Number(status);
      if (!redirects.has(status))
        throw new RangeError(`Invalid status code ${status}`);
      const response = new Response(null, { status,
        headers: { location: href } });
      freeze(response.#headers);
      return response;
    }
    static {
      received = (answer, bytes, stream = null) => {
        const { status, statusText, headers } = answer;
        const response = new Response();
        response.#status = status;
        response.#text = statusText;
        for (const [name, value] of headers)
          response.#headers.append(name, value);
        if (stream)
          take_stream(response, stream);
        else if (!no_body.has(status) && answer.method !== 'HEAD')
          take(response, bytes ?? new Uint8Array(0), response.#headers);
        freeze(response.#headers);
        response.#url = answer.url;
        response.#redirected = answer.redirected;
        response.#type = answer.type;
        return response;
      };
    }
  }
  load('web_idl').tag(Response, 'Response');
  load('web_idl').show(Response, ['status', 'statusText', 'headers', 'bodyUsed',
    'ok', 'redirected', 'type', 'url']);

  return { Response, received, redirects };
})
