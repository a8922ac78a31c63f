/*
 * The inside of ReadableStream (Streams Standard, 4.9 and 4.5): the stream's
 * states, its readers and the controller of streams whose chunks are any
 * values. streams/readable_byte.js has the controller of byte streams.
 *
 * A controller has three functions that the stream calls: pull_steps(request),
 * cancel_steps(reason) and release_steps(). A request of a reader has three as
 * well: chunk(value), close() and error(error).
 */
'use strict';

(function ({ load }) {
  const { upon, ignore, defer, resolved, rejected, promise_call, invalid_state,
    List, reset_queue, enqueue_sized, dequeue_sized } = load('streams/shared');

  const new_stream = () => ({ state: 'readable', reader: null,
    stored_error: undefined, is_disturbed: false, controller: null,
    face: null });

  const is_locked = (stream) => stream.reader !== null;

  function close_stream(stream) {
    stream.state = 'closed';
    const { reader } = stream;
    if (!reader)
      return;
    reader.closed.resolve(undefined);
    if (!reader.is_byob)
      for (const request of reader.requests.take())
        request.close();
  }

  function fail_stream(stream, error) {
    stream.state = 'errored';
    stream.stored_error = error;
    const { reader } = stream;
    if (!reader)
      return;
    reader.closed.reject(error);
    fail_requests(reader, error);
  }

  function fail_requests(reader, error) {
    for (const request of reader.requests.take())
      request.error(error);
  }

  function cancel_stream(stream, reason) {
    stream.is_disturbed = true;
    if (stream.state === 'closed')
      return Promise.resolve(undefined);
    if (stream.state === 'errored')
      return Promise.reject(stream.stored_error);
    close_stream(stream);
    if (stream.reader?.is_byob)
      for (const request of stream.reader.requests.take())
        request.close(undefined);
    return upon(stream.controller.cancel_steps(reason), ignore);
  }

  /* How many default reads wait; byte controllers ask. */
  const waiting_reads = (stream) =>
    stream.reader && !stream.reader.is_byob ? stream.reader.requests.length : 0;
  const waiting_byob = (stream) =>
    stream.reader?.is_byob ? stream.reader.requests.length : 0;

  /* ---- readers ---- */

  function lock(stream, is_byob = false) {
    if (is_locked(stream))
      throw invalid_state('ReadableStream is locked');
    const reader = { stream, is_byob, requests: new List(), closed: null };
    stream.reader = reader;
    if (stream.state === 'readable')
      reader.closed = defer();
    else if (stream.state === 'closed')
      reader.closed = resolved(undefined);
    else
      reader.closed = rejected(stream.stored_error);
    return reader;
  }

  const released = () => invalid_state('The reader was released');

  function release(reader) {
    const { stream } = reader;
    if (!stream)
      return;
    const error = released();
    if (stream.state === 'readable')
      reader.closed.reject(error);
    else
      reader.closed = rejected(error);
    stream.controller.release_steps();
    stream.reader = null;
    reader.stream = null;
    fail_requests(reader, error);
  }

  const not_attached = () =>
    invalid_state('The reader is not attached to a stream');

  function read(reader, request) {
    const { stream } = reader;
    stream.is_disturbed = true;
    if (stream.state === 'closed')
      request.close();
    else if (stream.state === 'errored')
      request.error(stream.stored_error);
    else
      stream.controller.pull_steps(request);
  }

  /* A request that settles a promise with {value, done}. */
  function read_promise(read_into) {
    return new Promise((resolve, reject) => read_into({
      chunk: (value) => resolve({ value, done: false }),
      close: (value) => resolve({ value, done: true }),
      error: reject,
    }));
  }

  /* ---- the default controller ---- */

  function should_pull(controller) {
    const { stream } = controller;
    if (!can_enqueue(controller) || !controller.is_started)
      return false;
    return is_locked(stream) && waiting_reads(stream) > 0 ||
      desired_size(controller) > 0;
  }

  const can_enqueue = (controller) => !controller.close_requested &&
    controller.stream.state === 'readable';

  /* null: errored. */
  function desired_size(controller) {
    const { state } = controller.stream;
    if (state === 'errored')
      return null;
    return state === 'closed' ? 0 : controller.mark - controller.queue_size;
  }

  /* The source's functions may hold much memory. */
  function clear_algorithms(controller) {
    controller.pull = undefined;
    controller.cancel = undefined;
    controller.size = undefined;
  }

  /* Shared by both kinds of controllers. may_pull and fail differ. */
  function call_pull_if(controller, may_pull, fail) {
    if (!may_pull(controller))
      return;
    if (controller.is_pulling) {
      controller.pull_again = true;
      return;
    }
    controller.is_pulling = true;
    upon(controller.pull(), () => {
      controller.is_pulling = false;
      if (controller.pull_again) {
        controller.pull_again = false;
        call_pull_if(controller, may_pull, fail);
      }
    }, (error) => fail(controller, error));
  }

  const pull_if_needed = (controller) =>
    call_pull_if(controller, should_pull, fail_controller);

  function finish_close(controller) {
    clear_algorithms(controller);
    close_stream(controller.stream);
  }

  function close_controller(controller) {
    if (!can_enqueue(controller))
      return;
    controller.close_requested = true;
    if (!controller.queue.length)
      finish_close(controller);
  }

  function enqueue(controller, chunk) {
    if (!can_enqueue(controller))
      return;
    const { stream } = controller;
    if (waiting_reads(stream) > 0) {
      stream.reader.requests.shift().chunk(chunk);
    } else {
      try {
        enqueue_sized(controller, chunk, controller.size(chunk));
      } catch (error) {
        fail_controller(controller, error);
        throw error;
      }
    }
    pull_if_needed(controller);
  }

  function fail_controller(controller, error) {
    if (controller.stream.state !== 'readable')
      return;
    reset_queue(controller);
    clear_algorithms(controller);
    fail_stream(controller.stream, error);
  }

  function cancel_steps(reason) {
    reset_queue(this);
    const promise = this.cancel(reason);
    clear_algorithms(this);
    return promise;
  }

  function pull_steps(request) {
    const { stream } = this;
    if (!this.queue.length) {
      stream.reader.requests.push(request);
      pull_if_needed(this);
      return;
    }
    const chunk = dequeue_sized(this);
    if (this.close_requested && !this.queue.length)
      finish_close(this);
    else
      pull_if_needed(this);
    request.chunk(chunk);
  }

  /* Join a stream with a controller and start its source. start may throw. */
  function start_controller(controller, start, may_pull, fail) {
    upon(Promise.resolve(start()), () => {
      controller.is_started = true;
      call_pull_if(controller, may_pull, fail);
    }, (error) => fail(controller, error));
  }

  function set_up_default(stream, given, mark, size) {
    /* Nothing that a task puts into Object.prototype. */
    const source = { __proto__: null, ...given };
    const controller = { stream, face: null, is_started: false,
      close_requested: false, pull_again: false, is_pulling: false, mark, size,
      pull: source.pull ?? (() => Promise.resolve()),
      cancel: source.cancel ?? (() => Promise.resolve()),
      cancel_steps, pull_steps, release_steps: ignore };
    reset_queue(controller);
    stream.controller = controller;
    start_controller(controller, () => source.start?.(controller), should_pull,
      fail_controller);
    return controller;
  }

  /* The algorithms of a source that a task gave. face_of makes the
   * controller's face, which those functions get. */
  function source_of(object, callbacks, face_of) {
    const { start, pull, cancel } = callbacks;
    const source = { __proto__: null };
    let face;
    source.start = (controller) => {
      face = face_of(controller);
      return start ? Reflect.apply(start, object, [face]) : undefined;
    };
    if (pull)
      source.pull = () => promise_call(pull, object, face);
    if (cancel)
      source.cancel = (reason) => promise_call(cancel, object, reason);
    return source;
  }

  /* A stream of a source that the library made. */
  function create(source, mark = 1, size = () => 1) {
    const stream = new_stream();
    set_up_default(stream, source, mark, size);
    return stream;
  }

  return { new_stream, is_locked, close_stream, fail_stream, cancel_stream,
    waiting_reads, waiting_byob, lock, release, not_attached, read,
    read_promise, call_pull_if, start_controller, set_up_default, source_of,
    create, clear_algorithms, can_enqueue, should_pull, desired_size,
    close_controller, enqueue, fail_controller };
})
