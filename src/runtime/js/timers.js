/*
 * Timers (HTML Standard, 8.6), with Node's setImmediate. C only calls
 * expire(id) after a number of ms. It does so for a cancelled timer as well,
 * which this file no longer knows.
 */
'use strict';

(function (library) {
  const { report, load, peek } = library;

  /* A task with more timers has a leak. */
  const timers_max = 10000;
  const delay_max = 0x7fffffff;
  const timers = new Map();
  let count = 0;

  const key = Symbol('timer');
  const held = Symbol('held');

  class Timeout {
    constructor() {
      Object.defineProperty(this, key, { value: 0, writable: true });
      Object.defineProperty(this, held, { value: true, writable: true });
    }
    /* A worker lives as long as its task, whatever timers it has. */
    ref() {
      this[held] = true;
      return this;
    }
    unref() {
      this[held] = false;
      return this;
    }
    hasRef() {
      return this[held];
    }
    refresh() {
      const timer = timers.get(this[key]);
      if (timer)
        start(this, timer.callback, timer.delay, timer.repeat, timer.values);
      return this;
    }
    close() {
      timers.delete(this[key]);
      return this;
    }
    [Symbol.toPrimitive]() {
      return this[key];
    }
  }

  class Immediate extends Timeout {}

  function start(timeout, callback, delay, repeat, values) {
    timers.delete(timeout[key]);
    timeout[key] = ++count;
    timers.set(timeout[key], { timeout, callback, delay, repeat, values });
    library.arm(timeout[key], delay);
    return timeout;
  }

  const bind = (callback) =>
    peek('async_context')?.bind(callback) ?? callback;

  function add(own, callback, delay, repeat, values) {
    load('node/errors').check_function(callback, 'callback');
    if (timers.size >= timers_max)
      throw new RangeError(`limit of ${timers_max} timers`);
    return start(new own(), bind(callback), delay, repeat, values);
  }

  /* A delay that is not a number or too long becomes 1 ms, as in Node. */
  function delay_of(value) {
    const delay = Math.trunc(Number(value));
    return delay >= 1 && delay <= delay_max ? delay : 1;
  }

  function clear(timeout) {
    if (timeout instanceof Timeout)
      timers.delete(timeout[key]);
    else if (typeof timeout === 'number' || typeof timeout === 'string')
      timers.delete(Number(timeout));
  }

  function setTimeout(callback, delay, ...values) {
    return add(Timeout, callback, delay_of(delay), false, values);
  }
  function setInterval(callback, delay, ...values) {
    return add(Timeout, callback, delay_of(delay), true, values);
  }
  function setImmediate(callback, ...values) {
    return add(Immediate, callback, 0, false, values);
  }

  /* util.promisify() uses these, because the callbacks take no error. */
  for (const own of [setTimeout, setImmediate])
    Object.defineProperty(own, Symbol.for('nodejs.util.promisify.custom'), {
      configurable: true,
      get: () => load('node/timers_promises')[own.name],
    });

  return {
    setTimeout, setInterval, setImmediate,
    clearTimeout: function clearTimeout(timeout) {
      clear(timeout);
    },
    clearInterval: function clearInterval(timeout) {
      clear(timeout);
    },
    clearImmediate: function clearImmediate(immediate) {
      clear(immediate);
    },

    /* It was not cancelled. */
    has: (id) => timers.has(id),

    expire(id) {
      const timer = timers.get(id);
      if (!timer)
        return;
      timers.delete(id);
      if (timer.repeat) {
        /* The id stays the same, so that clearInterval finds the timer. */
        timers.set(id, timer);
        library.arm(id, timer.delay);
      }
      try {
        timer.callback.apply(timer.timeout, timer.values);
      } catch (error) {
        report(error);
      }
    },
  };
})
