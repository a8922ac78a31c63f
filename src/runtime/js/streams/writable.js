/*
 * WritableStream, its writer and controller (Streams Standard, 5): the classes
 * that a task sees.
 */
'use strict';

(function ({ load }) {
  const { promise_call, invalid_state, invalid_this, illegal, dictionary,
    callback_of, high_water_mark, read_strategy, size_function, finish } =
    load('streams/shared');
  const core = load('streams/writable_core');
  const { make, arg_type } = load('node/errors');

  /* The first argument of constructors that only this file calls. */
  const own = Symbol('streams');
  const refuse = (error) => Promise.reject(error);

  let inside; /* the inside of a WritableStream; throws for other values */
  let wrap; /* a WritableStream with that inside */
  let is_writable;

  class WritableStreamDefaultController {
    #inside;
    #abort = new (load('abort').AbortController)();
    constructor(key, controller) {
      if (key !== own)
        throw illegal();
      this.#inside = controller;
      controller.abort_signal = (reason) => this.#abort.abort(reason);
    }
    get signal() {
      return this.#abort.signal;
    }
    error(error = undefined) {
      core.fail_if_writable(this.#inside, error);
    }
  }

  class WritableStreamDefaultWriter {
    #inside;
    constructor(stream) {
      if (!is_writable(stream))
        throw arg_type('stream', 'an instance of WritableStream', stream);
      this.#inside = core.lock(inside(stream));
    }
    get closed() {
      return #inside in this ? this.#inside.closed.promise
        : refuse(invalid_this('WritableStreamDefaultWriter'));
    }
    get ready() {
      return #inside in this ? this.#inside.ready.promise
        : refuse(invalid_this('WritableStreamDefaultWriter'));
    }
    get desiredSize() {
      if (!this.#inside.stream)
        throw core.not_attached();
      return core.desired_size(this.#inside.stream);
    }
    /* Why the writer can't be used; null: it can. */
    #trouble() {
      return this.#inside.stream ? null : core.not_attached();
    }
    abort(reason = undefined) {
      if (!(#inside in this))
        return refuse(invalid_this('WritableStreamDefaultWriter'));
      const trouble = this.#trouble();
      return trouble ? refuse(trouble)
        : core.abort(this.#inside.stream, reason);
    }
    close() {
      if (!(#inside in this))
        return refuse(invalid_this('WritableStreamDefaultWriter'));
      const trouble = this.#trouble();
      if (trouble)
        return refuse(trouble);
      const { stream } = this.#inside;
      return core.is_closing(stream)
        ? refuse(invalid_state('Failure closing WritableStream'))
        : core.close(stream);
    }
    releaseLock() {
      core.release(this.#inside);
    }
    write(chunk = undefined) {
      if (!(#inside in this))
        return refuse(invalid_this('WritableStreamDefaultWriter'));
      const trouble = this.#trouble();
      return trouble ? refuse(trouble) : core.write(this.#inside, chunk);
    }
  }

  /* The algorithms of a sink that a task gave. */
  function sink_of(object) {
    const callbacks = { __proto__: null };
    for (const name of ['abort', 'close', 'start'])
      callbacks[name] = callback_of(object, name, 'sink');
    if (object.type !== undefined)
      throw make(RangeError, 'ERR_INVALID_ARG_VALUE',
        `The argument 'sink.type' is invalid. Received ${
          String(object.type)}`);
    callbacks.write = callback_of(object, 'write', 'sink');
    const { abort, close, start, write } = callbacks;
    const sink = { __proto__: null };
    let face;
    sink.start = (controller) => {
      face = new WritableStreamDefaultController(own, controller);
      return start ? Reflect.apply(start, object, [face]) : undefined;
    };
    if (write)
      sink.write = (chunk) => promise_call(write, object, chunk, face);
    if (close)
      sink.close = () => promise_call(close, object);
    if (abort)
      sink.abort = (reason) => promise_call(abort, object, reason);
    return sink;
  }

  class WritableStream {
    #inside;
    constructor(sink = undefined, strategy = undefined) {
      if (sink === own) {
        this.#inside = strategy;
      } else {
        if (sink === null)
          throw arg_type('sink', 'of type object', sink);
        strategy = read_strategy(strategy, 'strategy');
        this.#inside = core.new_stream();
        const made = sink_of(dictionary(sink, 'sink'));
        const size = size_function(strategy);
        core.set_up(this.#inside, made, high_water_mark(strategy, 1), size);
      }
      this.#inside.face = this;
    }
    static {
      is_writable = (value) => Object(value) === value && #inside in value;
      inside = (stream) => stream.#inside;
      wrap = (state) => state.face ?? new WritableStream(own, state);
    }
    get locked() {
      return core.is_locked(this.#inside);
    }
    abort(reason = undefined) {
      if (!is_writable(this))
        return refuse(invalid_this('WritableStream'));
      return core.is_locked(this.#inside)
        ? refuse(invalid_state('WritableStream is locked'))
        : core.abort(this.#inside, reason);
    }
    close() {
      if (!is_writable(this))
        return refuse(invalid_this('WritableStream'));
      if (core.is_locked(this.#inside))
        return refuse(invalid_state('WritableStream is locked'));
      return core.is_closing(this.#inside)
        ? refuse(invalid_state('Failure closing WritableStream'))
        : core.close(this.#inside);
    }
    getWriter() {
      this.#inside;
      return new WritableStreamDefaultWriter(this);
    }
  }

  finish(WritableStream, WritableStreamDefaultWriter,
    WritableStreamDefaultController);

  return { WritableStream, WritableStreamDefaultWriter,
    WritableStreamDefaultController, is_writable, inside, wrap };
})
