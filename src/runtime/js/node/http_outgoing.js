/*
 * http.OutgoingMessage: the head and the body of a request or an answer that
 * is made. The body is gathered until the end, because a message to the node
 * is whole.
 */
'use strict';

(function ({ load }) {
  const Stream = load('node/stream');
  const { validateHeaderName, validateHeaderValue } =
    load('node/http_headers');
  const { make, arg_type, arg_value, check_object } = load('node/errors');

  /* A message's payload (runtime/wire/message.h). */
  const body_max = 64 * 2 ** 20;

  class OutgoingMessage extends Stream {
    #headers = new Map(); /* lower name -> [name, value] */
    #chunks = [];
    #size = 0;
    #is_sent = false;

    constructor() {
      super();
      Object.assign(this, { writable: true, destroyed: false, finished: false,
        chunkedEncoding: false, shouldKeepAlive: true, sendDate: false,
        useChunkedEncodingByDefault: true, strictContentLength: false,
        socket: null, writableFinished: false, closed: false, errored: null,
        writableCorked: 0 });
    }

    get connection() {
      return this.socket;
    }
    set connection(value) {
      this.socket = value;
    }
    get headersSent() {
      return this.#is_sent;
    }
    get _header() {
      return this.#is_sent ? 'sent' : null;
    }
    get writableEnded() {
      return this.finished;
    }
    get writableLength() {
      return this.finished ? 0 : this.#size;
    }
    get writableHighWaterMark() {
      return body_max;
    }
    get writableObjectMode() {
      return false;
    }
    get writableNeedDrain() {
      return false;
    }

    /* ---- headers ---- */

    #check_open(what) {
      if (this.#is_sent)
        throw make(Error, 'ERR_HTTP_HEADERS_SENT',
          `Cannot ${what} headers after they are sent to the client`);
    }
    #check_text(name) {
      if (typeof name !== 'string')
        throw arg_type('name', 'of type string', name);
    }
    setHeader(name, value) {
      this.#check_open('set');
      validateHeaderName(name);
      validateHeaderValue(name, value);
      this.#headers.set(name.toLowerCase(), [name, value]);
      return this;
    }
    setHeaders(headers) {
      this.#check_open('set');
      if (!headers || Array.isArray(headers) ||
        typeof headers.keys !== 'function' || typeof headers.get !== 'function')
        throw arg_type('headers', 'an instance of Headers or Map', headers);
      for (const name of headers.keys())
        this.setHeader(name, headers.get(name));
      return this;
    }
    appendHeader(name, value) {
      this.#check_open('append');
      validateHeaderName(name);
      validateHeaderValue(name, value);
      const before = this.#headers.get(name.toLowerCase());
      return this.setHeader(before?.[0] ?? name,
        before ? [before[1], value].flat() : value);
    }
    getHeader(name) {
      this.#check_text(name);
      return this.#headers.get(name.toLowerCase())?.[1];
    }
    hasHeader(name) {
      this.#check_text(name);
      return this.#headers.has(name.toLowerCase());
    }
    removeHeader(name) {
      this.#check_text(name);
      this.#check_open('remove');
      this.#headers.delete(name.toLowerCase());
    }
    getHeaderNames() {
      return [...this.#headers.keys()];
    }
    getRawHeaderNames() {
      return [...this.#headers.values()].map(([name]) => name);
    }
    getHeaders() {
      const all = Object.create(null);
      for (const [name, [, value]] of this.#headers)
        all[name] = value;
      return all;
    }
    get _headers() {
      return this.getHeaders();
    }
    /* [[name, value], ...] with a row for each value. */
    header_list() {
      return [...this.#headers.values()].flatMap(([name, value]) =>
        [value].flat().map((one) => [name, String(one)]));
    }
    addTrailers() {
      /* A whole body needs none. */
    }
    flushHeaders() {
      this._implicitHeader();
    }
    _implicitHeader() {
      this.#is_sent = true;
    }

    /* ---- body ---- */

    #bytes_of(chunk, encoding) {
      if (chunk === null)
        throw make(TypeError, 'ERR_STREAM_NULL_VALUES',
          'May not write null values to stream');
      if (typeof chunk === 'string')
        return load('node/buffer').Buffer.from(chunk, encoding);
      if (chunk instanceof Uint8Array)
        return Uint8Array.prototype.slice.call(chunk);
      throw arg_type('chunk', 'of type string or an instance of Buffer or ' +
        'Uint8Array', chunk);
    }
    #fail(error, done) {
      process.nextTick(() => {
        if (done)
          done(error);
        if (!this.destroyed)
          this.destroy(error);
      });
      return false;
    }
    write(chunk, encoding, done) {
      if (typeof encoding === 'function')
        [encoding, done] = [undefined, encoding];
      const bytes = this.#bytes_of(chunk, encoding);
      if (this.finished)
        return this.#fail(make(Error, 'ERR_STREAM_WRITE_AFTER_END',
          'write after end'), done);
      if (this.destroyed)
        return this.#fail(make(Error, 'ERR_STREAM_DESTROYED',
          'Cannot call write after a stream was destroyed'), done);
      this.#is_sent || this._implicitHeader();
      this.#size += bytes.length;
      if (this.#size > body_max)
        return this.#fail(make(RangeError, 'ERR_OUT_OF_RANGE',
          `a body of more than ${body_max} bytes cannot be sent: it is ` +
          'gathered before it is sent'), done);
      this.#chunks.push(bytes);
      if (done)
        process.nextTick(done);
      return true;
    }
    end(chunk, encoding, done) {
      if (typeof chunk === 'function')
        [chunk, done] = [undefined, chunk];
      else if (typeof encoding === 'function')
        [encoding, done] = [undefined, encoding];
      if (this.finished) {
        if (typeof done === 'function')
          process.nextTick(done, this.writableFinished
            ? make(Error, 'ERR_STREAM_ALREADY_FINISHED',
              'Cannot call end after a stream was finished')
            : make(Error, 'ERR_STREAM_WRITE_AFTER_END', 'write after end'));
        return this;
      }
      if (chunk !== undefined && chunk !== null)
        this.write(chunk, encoding);
      this.#is_sent || this._implicitHeader();
      if (typeof done === 'function')
        this.once('finish', done);
      this.finished = true;
      if (!this.destroyed)
        this._send_whole(this.#take());
      return this;
    }
    #take() {
      const whole = load('node/buffer').Buffer.concat(this.#chunks, this.#size);
      this.#chunks = [];
      return new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
    }
    /* For those who extend this class. */
    _send_whole() {}
    /* Whether anything was written. */
    get has_body() {
      return this.#size > 0;
    }
    /* The whole was handed over. */
    finish() {
      if (this.writableFinished || this.destroyed)
        return;
      this.writableFinished = true;
      this.emit('finish');
    }
    cork() {
      this.writableCorked++;
    }
    uncork() {
      this.writableCorked = Math.max(0, this.writableCorked - 1);
    }
    pipe() {
      this.emit('error', make(Error, 'ERR_STREAM_CANNOT_PIPE',
        'Cannot pipe, not readable'));
    }
    setTimeout(ms, done) {
      if (done)
        this.on('timeout', done);
      if (this.socket)
        this.socket.setTimeout(ms);
      else
        this.once('socket', (socket) => socket.setTimeout(ms));
      return this;
    }
    destroy(error) {
      if (this.destroyed)
        return this;
      this.destroyed = true;
      this.errored = error ?? null;
      return this;
    }
  }

  /* Headers as an object, a list of pairs or a flat list. */
  function each_header(headers, own) {
    if (headers === undefined || headers === null)
      return;
    if (!Array.isArray(headers)) {
      check_object(headers, 'options.headers');
      for (const name of Object.keys(headers))
        own(name, headers[name]);
      return;
    }
    if (headers.length && Array.isArray(headers[0])) {
      headers.forEach(([name, value]) => own(name, value));
      return;
    }
    if (headers.length % 2)
      throw arg_value('headers', headers);
    for (let at = 0; at < headers.length; at += 2)
      own(headers[at], headers[at + 1]);
  }

  return { OutgoingMessage, each_header };
})
