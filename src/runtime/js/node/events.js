/*
 * node:events: EventEmitter. Packages look into its fields, so they are Node's:
 * _events has for each event a function or an array of functions, and a
 * listener for one time is a wrapper with the field listener. The functions beside the
 * class are in events_functions.js.
 */
'use strict';

(function ({ load }) {
  const errorMonitor = Symbol('events.errorMonitor');
  const capture = Symbol('kCapture');
  const rejection = Symbol.for('nodejs.rejection');
  const { check_boolean, check_function, check_number, make } =
    load('node/errors');

  let max_default = 10;
  let captures_default = false;

  /* This is a function, because bundles call EventEmitter.call(this) and
   * inherit by prototype. */
  function EventEmitter(options) {
    EventEmitter.init.call(this, options);
  }

  EventEmitter.init = function init(options) {
    /* What is inherited belongs to the prototype. */
    if (this._events === undefined ||
      this._events === Object.getPrototypeOf(this)._events) {
      this._events = Object.create(null);
      this._eventsCount = 0;
    }
    this._maxListeners ||= undefined;
    if (options?.captureRejections) {
      check_boolean(options.captureRejections, 'options.captureRejections');
      this[capture] = Boolean(options.captureRejections);
    } else {
      this[capture] = EventEmitter.prototype[capture];
    }
  };

  /* ---- lists ---- */

  function list_of(emitter, name) {
    const list = emitter._events?.[name];
    return list === undefined ? [] : typeof list === 'function' ? [list] : list;
  }

  /* An array in use is not changed, so emit() can walk it. */
  function set_list(emitter, name, list) {
    if (list.length) {
      if (emitter._events[name] === undefined)
        emitter._eventsCount++;
      emitter._events[name] = list.length === 1 ? list[0] : list;
    } else if (--emitter._eventsCount === 0) {
      emitter._events = Object.create(null);
    } else {
      delete emitter._events[name];
    }
  }

  function warn_of_leak(emitter, name, list) {
    const max = max_of(emitter);
    if (max <= 0 || list.length <= max || list.warned)
      return;
    list.warned = true;
    const own = emitter.constructor?.name ?? 'EventEmitter';
    const warning = new Error('Possible EventEmitter memory leak detected. ' +
      `${list.length} ${String(name)} listeners added to [${own}]. ` +
      `MaxListeners is ${max}. Use emitter.setMaxListeners() to increase ` +
      'limit');
    warning.name = 'MaxListenersExceededWarning';
    process.emitWarning(Object.assign(warning,
      { emitter, type: name, count: list.length }));
  }

  function add(emitter, name, listener, is_first) {
    check_function(listener, 'listener');
    if (emitter._events === undefined) {
      emitter._events = Object.create(null);
      emitter._eventsCount = 0;
    } else if (emitter._events.newListener !== undefined) {
      emitter.emit('newListener', name, listener.listener ?? listener);
    }
    const before = list_of(emitter, name);
    const list = is_first ? [listener, ...before] : [...before, listener];
    if (before.warned)
      list.warned = true;
    set_list(emitter, name, list);
    warn_of_leak(emitter, name, list);
    return emitter;
  }

  /* given is what the caller wants to remove: a listener or its wrapper. */
  function remove(emitter, name, place, given) {
    const list = list_of(emitter, name);
    if (place < 0)
      return;
    const listener = list.length > 1 ? given
      : list[place].listener ?? list[place];
    set_list(emitter, name, list.toSpliced(place, 1));
    if (emitter._events.removeListener !== undefined)
      emitter.emit('removeListener', name, listener);
  }

  /* A listener that removes itself before it runs. */
  function once_of(emitter, name, listener) {
    check_function(listener, 'listener');
    let is_done = false;
    function wrapper(...values) {
      if (is_done)
        return undefined;
      is_done = true;
      emitter.removeListener(name, wrapper);
      return Reflect.apply(listener, emitter, values);
    }
    wrapper.listener = listener;
    return wrapper;
  }

  /* ---- events ---- */

  function unhandled(value) {
    if (value instanceof Error)
      return value;
    let text;
    try {
      text = load('inspect').inspect(value);
    } catch {
      text = String(value);
    }
    return Object.assign(make(Error, 'ERR_UNHANDLED_ERROR',
      `Unhandled error. (${text})`), { context: value });
  }

  /* A promise of a listener that is rejected is an error of the emitter. */
  function watch(emitter, result, name, values) {
    result.then(undefined, (error) => process.nextTick(() => {
      if (typeof emitter[rejection] === 'function') {
        emitter[rejection](error, name, ...values);
        return;
      }
      const before = emitter[capture];
      try {
        emitter[capture] = false;
        emitter.emit('error', error);
      } finally {
        emitter[capture] = before;
      }
    }));
  }

  function emit(name, ...values) {
    const events = this._events;
    if (name === 'error') {
      if (events?.[errorMonitor] !== undefined)
        this.emit(errorMonitor, ...values);
      if (events?.error === undefined)
        throw unhandled(values[0]);
    }
    const list = events?.[name];
    if (list === undefined)
      return false;
    for (const listener of typeof list === 'function' ? [list] : list) {
      const result = Reflect.apply(listener, this, values);
      if (this[capture] && typeof result?.then === 'function')
        watch(this, result, name, values);
    }
    return true;
  }

  const max_of = (emitter) => emitter._maxListeners ?? max_default;

  function count_of(emitter, name, listener) {
    const list = list_of(emitter, name);
    return listener === undefined || listener === null ? list.length
      : list.filter((each) => each === listener ||
        each.listener === listener).length;
  }

  function remove_all(emitter, name) {
    const names = name === undefined
      ? Reflect.ownKeys(emitter._events ?? {})
        .filter((each) => each !== 'removeListener')
      : [name];
    /* The latest goes first. */
    for (const each of names)
      for (let left = list_of(emitter, each).length; left > 0; left--)
        remove(emitter, each, left - 1, list_of(emitter, each)[left - 1]);
    if (name === undefined && emitter._events) {
      emitter._events = Object.create(null);
      emitter._eventsCount = 0;
    }
  }

  const methods = {
    setMaxListeners(count) {
      check_number(count, 'setMaxListeners', 0);
      this._maxListeners = count;
      return this;
    },
    getMaxListeners() {
      return max_of(this);
    },
    emit,
    addListener(name, listener) {
      return add(this, name, listener, false);
    },
    prependListener(name, listener) {
      return add(this, name, listener, true);
    },
    once(name, listener) {
      this.on(name, once_of(this, name, listener));
      return this;
    },
    prependOnceListener(name, listener) {
      this.prependListener(name, once_of(this, name, listener));
      return this;
    },
    removeListener(name, listener) {
      check_function(listener, 'listener');
      remove(this, name, list_of(this, name).findLastIndex((each) =>
        each === listener || each.listener === listener), listener);
      return this;
    },
    removeAllListeners(name) {
      remove_all(this, arguments.length ? name : undefined);
      return this;
    },
    listeners(name) {
      return list_of(this, name).map((each) => each.listener ?? each);
    },
    rawListeners(name) {
      return [...list_of(this, name)];
    },
    listenerCount(name, listener) {
      return count_of(this, name, listener);
    },
    eventNames() {
      return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
    },
  };
  const { prototype } = EventEmitter;
  Object.assign(prototype, { _events: undefined, _eventsCount: 0,
    _maxListeners: undefined });
  for (const [name, method] of Object.entries(methods)) {
    prototype[name] = method;
    if (name === 'addListener')
      prototype.on = method;
    else if (name === 'removeListener')
      prototype.off = method;
  }
  Object.defineProperty(EventEmitter.prototype, capture,
    { value: false, writable: true });

  /* ---- the module ---- */

  Object.defineProperties(EventEmitter, {
    captureRejections: { configurable: true, enumerable: true,
      get: () => captures_default,
      set(value) {
        check_boolean(value, 'EventEmitter.captureRejections');
        captures_default = value;
        EventEmitter.prototype[capture] = value;
      } },
    defaultMaxListeners: { configurable: true, enumerable: true,
      get: () => max_default,
      set(value) {
        check_number(value, 'defaultMaxListeners', 0);
        max_default = value;
      } },
    EventEmitterAsyncResource: { configurable: true, enumerable: true,
      get: () => load('node/events_functions').EventEmitterAsyncResource },
  });
  Object.assign(EventEmitter, {
    EventEmitter, errorMonitor, captureRejectionSymbol: rejection,
    usingDomains: false,
    kMaxEventTargetListeners: Symbol('events.maxEventTargetListeners'),
    kMaxEventTargetListenersWarned:
      Symbol('events.maxEventTargetListenersWarned'),
    listenerCount: (emitter, name) =>
      typeof emitter.listenerCount === 'function' ? emitter.listenerCount(name)
        : count_of(emitter, name),
    /* Targets have their limit for themselves. */
    setMaxListeners(count = max_default, ...emitters) {
      check_number(count, 'setMaxListeners', 0);
      if (!emitters.length)
        max_default = count;
      for (const emitter of emitters)
        load('node/events_functions').set_max(emitter, count);
    },
  });
  for (const name of ['once', 'on', 'getEventListeners', 'getMaxListeners',
    'addAbortListener'])
    EventEmitter[name] = { [name]: (...values) =>
      load('node/events_functions')[name](...values) }[name];
  return EventEmitter;
})
