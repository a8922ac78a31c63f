/*
 * node:events: EventEmitter, once and on, for Node's emitters and the web's
 * event targets.
 */
'use strict';

(function ({ load }) {
  const errorMonitor = Symbol('events.errorMonitor');

  /* This is a function, because bundles call EventEmitter.call(this) and
   * inherit by prototype. */
  function EventEmitter() {
    lists_of(this);
  }

  function lists_of(emitter) {
    if (!Object.hasOwn(emitter, '_events'))
      Object.defineProperty(emitter, '_events',
        { value: new Map(), configurable: true });
    return emitter._events;
  }

  function remove(emitter, name, place) {
    const lists = lists_of(emitter);
    const list = lists.get(name) ?? [];
    if (place < 0)
      return;
    if (list.length > 1)
      lists.set(name, list.toSpliced(place, 1));
    else
      lists.delete(name);
    if (lists.has('removeListener'))
      emitter.emit('removeListener', name, list[place].listener);
  }

  function add(emitter, name, listener, first, once) {
    load('node/errors').check_function(listener, 'listener');
    const lists = lists_of(emitter);
    if (lists.has('newListener'))
      emitter.emit('newListener', name, listener);
    const list = [...lists.get(name) ?? []];
    list[first ? 'unshift' : 'push']({ listener, once });
    lists.set(name, list);
    return emitter;
  }

  function unhandled(value) {
    const text = load('inspect').inspect(value);
    return Object.assign(load('node/errors').make(Error,
      'ERR_UNHANDLED_ERROR', `Unhandled error. (${text})`), { context: value });
  }

  const methods = {
    on(name, listener) {
      return add(this, name, listener, false, false);
    },
    once(name, listener) {
      return add(this, name, listener, false, true);
    },
    prependListener(name, listener) {
      return add(this, name, listener, true, false);
    },
    prependOnceListener(name, listener) {
      return add(this, name, listener, true, true);
    },
    off(name, listener) {
      const list = lists_of(this).get(name) ?? [];
      remove(this, name,
        list.findLastIndex((each) => each.listener === listener));
      return this;
    },
    removeAllListeners(name) {
      const lists = lists_of(this);
      if (!lists.has('removeListener')) {
        if (name === undefined)
          lists.clear();
        else
          lists.delete(name);
        return this;
      }
      /* Listeners of removeListener hear of every other that goes. */
      const names = name === undefined ? [...lists.keys()]
        .filter((each) => each !== 'removeListener') : [name];
      for (const each of names)
        for (let left = this.listenerCount(each); left > 0; left--)
          remove(this, each, left - 1);
      if (name === undefined)
        lists.delete('removeListener');
      return this;
    },
    emit(name, ...values) {
      if (name === 'error' && lists_of(this).has(errorMonitor))
        this.emit(errorMonitor, ...values);
      const list = lists_of(this).get(name);
      if (!list) {
        if (name !== 'error')
          return false;
        throw values[0] instanceof Error ? values[0] : unhandled(values[0]);
      }
      for (const entry of list) {
        if (entry.once)
          remove(this, name, lists_of(this).get(name)?.indexOf(entry) ?? -1);
        entry.listener.apply(this, values);
      }
      return true;
    },
    listeners(name) {
      return (lists_of(this).get(name) ?? []).map(({ listener }) => listener);
    },
    listenerCount(name) {
      return lists_of(this).get(name)?.length ?? 0;
    },
    eventNames() {
      return [...lists_of(this).keys()];
    },
    setMaxListeners(count) {
      load('node/errors').check_number(count, 'setMaxListeners', 0);
      Object.defineProperty(this, '_maxListeners',
        { value: count, configurable: true });
      return this;
    },
    getMaxListeners() {
      return this._maxListeners ?? EventEmitter.defaultMaxListeners;
    },
  };
  methods.addListener = methods.on;
  methods.removeListener = methods.off;
  methods.rawListeners = methods.listeners;
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(EventEmitter.prototype, name,
      { value, configurable: true, writable: true });

  EventEmitter.defaultMaxListeners = 10;
  EventEmitter.EventEmitter = EventEmitter;
  EventEmitter.default = EventEmitter;
  /* Add a listener to a Node emitter or to an EventTarget. */
  function listen(emitter, name, listener) {
    if (typeof emitter?.on === 'function')
      emitter.on(name, listener);
    else if (typeof emitter?.addEventListener === 'function')
      emitter.addEventListener(name, listener);
    else
      throw load('node/errors').arg_type('emitter',
        'an instance of EventEmitter', emitter);
  }

  function leave(emitter, name, listener) {
    if (typeof emitter.off === 'function')
      emitter.off(name, listener);
    else
      emitter.removeEventListener(name, listener);
  }

  function signal_of(options) {
    const { check_signal, abort_error } = load('node/errors');
    check_signal(options?.signal, 'options.signal');
    if (options?.signal?.aborted)
      throw abort_error(options.signal);
    return options?.signal;
  }

  /* Node's emitters report an error as an event, EventTargets do not. */
  const reports_errors = (emitter, name) =>
    name !== 'error' && typeof emitter?.on === 'function';

  EventEmitter.once = async function once(emitter, name, options) {
    const signal = signal_of(options);
    const { promise, resolve, reject } = Promise.withResolvers();
    const done = (...values) => resolve(values);
    const cancelled = () => reject(load('node/errors').abort_error(signal));
    listen(emitter, name, done);
    if (reports_errors(emitter, name))
      listen(emitter, 'error', reject);
    signal?.addEventListener('abort', cancelled, { once: true });
    try {
      return await promise;
    } finally {
      leave(emitter, name, done);
      if (reports_errors(emitter, name))
        leave(emitter, 'error', reject);
      signal?.removeEventListener('abort', cancelled);
    }
  };

  /* An asynchronous iterator over the events from this call on. */
  EventEmitter.on = function on(emitter, name, options) {
    const signal = signal_of(options);
    const heard = [];
    const waiting = [];
    let failure = null;
    let has_ended = false;

    function done(...values) {
      if (waiting.length)
        waiting.shift().resolve({ value: values, done: false });
      else
        heard.push(values);
    }
    function failed(error) {
      if (waiting.length)
        waiting.shift().reject(error);
      else
        failure = { error };
      end();
    }
    const cancelled = () => failed(load('node/errors').abort_error(signal));
    function end() {
      has_ended = true;
      leave(emitter, name, done);
      if (reports_errors(emitter, name))
        leave(emitter, 'error', failed);
      signal?.removeEventListener('abort', cancelled);
      for (const { resolve } of waiting.splice(0))
        resolve({ value: undefined, done: true });
    }

    listen(emitter, name, done);
    if (reports_errors(emitter, name))
      listen(emitter, 'error', failed);
    signal?.addEventListener('abort', cancelled, { once: true });
    return {
      async next() {
        if (heard.length)
          return { value: heard.shift(), done: false };
        if (failure) {
          const { error } = failure;
          failure = null;
          throw error;
        }
        if (has_ended)
          return { value: undefined, done: true };
        waiting.push(Promise.withResolvers());
        return waiting.at(-1).promise;
      },
      async return() {
        end();
        return { value: undefined, done: true };
      },
      async throw(error) {
        failed(error);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };

  EventEmitter.errorMonitor = errorMonitor;
  EventEmitter.listenerCount = (emitter, name) => emitter.listenerCount(name);
  EventEmitter.getEventListeners = (emitter, name) => emitter.listeners(name);
  return EventEmitter;
})
