/*
 * node:timers: the globals under a module's name.
 */
'use strict';

(function ({ load }) {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval,
    clearImmediate } = load('timers');
  const { check_number } = load('node/errors');
  const timers = { setTimeout, setInterval, setImmediate, clearTimeout,
    clearInterval, clearImmediate,
    get promises() {
      return load('node/timers_promises');
    },
    /* Node's oldest interface: timers in objects of the caller's. */
    enroll(item, delay) {
      check_number(delay, 'msecs');
      item._idleTimeout = Math.min(Math.max(0, Math.trunc(delay)), 0x7fffffff);
    },
    unenroll(item) {
      clearTimeout(item._idleTimer);
      item._idleTimeout = -1;
    },
    active(item) {
      clearTimeout(item._idleTimer);
      if (item._idleTimeout >= 0)
        item._idleTimer = setTimeout(() => item._onTimeout?.(),
          item._idleTimeout);
    },
  };
  timers._unrefActive = timers.active;
  return timers;
})
