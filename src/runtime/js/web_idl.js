/*
 * What Web IDL says of every interface: arguments that must be there, values
 * converted, classes that a task can't construct, and the form of a class.
 */
'use strict';

(function ({ load }) {
  const fault = (code, text) =>
    load('node/errors').make(TypeError, code, text);

  /* Check the number of arguments of name, a method or a class. */
  function need(count, needed, name) {
    if (count < needed)
      throw fault('ERR_MISSING_ARGS',
        `${name} needs ${needed} argument${needed > 1 ? 's' : ''}`);
  }

  /* A dictionary: an object, or nothing. */
  function dictionary(value, name = 'options') {
    if (value === undefined || value === null)
      return {};
    if (typeof value !== 'object' && typeof value !== 'function')
      throw load('node/errors').arg_type(name, 'of type object', value);
    return value;
  }

  /* A USVString. A symbol is an error, unlike for String(). */
  const usv = (value) => `${value}`.toWellFormed();

  /* A BufferSource: what holds bytes. */
  const is_buffer_source = (value) => ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer;

  const illegal = () =>
    fault('ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
  const invalid_this = (name) =>
    fault('ERR_INVALID_THIS', `Value of "this" must be of type ${name}`);

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

  return { need, dictionary, usv, is_buffer_source, illegal, invalid_this, tag,
    show };
})
