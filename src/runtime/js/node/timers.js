/*
 * node:timers: the globals under a module's name.
 */
'use strict';

(function ({ load }) {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval,
    clearImmediate } = load('timers');
  const timers = { setTimeout, setInterval, setImmediate, clearTimeout,
    clearInterval, clearImmediate,
    get promises() {
      return load('node/timers_promises');
    },
  };
  timers.default = timers;
  return timers;
})
