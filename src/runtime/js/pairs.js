/*
 * Interfaces that are lists of pairs: URLSearchParams, Headers, FormData. Web
 * IDL (3.7.9 and 3.7.10) gives them iterators with a prototype of their own.
 */
'use strict';

(function ({ load }) {
  const iterator_prototype = Object.getPrototypeOf(
    Object.getPrototypeOf([].values()));

  /* Give the class entries(), keys(), values(), forEach() and its iterator.
   * list_of(object) is the list of pairs as it is at that moment. An iterator
   * asks for it at each step, because the list may change between the steps.
   */
  function define_pairs(own, name, list_of) {
    const states = new WeakMap();
    const prototype = Object.create(iterator_prototype, {
      [Symbol.toStringTag]: { value: `${name} Iterator`, configurable: true },
    });
    Object.assign(prototype, {
      next() {
        const state = states.get(this);
        if (!state)
          throw new TypeError(`this is no iterator of ${name}`);
        const pair = list_of(state.object)[state.at];
        if (!pair)
          return { value: undefined, done: true };
        state.at++;
        return { value: state.value_of(pair), done: false };
      },
    });

    /* Node shows what an iterator has not given yet. */
    Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
      configurable: true, writable: true,
      value(depth, options, inspect) {
        const state = states.get(this);
        const rest = state ? list_of(state.object).slice(state.at)
          .map((pair) => inspect(state.value_of(pair), options)) : [];
        return rest.length ? `${name} Iterator { ${rest.join(', ')} }`
          : `${name} Iterator {  }`;
      },
    });

    function iterate(object, value_of) {
      list_of(object); /* throws for an object of another class */
      const iterator = Object.create(prototype);
      states.set(iterator, { object, at: 0, value_of });
      return iterator;
    }

    const methods = {
      entries() {
        return iterate(this, ([key, value]) => [key, value]);
      },
      keys() {
        return iterate(this, ([key]) => key);
      },
      values() {
        return iterate(this, ([, value]) => value);
      },
      forEach(callback, self = undefined) {
        list_of(this);
        load('node/errors').check_function(callback, 'callback');
        for (let at = 0; at < list_of(this).length; at++) {
          const [key, value] = list_of(this)[at];
          callback.call(self, value, key, this);
        }
      },
    };
    for (const [key, value] of Object.entries(methods))
      Object.defineProperty(own.prototype, key,
        { value, configurable: true, enumerable: true, writable: true });
    Object.defineProperty(own.prototype, Symbol.iterator,
      { value: methods.entries, configurable: true, writable: true });
  }

  return { define_pairs };
})
