/*
 * node:events: EventEmitter, once and on.
 */
'use strict';

(function ({ load }) {
  /* A function, because bundles call EventEmitter.call(this) and inherit by
   * prototype. */
  function EventEmitter() {
    lists_of(this);
  }

  function lists_of(emitter) {
    if (!Object.hasOwn(emitter, '_events'))
      Object.defineProperty(emitter, '_events',
        { value: new Map(), configurable: true });
    return emitter._events;
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
      const place = list.findLastIndex((each) => each.listener === listener);
      if (place < 0)
        return this;
      const rest = list.toSpliced(place, 1);
      if (rest.length)
        lists_of(this).set(name, rest);
      else
        lists_of(this).delete(name);
      if (lists_of(this).has('removeListener'))
        this.emit('removeListener', name, listener);
      return this;
    },
    removeAllListeners(name) {
      if (name === undefined)
        lists_of(this).clear();
      else
        lists_of(this).delete(name);
      return this;
    },
    emit(name, ...values) {
      const list = lists_of(this).get(name);
      if (!list) {
        if (name !== 'error')
          return false;
        throw values[0] instanceof Error ? values[0] : unhandled(values[0]);
      }
      for (const { listener, once } of list) {
        if (once)
          this.off(name, listener);
        listener.apply(this, values);
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
    setMaxListeners() {
      return this;
    },
    getMaxListeners() {
      return EventEmitter.defaultMaxListeners;
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
  EventEmitter.once = function once(emitter, name) {
    return new Promise((resolve, reject) => {
      const done = (...values) => {
        emitter.off('error', failed);
        resolve(values);
      };
      const failed = (error) => {
        emitter.off(name, done);
        reject(error);
      };
      emitter.once(name, done);
      if (name !== 'error')
        emitter.once('error', failed);
    });
  };
  return EventEmitter;
})
