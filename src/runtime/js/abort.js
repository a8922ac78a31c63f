/*
 * AbortController and AbortSignal (DOM Standard, 3).
 */
'use strict';

(function ({ load }) {
  const { check_number } = load('node/errors');
  const { DOMException } = load('dom_exception');
  const { Event, EventTarget, dispatch, define_handlers, has_listeners,
    watch } = load('event_target');
  const { illegal, need } = load('web_idl');

  /* The longest delay of a timer. */
  const delay_max = 0x7fffffff;

  /* So many dependents of a signal are few. */
  const sweep_size_min = 64;

  /* Signals made by any() that somebody listens to. A source knows its
   * dependents weakly, so that a signal that lives long does not hold on to
   * each signal that was ever made of it. */
  const listened = new Set();

  let inside; /* functions on the inside of a signal */
  let is_making = false;

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason;
    #steps = []; /* what runs before the event */
    #sources = null; /* of a signal made by any() */
    #weak = null; /* by which the sources know such a signal */
    #dependents = new Set(); /* WeakRefs */
    #sweep_size = sweep_size_min;

    constructor() {
      if (!is_making)
        throw illegal();
      super();
    }
    static {
      inside = {
        make() {
          is_making = true;
          try {
            return new AbortSignal();
          } finally {
            is_making = false;
          }
        },
        is_signal: (value) => Object(value) === value && #aborted in value,
        on_abort(signal, step) {
          signal.#steps.push(step);
        },
        /* First all signals are aborted, then their steps and listeners run.
         */
        abort(signal, reason) {
          if (signal.#aborted)
            return;
          const all = [signal];
          inside.mark(signal, reason);
          for (const weak of signal.#dependents) {
            const dependent = weak.deref();
            if (dependent && !dependent.#aborted) {
              inside.mark(dependent, signal.#reason);
              all.push(dependent);
            }
          }
          all.forEach(inside.run_steps);
        },
        mark(signal, reason) {
          signal.#aborted = true;
          signal.#reason = reason === undefined ? new DOMException(
            'This operation was aborted', 'AbortError') : reason;
        },
        run_steps(signal) {
          const steps = signal.#steps;
          signal.#steps = [];
          inside.leave(signal);
          signal.#dependents.clear();
          for (const step of steps)
            step();
          if (has_listeners(signal, 'abort'))
            dispatch(signal, new Event('abort'), true);
        },
        depend(signal, sources) {
          signal.#sources = new Set();
          watch(signal, inside.keep);
          signal.#weak = new WeakRef(signal);
          for (const source of sources)
            for (const each of source.#sources ?? [source]) {
              signal.#sources.add(each);
              inside.add_dependent(each, signal.#weak);
            }
        },
        /* An aborted signal depends on nothing. */
        leave(signal) {
          listened.delete(signal);
          if (!signal.#sources)
            return;
          for (const source of signal.#sources)
            source.#dependents.delete(signal.#weak);
          signal.#sources = signal.#weak = null;
        },
        /* Each time that the dependents have doubled, those that are gone are
         * taken out. */
        add_dependent(source, weak) {
          if (source.#dependents.size >= source.#sweep_size) {
            for (const each of source.#dependents)
              if (!each.deref())
                source.#dependents.delete(each);
            source.#sweep_size = Math.max(sweep_size_min,
              2 * source.#dependents.size);
          }
          source.#dependents.add(weak);
        },
        /* A listener was added or removed. */
        keep(signal) {
          if (!signal.#aborted && has_listeners(signal, 'abort'))
            listened.add(signal);
          else
            listened.delete(signal);
        },
      };
    }
    static abort(reason = undefined) {
      const signal = inside.make();
      inside.mark(signal, reason);
      return signal;
    }
    static timeout(ms) {
      need(arguments.length, 1, 'AbortSignal.timeout');
      check_number(ms, 'delay', 0, Number.MAX_SAFE_INTEGER);
      const signal = inside.make();
      wait(Math.trunc(ms), () => inside.abort(signal, new DOMException(
        'The operation was aborted due to timeout', 'TimeoutError')));
      return signal;
    }
    static any(signals) {
      need(arguments.length, 1, 'AbortSignal.any');
      if (typeof signals?.[Symbol.iterator] !== 'function')
        need_signal(signals);
      const list = Array.from(signals);
      list.forEach(need_signal);
      const joined = inside.make();
      const aborted = list.find((signal) => signal.aborted);
      if (aborted)
        inside.mark(joined, aborted.reason);
      else
        inside.depend(joined, list);
      return joined;
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
  }
  define_handlers(AbortSignal.prototype, ['abort']);

  function need_signal(value) {
    if (!inside.is_signal(value))
      throw load('node/errors').arg_type('signals',
        'a list of instances of AbortSignal', value);
  }

  /* A delay may be longer than that of one timer. */
  function wait(ms, end) {
    load('timers').setTimeout(() => {
      if (ms > delay_max)
        wait(ms - delay_max, end);
      else
        end();
    }, Math.min(ms, delay_max));
  }

  class AbortController {
    #signal = inside.make();
    get signal() {
      return this.#signal;
    }
    abort(reason = undefined) {
      inside.abort(this.#signal, reason);
    }
  }

  load('web_idl').tag(AbortSignal, 'AbortSignal');
  load('web_idl').show(AbortSignal, ['aborted']);
  load('web_idl').tag(AbortController, 'AbortController');
  load('web_idl').show(AbortController, ['signal']);

  return { AbortSignal, AbortController, on_abort: inside.on_abort };
})
