/*
 * node:events: the functions beside the class, for Node's emitters and the
 * web's event targets.
 */
'use strict';

(function ({ load }) {
  const EventEmitter = load('node/events');
  const { arg_type, check_function, check_string } = load('node/errors');

  /* Add a listener to a Node emitter or to an EventTarget. */
  function listen(emitter, name, listener) {
    if (typeof emitter?.on === 'function')
      emitter.on(name, listener);
    else if (typeof emitter?.addEventListener === 'function')
      emitter.addEventListener(name, listener);
    else
      throw arg_type('emitter',
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

  async function once(emitter, name, options) {
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
  }

  /* An asynchronous iterator over the events from this call on. */
  function on(emitter, name, options) {
    const signal = signal_of(options);
    /* Events after which no other comes. */
    const last = options?.close ?? [];
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
      for (const each of last)
        leave(emitter, each, end);
      signal?.removeEventListener('abort', cancelled);
      for (const { resolve } of waiting.splice(0))
        resolve({ value: undefined, done: true });
    }

    listen(emitter, name, done);
    if (reports_errors(emitter, name))
      listen(emitter, 'error', failed);
    for (const each of last)
      listen(emitter, each, end);
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
  }


  /* ---- both kinds ---- */

  const is_target = (value) => value instanceof EventTarget;
  const target_limits = new WeakMap();

  function need_emitter(name, value) {
    throw arg_type(name, 'an instance of EventEmitter or EventTarget', value);
  }

  function set_max(emitter, count) {
    if (is_target(emitter))
      target_limits.set(emitter, count);
    else if (typeof emitter?.setMaxListeners === 'function')
      emitter.setMaxListeners(count);
    else
      need_emitter('eventTargets', emitter);
  }

  function getMaxListeners(emitter) {
    if (typeof emitter?.getMaxListeners === 'function')
      return emitter.getMaxListeners();
    return is_target(emitter)
      ? target_limits.get(emitter) ?? EventEmitter.defaultMaxListeners
      : need_emitter('emitter', emitter);
  }

  function getEventListeners(emitter, name) {
    if (typeof emitter?.listeners === 'function')
      return emitter.listeners(name);
    return is_target(emitter)
      ? load('event_target').listeners_of(emitter, name)
      : need_emitter('emitter', emitter);
  }

  /* The listener can't be kept from its signal by another one. */
  function addAbortListener(signal, listener) {
    if (!(signal instanceof AbortSignal))
      throw arg_type('signal', 'an instance of AbortSignal', signal);
    check_function(listener, 'listener');
    let remove = () => {};
    if (signal.aborted) {
      queueMicrotask(() => listener());
    } else {
      signal.addEventListener('abort', listener, { once: true });
      remove = () => signal.removeEventListener('abort', listener);
    }
    return { [Symbol.dispose]: remove };
  }

  /* ---- with the stores of AsyncLocalStorage ---- */

  class EventEmitterReferencingAsyncResource
    extends load('node/async_hooks').AsyncResource {
    #emitter;
    constructor(emitter, name, options) {
      super(name, options);
      this.#emitter = emitter;
    }
    get eventEmitter() {
      return this.#emitter;
    }
  }

  class EventEmitterAsyncResource extends EventEmitter {
    #resource;
    constructor(options = {}) {
      super(options);
      const name = typeof options === 'string' ? options
        : options.name ?? (new.target === EventEmitterAsyncResource ? undefined
          : new.target.name);
      check_string(name, 'options.name');
      this.#resource = new EventEmitterReferencingAsyncResource(this, name,
        options);
    }
    emit(...values) {
      return this.#resource.runInAsyncScope(super.emit, this, ...values);
    }
    emitDestroy() {
      this.#resource.emitDestroy();
    }
    get asyncId() {
      return this.#resource.asyncId();
    }
    get triggerAsyncId() {
      return this.#resource.triggerAsyncId();
    }
    get asyncResource() {
      return this.#resource;
    }
  }

  return { once, on, getEventListeners, getMaxListeners, addAbortListener,
    set_max, EventEmitterAsyncResource };
})
