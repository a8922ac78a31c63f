/*
 * What AsyncLocalStorage carries along: a map of stores, which the callbacks of
 * timers, of promises' then() and of process.nextTick() keep from the moment of
 * their making, and what follows an await of a promise.
 *
 * The engine has no hook in await, but there it asks the promise for its
 * constructor, and takes the long way by then() if that is not Promise. So
 * while there is a store, a promise names another constructor. What follows the
 * await of a value that is no promise has no store.
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

  /* ---- promises ---- */

  const own_promise = Promise;
  const { then, finally: last } = Promise.prototype;
  const resolved = Promise.resolve();

  /* promise -> the stores of its awaits whose then() is still to come */
  const awaiting = new WeakMap();

  /* Whether promises name their true constructor. */
  let is_plain = false;

  function plainly(work) {
    const before = is_plain;
    is_plain = true;
    try {
      return work();
    } finally {
      is_plain = before;
    }
  }

  const bound = (work) => typeof work === 'function' ? bind(work) : work;

  function set_later(own) {
    const set = () => {
      frame = own;
    };
    plainly(() => Reflect.apply(then, resolved, [set]));
  }

  /* What the engine resolves goes on in the next promise job. So the jobs
   * before and after that set the stores and take them away. */
  const resumed = (own, resolve) => (value) => {
    set_later(own);
    resolve(value);
    set_later(undefined);
  };

  /* The engine calls then() of an awaited promise with functions of its own,
   * in a job, where there are no stores. */
  function take_await(promise, kept) {
    const list = frame === undefined && awaiting.get(promise);
    if (!list || typeof kept !== 'function' || kept.name !== '' ||
      !/\[native code\]/.test(Function.prototype.toString.call(kept)))
      return undefined;
    if (list.length === 1)
      awaiting.delete(promise);
    return list.shift();
  }

  const methods = {
    then(kept, broken) {
      const own = take_await(this, kept);
      const values = own ? [resumed(own, kept), resumed(own, broken)]
        : frame === undefined ? [kept, broken] : [bound(kept), bound(broken)];
      return plainly(() => Reflect.apply(then, this, values));
    },
    finally(work) {
      return plainly(() => Reflect.apply(last, this, [bound(work)]));
    },
  };

  class AwaitedPromise {
  }

  const constructor = {
    configurable: true,
    get() {
      if (frame === undefined || is_plain)
        return own_promise;
      const list = awaiting.get(this) ?? [];
      list.push(frame);
      awaiting.set(this, list);
      return AwaitedPromise;
    },
    set(value) {
      Object.defineProperty(this, 'constructor',
        { value, configurable: true, enumerable: true, writable: true });
    },
  };

  /* The methods are replaced when the first store is set. Tasks that set none
   * keep the engine's. */
  let is_watching = false;
  function watch_promises() {
    if (is_watching)
      return;
    is_watching = true;
    for (const [name, value] of Object.entries(methods))
      Object.defineProperty(own_promise.prototype, name,
        { value, configurable: true, writable: true });
    Object.defineProperty(own_promise.prototype, 'constructor', constructor);
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
