/*
 * What the Web streams have in common (Streams Standard, 7 and 8): promises,
 * queues with sizes, and the queuing strategies.
 *
 * The inside of each stream, reader, writer and controller is a plain object
 * that no task sees. The classes are faces of those objects. So the
 * algorithms never call what a task may have replaced.
 */
'use strict';

(function ({ load }) {
  const { make, arg_type } = load('node/errors');
  const { dictionary, illegal, invalid_this, tag } = load('web_idl');

  /* A task may replace Promise.prototype.then. */
  const upon = Function.prototype.call.bind(Promise.prototype.then);
  const ignore = () => {};
  /* Mark a promise's rejection as nobody's surprise. */
  const handle = (promise) => {
    upon(promise, undefined, ignore);
  };

  /* A promise and the functions that settle it. */
  function defer() {
    const deferred = { is_pending: true };
    deferred.promise = new Promise((resolve, reject) => {
      deferred.resolve = (value) => {
        deferred.is_pending = false;
        resolve(value);
      };
      deferred.reject = (error) => {
        deferred.is_pending = false;
        handle(deferred.promise);
        reject(error);
      };
    });
    return deferred;
  }

  function resolved(value) {
    const deferred = defer();
    deferred.resolve(value);
    return deferred;
  }

  function rejected(error) {
    const deferred = defer();
    deferred.reject(error);
    return deferred;
  }

  /* The promise of a function's result, whatever it does. */
  function promise_call(callback, self, ...values) {
    try {
      return Promise.resolve(Reflect.apply(callback, self, values));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  const invalid_state = (text) =>
    make(TypeError, 'ERR_INVALID_STATE', `Invalid state: ${text}`);

  /* A callback member of a dictionary, or undefined. */
  function callback_of(object, member, name) {
    const value = object[member];
    if (value !== undefined && typeof value !== 'function')
      throw arg_type(`${name}.${member}`, 'of type function', value);
    return value;
  }

  /* Web IDL's [EnforceRange] unsigned long long. */
  function enforce_range(value, name) {
    const number = Number(value);
    if (!Number.isFinite(number) || Math.trunc(number) < 0 ||
      Math.trunc(number) > Number.MAX_SAFE_INTEGER)
      throw arg_type(name, 'an unsigned integer', value);
    return Math.trunc(number);
  }

  /* ---- queues (8.1) ---- */

  /* First in, first out. Taking from the front costs the same however long the
   * queue is. */
  class List {
    #items = [];
    #first = 0;
    get length() {
      return this.#items.length - this.#first;
    }
    push(item) {
      this.#items.push(item);
    }
    peek() {
      return this.#items[this.#first];
    }
    shift() {
      const item = this.#items[this.#first];
      this.#items[this.#first++] = undefined;
      if (this.#first > 64 && this.#first * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#first);
        this.#first = 0;
      }
      return item;
    }
    /* Empty the list and return what was in it. */
    take() {
      const items = this.#items.slice(this.#first);
      this.#items = [];
      this.#first = 0;
      return items;
    }
  }

  function reset_queue(owner) {
    owner.queue = new List();
    owner.queue_size = 0;
  }

  function enqueue_sized(owner, value, size) {
    if (typeof size !== 'number' || !(size >= 0) || size === Infinity)
      throw make(RangeError, 'ERR_INVALID_ARG_VALUE',
        `The argument 'size' is invalid. Received ${String(size)}`);
    owner.queue.push({ value, size });
    owner.queue_size += size;
  }

  function dequeue_sized(owner) {
    const { value, size } = owner.queue.shift();
    /* Sums of fractions are not exact. */
    owner.queue_size = Math.max(0, owner.queue_size - size);
    return value;
  }

  /* ---- strategies (7) ---- */

  /* A strategy's members, each read once, in Web IDL's order. */
  function read_strategy(value, name) {
    const object = dictionary(value, name);
    const mark = object.highWaterMark;
    return { highWaterMark: mark === undefined ? undefined : Number(mark),
      size: callback_of(object, 'size', name) };
  }

  function high_water_mark(strategy, usual) {
    const mark = strategy.highWaterMark;
    if (mark === undefined)
      return usual;
    if (!(mark >= 0))
      throw make(RangeError, 'ERR_INVALID_ARG_VALUE', 'The property ' +
        `'strategy.highWaterMark' is invalid. Received ${mark}`);
    return mark;
  }

  function size_function({ size }) {
    return size ? (chunk) => Reflect.apply(size, undefined, [chunk])
      : () => 1;
  }

  function mark_of(init) {
    if (init === null || typeof init !== 'object' && typeof init !== 'function')
      throw arg_type('init', 'of type object', init);
    if (init.highWaterMark === undefined)
      throw make(TypeError, 'ERR_MISSING_OPTION',
        'init.highWaterMark is required');
    return Number(init.highWaterMark);
  }

  const byte_size = { size: (chunk) => chunk.byteLength }.size;
  const count_size = { size: () => 1 }.size;

  class ByteLengthQueuingStrategy {
    #mark;
    constructor(init) {
      this.#mark = mark_of(init);
    }
    get highWaterMark() {
      return this.#mark;
    }
    get size() {
      this.#mark;
      return byte_size;
    }
  }

  class CountQueuingStrategy {
    #mark;
    constructor(init) {
      this.#mark = mark_of(init);
    }
    get highWaterMark() {
      return this.#mark;
    }
    get size() {
      this.#mark;
      return count_size;
    }
  }

  /* Finish classes as Web IDL does. */
  function finish(...classes) {
    for (const own of classes)
      tag(own, own.name);
  }
  finish(ByteLengthQueuingStrategy, CountQueuingStrategy);

  return { upon, ignore, handle, defer, resolved, rejected, promise_call,
    invalid_state, invalid_this, illegal, dictionary, callback_of,
    enforce_range, List, reset_queue, enqueue_sized, dequeue_sized,
    high_water_mark, read_strategy, size_function, finish,
    ByteLengthQueuingStrategy, CountQueuingStrategy };
})
