/*
 * TransformStream (Streams Standard, 6).
 */
'use strict';

(function ({ load }) {
  const { upon, defer, promise_call, invalid_state, illegal, dictionary,
    callback_of, high_water_mark, read_strategy, size_function, finish } =
    load('streams/shared');
  const readable = load('streams/readable_core');
  const writable = load('streams/writable_core');
  const { make, arg_type } = load('node/errors');

  /* ---- the inside ---- */

  function press(stream, is_pressed) {
    stream.pressure?.resolve(undefined);
    stream.pressure = defer();
    stream.is_pressed = is_pressed;
  }

  function unblock_write(stream) {
    if (stream.is_pressed)
      press(stream, false);
  }

  function clear_algorithms(stream) {
    stream.transform = undefined;
    stream.flush = undefined;
    stream.cancel = undefined;
  }

  function fail(stream, error) {
    readable.fail_controller(stream.readable.controller, error);
    fail_writable(stream, error);
  }

  function fail_writable(stream, error) {
    clear_algorithms(stream);
    writable.fail_if_writable(stream.writable.controller, error);
    unblock_write(stream);
  }

  function enqueue(stream, chunk) {
    const { controller } = stream.readable;
    if (!readable.can_enqueue(controller))
      throw invalid_state('Readable side is not in a state that permits ' +
        'enqueue');
    try {
      readable.enqueue(controller, chunk);
    } catch (error) {
      fail_writable(stream, error);
      throw stream.readable.stored_error;
    }
    const is_pressed = !readable.should_pull(controller);
    if (is_pressed !== stream.is_pressed)
      press(stream, true);
  }

  function terminate(stream) {
    readable.close_controller(stream.readable.controller);
    fail_writable(stream, invalid_state('TransformStream has been ' +
      'terminated'));
  }

  function run_transform(stream, chunk) {
    return upon(stream.transform(chunk), undefined, (error) => {
      fail(stream, error);
      throw error;
    });
  }

  function write(stream, chunk) {
    if (!stream.is_pressed)
      return run_transform(stream, chunk);
    return upon(stream.pressure.promise, () => {
      if (stream.writable.state === 'erroring')
        throw stream.writable.stored_error;
      return run_transform(stream, chunk);
    });
  }

  /* The end of one side: cancel() or flush() runs once, and all who end the
   * stream wait for it. done and failed get the promise to settle. */
  function finish_with(stream, algorithm, done, failed) {
    if (stream.finished)
      return stream.finished.promise;
    const { promise, resolve, reject } = Promise.withResolvers();
    stream.finished = { promise };
    const running = algorithm();
    clear_algorithms(stream);
    upon(running, () => done(resolve, reject), (error) => {
      failed(error);
      reject(error);
    });
    return promise;
  }

  /* Settle by the other side's state. */
  function settle(side, resolve, reject, act) {
    if (side.state === 'errored') {
      reject(side.stored_error);
    } else {
      act();
      resolve(undefined);
    }
  }

  const abort = (stream, reason) => finish_with(stream,
    () => stream.cancel(reason),
    (resolve, reject) => settle(stream.readable, resolve, reject, () =>
      readable.fail_controller(stream.readable.controller, reason)),
    (error) => readable.fail_controller(stream.readable.controller, error));

  const close = (stream) => finish_with(stream, () => stream.flush(),
    (resolve, reject) => settle(stream.readable, resolve, reject, () =>
      readable.close_controller(stream.readable.controller)),
    (error) => readable.fail_controller(stream.readable.controller, error));

  function cancel_readable(stream, reason) {
    const fail_other = (error) => {
      writable.fail_if_writable(stream.writable.controller, error);
      unblock_write(stream);
    };
    return finish_with(stream, () => stream.cancel(reason),
      (resolve, reject) => settle(stream.writable, resolve, reject, () =>
        fail_other(reason)), fail_other);
  }

  function pull(stream) {
    press(stream, false);
    return stream.pressure.promise;
  }

  /* Make both sides. transformer: {transform, flush, cancel}, each of which
   * gives a promise. sides: {mark, size} of each. started: a promise. */
  function create(transformer, started = Promise.resolve(),
    write_side = { mark: 1, size: () => 1 },
    read_side = { mark: 0, size: () => 1 }) {
    const stream = { is_pressed: undefined, pressure: null, finished: null,
      transform: transformer.transform, flush: transformer.flush ??
        (() => Promise.resolve()),
      cancel: transformer.cancel ?? (() => Promise.resolve()) };
    const start = () => started;
    stream.writable = writable.create({ start,
      write: (chunk) => write(stream, chunk),
      abort: (reason) => abort(stream, reason),
      close: () => close(stream) }, write_side.mark, write_side.size);
    stream.readable = readable.create({ start, pull: () => pull(stream),
      cancel: (reason) => cancel_readable(stream, reason) },
    read_side.mark, read_side.size);
    press(stream, true);
    return stream;
  }

  /* ---- the classes ---- */

  const own = Symbol('streams');

  class TransformStreamDefaultController {
    #inside;
    constructor(key, stream) {
      if (key !== own)
        throw illegal();
      this.#inside = stream;
    }
    get desiredSize() {
      return readable.desired_size(this.#inside.readable.controller);
    }
    enqueue(chunk = undefined) {
      enqueue(this.#inside, chunk);
    }
    error(reason = undefined) {
      fail(this.#inside, reason);
    }
    terminate() {
      terminate(this.#inside);
    }
  }

  /* The algorithms of a transformer that a task gave. */
  function transformer_of(object, face, stream) {
    const callbacks = { __proto__: null };
    for (const name of ['cancel', 'flush'])
      callbacks[name] = callback_of(object, name, 'transformer');
    const refuse = (member) => {
      if (object[member] !== undefined)
        throw make(RangeError, 'ERR_INVALID_ARG_VALUE', 'The argument ' +
          `'transformer.${member}' is invalid. Received ${
            String(object[member])}`);
    };
    refuse('readableType');
    callbacks.start = callback_of(object, 'start', 'transformer');
    callbacks.transform = callback_of(object, 'transform', 'transformer');
    refuse('writableType');
    const { cancel, flush, start, transform } = callbacks;
    return { start,
      transform: transform
        ? (chunk) => promise_call(transform, object, chunk, face())
        : (chunk) => promise_call(enqueue, undefined, stream(), chunk),
      flush: flush && (() => promise_call(flush, object, face())),
      cancel: cancel && ((reason) => promise_call(cancel, object, reason)) };
  }

  const side_of = (strategy, usual) => {
    const size = size_function(strategy);
    return { mark: high_water_mark(strategy, usual), size };
  };

  let is_transform;

  class TransformStream {
    #inside;
    static {
      is_transform = (value) => Object(value) === value && #inside in value;
    }
    constructor(transformer = undefined, writable_strategy = undefined,
      readable_strategy = undefined) {
      if (transformer === null)
        throw arg_type('transformer', 'of type object', transformer);
      writable_strategy = read_strategy(writable_strategy, 'writableStrategy');
      readable_strategy = read_strategy(readable_strategy, 'readableStrategy');
      const object = dictionary(transformer, 'transformer');
      let face;
      const made = transformer_of(object, () => face, () => this.#inside);
      const read_side = side_of(readable_strategy, 0);
      const write_side = side_of(writable_strategy, 1);
      const { promise, resolve } = Promise.withResolvers();
      this.#inside = create(made, promise, write_side, read_side);
      face = new TransformStreamDefaultController(own, this.#inside);
      resolve(made.start ? Reflect.apply(made.start, object, [face])
        : undefined);
    }
    get readable() {
      return load('streams/readable').wrap(this.#inside.readable);
    }
    get writable() {
      return load('streams/writable').wrap(this.#inside.writable);
    }
  }

  finish(TransformStream, TransformStreamDefaultController);

  return { TransformStream, TransformStreamDefaultController, create,
    enqueue, is_transform };
})
