/*
 * ReadableStream, its readers and controllers (Streams Standard, 4): the
 * classes that a task sees.
 */
'use strict';

(function ({ load }) {
  const { upon, invalid_state, invalid_this, illegal, dictionary, callback_of,
    enforce_range, high_water_mark, read_strategy, size_function, finish } =
    load('streams/shared');
  const core = load('streams/readable_core');
  const byte = load('streams/readable_byte');
  const { make, arg_type, arg_value } = load('node/errors');
  const { need } = load('web_idl');

  /* The first argument of constructors that only this file calls. */
  const own = Symbol('streams');

  let inside; /* the inside of a ReadableStream; throws for other values */
  let wrap; /* a ReadableStream with that inside */
  let is_readable;

  /* ---- controllers ---- */

  class ReadableStreamDefaultController {
    #inside;
    constructor(key, controller) {
      if (key !== own)
        throw illegal();
      this.#inside = controller;
    }
    get desiredSize() {
      return core.desired_size(this.#inside);
    }
    close() {
      if (!core.can_enqueue(this.#inside))
        throw invalid_state('Controller is already closed');
      core.close_controller(this.#inside);
    }
    enqueue(chunk = undefined) {
      if (!core.can_enqueue(this.#inside))
        throw invalid_state('Controller is already closed');
      core.enqueue(this.#inside, chunk);
    }
    error(error = undefined) {
      core.fail_controller(this.#inside, error);
    }
  }

  function check_view(view, name) {
    if (!ArrayBuffer.isView(view))
      throw arg_type(name, 'an instance of Buffer, TypedArray, or DataView',
        view);
    if (view.buffer.detached)
      throw invalid_state('The ArrayBuffer is detached');
  }

  class ReadableStreamBYOBRequest {
    #inside;
    constructor(key, request) {
      if (key !== own)
        throw illegal();
      this.#inside = request;
    }
    get view() {
      return this.#inside.view;
    }
    respond(count) {
      need(arguments.length, 1, 'respond');
      count = enforce_range(count, 'bytesWritten');
      const { controller, view } = this.#inside;
      if (!controller)
        throw invalid_state('This BYOB request has been invalidated');
      if (view.buffer.detached)
        throw invalid_state('The viewed ArrayBuffer is detached');
      byte.respond(controller, count);
    }
    respondWithNewView(view) {
      const { controller } = this.#inside;
      if (!ArrayBuffer.isView(view))
        check_view(view, 'view');
      if (!controller)
        throw invalid_state('This BYOB request has been invalidated');
      check_view(view, 'view');
      byte.respond_with_view(controller, view);
    }
  }

  class ReadableByteStreamController {
    #inside;
    constructor(key, controller) {
      if (key !== own)
        throw illegal();
      this.#inside = controller;
    }
    get byobRequest() {
      const request = byte.request_of(this.#inside);
      if (request)
        request.face ??= new ReadableStreamBYOBRequest(own, request);
      return request?.face ?? null;
    }
    get desiredSize() {
      return byte.desired_size(this.#inside);
    }
    #check_open() {
      if (this.#inside.close_requested)
        throw invalid_state('Controller is already closed');
      if (this.#inside.stream.state !== 'readable')
        throw invalid_state('ReadableStream is already closed');
    }
    close() {
      this.#check_open();
      byte.close(this.#inside);
    }
    enqueue(chunk) {
      this.#inside;
      check_view(chunk, 'chunk');
      if (chunk.byteLength === 0 || chunk.buffer.byteLength === 0)
        throw invalid_state('chunk ArrayBuffer is zero-length or detached');
      this.#check_open();
      byte.enqueue(this.#inside, chunk);
    }
    error(error = undefined) {
      byte.fail(this.#inside, error);
    }
  }

  /* ---- readers ---- */

  const refuse = (error) => Promise.reject(error);

  /* closed and cancel() of both readers. */
  function cancel_reader(reader, reason) {
    return reader.stream ? core.cancel_stream(reader.stream, reason)
      : refuse(core.not_attached());
  }

  class ReadableStreamDefaultReader {
    #inside;
    constructor(stream) {
      if (!is_readable(stream))
        throw arg_type('stream', 'an instance of ReadableStream', stream);
      this.#inside = core.lock(inside(stream));
    }
    get closed() {
      return #inside in this ? this.#inside.closed.promise
        : refuse(invalid_this('ReadableStreamDefaultReader'));
    }
    cancel(reason = undefined) {
      return #inside in this ? cancel_reader(this.#inside, reason)
        : refuse(invalid_this('ReadableStreamDefaultReader'));
    }
    read() {
      if (!(#inside in this))
        return refuse(invalid_this('ReadableStreamDefaultReader'));
      if (!this.#inside.stream)
        return refuse(core.not_attached());
      return core.read_promise((request) => core.read(this.#inside, request));
    }
    releaseLock() {
      core.release(this.#inside);
    }
  }

  /* How many elements read() must give at least. */
  function least_of(view, options) {
    const { min } = dictionary(options, 'options');
    const least = min === undefined ? 1 : enforce_range(min, 'options.min');
    if (least === 0)
      throw arg_value('options.min', min);
    if (least > (view.length ?? view.byteLength))
      throw load('node/errors').out_of_range('options.min',
        `<= ${view.length ?? view.byteLength}`, min);
    return least;
  }

  class ReadableStreamBYOBReader {
    #inside;
    constructor(stream) {
      if (!is_readable(stream))
        throw arg_type('stream', 'an instance of ReadableStream', stream);
      if (!inside(stream).controller.is_byte)
        throw arg_value('stream', stream, 'must be a byte stream');
      this.#inside = core.lock(inside(stream), true);
    }
    get closed() {
      return #inside in this ? this.#inside.closed.promise
        : refuse(invalid_this('ReadableStreamBYOBReader'));
    }
    cancel(reason = undefined) {
      return #inside in this ? cancel_reader(this.#inside, reason)
        : refuse(invalid_this('ReadableStreamBYOBReader'));
    }
    async read(view, options = undefined) {
      if (!(#inside in this))
        throw invalid_this('ReadableStreamBYOBReader');
      check_view(view, 'view');
      if (view.byteLength === 0 || view.buffer.byteLength === 0)
        throw invalid_state('View or Viewed ArrayBuffer is zero-length or ' +
          'detached');
      const least = least_of(view, options);
      if (!this.#inside.stream)
        throw core.not_attached();
      return core.read_promise((request) =>
        byte.read_into(this.#inside, view, least, request));
    }
    releaseLock() {
      core.release(this.#inside);
    }
  }

  /* ---- the stream ---- */

  function set_up(stream, object, strategy) {
    const callbacks = { __proto__: null };
    const { type, autoAllocateChunkSize } = object;
    for (const name of ['cancel', 'pull', 'start'])
      callbacks[name] = callback_of(object, name, 'source');
    if (type === undefined) {
      const size = size_function(strategy);
      core.set_up_default(stream, core.source_of(object, callbacks,
        (controller) => new ReadableStreamDefaultController(own, controller)),
      high_water_mark(strategy, 1), size);
      return;
    }
    if (String(type) !== 'bytes')
      throw arg_value('source.type', type);
    if (strategy.size !== undefined)
      throw make(RangeError, 'ERR_INVALID_ARG_VALUE',
        'a byte stream has no strategy.size');
    const auto_size = autoAllocateChunkSize === undefined ? undefined
      : enforce_range(autoAllocateChunkSize, 'source.autoAllocateChunkSize');
    if (auto_size === 0)
      throw arg_value('source.autoAllocateChunkSize', 0);
    byte.set_up(stream, core.source_of(object, callbacks,
      (controller) => new ReadableByteStreamController(own, controller)),
    high_water_mark(strategy, 0), auto_size);
  }

  /* The options of pipeTo() and pipeThrough(), read in Web IDL's order. */
  function pipe_options(options) {
    const { preventAbort, preventCancel, preventClose, signal } =
      dictionary(options, 'options');
    if (signal !== undefined &&
      !(signal instanceof load('abort').AbortSignal))
      throw arg_type('options.signal', 'an instance of AbortSignal', signal);
    return { keep_abort: Boolean(preventAbort),
      keep_cancel: Boolean(preventCancel), keep_close: Boolean(preventClose),
      signal };
  }

  function pipe(source, target, options) {
    if (core.is_locked(source))
      throw invalid_state('The ReadableStream is locked');
    const sink = load('streams/writable').inside(target);
    if (load('streams/writable_core').is_locked(sink))
      throw invalid_state('The WritableStream is locked');
    return load('streams/pipe').pipe(source, sink, options);
  }

  class ReadableStream {
    #inside;
    constructor(source = undefined, strategy = undefined) {
      if (source === own) {
        this.#inside = strategy;
      } else {
        if (source === null)
          throw arg_type('source', 'of type object', source);
        strategy = read_strategy(strategy, 'strategy');
        this.#inside = core.new_stream();
        set_up(this.#inside, dictionary(source, 'source'), strategy);
      }
      this.#inside.face = this;
    }
    static {
      is_readable = (value) => Object(value) === value && #inside in value;
      inside = (stream) => stream.#inside;
      wrap = (state) => state.face ?? new ReadableStream(own, state);
    }
    static from(iterable) {
      return wrap(load('streams/readable_from').from(iterable));
    }
    get locked() {
      return core.is_locked(this.#inside);
    }
    cancel(reason = undefined) {
      if (!is_readable(this))
        return refuse(invalid_this('ReadableStream'));
      if (core.is_locked(this.#inside))
        return refuse(invalid_state('ReadableStream is locked'));
      return core.cancel_stream(this.#inside, reason);
    }
    getReader(options = undefined) {
      this.#inside;
      const { mode } = dictionary(options, 'options');
      if (mode === undefined)
        return new ReadableStreamDefaultReader(this);
      if (String(mode) !== 'byob')
        throw arg_value('options.mode', mode);
      return new ReadableStreamBYOBReader(this);
    }
    pipeThrough(transform, options = undefined) {
      this.#inside;
      need(arguments.length, 1, 'pipeThrough');
      transform = dictionary(transform, 'transform');
      const { readable } = transform;
      if (!is_readable(readable))
        throw arg_type('transform.readable', 'an instance of ReadableStream',
          readable);
      const { writable } = transform;
      if (!load('streams/writable').is_writable(writable))
        throw arg_type('transform.writable', 'an instance of WritableStream',
          writable);
      load('streams/shared').handle(
        pipe(this.#inside, writable, pipe_options(options)));
      return readable;
    }
    pipeTo(destination, options = undefined) {
      if (!is_readable(this))
        return refuse(invalid_this('ReadableStream'));
      try {
        if (!load('streams/writable').is_writable(destination))
          throw arg_type('transform.writable',
            'an instance of WritableStream', destination);
        return pipe(this.#inside, destination, pipe_options(options));
      } catch (error) {
        return refuse(error);
      }
    }
    tee() {
      return load('streams/tee').tee(this.#inside).map(wrap);
    }
    values(options = undefined) {
      const { preventCancel } = dictionary(options, 'options');
      return new Iterator(own, core.lock(this.#inside),
        Boolean(preventCancel));
    }
  }
  Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
    value: ReadableStream.prototype.values, configurable: true,
    writable: true });

  /* ---- async iteration (4.2.5) ---- */

  const async_iterator = Object.getPrototypeOf(Object.getPrototypeOf(
    (async function* () {}).prototype));

  class Iterator {
    #reader;
    #keep_cancel;
    #is_done = false;
    #ongoing = null;
    constructor(key, reader, keep_cancel) {
      if (key !== own)
        throw illegal();
      this.#reader = reader;
      this.#keep_cancel = keep_cancel;
    }
    /* The steps of one call begin when those of the last have ended. */
    #after(steps) {
      this.#ongoing = this.#ongoing
        ? upon(this.#ongoing, steps, steps) : steps();
      return this.#ongoing;
    }
    next() {
      return #reader in this ? this.#after(() => this.#next())
        : refuse(invalid_this('ReadableStreamAsyncIterator'));
    }
    return(value) {
      return #reader in this ? this.#after(() => this.#return(value))
        : refuse(invalid_this('ReadableStreamAsyncIterator'));
    }
    #next() {
      if (this.#is_done)
        return Promise.resolve({ value: undefined, done: true });
      const end = () => {
        this.#is_done = true;
        core.release(this.#reader);
      };
      const result = new Promise((resolve, reject) =>
        core.read(this.#reader, {
          chunk: (value) => resolve({ value, done: false }),
          close() {
            end();
            resolve({ value: undefined, done: true });
          },
          error(error) {
            end();
            reject(error);
          },
        }));
      /* Web IDL takes this step between two calls. */
      return upon(result, (step) => step);
    }
    #return(value) {
      const result = { value, done: true };
      if (this.#is_done)
        return Promise.resolve(result);
      this.#is_done = true;
      if (this.#keep_cancel) {
        core.release(this.#reader);
        return Promise.resolve(result);
      }
      const cancelled = core.cancel_stream(this.#reader.stream, value);
      core.release(this.#reader);
      return upon(cancelled, () => result);
    }
  }
  Object.setPrototypeOf(Iterator.prototype, async_iterator);
  delete Iterator.prototype.constructor;
  for (const name of ['next', 'return'])
    Object.defineProperty(Iterator.prototype, name, { enumerable: true });
  Object.defineProperty(Iterator.prototype, Symbol.toStringTag,
    { value: 'ReadableStream AsyncIterator', configurable: true });

  finish(ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader,
    ReadableStreamDefaultController, ReadableByteStreamController,
    ReadableStreamBYOBRequest);

  return { ReadableStream, ReadableStreamDefaultReader,
    ReadableStreamBYOBReader, ReadableStreamDefaultController,
    ReadableByteStreamController, ReadableStreamBYOBRequest, wrap, is_readable,
    inside };
})
