/*
 * process.nextTick(): callbacks that run when the present turn of JavaScript is
 * over, before its promise jobs, and after promise jobs that asked for them. C
 * calls bootstrap.js's tick() for the latter.
 */
'use strict';

(function ({ native, report, peek, load }) {
  const { check_function } = load('node/errors');
  let waiting = [];

  function nextTick(callback, ...values) {
    check_function(callback, 'callback');
    const bind = peek('async_context')?.bind;
    if (waiting.length === 0)
      native.want_tick();
    waiting.push({ callback: bind ? bind(callback) : callback, values });
  }

  /* Callbacks can ask for others, which run at once. */
  function run() {
    while (waiting.length) {
      const due = waiting;
      waiting = [];
      for (const { callback, values } of due)
        try {
          callback(...values);
        } catch (error) {
          report(error);
        }
    }
  }

  return { nextTick, run };
})
