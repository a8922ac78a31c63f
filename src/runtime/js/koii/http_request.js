/*
 * A request as handlers of Express see it. The node hands over what the client
 * sent: the target and the headers with a character for each byte, and the
 * body as bytes.
 *
 * All names are a stranger's, so each becomes an own property.
 *
 * It is a stream of the body, as in Node. A small body is there already;
 * parsers take it at once, and leave the stream as it is, so that a handler
 * that reads it (uploads do) finds it whole. A large one comes as it is read
 * (koii/http_coming.js); a parser that wants it collects it first, and then it
 * is there.
 */
'use strict';

(function ({ load }) {
  const { set } = load('own');
  const type = load('koii/http_type');
  const { Readable } = load('node/stream');
  const { join_headers } = load('node/http_headers');
  const { make } = load('node/errors');

  function parse_cookies(text) {
    const cookies = {};
    for (const piece of text.split(';')) {
      const equals = piece.indexOf('=');
      const name = piece.slice(0, Math.max(equals, 0)).trim();
      if (equals < 0 || Object.hasOwn(cookies, name))
        continue;
      let value = piece.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1');
      try {
        value = decodeURIComponent(value);
      } catch {
        /* The value stays as it is. */
      }
      try {
        if (value.startsWith('j:'))
          value = JSON.parse(value.slice(2));
      } catch {
        /* The value is not JSON after all. */
      }
      set(cookies, name, value);
    }
    return cookies;
  }

  function parse_query(app, text) {
    const parser = app.get('query parser');
    if (typeof parser === 'function')
      return parser(text);
    const query = load('koii/http_query');
    return parser === 'simple' ? query.parse_simple(text)
      : parser === false ? {} : query.parse(text);
  }

  /* Whether the copy that a client holds is fresh (RFC 9110, 13.2). */
  function is_fresh(headers, etag, changed) {
    const wanted = headers['if-none-match'];
    const since = headers['if-modified-since'];
    if ((!wanted && !since) || /(?:^|,)\s*?no-cache\s*?(?:,|$)/
      .test(headers['cache-control'] ?? ''))
      return false;
    const plain = (tag) => tag.trim().replace(/^W\//, '');
    if (wanted && wanted !== '*' && !(etag && wanted.split(',')
      .some((tag) => plain(tag) === plain(etag))))
      return false;
    return !since || Boolean(changed) &&
      Date.parse(changed) <= Date.parse(since);
  }

  /* Node's sockets give no more at a time. */
  const piece_bytes = 65536;

  class Request extends Readable {
    #bytes;
    #given = 0; /* bytes of it that the stream has got */
    #coming; /* what is still to come; or null */
    #cookies;

    constructor({ method, target, headers, address, version }, bytes, app,
      coming = null) {
      super();
      this.method = method;
      this.url = target;
      this.originalUrl = target;
      this.baseUrl = '';
      this.params = {};
      this.httpVersion = version ?? '1.1';
      this.rawHeaders = headers.flat();
      this.headers = join_headers(headers);
      this.app = app;
      this.socket = { remoteAddress: address, encrypted: false,
        destroyed: false, setTimeout() {}, destroy: () => this.destroy() };
      this.connection = this.socket;
      this.aborted = false;
      this.complete = !coming;
      this.#bytes = bytes;
      this.#coming = coming;
      this.query = parse_query(app, this.url.split('?').slice(1).join('?'));
    }

    get bytes() {
      return this.#bytes;
    }
    get is_coming() {
      return this.#coming !== null;
    }
    /* Wait for all of a coming body: false if it has more bytes than that. */
    async collect(limit) {
      if (!this.#coming)
        return this.#bytes.length <= limit;
      if (Number(this.headers['content-length']) > limit)
        return false;
      const bytes = await this.#coming.collect(limit);
      if (!bytes)
        return false;
      this.#bytes = bytes;
      this.#coming = null;
      this.complete = true;
      return true;
    }
    /* An asynchronous iterator over the body. */
    async* pieces() {
      if (this.#bytes.length)
        yield this.#bytes;
      for (let piece = await this.#coming?.next(); piece;
        piece = await this.#coming.next())
        yield piece;
    }
    get path() {
      return this.url.split('?', 1)[0];
    }
    get cookies() {
      this.#cookies ??= parse_cookies(this.headers.cookie ?? '');
      return this.#cookies;
    }
    set cookies(value) {
      this.#cookies = value;
    }

    /* Headers */
    get(name) {
      if (typeof name !== 'string' || !name)
        throw new TypeError('req.get() needs the name of a header');
      const lower = name.toLowerCase();
      const own = (key) => Object.hasOwn(this.headers, key)
        ? this.headers[key] : undefined;
      return lower === 'referer' || lower === 'referrer'
        ? own('referrer') ?? own('referer') : own(lower);
    }
    header(name) {
      return this.get(name);
    }
    #accepts(name, words, match) {
      const offers = words.flat();
      const header = this.headers[name];
      if (!offers.length)
        return type.preferences(header ?? (name === 'accept' ? '*/*' : '*'))
          .filter(({ quality }) => quality > 0)
          .sort((a, b) => b.quality - a.quality).map(({ value }) => value);
      return header === undefined ? offers[0]
        : type.choose(header, offers, match)[0] ?? false;
    }
    accepts(...words) {
      const offers = words.flat();
      const types = offers.map((word) =>
        word.includes('/') ? word : type.type_of(word) ?? '');
      if (!offers.length)
        return this.#accepts('accept', [], type.type_match);
      const found = this.#accepts('accept', types, type.type_match);
      return found ? offers[types.indexOf(found)] : false;
    }
    acceptsCharsets(...words) {
      return this.#accepts('accept-charset', words, type.word_match);
    }
    acceptsEncodings(...words) {
      if (words.length && this.headers['accept-encoding'] === undefined)
        return words.flat().find((word) => word === 'identity') ?? false;
      return this.#accepts('accept-encoding', words, type.word_match);
    }
    acceptsLanguages(...words) {
      return this.#accepts('accept-language', words, type.language_match);
    }
    /* The first of the types that fits the body; null without a body. */
    is(...words) {
      if (!this.#bytes.length && this.headers['content-length'] === undefined &&
        this.headers['transfer-encoding'] === undefined)
        return null;
      const own = this.headers['content-type'];
      const wanted = words.flat();
      if (!own)
        return false;
      const plain = own.split(';')[0].trim().toLowerCase();
      if (!wanted.length)
        return plain;
      const found = wanted.find((word) => type.type_is(own, word));
      return found === undefined ? false
        : /[*+]/.test(found) ? plain : found;
    }
    param(name, fallback) {
      for (const object of [this.params, this.body, this.query])
        if (object && Object.hasOwn(Object(object), name))
          return object[name];
      return fallback;
    }
    range(size) {
      const header = this.get('Range');
      if (!header)
        return undefined;
      const [unit, text] = header.split('=');
      if (text === undefined)
        return -2;
      const ranges = [];
      for (const piece of text.split(',')) {
        const [first, last] = piece.trim().split('-');
        const start = first === '' ? size - Number(last) : Number(first);
        const end = first === '' || !last ? size - 1
          : Math.min(Number(last), size - 1);
        if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 &&
          start <= end)
          ranges.push({ start, end });
      }
      return ranges.length ? Object.assign(ranges, { type: unit }) : -1;
    }

    /* Where the request came from and how. The node's server speaks HTTP. */
    get protocol() {
      const header = this.app.get('trust proxy')
        ? this.headers['x-forwarded-proto'] : undefined;
      return header ? header.split(',')[0].trim() : 'http';
    }
    get secure() {
      return this.protocol === 'https';
    }
    get ips() {
      const header = this.app.get('trust proxy')
        ? this.headers['x-forwarded-for'] : undefined;
      return header ? header.split(',').map((part) => part.trim()) : [];
    }
    get ip() {
      return this.ips[0] ?? this.socket.remoteAddress;
    }
    get host() {
      const header = this.app.get('trust proxy')
        ? this.headers['x-forwarded-host'] : undefined;
      return header ? header.split(',')[0].trim() : this.headers.host;
    }
    get hostname() {
      return /^(\[[^\]]*\]|[^:]*)/.exec(this.host ?? '')[0] || undefined;
    }
    get subdomains() {
      const { hostname } = this;
      if (!hostname || /^[\d.]+$|^\[/.test(hostname))
        return [];
      return hostname.split('.').reverse()
        .slice(this.app.get('subdomain offset'));
    }
    get xhr() {
      return (this.headers['x-requested-with'] ?? '').toLowerCase() ===
        'xmlhttprequest';
    }
    get fresh() {
      const { statusCode: status } = this.res;
      if (this.method !== 'GET' && this.method !== 'HEAD' ||
        !(status >= 200 && status < 300 || status === 304))
        return false;
      return is_fresh(this.headers, this.res.get('ETag'),
        this.res.get('Last-Modified'));
    }
    get stale() {
      return !this.fresh;
    }

    _read() {
      const { Buffer } = load('node/buffer');
      if (this.#coming) {
        this.#coming.next().then((bytes) => {
          this.complete ||= !bytes;
          this.push(bytes &&
            Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
        }, (error) => this.destroy(error));
        return;
      }
      const piece = this.#bytes.subarray(this.#given,
        this.#given + piece_bytes);
      this.#given += piece.length;
      this.push(piece.length ? Buffer.from(piece) : null);
    }
    /* As Node's: who listens for errors learns that the body broke off. */
    _destroy(error, done) {
      if (!this.complete) {
        this.aborted = true;
        this.emit('aborted');
        error = this.listenerCount('error') > 0
          ? error ?? make(Error, 'ECONNRESET', 'aborted') : null;
      }
      done(error);
    }
    setTimeout() {
      return this;
    }
  }

  return { Request };
})
