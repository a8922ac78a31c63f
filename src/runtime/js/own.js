/*
 * Objects whose keys are somebody else's words. `__proto__` as such a key must
 * become a key like others, and neither it nor `constructor` may be found where
 * nobody put it.
 */
'use strict';

(function () {
  /* Own, whatever the name: an assignment to __proto__ would not be. */
  function set(object, key, value) {
    Object.defineProperty(object, key,
      { value, configurable: true, enumerable: true, writable: true });
  }

  /* The own enumerable properties, symbols too, as Web IDL reads a record. */
  function entries(object) {
    return Reflect.ownKeys(object).filter((key) =>
      Object.prototype.propertyIsEnumerable.call(object, key))
      .map((key) => [key, object[key]]);
  }

  /* What Object.prototype.toString() calls the class's objects. */
  function tag(own, name) {
    Object.defineProperty(own.prototype, Symbol.toStringTag,
      { value: name, configurable: true });
  }

  return { set, entries, tag };
})
