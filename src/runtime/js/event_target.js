/*
 * Event, CustomEvent and EventTarget (DOM Standard, 2). There is no tree, so an
 * event has one target; its listeners still run in two phases, those for
 * capturing first.
 */
'use strict';

(function (library) {
  const { load, report } = library;
  const { arg_type } = load('node/errors');
  const { DOMException } = load('dom_exception');
  const { need, dictionary, invalid_this } = load('web_idl');

  let inside; /* functions by which an EventTarget reaches into an Event */

  class Event {
    #type;
    #bubbles;
    #cancelable;
    #composed;
    #target = null;
    #current = null;
    #is_dispatched = false;
    #is_stopped = false;
    #is_stopped_now = false;
    #is_prevented = false;
    #is_passive = false;
    #is_trusted = false;
    /* A spare loads this file before its task begins. */
    #time = library.now() - library.began;

    constructor(type, options = undefined) {
      need(arguments.length, 1, 'Event');
      const { bubbles, cancelable, composed } = dictionary(options, 'options');
      this.#type = `${type}`;
      this.#bubbles = Boolean(bubbles);
      this.#cancelable = Boolean(cancelable);
      this.#composed = Boolean(composed);
    }
    static {
      inside = {
        is_event: (value) => typeof value === 'object' && value !== null &&
          #type in value,
        is_dispatched: (event) => event.#is_dispatched,
        is_stopped: (event) => event.#is_stopped,
        is_stopped_now: (event) => event.#is_stopped_now,
        begin(event, target, is_trusted) {
          event.#is_dispatched = true;
          event.#is_trusted = is_trusted;
          event.#target = target;
          event.#current = target;
        },
        listen(event, is_passive) {
          event.#is_passive = is_passive;
        },
        end(event) {
          event.#is_dispatched = false;
          event.#is_stopped = event.#is_stopped_now = false;
          event.#current = null;
        },
      };
    }
    get type() {
      return this.#type;
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
    composedPath() {
      return this.#current ? [this.#current] : [];
    }
    get eventPhase() {
      return this.#current ? Event.AT_TARGET : Event.NONE;
    }
    stopPropagation() {
      this.#is_stopped = true;
    }
    get cancelBubble() {
      return this.#is_stopped;
    }
    set cancelBubble(value) {
      if (value)
        this.#is_stopped = true;
    }
    stopImmediatePropagation() {
      this.#is_stopped = this.#is_stopped_now = true;
    }
    get bubbles() {
      return this.#bubbles;
    }
    get cancelable() {
      return this.#cancelable;
    }
    get returnValue() {
      return !this.#is_prevented;
    }
    set returnValue(value) {
      if (!value)
        this.preventDefault();
    }
    preventDefault() {
      if (this.#cancelable && !this.#is_passive)
        this.#is_prevented = true;
    }
    get defaultPrevented() {
      return this.#is_prevented;
    }
    get composed() {
      return this.#composed;
    }
    /* In browsers each event has this as a property of its own. */
    get isTrusted() {
      return this.#is_trusted;
    }
    get timeStamp() {
      return this.#time;
    }
    initEvent(type, bubbles = false, cancelable = false) {
      need(arguments.length, 1, 'initEvent');
      if (this.#is_dispatched)
        return;
      this.#type = `${type}`;
      this.#bubbles = Boolean(bubbles);
      this.#cancelable = Boolean(cancelable);
      this.#is_stopped = this.#is_stopped_now = this.#is_prevented = false;
      this.#is_trusted = false;
      this.#target = null;
    }
  }
  for (const object of [Event, Event.prototype])
    ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE'].forEach(
      (name, value) => Object.defineProperty(object, name,
        { value, enumerable: true }));

  class CustomEvent extends Event {
    #detail;
    constructor(type, options = undefined) {
      need(arguments.length, 1, 'CustomEvent');
      super(type, options);
      this.#detail = options?.detail ?? null;
    }
    get detail() {
      return this.#detail;
    }
    initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
      need(arguments.length, 1, 'initCustomEvent');
      if (inside.is_dispatched(this))
        return;
      this.initEvent(type, bubbles, cancelable);
      this.#detail = detail;
    }
  }

  /* EventTarget -> type -> listeners. Not in the objects, because the global
   * object is a target as well. */
  const targets = new WeakMap();
  /* Who wants to know when a target's listeners change. */
  const watchers = new WeakMap();

  /* Functions without an object speak of the global one (Web IDL, 3.7.7). */
  function types_of(target) {
    const types = targets.get(target ?? globalThis);
    if (!types)
      throw invalid_this('EventTarget');
    return types;
  }

  function check_callback(callback) {
    if (callback !== undefined && callback !== null &&
      typeof callback !== 'function' && typeof callback !== 'object')
      throw arg_type('listener', 'an instance of EventListener', callback);
  }

  const is_object = (options) => options !== null &&
    (typeof options === 'object' || typeof options === 'function');

  const capture_of = (options) =>
    Boolean(is_object(options) ? options.capture : options);

  function check_signal(signal) {
    if (signal !== undefined &&
      !(signal instanceof load('abort').AbortSignal))
      throw arg_type('options.signal', 'an instance of AbortSignal', signal);
  }

  function remove(target, type, listener) {
    const types = types_of(target);
    listener.is_removed = true;
    const list = types.get(type).filter((each) => each !== listener);
    if (list.length)
      types.set(type, list);
    else
      types.delete(type);
    watchers.get(target)?.(target);
  }

  class EventTarget {
    constructor() {
      targets.set(this, new Map());
    }

    addEventListener(type, callback, options = undefined) {
      need(arguments.length, 2, 'addEventListener');
      const target = this ?? globalThis;
      const types = types_of(target);
      type = `${type}`;
      check_callback(callback);
      const capture = capture_of(options);
      const { once, passive, signal } = is_object(options) ? options : {};
      check_signal(signal);
      if (callback === undefined || callback === null || signal?.aborted)
        return;
      const list = types.get(type) ?? [];
      if (list.some((each) => each.callback === callback &&
        each.capture === capture))
        return;
      const listener = { callback, capture, once: Boolean(once),
        passive: Boolean(passive), is_removed: false };
      types.set(type, [...list, listener]);
      watchers.get(target)?.(target);
      if (signal)
        load('abort').on_abort(signal, () => {
          if (!listener.is_removed)
            remove(target, type, listener);
        });
    }

    removeEventListener(type, callback, options = undefined) {
      need(arguments.length, 2, 'removeEventListener');
      const target = this ?? globalThis;
      const types = types_of(target);
      type = `${type}`;
      check_callback(callback);
      const capture = capture_of(options);
      const listener = types.get(type)?.find((each) =>
        each.callback === callback && each.capture === capture);
      if (listener)
        remove(target, type, listener);
    }

    dispatchEvent(event) {
      need(arguments.length, 1, 'dispatchEvent');
      types_of(this);
      if (!inside.is_event(event))
        throw arg_type('event', 'an instance of Event', event);
      if (inside.is_dispatched(event))
        throw new DOMException('The event is already being dispatched',
          'InvalidStateError');
      return dispatch(this ?? globalThis, event, false);
    }
  }

  function call_listener(listener, target, event) {
    const { callback } = listener;
    inside.listen(event, listener.passive);
    try {
      if (typeof callback === 'function')
        callback.call(target, event);
      else if (typeof callback.handleEvent === 'function')
        callback.handleEvent(event);
      else
        throw new TypeError('a listener has no handleEvent()');
    } catch (error) {
      report(error);
    }
    inside.listen(event, false);
  }

  /* Dispatch an event that the engine itself made, or a task did. False if a
   * listener prevented the default. */
  function dispatch(target, event, is_trusted) {
    const types = types_of(target);
    inside.begin(event, target, is_trusted);
    for (const capture of [true, false]) {
      if (inside.is_stopped(event))
        break;
      for (const listener of types.get(event.type) ?? []) {
        if (listener.is_removed || listener.capture !== capture)
          continue;
        if (listener.once)
          remove(target, event.type, listener);
        call_listener(listener, target, event);
        if (inside.is_stopped_now(event))
          break;
      }
    }
    inside.end(event);
    return !event.defaultPrevented;
  }

  const has_listeners = (target, type) =>
    Boolean(targets.get(target)?.has(type));

  /* Event handler attributes (HTML Standard, 8.1.8.1): target.onNAME. A handler
   * takes its place among the listeners when it is first set, and keeps it
   * until it is taken away. */
  function define_handlers(object, names) {
    const handlers = new WeakMap(); /* target -> name -> {handler, listener} */

    function set(target, name, handler) {
      const own = handlers.get(target) ?? new Map();
      handlers.set(target, own);
      const held = own.get(name);
      if (!is_object(handler)) {
        own.delete(name);
        if (held)
          EventTarget.prototype.removeEventListener.call(target, name,
            held.listener);
      } else if (held) {
        held.handler = handler;
      } else {
        const made = { handler, listener(event) {
          if (typeof made.handler === 'function' &&
            made.handler.call(event.currentTarget, event) === false)
            event.preventDefault();
        } };
        own.set(name, made);
        EventTarget.prototype.addEventListener.call(target, name,
          made.listener);
      }
    }

    for (const name of names)
      Object.defineProperty(object, `on${name}`, {
        configurable: true, enumerable: true,
        get() {
          return handlers.get(this ?? globalThis)?.get(name)?.handler ?? null;
        },
        set(handler) {
          types_of(this);
          set(this ?? globalThis, name, handler);
        },
      });
  }

  /* Call changed(target) whenever the listeners of the target change. */
  function watch(target, changed) {
    watchers.set(target, changed);
  }

  /* The callbacks of a target's listeners for an event. */
  const listeners_of = (target, type) =>
    (types_of(target).get(`${type}`) ?? []).map(({ callback }) => callback);

  /* Make an existing object a target. */
  function become_target(object) {
    targets.set(object, new Map());
  }

  load('web_idl').tag(Event, 'Event');
  load('web_idl').show(Event, ['type', 'defaultPrevented', 'cancelable',
    'timeStamp']);
  load('web_idl').tag(CustomEvent, 'CustomEvent');
  load('web_idl').tag(EventTarget, 'EventTarget');

  return { Event, CustomEvent, EventTarget, dispatch, has_listeners,
    listeners_of, define_handlers, become_target, watch };
})
