/*
 * DOMException, Event, EventTarget, AbortController and AbortSignal (DOM
 * Standard), without a tree: an event has one target.
 */
'use strict';

(function ({ load, report }) {
  /* Names by their codes (Web IDL, 2.8.1); "" is no longer used. */
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

  class Event {
    #stopped = false;
    #prevented = false;
    constructor(type, { bubbles = false, cancelable = false,
      composed = false } = {}) {
      this.type = String(type);
      this.bubbles = Boolean(bubbles);
      this.cancelable = Boolean(cancelable);
      this.composed = Boolean(composed);
      this.target = null;
      this.currentTarget = null;
      this.timeStamp = performance.now();
      this.isTrusted = false;
    }
    get defaultPrevented() {
      return this.#prevented;
    }
    get stopped() {
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
      return this.target ? [this.target] : [];
    }
  }

  class CustomEvent extends Event {
    constructor(type, options = {}) {
      super(type, options);
      this.detail = options.detail ?? null;
    }
  }

  class EventTarget {
    #listeners = new Map();

    addEventListener(type, callback, options) {
      if (!callback)
        return;
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
      const list = this.#listeners.get(type) ?? [];
      this.#listeners.set(type,
        list.filter((listener) => listener.callback !== callback));
    }

    dispatchEvent(event) {
      event.target = this;
      event.currentTarget = this;
      const own = this['on' + event.type];
      const list = [...this.#listeners.get(event.type) ?? []];
      if (typeof own === 'function')
        list.push({ callback: own });
      for (const { callback, once } of list) {
        if (event.stopped)
          break;
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
      event.currentTarget = null;
      return !event.defaultPrevented;
    }
  }

  const make_key = Symbol('AbortSignal');

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason;
    onabort = null;

    constructor(key) {
      super();
      if (key !== make_key)
        throw new TypeError('an AbortSignal comes from an AbortController');
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
        ? new DOMException('the operation was aborted', 'AbortError') : reason;
      signal.dispatchEvent(new Event('abort'));
    }
    static abort(reason) {
      const signal = new AbortSignal(make_key);
      AbortSignal.trigger(make_key, signal, reason);
      return signal;
    }
    static timeout(ms) {
      const signal = new AbortSignal(make_key);
      load('timers').setTimeout(() => AbortSignal.trigger(make_key, signal,
        new DOMException('the operation timed out', 'TimeoutError')), ms);
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

  return { DOMException, is_exception, Event, CustomEvent, EventTarget, AbortSignal,
    AbortController };
})
