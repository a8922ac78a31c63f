/*
 * node:async_hooks: AsyncLocalStorage and AsyncResource, as far as
 * async_context.js carries stores. Hooks on the life of resources need the
 * engine's help, which there is not.
 */
'use strict';

(function ({ load }) {
  const context = load('async_context');
  const { check_function, check_string, check_object } = load('node/errors');

  class AsyncLocalStorage {
    static bind(work) {
      return AsyncResource.bind(work);
    }
    static snapshot() {
      return context.bind((work, ...values) => work(...values));
    }
    getStore() {
      return context.get(this);
    }
    run(store, work, ...values) {
      return context.run(this, store, work, values);
    }
    exit(work, ...values) {
      return context.run(this, undefined, work, values);
    }
    enterWith(store) {
      context.set(this, store);
    }
    disable() {
      context.remove(this);
    }
    _enable() {}
  }

  let count = 1; /* 1 is the id of the main script */

  class AsyncResource {
    #frame = context.frame;
    #id = ++count;
    #trigger;
    constructor(type, options = {}) {
      check_string(type, 'type');
      this.#trigger = (typeof options === 'number' ? options
        : options.triggerAsyncId) ?? 1;
    }
    static bind(work, type, receiver) {
      const resource = new AsyncResource(type || work?.name ||
        'bound-anonymous-fn');
      return resource.bind(work, receiver);
    }
    bind(work, receiver) {
      check_function(work, 'fn');
      const resource = this;
      const bound = function (...values) {
        return resource.runInAsyncScope(work, receiver ?? this, ...values);
      };
      return Object.defineProperty(bound, 'length',
        { value: work.length, configurable: true });
    }
    runInAsyncScope(work, receiver, ...values) {
      return context.run_in(this.#frame, work, receiver, values);
    }
    emitDestroy() {
      return this;
    }
    asyncId() {
      return this.#id;
    }
    triggerAsyncId() {
      return this.#trigger;
    }
  }

  const resource = {};

  return {
    AsyncLocalStorage, AsyncResource,
    createHook(hooks) {
      check_object(hooks, 'hooks');
      for (const name of ['init', 'before', 'after', 'destroy',
        'promiseResolve'])
        if (hooks[name] !== undefined)
          check_function(hooks[name], `hook.${name}`);
      return {
        enable() {
          throw load('node/unavailable').refusal('async_hooks',
            'createHook().enable()');
        },
        disable() {
          return this;
        },
      };
    },
    executionAsyncId: () => 1,
    triggerAsyncId: () => 0,
    executionAsyncResource: () => resource,
    asyncWrapProviders: Object.freeze({ __proto__: null, NONE: 0 }),
  };
})
