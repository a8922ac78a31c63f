/*
 * Timers (HTML Standard, 8.6), with Node's setImmediate. C knows only "call
 * expire(id) after so many ms"; what is cancelled is forgotten here.
 */
'use strict';

(function ({ native, report }) {
  /* A task with more has a leak. */
  const timers_max = 10000;
  const delay_max = 0x7fffffff;
  const timers = new Map();
  let count = 0;

  class Timeout {
    constructor(id) {
      this.id = id;
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
    hasRef() {
      return true;
    }
    refresh() {
      const timer = timers.get(this.id);
      if (timer)
        start(this, timer.callback, timer.delay, timer.repeat, timer.values);
      return this;
    }
    close() {
      timers.delete(this.id);
    }
    [Symbol.toPrimitive]() {
      return this.id;
    }
  }

  function start(timeout, callback, delay, repeat, values) {
    timers.delete(timeout.id);
    timeout.id = ++count;
    timers.set(timeout.id, { timeout, callback, delay, repeat, values });
    native.timer(timeout.id, delay);
    return timeout;
  }

  function add(callback, delay, repeat, values) {
    if (typeof callback !== 'function')
      throw new TypeError('a timer needs a function');
    if (timers.size >= timers_max)
      throw new RangeError(`limit of ${timers_max} timers`);
    delay = Math.trunc(Number(delay));
    if (!(delay >= 0))
      delay = 0;
    else if (delay > delay_max)
      delay = 1; /* as browsers and Node do */
    return start(new Timeout(0), callback, delay, repeat, values);
  }

  function clear(timeout) {
    if (timeout !== undefined && timeout !== null)
      timers.delete(Number(timeout));
  }

  return {
    setTimeout: function setTimeout(callback, delay = 0, ...values) {
      return add(callback, delay, false, values);
    },
    setInterval: function setInterval(callback, delay = 0, ...values) {
      return add(callback, Math.max(1, delay), true, values);
    },
    setImmediate: function setImmediate(callback, ...values) {
      return add(callback, 0, false, values);
    },
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,

    expire(id) {
      const timer = timers.get(id);
      if (!timer)
        return;
      timers.delete(id);
      if (timer.repeat) {
        /* Under its own name again, so that clearInterval finds it. */
        timers.set(id, timer);
        native.timer(id, timer.delay);
      }
      try {
        timer.callback(...timer.values);
      } catch (error) {
        report(error);
      }
    },
  };
})
