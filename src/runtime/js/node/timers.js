/*
 * node:timers: the globals under a module's name.
 */
'use strict';

(function ({ load }) {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval,
    clearImmediate } = load('timers');
  return { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval,
    clearImmediate };
})
