/*
 * MessageChannel, MessagePort and BroadcastChannel (HTML Standard, 9.4 and
 * 9.5). A task is one thread, so all ends are in the same worker.
 *
 * Each message is delivered in a turn of its own. A receiver has a queue and
 * at most one turn ordered, so that many messages need one timer.
 */
'use strict';

(function ({ load }) {
  const { make } = load('node/errors');
  const { DOMException } = load('dom_exception');
  const { EventTarget, dispatch, define_handlers } = load('event_target');
  const { dictionary, need } = load('web_idl');
  const { MessageEvent } = load('event_kinds');

  /* Calls deliver() for one message after another. */
  class Inbox {
    waiting = [];
    is_open = false;
    #is_ordered = false;
    #deliver;
    constructor(deliver) {
      this.#deliver = deliver;
    }
    put(message) {
      this.waiting.push(message);
      this.order();
    }
    open() {
      this.is_open = true;
      this.order();
    }
    shut() {
      this.is_open = false;
      this.waiting = [];
    }
    order() {
      if (!this.is_open || this.#is_ordered || !this.waiting.length)
        return;
      this.#is_ordered = true;
      load('timers').setImmediate(() => {
        this.#is_ordered = false;
        const message = this.waiting.shift();
        this.order();
        if (message && this.is_open)
          this.#deliver(message);
      });
    }
  }

  /* The second argument of postMessage(): a list, or {transfer}. */
  function transfer_of(options) {
    if (typeof options?.[Symbol.iterator] === 'function')
      return [...options];
    return [...dictionary(options, 'options').transfer ?? []];
  }

  let inside; /* functions on the inside of a port */
  let is_making = false;

  class MessagePort extends EventTarget {
    #other = null;
    #inbox = new Inbox(({ data, ports }) => dispatch(this,
      new MessageEvent('message', { data, ports }), true));
    #is_detached = false;

    constructor() {
      if (!is_making)
        throw make(TypeError, 'ERR_CONSTRUCT_CALL_INVALID',
          'Illegal constructor');
      super();
    }
    static {
      inside = {
        make() {
          is_making = true;
          try {
            return new MessagePort();
          } finally {
            is_making = false;
          }
        },
        is_port: (value) => Object(value) === value && #other in value,
        is_detached: (port) => port.#is_detached,
        entangle(one, other) {
          one.#other = other;
          other.#other = one;
        },
        /* The successor takes the port's place, with what waits for it. */
        move(port, successor) {
          const other = port.#other;
          port.#other = null;
          port.#is_detached = true;
          if (other)
            inside.entangle(successor, other);
          for (const message of port.#inbox.waiting)
            successor.#inbox.put(message);
          port.#inbox.shut();
        },
      };
    }
    postMessage(message, options = undefined) {
      need(arguments.length, 1, 'postMessage');
      const transfer = transfer_of(options);
      if (transfer.includes(this))
        throw new DOMException('Transfer list contains source port',
          'DataCloneError');
      const other = this.#other;
      const { copy, ports } = load('clone').pass(message, transfer);
      if (other && !transfer.includes(other))
        other.#inbox.put({ data: copy, ports });
    }
    start() {
      if (!this.#is_detached)
        this.#inbox.open();
    }
    /* What was sent before still arrives at the other end. */
    close() {
      const other = this.#other;
      this.#other = null;
      this.#is_detached = true;
      this.#inbox.shut();
      if (other)
        other.#other = null;
    }
    /* A worker lives as long as its task, whatever ports it has. */
    ref() {}
    unref() {}
  }
  define_handlers(MessagePort.prototype, ['message', 'messageerror']);
  start_with_handler();

  /* Setting onmessage starts the port. */
  function start_with_handler() {
    const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype,
      'onmessage');
    Object.defineProperty(MessagePort.prototype, 'onmessage', { get,
      configurable: true, enumerable: true,
      set(handler) {
        set.call(this, handler);
        this.start();
      } });
  }

  class MessageChannel {
    #port1 = inside.make();
    #port2 = inside.make();
    constructor() {
      inside.entangle(this.#port1, this.#port2);
    }
    get port1() {
      return this.#port1;
    }
    get port2() {
      return this.#port2;
    }
  }

  /* name -> open channels */
  const channels = new Map();

  class BroadcastChannel extends EventTarget {
    #name;
    #is_closed = false;
    #inbox = new Inbox((data) =>
      dispatch(this, new MessageEvent('message', { data }), true));

    constructor(name) {
      need(arguments.length, 1, 'BroadcastChannel');
      super();
      this.#name = `${name}`;
      this.#inbox.open();
      channels.set(this.#name, [...channels.get(this.#name) ?? [], this]);
    }
    get name() {
      return this.#name;
    }
    postMessage(message) {
      need(arguments.length, 1, 'postMessage');
      if (this.#is_closed)
        throw new DOMException('The channel is closed', 'InvalidStateError');
      const { copy } = load('clone').pass(message, []);
      for (const channel of channels.get(this.#name))
        if (channel !== this)
          channel.#inbox.put(load('clone').pass(copy, []).copy);
    }
    close() {
      if (this.#is_closed)
        return;
      this.#is_closed = true;
      this.#inbox.shut();
      const rest = channels.get(this.#name).filter((each) => each !== this);
      if (rest.length)
        channels.set(this.#name, rest);
      else
        channels.delete(this.#name);
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
  }
  define_handlers(BroadcastChannel.prototype, ['message', 'messageerror']);

  load('web_idl').tag(MessagePort, 'MessagePort');
  load('web_idl').tag(MessageChannel, 'MessageChannel');
  load('web_idl').show(MessageChannel, ['port1', 'port2']);
  load('web_idl').tag(BroadcastChannel, 'BroadcastChannel');

  return { MessagePort, MessageChannel, BroadcastChannel,
    is_port: inside.is_port, is_detached: inside.is_detached,
    make_port: inside.make, move_port: inside.move };
})
