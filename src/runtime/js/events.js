/*
 * DOMException, Event, EventTarget, AbortController and AbortSignal (DOM
 * Standard), without a tree: an event has one target.
 */
'use strict';

(function ({ load, report }) {
  const codes = { IndexSizeError: 1, NotFoundError: 8, NotSupportedError: 9,
    InvalidStateError: 11, SyntaxError: 12, InvalidCharacterError: 5,
    NetworkError: 19, AbortError: 20, QuotaExceededError: 22,
    TimeoutError: 23, DataCloneError: 25 };

  class DOMException extends Error {
    #name;
    constructor(message = '', options = 'Error') {
      const name = typeof options === 'object' ? options.name ?? 'Error'
        : options;
      super(message, typeof options === 'object' ? options : undefined);
      this.#name = String(name);
    }
    get name() {
      return this.#name;
    }
    get code() {
      return codes[this.#name] ?? 0;
    }
  }

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

  return { DOMException, Event, CustomEvent, EventTarget, AbortSignal,
    AbortController };
})
