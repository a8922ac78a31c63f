/*
 * DOMException, Event, EventTarget, AbortController and AbortSignal (DOM
 * Standard). There is no tree, so an event has one target.
 */
'use strict';

(function ({ load, report }) {
  const { make, arg_type, check_number } = load('node/errors');
  /* The index of a name is its code (Web IDL, 2.8.1). The codes of "" are
   * obsolete. */
  const names = ['', 'IndexSizeError', '', 'HierarchyRequestError',
    'WrongDocumentError', 'InvalidCharacterError', '',
    'NoModificationAllowedError', 'NotFoundError', 'NotSupportedError',
    'InUseAttributeError', 'InvalidStateError', 'SyntaxError',
    'InvalidModificationError', 'NamespaceError', 'InvalidAccessError', '',
    'TypeMismatchError', 'SecurityError', 'NetworkError', 'AbortError',
    'URLMismatchError', 'QuotaExceededError', 'TimeoutError',
    'InvalidNodeTypeError', 'DataCloneError'];
  let is_exception;

  class DOMException extends Error {
    #name;
    constructor(message = '', options = 'Error') {
      const { name = 'Error', ...more } = typeof options === 'object' &&
        options ? options : { name: options };
      super(message, more);
      this.#name = String(name);
      Object.defineProperty(this, 'message', { value: this.message,
        configurable: true, writable: true, enumerable: false });
    }
    static {
      is_exception = (value) => #name in value;
    }
    get name() {
      return this.#name;
    }
    get code() {
      return this.#name === '' ? 0 : Math.max(0, names.indexOf(this.#name));
    }
  }
  load('own').tag(DOMException, 'DOMException');
  names.forEach((name, code) => {
    if (name !== '') {
      const constant = (name === 'QuotaExceededError' ? 'QuotaExceeded'
        : name.replace(/Error$/, '')).replace(/([a-z])([A-Z])/g, '$1_$2')
        .toUpperCase() + '_ERR';
      for (const object of [DOMException, DOMException.prototype])
        Object.defineProperty(object, constant,
          { value: code, enumerable: true });
    }
  });

  const need = (count, name) => {
    if (!count)
      throw make(TypeError, 'ERR_MISSING_ARGS', `${name} needs an argument`);
  };

  let inside; /* functions by which an EventTarget reaches into an Event */

  class Event {
    #type;
    #options;
    #stopped = false;
    #prevented = false;
    #target = null;
    #current = null;
    #time = performance.now();
    constructor(type, options) {
      need(arguments.length, 'Event');
      this.#type = String(type);
      this.#options = options ?? {};
      if (typeof this.#options !== 'object')
        throw arg_type('options', 'of type object', options);
    }
    static {
      inside = {
        is_event: (value) => typeof value === 'object' && value !== null &&
          #type in value,
        is_stopped: (event) => event.#stopped,
        reach(event, target) {
          event.#target = target;
          event.#current = target;
        },
        leave(event) {
          event.#current = null;
        },
      };
    }
    get type() {
      return this.#type;
    }
    get bubbles() {
      return Boolean(this.#options.bubbles);
    }
    get cancelable() {
      return Boolean(this.#options.cancelable);
    }
    get composed() {
      return Boolean(this.#options.composed);
    }
    get target() {
      return this.#target;
    }
    get srcElement() {
      return this.#target;
    }
    get currentTarget() {
      return this.#current;
    }
    get eventPhase() {
      return this.#current ? 2 : 0;
    }
    get timeStamp() {
      return this.#time;
    }
    get isTrusted() {
      return false;
    }
    get defaultPrevented() {
      return this.#prevented;
    }
    get returnValue() {
      return !this.#prevented;
    }
    get cancelBubble() {
      return this.#stopped;
    }
    preventDefault() {
      if (this.cancelable)
        this.#prevented = true;
    }
    stopPropagation() {}
    stopImmediatePropagation() {
      this.#stopped = true;
    }
    composedPath() {
      return this.#current ? [this.#current] : [];
    }
  }

  class CustomEvent extends Event {
    #detail;
    constructor(type, options) {
      super(type, options);
      this.#detail = options?.detail ?? null;
    }
    get detail() {
      return this.#detail;
    }
  }

  class EventTarget {
    #listeners = new Map();

    addEventListener(type, callback, options) {
      if (callback === undefined || callback === null)
        return;
      if (typeof callback !== 'function' && typeof callback !== 'object')
        throw arg_type('listener', 'an instance of EventListener', callback);
      type = String(type);
      const { once = false, signal } = typeof options === 'object' && options
        ? options : {};
      if (signal?.aborted)
        return;
      const list = this.#listeners.get(type) ?? [];
      if (list.some((listener) => listener.callback === callback))
        return;
      list.push({ callback, once });
      this.#listeners.set(type, list);
      signal?.addEventListener('abort',
        () => this.removeEventListener(type, callback), { once: true });
    }

    removeEventListener(type, callback) {
      type = String(type);
      const list = this.#listeners.get(type) ?? [];
      this.#listeners.set(type, list.filter((listener) => {
        listener.is_removed ||= listener.callback === callback;
        return !listener.is_removed;
      }));
    }

    dispatchEvent(event) {
      if (!inside.is_event(event))
        throw arg_type('event', 'an instance of Event', event);
      inside.reach(event, this);
      const list = [...this.#listeners.get(event.type) ?? []];
      for (const { callback, once, is_removed } of list) {
        if (inside.is_stopped(event))
          break;
        if (is_removed)
          continue;
        if (once)
          this.removeEventListener(event.type, callback);
        try {
          if (typeof callback === 'function')
            callback.call(this, event);
          else
            callback.handleEvent(event);
        } catch (error) {
          report(error);
        }
      }
      inside.leave(event);
      return !event.defaultPrevented;
    }
  }

  const make_key = Symbol('AbortSignal');

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason;
    #handler = null;

    constructor(key) {
      super();
      if (key !== make_key)
        throw make(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
    }
    get onabort() {
      return this.#handler;
    }
    set onabort(handler) {
      this.#handler = typeof handler === 'function' ? handler : null;
    }
    get aborted() {
      return this.#aborted;
    }
    get reason() {
      return this.#reason;
    }
    throwIfAborted() {
      if (this.#aborted)
        throw this.#reason;
    }
    static trigger(key, signal, reason) {
      if (key !== make_key || signal.#aborted)
        return;
      signal.#aborted = true;
      signal.#reason = reason === undefined
        ? new DOMException('This operation was aborted', 'AbortError') : reason;
      const event = new Event('abort');
      signal.dispatchEvent(event);
      try {
        signal.#handler?.call(signal, event);
      } catch (error) {
        report(error);
      }
    }
    static abort(reason) {
      const signal = new AbortSignal(make_key);
      AbortSignal.trigger(make_key, signal, reason);
      return signal;
    }
    static timeout(ms) {
      check_number(ms, 'delay', 0, 2 ** 32 - 1);
      const signal = new AbortSignal(make_key);
      load('timers').setTimeout(() => AbortSignal.trigger(make_key, signal,
        new DOMException('The operation was aborted due to timeout',
          'TimeoutError')), ms);
      return signal;
    }
    static any(signals) {
      const joined = new AbortSignal(make_key);
      for (const signal of signals) {
        if (signal.aborted) {
          AbortSignal.trigger(make_key, joined, signal.reason);
          break;
        }
        signal.addEventListener('abort', () =>
          AbortSignal.trigger(make_key, joined, signal.reason),
        { once: true });
      }
      return joined;
    }
  }

  class AbortController {
    #signal = new AbortSignal(make_key);
    get signal() {
      return this.#signal;
    }
    abort(reason) {
      AbortSignal.trigger(make_key, this.#signal, reason);
    }
  }

  load('own').tag(Event, 'Event');
  load('own').tag(CustomEvent, 'CustomEvent');
  load('own').tag(EventTarget, 'EventTarget');
  load('own').tag(AbortSignal, 'AbortSignal');
  load('own').tag(AbortController, 'AbortController');

  return { DOMException, is_exception, Event, CustomEvent, EventTarget,
    AbortSignal, AbortController };
})
