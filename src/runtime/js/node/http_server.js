/*
 * http.Server without a port. A task can't listen, but the node serves it
 * below /task/ID: from listen() on, the server's handler answers the requests
 * that no route of the task's own application answers.
 */
'use strict';

(function ({ load, native }) {
  const EventEmitter = load('node/events');
  const { OutgoingMessage, each_header } = load('node/http_outgoing');
  const { IncomingMessage } = load('node/http_incoming');
  const { Socket } = load('node/http_socket');
  const { reason_of } = load('node/http_headers');
  const { make, check_function } = load('node/errors');

  class ServerResponse extends OutgoingMessage {
    #done;
    constructor(request, done) {
      super();
      this.req = request;
      this.statusCode = 200;
      this.statusMessage = undefined;
      this.sendDate = true;
      this.#done = done;
    }
    assignSocket(socket) {
      this.socket = socket;
      this.emit('socket', socket);
    }
    detachSocket() {
      this.socket = null;
    }
    writeHead(status, reason, headers) {
      if (this.headersSent)
        throw make(Error, 'ERR_HTTP_HEADERS_SENT',
          'Cannot write headers after they are sent to the client');
      status |= 0;
      if (status < 100 || status > 999)
        throw make(RangeError, 'ERR_HTTP_INVALID_STATUS_CODE',
          `Invalid status code: ${status}`);
      if (typeof reason !== 'string')
        [reason, headers] = [undefined, reason ?? headers];
      this.statusMessage = reason ?? this.statusMessage ??
        reason_of(status) ?? 'unknown';
      this.statusCode = status;
      each_header(headers, (name, value) => this.setHeader(name, value));
      super._implicitHeader();
      return this;
    }
    writeHeader(...values) {
      return this.writeHead(...values);
    }
    _implicitHeader() {
      this.writeHead(this.statusCode);
    }
    writeContinue() {}
    writeProcessing() {}
    writeEarlyHints(hints, done) {
      if (typeof done === 'function')
        done();
    }
    _send_whole(bytes) {
      this.#done?.({ status: this.statusCode, headers: this.header_list(),
        bytes });
      process.nextTick(() => {
        this.finish();
        this.closed = true;
        this.emit('close');
      });
    }
    destroy(error) {
      if (this.destroyed || this.finished)
        return this;
      super.destroy(error);
      this.#done?.(null);
      process.nextTick(() => {
        this.closed = true;
        if (error && this.listenerCount('error') > 0)
          this.emit('error', error);
        this.emit('close');
      });
      return this;
    }
  }

  /* Servers that listen, the last first. */
  const listening = [];

  /* koii/app.js asks this for requests that the task's routes do not answer.
   * request and response are of koii/. Returns false if no server listens. */
  function serve(request, response) {
    const server = listening[0];
    if (!server)
      return false;
    const socket = new Socket({ remoteAddress: request.socket.remoteAddress });
    const own = new IncomingMessage(socket);
    const { rawHeaders: flat } = request;
    own.fill(flat.filter((each, at) => at % 2 === 0)
      .map((name, at) => [name, flat[2 * at + 1]]), request.pieces());
    own.method = request.method;
    own.url = request.originalUrl;
    const answer = new ServerResponse(own, (whole) => {
      if (!whole) {
        response.destroy();
        return;
      }
      for (const [name, value] of whole.headers)
        response.appendHeader(name, value);
      response.statusCode = whole.status;
      response.end(whole.bytes);
    });
    answer.assignSocket(socket);
    server.emit('request', own, answer);
    return true;
  }

  class Server extends EventEmitter {
    #place = null;
    constructor(options, listener) {
      super();
      if (typeof options === 'function')
        [options, listener] = [undefined, options];
      if (listener !== undefined) {
        check_function(listener, 'requestListener');
        this.on('request', listener);
      }
      Object.assign(this, { timeout: 0, keepAliveTimeout: 5000,
        headersTimeout: 60000, requestTimeout: 300000, maxHeadersCount: null,
        maxRequestsPerSocket: 0, maxConnections: undefined, connections: 0 });
    }
    get listening() {
      return this.#place !== null;
    }
    /* [port][, host][, backlog][, callback], or an object. */
    listen(...values) {
      const done = values.find((value) => typeof value === 'function');
      if (this.#place)
        throw make(Error, 'ERR_SERVER_ALREADY_LISTEN',
          'Listen method has been called more than once without closing.');
      const [first] = values;
      const port = Number(typeof first === 'object' && first !== null
        ? first.port : first) || 0;
      this.#place = { address: '::', family: 'IPv6', port };
      listening.unshift(this);
      native.log('info', `a server of the task's own${port
        ? ` (port ${port})` : ''} is served by the node below /task/ID; no ` +
        'port is opened');
      if (done)
        this.once('listening', done);
      process.nextTick(() => this.emit('listening'));
      return this;
    }
    close(done) {
      if (!this.#place) {
        if (typeof done === 'function')
          process.nextTick(done, make(Error, 'ERR_SERVER_NOT_RUNNING',
            'Server is not running.'));
        return this;
      }
      this.#place = null;
      listening.splice(listening.indexOf(this), 1);
      if (typeof done === 'function')
        this.once('close', done);
      process.nextTick(() => this.emit('close'));
      return this;
    }
    address() {
      return this.#place;
    }
    setTimeout(ms, done) {
      this.timeout = ms;
      if (typeof done === 'function')
        this.on('timeout', done);
      return this;
    }
    getConnections(done) {
      process.nextTick(done, null, 0);
      return this;
    }
    closeAllConnections() {}
    closeIdleConnections() {}
    ref() {
      return this;
    }
    unref() {
      return this;
    }
  }

  return { Server, ServerResponse, serve };
})
