/*
 * What stands in a socket's place. The node makes the connections, so a request
 * has none of its own, but packages set options of it and wait for its events.
 */
'use strict';

(function ({ load }) {
  const { Duplex } = load('node/stream');

  class Socket extends Duplex {
    #timeout;
    constructor({ encrypted = false, remoteAddress, ...place } = {}) {
      super({ autoDestroy: false, emitClose: false });
      Object.assign(this, { connecting: false, pending: false, timeout: 0,
        bytesRead: 0, bytesWritten: 0, remoteAddress, remoteFamily:
          remoteAddress?.includes(':') ? 'IPv6' : 'IPv4', ...place });
      if (encrypted)
        Object.assign(this, { encrypted: true, authorized: true,
          alpnProtocol: false });
    }
    get readyState() {
      return this.destroyed ? 'closed' : 'open';
    }
    _read() {}
    /* Bytes that are written go nowhere, so their writer learns it. */
    _write(chunk, encoding, done) {
      done(load('node/unavailable').refusal('net', 'Socket.write'));
    }
    connect() {
      throw load('node/unavailable').refusal('net', 'Socket.connect');
    }
    setTimeout(ms, done) {
      load('timers').clearTimeout(this.#timeout);
      this.timeout = ms;
      if (done)
        this.once('timeout', done);
      if (ms > 0)
        this.#timeout = load('timers').setTimeout(() => this.emit('timeout'),
          ms);
      return this;
    }
    /* Something came or went. */
    refresh() {
      this.#timeout?.refresh();
    }
    /* The request is over; a connection that is kept goes on without it. */
    release() {
      load('timers').clearTimeout(this.#timeout);
    }
    _destroy(error, done) {
      this.release();
      done(error);
    }
    destroySoon() {
      this.destroy();
    }
    setNoDelay() {
      return this;
    }
    setKeepAlive() {
      return this;
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
    address() {
      return {};
    }
    getPeerCertificate() {
      return {};
    }
    getProtocol() {
      return null;
    }
  }

  /* Packages make these at load, to look at their classes, and extend them. */
  class NetSocket extends Socket {
    constructor() {
      super();
      this.pending = true;
    }
    static get name() {
      return 'Socket';
    }
  }

  /* Packages look for the class of a wrapped stream. */
  class TLSSocket extends NetSocket {
    static get name() {
      return 'TLSSocket';
    }
    constructor(stream) {
      super();
      this.encrypted = true;
      this._handle = { _parentWrap: stream };
    }
  }

  return { Socket, NetSocket, TLSSocket };
})
