/*
 * What AsyncLocalStorage carries along: a map of stores, which the callbacks of
 * timers, of promises' then() and of process.nextTick() keep from the moment of
 * their making.
 *
 * The engine has no hook in await. So what follows an await has no store, unless
 * the awaited value is a promise and then() is called on it.
 */
'use strict';

(function () {
  /* A map that never changes, or undefined, which is the usual case. */
  let frame;

  function run_in(own, work, receiver, values) {
    const before = frame;
    frame = own;
    try {
      return Reflect.apply(work, receiver, values);
    } finally {
      frame = before;
    }
  }

  /* The function as it runs later: with the stores of now. */
  function bind(work) {
    const own = frame;
    return own === undefined ? work
      : function (...values) {
        return run_in(own, work, this, values);
      };
  }

  /* then() is replaced when the first store is set. Tasks that set none keep
   * the engine's. */
  let is_watching = false;
  function watch_promises() {
    if (is_watching)
      return;
    is_watching = true;
    const { then } = Promise.prototype;
    const bound = (work) => typeof work === 'function' ? bind(work) : work;
    Object.defineProperty(Promise.prototype, 'then', {
      configurable: true, writable: true,
      value: { then(kept, broken) {
        return Reflect.apply(then, this, frame === undefined
          ? [kept, broken] : [bound(kept), bound(broken)]);
      } }.then,
    });
  }

  return {
    bind, run_in,
    get: (key) => frame?.get(key),
    get frame() {
      return frame;
    },
    set(key, value) {
      watch_promises();
      frame = new Map(frame).set(key, value);
    },
    remove(key) {
      const left = new Map(frame);
      left.delete(key);
      frame = left.size ? left : undefined;
    },
    run(key, value, work, values) {
      watch_promises();
      return run_in(new Map(frame).set(key, value), work, undefined, values);
    },
  };
})
