/*
 * http.IncomingMessage: the head and the body of an answer or a request that
 * has come.
 */
'use strict';

(function ({ load }) {
  const { Readable } = load('node/stream');
  const { join_headers, collect_headers } = load('node/http_headers');
  const { make } = load('node/errors');

  class IncomingMessage extends Readable {
    #list = [];
    #headers;
    #distinct;
    #source = null;
    #joins_all = false;

    constructor(socket, options) {
      super({ autoDestroy: true, highWaterMark: options?.highWaterMark });
      Object.assign(this, { socket, httpVersionMajor: 1, httpVersionMinor: 1,
        httpVersion: '1.1', complete: false, rawHeaders: [], rawTrailers: [],
        trailers: {}, trailersDistinct: Object.create(null),
        joinDuplicateHeaders: undefined, aborted: false, upgrade: null,
        url: '', method: null, statusCode: null, statusMessage: null,
        client: socket, _consumed: false, _dumped: false });
    }

    /* list is [[name, value], ...]. source gives chunk after chunk: it is an
     * asynchronous iterator of bytes. */
    fill(list, source, joins_all = false) {
      this.#list = list;
      this.#joins_all = joins_all;
      this.rawHeaders = list.flat();
      this.#source = source;
    }
    get connection() {
      return this.socket;
    }
    set connection(value) {
      this.socket = value;
    }
    get headers() {
      this.#headers ??= join_headers(this.#list, this.#joins_all);
      return this.#headers;
    }
    set headers(value) {
      this.#headers = value;
    }
    get headersDistinct() {
      this.#distinct ??= collect_headers(this.#list);
      return this.#distinct;
    }
    set headersDistinct(value) {
      this.#distinct = value;
    }
    _read() {
      this._consumed = true;
      if (!this.#source) {
        this.complete = true;
        this.push(null);
        return;
      }
      this.#source.next().then(({ value, done }) => {
        if (this.destroyed)
          return;
        this.socket?.refresh?.();
        if (done) {
          this.complete = true;
          this.push(null);
        } else {
          this.push(load('node/buffer').Buffer.from(value.buffer,
            value.byteOffset, value.length));
        }
      }, (error) => this.destroy(error));
    }
    _destroy(error, done) {
      if (!this.complete) {
        this.aborted = true;
        this.emit('aborted');
        Promise.resolve(this.#source?.return?.()).catch(() => {});
        /* As for a connection that broke. */
        if (!error && this.listenerCount('error') > 0)
          error = make(Error, 'ECONNRESET', 'aborted');
      }
      process.nextTick(done, error);
    }
    setTimeout(ms, done) {
      if (done)
        this.on('timeout', done);
      this.socket?.setTimeout?.(ms);
      return this;
    }
    /* Nobody wants the body. */
    _dump() {
      if (this._dumped)
        return;
      this._dumped = true;
      this.resume();
    }
  }

  return { IncomingMessage };
})
