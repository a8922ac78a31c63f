/*
 * performance: the clock of High Resolution Time.
 */
'use strict';

(function ({ native }) {
  const origin = native.now();
  const performance = {
    timeOrigin: Date.now(),
    now: () => native.now() - origin,
    [Symbol.toStringTag]: 'Performance',
    toJSON() {
      return { timeOrigin: this.timeOrigin };
    },
  };
  return { performance };
})
