/*
 * Events with a content of their own: ErrorEvent and PromiseRejectionEvent
 * (HTML Standard, 8.1.4), MessageEvent (9.1), CloseEvent (WebSockets Standard).
 */
'use strict';

(function ({ load }) {
  const { Event } = load('event_target');
  const { dictionary, need, usv } = load('web_idl');
  const { arg_type } = load('node/errors');

  class ErrorEvent extends Event {
    #options;
    constructor(type, options = undefined) {
      need(arguments.length, 1, 'ErrorEvent');
      super(type, options);
      const { message = '', filename = '', lineno = 0, colno = 0, error } =
        dictionary(options, 'options');
      this.#options = { message: `${message}`, filename: usv(filename),
        lineno: lineno >>> 0, colno: colno >>> 0, error };
    }
    get message() {
      return this.#options.message;
    }
    get filename() {
      return this.#options.filename;
    }
    get lineno() {
      return this.#options.lineno;
    }
    get colno() {
      return this.#options.colno;
    }
    get error() {
      return this.#options.error;
    }
  }

  class PromiseRejectionEvent extends Event {
    #promise;
    #reason;
    constructor(type, options) {
      need(arguments.length, 2, 'PromiseRejectionEvent');
      super(type, options);
      const { promise, reason } = dictionary(options, 'options');
      if (Object(promise) !== promise)
        throw arg_type('options.promise', 'an object', promise);
      this.#promise = promise;
      this.#reason = reason;
    }
    get promise() {
      return this.#promise;
    }
    get reason() {
      return this.#reason;
    }
  }

  /* Where a message came from: a port here, for there are no windows. */
  function check_source(source) {
    if (source !== null &&
      !(source instanceof load('message_port').MessagePort))
      throw arg_type('options.source', 'an instance of MessagePort', source);
  }

  function ports_of(value) {
    const ports = [...value];
    for (const port of ports)
      if (!(port instanceof load('message_port').MessagePort))
        throw arg_type('options.ports', 'a list of MessagePort', port);
    return Object.freeze(ports);
  }

  class MessageEvent extends Event {
    #options;
    constructor(type, options = undefined) {
      need(arguments.length, 1, 'MessageEvent');
      super(type, options);
      const { data = null, origin = '', lastEventId = '', source = null,
        ports = [] } = dictionary(options, 'options');
      check_source(source);
      this.#options = { data, origin: usv(origin), lastEventId:
        `${lastEventId}`, source, ports: ports_of(ports) };
    }
    get data() {
      return this.#options.data;
    }
    get origin() {
      return this.#options.origin;
    }
    get lastEventId() {
      return this.#options.lastEventId;
    }
    get source() {
      return this.#options.source;
    }
    get ports() {
      return this.#options.ports;
    }
    initMessageEvent(type, bubbles = false, cancelable = false, data = null,
      origin = '', lastEventId = '', source = null, ports = []) {
      need(arguments.length, 1, 'initMessageEvent');
      check_source(source);
      this.initEvent(type, bubbles, cancelable);
      this.#options = { data, origin: usv(origin), lastEventId:
        `${lastEventId}`, source, ports: ports_of(ports) };
    }
  }

  class CloseEvent extends Event {
    #was_clean;
    #code;
    #reason;
    constructor(type, options = undefined) {
      need(arguments.length, 1, 'CloseEvent');
      super(type, options);
      const { wasClean, code = 0, reason = '' } =
        dictionary(options, 'options');
      this.#was_clean = Boolean(wasClean);
      this.#code = code & 0xffff;
      this.#reason = usv(reason);
    }
    get wasClean() {
      return this.#was_clean;
    }
    get code() {
      return this.#code;
    }
    get reason() {
      return this.#reason;
    }
  }

  load('web_idl').tag(ErrorEvent, 'ErrorEvent');
  load('web_idl').tag(PromiseRejectionEvent, 'PromiseRejectionEvent');
  load('web_idl').tag(MessageEvent, 'MessageEvent');
  load('web_idl').tag(CloseEvent, 'CloseEvent');

  return { ErrorEvent, PromiseRejectionEvent, MessageEvent, CloseEvent };
})
