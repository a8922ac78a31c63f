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

  /* Give a class the form of an interface of Web IDL (3.7): the name that
   * Object.prototype.toString() shows, and members that are enumerable. */
  function tag(own, name) {
    for (const object of [own, own.prototype])
      for (const key of Object.getOwnPropertyNames(object)) {
        const property = Object.getOwnPropertyDescriptor(object, key);
        if (property.configurable && key !== 'constructor' &&
          (property.get || typeof property.value === 'function'))
          Object.defineProperty(object, key, { enumerable: true });
      }
    Object.defineProperty(own.prototype, Symbol.toStringTag,
      { value: name, configurable: true });
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

  /* What util.inspect() and console show of the class's objects, in Node's
   * form: the named members, or what a function makes of the object. */
  function show(own, members) {
    const name = own.prototype[Symbol.toStringTag];
    const values_of = typeof members === 'function' ? members : (object) =>
      Object.fromEntries(members.map((member) => [member, object[member]]));
    Object.defineProperty(own.prototype,
      Symbol.for('nodejs.util.inspect.custom'), {
        configurable: true, writable: true,
        value(depth, options, inspect) {
          if (typeof depth === 'number' && depth < 0)
            return `[${name}]`;
          const rest = typeof options?.depth === 'number' ? options.depth - 1
            : options?.depth;
          return `${this.constructor?.name ?? name} ` +
            inspect(values_of(this), { ...options, depth: rest });
        },
      });
  }

  return { set, entries, tag, show, callable };
})
