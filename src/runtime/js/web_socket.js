/*
 * WebSocket (WebSockets Standard). The node keeps the connection, under the
 * task's network rules. Here is one reader for each socket, which asks the node
 * for one message after the other, so a slow task makes the peer wait.
 */
'use strict';

(function (library) {
  const { load } = library;
  const { EventTarget, Event, dispatch, define_handlers } =
    load('event_target');
  const { MessageEvent, CloseEvent, ErrorEvent } = load('event_kinds');
  const { DOMException } = load('dom_exception');
  const { need, is_buffer_source } = load('web_idl');
  const { token } = load('headers');

  const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
  const reason_max = 123;
  /* Of a connection that ended without a goodbye (RFC 6455, 7.4.1). */
  const abnormal = 1006;

  const syntax = (text) => new DOMException(text, 'SyntaxError');

  function url_of(input) {
    const url = load('url').URL.parse(String(input));
    if (!url)
      throw syntax(`Invalid URL: ${input}`);
    if (url.protocol === 'http:' || url.protocol === 'https:')
      url.protocol = url.protocol.replace('http', 'ws');
    if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
      throw syntax('Expected a ws: or wss: protocol, got ' + url.protocol);
    if (url.hash || url.href.endsWith('#'))
      throw syntax('Got fragment');
    return url;
  }

  /* A text, a list, or Node's {protocols}. */
  function protocols_of(given) {
    if (given && typeof given === 'object' && !given[Symbol.iterator])
      given = given.protocols ?? [];
    const list = typeof given === 'string' ? [given]
      : Array.from(given, String);
    if (list.some((name) => !token.test(name)) ||
      new Set(list.map((name) => name.toLowerCase())).size !== list.length)
      throw syntax('Invalid Sec-WebSocket-Protocol value');
    return list;
  }

  /* What is sent: {bytes, is_binary}. */
  function message_of(data) {
    if (is_buffer_source(data))
      return { bytes: new Uint8Array(load('encoding').view_of(data)),
        is_binary: true };
    const { is_blob, blob_bytes } = load('blob');
    if (Object(data) === data && is_blob(data))
      return { bytes: blob_bytes(data), is_binary: true };
    return { bytes: library.native.encode_utf8(String(data).toWellFormed()),
      is_binary: false };
  }

  class WebSocket extends EventTarget {
    #url;
    #state = states.CONNECTING;
    #protocol = '';
    #binary_type = 'blob';
    #buffered = 0;
    #id;
    #given_up = new AbortController();
    /* What was sent goes out one after the other. */
    #sent = Promise.resolve();

    constructor(url, protocols = []) {
      need(arguments.length, 1, 'WebSocket');
      super();
      this.#url = url_of(url);
      this.#run(protocols_of(protocols));
    }
    get url() {
      return this.#url.href;
    }
    get readyState() {
      return this.#state;
    }
    get bufferedAmount() {
      return this.#buffered;
    }
    get extensions() {
      this.#state;
      return '';
    }
    get protocol() {
      return this.#protocol;
    }
    get binaryType() {
      return this.#binary_type;
    }
    set binaryType(type) {
      if (type === 'blob' || type === 'arraybuffer')
        this.#binary_type = type;
    }

    send(data) {
      need(arguments.length, 1, 'WebSocket.send');
      const { bytes, is_binary } = message_of(data);
      if (this.#state === states.CONNECTING)
        throw new DOMException('Sent before connected.', 'InvalidStateError');
      this.#buffered += bytes.length;
      if (this.#state !== states.OPEN)
        return;
      this.#sent = this.#sent.then(() => library.ask('webSocketSend',
        [this.#id, is_binary], bytes, undefined, true)).then(() => {
        this.#buffered -= bytes.length;
      }, (error) => this.#fail(error));
    }

    close(code = undefined, reason = '') {
      if (code !== undefined) {
        code = Math.min(Math.max(Math.trunc(Number(code)) || 0, 0), 65535);
        if (code !== 1000 && (code < 3000 || code > 4999))
          throw new DOMException('invalid code', 'InvalidAccessError');
      }
      reason = String(reason).toWellFormed();
      if (library.native.encode_utf8(reason).length > reason_max)
        throw syntax('Reason must be less than 123 bytes');
      if (this.#state >= states.CLOSING)
        return;
      const was_open = this.#state === states.OPEN;
      this.#state = states.CLOSING;
      if (!was_open) {
        this.#given_up.abort(new Error('WebSocket is closed before the ' +
          'connection is established'));
        return;
      }
      /* A reason needs a code. */
      const number = code ?? (reason === '' ? 0 : 1000);
      this.#sent = this.#sent.then(() => library.ask('webSocketClose',
        [this.#id, number, reason], undefined, undefined, true))
        .catch(() => {});
    }

    /* The end of what can't go on; the node may still have the connection. */
    #fail(error) {
      if (this.#id !== undefined && this.#state < states.CLOSED)
        library.ask('webSocketClose', [this.#id, 0, ''], undefined, undefined,
          true).catch(() => {});
      this.#end({ code: abnormal, reason: '', clean: false,
        error: error.message });
    }

    #end({ code, reason, clean, error }) {
      if (this.#state === states.CLOSED)
        return;
      this.#state = states.CLOSED;
      if (!clean)
        dispatch(this, new ErrorEvent('error', { error: new Error(error),
          message: error }), true);
      dispatch(this, new CloseEvent('close', { code, reason,
        wasClean: clean }), true);
    }

    #deliver(kind, payload) {
      if (this.#state !== states.OPEN)
        return;
      const bytes = payload ?? new Uint8Array(0);
      let data;
      if (kind === 'text')
        data = library.native.decode_utf8(bytes, false);
      else if (this.#binary_type === 'blob')
        data = new (load('blob').Blob)([bytes]);
      else
        data = bytes.slice().buffer;
      dispatch(this, new MessageEvent('message', { data,
        origin: this.#url.origin }), true);
    }

    async #run(protocols) {
      try {
        const { result } = await library.ask('webSocketOpen',
          [{ url: this.#url.href, protocols }], undefined,
          this.#given_up.signal);
        if (result.kind === 'close') {
          this.#end(result);
          return;
        }
        this.#id = result.socket;
        this.#protocol = result.protocol;
        this.#state = states.OPEN;
        dispatch(this, new Event('open'), true);
        await this.#read();
      } catch (error) {
        this.#fail(error);
      }
    }

    async #read() {
      while (this.#state !== states.CLOSED) {
        const { result, payload } = await library.ask('webSocketRead',
          [this.#id], undefined, undefined, true);
        if (result.kind === 'close')
          this.#end(result);
        else
          this.#deliver(result.kind, payload);
      }
    }
  }

  define_handlers(WebSocket.prototype, ['open', 'error', 'close', 'message']);
  for (const [name, value] of Object.entries(states))
    for (const object of [WebSocket, WebSocket.prototype])
      Object.defineProperty(object, name, { value, enumerable: true });
  load('web_idl').tag(WebSocket, 'WebSocket');

  return { WebSocket };
})
