/*
 * The answer to a request as handlers of Express see it. The body is gathered
 * and goes to the node whole when the handler ends it.
 *
 * Header values are byte strings, a character for each byte. As in Node, other
 * values are a TypeError. A method that can not work here throws and says so.
 */
'use strict';

(function (library) {
  const { load, native } = library;
  const type = load('koii/http_type');
  const EventEmitter = load('node/events').EventEmitter;
  const http = load('node/http_headers');
  const { make } = load('node/errors');

  const reason_of = (status) => http.reason_of(status) ?? String(status);

  function bytes_of(chunk, encoding) {
    if (typeof chunk === 'string')
      return new Uint8Array(load('node/buffer').Buffer.from(chunk,
        typeof encoding === 'string' ? encoding : 'utf8'));
    if (ArrayBuffer.isView(chunk))
      return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    throw make(TypeError, 'ERR_INVALID_ARG_TYPE',
      'The "chunk" argument must be a text or bytes, not ' +
      (chunk === null ? 'null' : `a ${typeof chunk}`));
  }

  const escape_html = (text) => String(text).replace(/[&<>"']/g, (sign) =>
    ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[
      sign]);

  /* Encode characters that a URL can not have. Escapes stay as they are. */
  const encode_url = (text) => String(text).toWellFormed()
    .replace(/%(?![0-9a-f]{2})|[^%!#$&'()*+,\-./:;=?@[\]_~0-9a-z]+/gi,
      (part) => encodeURIComponent(part)).replace(/%5E/g, '^')
    .replace(/%7C/g, '|');

  /* Equal bytes have equal tags. The hash needs no other strength. */
  function etag_of(bytes) {
    const hash = native.encode_base64(load('digest').digest('SHA256', bytes))
      .slice(0, 27);
    return `W/"${bytes.length.toString(16)}-${hash}"`;
  }

  function quoted_name(name) {
    const base = name.split('/').pop();
    const plain = base.replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
    const token = `"${plain.replace(/["\\]/g, '\\$&')}"`;
    return plain === base && !/%[0-9a-f]{2}/i.test(base)
      ? `filename=${token}`
      : `filename=${token}; filename*=UTF-8''${encodeURIComponent(base)
        .replace(/['()*]/g, (sign) =>
          '%' + sign.charCodeAt(0).toString(16).toUpperCase())}`;
  }

  /* Node's ServerResponse */
  class ServerResponse extends EventEmitter {
    #headers = new Map(); /* lower case -> [name, value] */
    #parts = [];
    #done;
    statusCode = 200;
    statusMessage = undefined;
    headersSent = false;
    writableEnded = false;
    sendDate = true;

    /* done takes {status, headers: [[name, value], ...], body: bytes}. */
    constructor(request, done) {
      super();
      this.req = request;
      this.#done = done;
    }
    get finished() {
      return this.writableEnded;
    }
    get writableFinished() {
      return this.writableEnded;
    }
    get writable() {
      return !this.writableEnded;
    }
    get socket() {
      return this.req.socket;
    }
    get connection() {
      return this.req.socket;
    }
    #open() {
      if (this.headersSent)
        throw make(Error, 'ERR_HTTP_HEADERS_SENT',
          'Cannot set headers after they are sent to the client');
    }
    setHeader(name, value) {
      this.#open();
      http.validateHeaderName(name);
      http.validateHeaderValue(name, value);
      this.#headers.set(name.toLowerCase(), [name, value]);
      return this;
    }
    setHeaders(headers) {
      for (const [name, value] of headers)
        this.setHeader(name, value);
      return this;
    }
    appendHeader(name, value) {
      const before = this.getHeader(name);
      return this.setHeader(name, before === undefined ? value
        : [before, value].flat());
    }
    getHeader(name) {
      return this.#headers.get(String(name).toLowerCase())?.[1];
    }
    getHeaders() {
      const all = Object.create(null);
      for (const [name, [, value]] of this.#headers)
        all[name] = value;
      return all;
    }
    getHeaderNames() {
      return [...this.#headers.keys()];
    }
    hasHeader(name) {
      return this.#headers.has(String(name).toLowerCase());
    }
    removeHeader(name) {
      this.#open();
      this.#headers.delete(String(name).toLowerCase());
    }
    writeHead(status, ...rest) {
      this.#open();
      if (!Number.isInteger(Number(status)) || status < 100 || status > 999)
        throw make(RangeError, 'ERR_HTTP_INVALID_STATUS_CODE',
          `Invalid status code: ${status}`);
      this.statusCode = Number(status);
      if (typeof rest[0] === 'string')
        this.statusMessage = rest.shift();
      const headers = rest[0];
      if (Array.isArray(headers)) {
        const pairs = Array.isArray(headers[0]) ? headers
          : headers.flatMap((name, place) =>
            place % 2 ? [] : [[name, headers[place + 1]]]);
        for (const [name, value] of pairs)
          this.appendHeader(name, value);
      } else {
        for (const [name, value] of Object.entries(headers ?? {}))
          this.setHeader(name, value);
      }
      this.headersSent = true;
      return this;
    }
    flushHeaders() {
      this.headersSent = true;
    }
    writeContinue() {}
    writeProcessing() {}
    cork() {}
    uncork() {}
    setTimeout() {
      return this;
    }
    write(chunk, encoding, callback) {
      if (this.writableEnded) {
        library.report(make(Error, 'ERR_STREAM_WRITE_AFTER_END',
          'write after end'));
        return false;
      }
      const bytes = bytes_of(chunk, encoding).slice();
      if (!this.headersSent)
        this.writeHead(this.statusCode);
      this.#parts.push(bytes);
      const last = typeof encoding === 'function' ? encoding : callback;
      if (typeof last === 'function')
        queueMicrotask(() => last());
      return true;
    }
    end(chunk, encoding, callback) {
      const last = [chunk, encoding, callback]
        .find((value) => typeof value === 'function');
      if (this.writableEnded)
        return this;
      const bytes = chunk !== undefined && chunk !== null && chunk !== last
        ? bytes_of(chunk, encoding) : null;
      /* Bundled middlewares replace this method, as Node allows. */
      if (!this.headersSent)
        this.writeHead(this.statusCode);
      if (bytes)
        this.#parts.push(bytes);
      this.writableEnded = true;
      if (last)
        this.once('finish', last);
      const headers = [...this.#headers.values()].flatMap(([name, value]) =>
        [value].flat().map((one) => [name, String(one)]));
      this.#done({ status: Number(this.statusCode), headers,
        body: load('blob').join(this.#parts) });
      load('timers').setImmediate(() => {
        this.emit('finish');
        this.emit('close');
      });
      return this;
    }
    /* End an answer that failed after its head was sent. */
    destroy() {
      if (!this.writableEnded) {
        this.writableEnded = this.headersSent = true;
        this.destroyed = true;
        this.#done(null);
      }
      return this;
    }
  }

  class Response extends ServerResponse {
    locals = Object.create(null);

    constructor(request, done, app) {
      super(request, done);
      this.app = app;
    }

    /* The head */
    status(code) {
      this.statusCode = code;
      return this;
    }
    set(name, ...values) {
      if (!values.length) {
        for (const [key, each] of Object.entries(name))
          this.set(key, each);
        return this;
      }
      let value = Array.isArray(values[0]) ? values[0].map(String)
        : String(values[0]);
      if (String(name).toLowerCase() === 'content-type') {
        if (Array.isArray(value))
          throw new TypeError('Content-Type cannot be set to an Array');
        if (!/;\s*charset\s*=/.test(value) &&
          type.is_text(value.split(';')[0]))
          value += '; charset=utf-8';
      }
      return this.setHeader(name, value);
    }
    header(...values) {
      return this.set(...values);
    }
    get(name) {
      return this.getHeader(name);
    }
    append(name, value) {
      const before = this.get(name);
      return this.set(name, before ? [before, value].flat() : value);
    }
    type(value) {
      return this.set('Content-Type', String(value).includes('/') ? value
        : type.type_of(value) ?? 'application/octet-stream');
    }
    contentType(value) {
      return this.type(value);
    }
    vary(field) {
      const before = [this.get('Vary') ?? []].flat().join(', ');
      const names = before.split(',').map((name) => name.trim())
        .filter((name) => name);
      for (const name of [field].flat())
        if (!names.some((one) => one.toLowerCase() === name.toLowerCase()))
          names.push(name);
      return names.length ? this.set('Vary', names.includes('*') ? '*'
        : names.join(', ')) : this;
    }
    links(links) {
      const before = this.get('Link');
      return this.set('Link', (before ? before + ', ' : '') +
        Object.entries(links).map(([rel, url]) => `<${url}>; rel="${rel}"`)
          .join(', '));
    }
    location(url) {
      return this.set('Location', encode_url(url === 'back'
        ? this.req.get('Referrer') || '/' : url));
    }
    attachment(name) {
      if (name === undefined)
        return this.set('Content-Disposition', 'attachment');
      if (/\.[^./]+$/.test(name))
        this.type(name.split('.').pop());
      return this.set('Content-Disposition',
        `attachment; ${quoted_name(String(name))}`);
    }
    cookie(name, value, options = {}) {
      this.append('Set-Cookie',
        load('koii/http_cookie').serialize(name, value, options));
      return this;
    }
    clearCookie(name, options) {
      return this.cookie(name, '',
        { expires: new Date(1), path: '/', ...options });
    }

    /* The body */
    send(...values) {
      let [body] = values;
      if (values.length === 2) {
        const is_last = typeof body !== 'number' &&
          typeof values[1] === 'number';
        this.statusCode = is_last ? values[1] : values[0];
        body = is_last ? values[0] : values[1];
      } else if (typeof body === 'number') {
        if (!this.get('Content-Type'))
          this.type('txt');
        this.statusCode = body;
        body = reason_of(body);
      }
      if (body === null)
        return this.#send_plain(new Uint8Array(0), true);
      if (typeof body === 'boolean' || typeof body === 'number' ||
        (typeof body === 'object' && !ArrayBuffer.isView(body)))
        return this.json(body);
      return this.#send_plain(body);
    }
    #send_plain(body, has_no_type = false) {
      if (typeof body === 'string') {
        const own = this.get('Content-Type') ?? 'text/html';
        if (typeof own === 'string')
          this.set('Content-Type', own.replace(/;\s*charset=[^;]*/i, '') +
            '; charset=utf-8');
      } else if (ArrayBuffer.isView(body) && !has_no_type &&
        !this.get('Content-Type')) {
        this.type('bin');
      }
      let bytes = body === undefined ? undefined : bytes_of(body);
      if (bytes) {
        this.set('Content-Length', bytes.length);
        if (!this.get('ETag') && this.app.get('etag'))
          this.set('ETag', etag_of(bytes));
      }
      if (this.req.fresh)
        this.statusCode = 304;
      if (this.statusCode === 204 || this.statusCode === 304) {
        for (const name of ['Content-Type', 'Content-Length',
          'Transfer-Encoding'])
          this.removeHeader(name);
        bytes = undefined;
      }
      if (this.statusCode === 205) {
        this.set('Content-Length', '0');
        bytes = undefined;
      }
      return this.end(bytes);
    }
    #json_text(value) {
      const text = JSON.stringify(value, this.app.get('json replacer'),
        this.app.get('json spaces'));
      return this.app.get('json escape') && text
        ? text.replace(/[<>&]/g, (sign) =>
          '\\u00' + sign.charCodeAt(0).toString(16)) : text;
    }
    json(...values) {
      let [body] = values;
      if (values.length === 2) {
        const is_last = typeof values[1] === 'number';
        this.statusCode = is_last ? values[1] : values[0];
        body = is_last ? values[0] : values[1];
      }
      const text = this.#json_text(body);
      if (!this.get('Content-Type'))
        this.set('Content-Type', 'application/json');
      return this.#send_plain(text);
    }
    jsonp(body) {
      const name = [this.req.query[this.app.get('jsonp callback name')]]
        .flat()[0];
      this.set('X-Content-Type-Options', 'nosniff');
      if (typeof name !== 'string' || !name)
        return this.json(body);
      const own = name.replace(/[^[\]\w$.]/g, '');
      const text = (this.#json_text(body) ?? '')
        .replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
      this.set('Content-Type', 'text/javascript');
      return this.send(`/**/ typeof ${own} === 'function' && ${own}(${text});`);
    }
    sendStatus(code) {
      this.statusCode = code;
      return this.type('txt').send(reason_of(code));
    }
    redirect(...values) {
      let [status, url] = values.length > 1 ? values : [302, values[0]];
      if (typeof status !== 'number')
        [status, url] = [url, status];
      const address = this.location(url).get('Location');
      const text = `${reason_of(status)}. Redirecting to `;
      let body = '';
      this.format({
        text: () => (body = text + address),
        html: () => (body = `<p>${text}${escape_html(address)}</p>`),
        default: () => {},
      });
      this.statusCode = status;
      this.set('Content-Length', bytes_of(body).length);
      return this.end(body);
    }
    format(makers) {
      const names = Object.keys(makers).filter((name) => name !== 'default');
      const found = names.length ? this.req.accepts(names) : false;
      this.vary('Accept');
      if (found) {
        this.type(found);
        makers[found](this.req, this, this.req.next);
      } else if (makers.default) {
        makers.default(this.req, this, this.req.next);
      } else {
        const error = new Error('Not Acceptable');
        error.status = error.statusCode = 406;
        this.req.next(error);
      }
      return this;
    }
    sendFile(path, options, callback) {
      load('koii/http_file').send_file(this, path, options, callback);
      return this;
    }
    sendfile(path, options, callback) {
      return this.sendFile(load('node/path').resolve(path), options, callback);
    }
    download(path, ...rest) {
      const done = rest.find((value) => typeof value === 'function');
      const options = rest.find((value) =>
        typeof value === 'object' && value) ?? {};
      const name = typeof rest[0] === 'string' ? rest[0] : path;
      const headers = { ...options.headers, 'Content-Disposition':
        `attachment; ${quoted_name(name)}` };
      return this.sendFile(options.root ? path
        : load('node/path').resolve(path), { ...options, headers }, done);
    }
    render() {
      throw new Error('res.render() is not supported: a task has no view ' +
        'engine; make the page in the handler and send() it');
    }
  }

  return { Response, reason_of, escape_html, encode_url, etag_of };
})
