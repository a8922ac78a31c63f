/*
 * Objects whose keys come from strangers. The key `__proto__` must become a key
 * like others. A look-up of `__proto__` or `constructor` may only find a key
 * that was put there.
 */
'use strict';

(function () {
  /* Make an own property. An assignment to __proto__ would not make one. */
  function set(object, key, value) {
    Object.defineProperty(object, key,
      { value, configurable: true, enumerable: true, writable: true });
  }

  /* The own enumerable properties, symbols included. Web IDL reads a record
   * this way. */
  function entries(object) {
    return Reflect.ownKeys(object).filter((key) =>
      Object.prototype.propertyIsEnumerable.call(object, key))
      .map((key) => [key, object[key]]);
  }

  /* A class that may be called without `new`, as many of Node's may. */
  function callable(name, own) {
    const made = function (...values) {
      return Reflect.construct(own, values, new.target ?? made);
    };
    Object.defineProperty(made, 'name', { value: name });
    Object.setPrototypeOf(made, own);
    made.prototype = own.prototype;
    Object.defineProperty(made.prototype, 'constructor',
      { value: made, configurable: true, writable: true });
    return made;
  }

  return { set, entries, callable };
})
