/*
 * node:timers/promises: timers that resolve promises.
 */
'use strict';

(function ({ load }) {
  const timers = load('timers');
  const { abort_error, check_boolean, check_number, check_object,
    check_signal } = load('node/errors');

  function check(options) {
    check_object(options, 'options');
    check_signal(options.signal, 'options.signal');
    if (options.ref !== undefined)
      check_boolean(options.ref, 'options.ref');
  }

  /* begin(done) starts a timer and returns the argument of end(). */
  async function wait(begin, end, options = {}) {
    check(options);
    const { signal } = options;
    if (signal?.aborted)
      throw abort_error(signal);
    return new Promise((resolve, reject) => {
      const timer = begin((value) => {
        signal?.removeEventListener('abort', stop);
        resolve(value);
      });
      const stop = () => {
        end(timer);
        reject(abort_error(signal));
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  async function setTimeout(delay, value, options) {
    if (delay !== undefined)
      check_number(delay, 'delay');
    return wait((done) => timers.setTimeout(done, delay, value),
      timers.clearTimeout, options);
  }

  async function setImmediate(value, options) {
    return wait((done) => timers.setImmediate(done, value),
      timers.clearImmediate, options);
  }

  /* Ticks that come between two waits are not lost. */
  async function* setInterval(delay, value, options = {}) {
    if (delay !== undefined)
      check_number(delay, 'delay');
    check(options);
    const { signal } = options;
    if (signal?.aborted)
      throw abort_error(signal);
    let ticks = 0;
    let wake = () => {};
    const timer = timers.setInterval(() => {
      ticks++;
      wake();
    }, delay);
    const stop = () => wake();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        if (!ticks && !signal?.aborted)
          await new Promise((resolve) => {
            wake = resolve;
          });
        for (; ticks > 0; ticks--)
          yield value;
        if (signal?.aborted)
          throw abort_error(signal);
      }
    } finally {
      timers.clearInterval(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  const module = { setTimeout, setImmediate, setInterval,
    scheduler: {
      wait: (delay, options) => setTimeout(delay, undefined, options),
      yield: () => setImmediate(),
    } };
  return module;
})
