/*
 * The inside of WritableStream (Streams Standard, 5.5): its states, writers and
 * controllers.
 */
'use strict';

(function ({ load }) {
  const { upon, ignore, defer, resolved, rejected, invalid_state, List,
    reset_queue, enqueue_sized, dequeue_sized } = load('streams/shared');

  /* In the queue it stands for the end. */
  const end_mark = Symbol('end');

  const new_stream = () => ({ state: 'writable', stored_error: undefined,
    writer: null, controller: null, requests: new List(), writing: null,
    close_request: null, closing: null, abort_request: null,
    is_pressed: false, face: null });

  const is_locked = (stream) => stream.writer !== null;

  /* The end was asked for. */
  const is_closing = (stream) => Boolean(stream.close_request ||
    stream.closing);

  function abort(stream, reason) {
    if (stream.state === 'closed' || stream.state === 'errored')
      return Promise.resolve(undefined);
    const { controller } = stream;
    controller.abort_signal(reason);
    if (stream.state === 'closed' || stream.state === 'errored')
      return Promise.resolve(undefined);
    if (stream.abort_request)
      return stream.abort_request.deferred.promise;
    const was_erroring = stream.state === 'erroring';
    const deferred = defer_open();
    stream.abort_request = { deferred, was_erroring,
      reason: was_erroring ? undefined : reason };
    if (!was_erroring)
      start_erroring(stream, reason);
    return deferred.promise;
  }

  /* A deferred whose rejection counts as unhandled until the task handles
   * it. */
  function defer_open() {
    const deferred = {};
    deferred.promise = new Promise((resolve, reject) =>
      Object.assign(deferred, { resolve, reject }));
    return deferred;
  }

  function close(stream) {
    if (stream.state === 'closed' || stream.state === 'errored')
      return Promise.reject(invalid_state(
        `WritableStream is ${stream.state}`));
    const deferred = defer_open();
    stream.close_request = deferred;
    if (stream.writer && stream.is_pressed && stream.state === 'writable')
      stream.writer.ready.resolve(undefined);
    enqueue_sized(stream.controller, end_mark, 0);
    advance(stream.controller);
    return deferred.promise;
  }

  /* ---- errors ---- */

  function deal_with_rejection(stream, error) {
    if (stream.state === 'writable')
      start_erroring(stream, error);
    else
      finish_erroring(stream);
  }

  function reject_ready(writer, error) {
    if (writer.ready.is_pending)
      writer.ready.reject(error);
    else
      writer.ready = rejected(error);
  }

  function reject_closed(writer, error) {
    if (writer.closed.is_pending)
      writer.closed.reject(error);
    else
      writer.closed = rejected(error);
  }

  function start_erroring(stream, reason) {
    stream.state = 'erroring';
    stream.stored_error = reason;
    if (stream.writer)
      reject_ready(stream.writer, reason);
    if (!stream.writing && !stream.closing && stream.controller.is_started)
      finish_erroring(stream);
  }

  function finish_erroring(stream) {
    if (stream.writing || stream.closing)
      return;
    stream.state = 'errored';
    reset_queue(stream.controller);
    for (const request of stream.requests.take())
      request.reject(stream.stored_error);
    const request = stream.abort_request;
    stream.abort_request = null;
    if (!request) {
      reject_close(stream);
      return;
    }
    if (request.was_erroring) {
      request.deferred.reject(stream.stored_error);
      reject_close(stream);
      return;
    }
    const aborted = stream.controller.abort(request.reason);
    clear_algorithms(stream.controller);
    upon(aborted, () => {
      request.deferred.resolve(undefined);
      reject_close(stream);
    }, (error) => {
      request.deferred.reject(error);
      reject_close(stream);
    });
  }

  function reject_close(stream) {
    stream.close_request?.reject(stream.stored_error);
    stream.close_request = null;
    if (stream.writer)
      reject_closed(stream.writer, stream.stored_error);
  }

  function press(stream, is_pressed) {
    if (stream.writer && is_pressed !== stream.is_pressed) {
      if (is_pressed)
        stream.writer.ready = defer();
      else
        stream.writer.ready.resolve(undefined);
    }
    stream.is_pressed = is_pressed;
  }

  /* ---- writers ---- */

  function lock(stream) {
    if (is_locked(stream))
      throw invalid_state('WritableStream is locked');
    const writer = { stream, ready: null, closed: null };
    stream.writer = writer;
    if (stream.state === 'writable') {
      writer.ready = !is_closing(stream) && stream.is_pressed ? defer()
        : resolved(undefined);
      writer.closed = defer();
    } else if (stream.state === 'erroring') {
      writer.ready = rejected(stream.stored_error);
      writer.closed = defer();
    } else if (stream.state === 'closed') {
      writer.ready = resolved(undefined);
      writer.closed = resolved(undefined);
    } else {
      writer.ready = rejected(stream.stored_error);
      writer.closed = rejected(stream.stored_error);
    }
    return writer;
  }

  const not_attached = () =>
    invalid_state('Writer is not bound to a WritableStream');

  function release(writer) {
    const { stream } = writer;
    if (!stream)
      return;
    const error = invalid_state('Writer has been released');
    reject_ready(writer, error);
    reject_closed(writer, error);
    stream.writer = null;
    writer.stream = null;
  }

  function close_if_open(writer) {
    const { stream } = writer;
    if (is_closing(stream) || stream.state === 'closed')
      return Promise.resolve(undefined);
    return stream.state === 'errored' ? Promise.reject(stream.stored_error)
      : close(stream);
  }

  /* null: it will take no more. */
  function desired_size(stream) {
    if (stream.state === 'errored' || stream.state === 'erroring')
      return null;
    return stream.state === 'closed' ? 0 : room(stream.controller);
  }

  function write(writer, chunk) {
    const { stream } = writer;
    const { controller } = stream;
    const size = chunk_size(controller, chunk);
    if (stream !== writer.stream)
      return Promise.reject(not_attached());
    if (stream.state === 'errored')
      return Promise.reject(stream.stored_error);
    if (is_closing(stream) || stream.state === 'closed')
      return Promise.reject(invalid_state('WritableStream is closed'));
    if (stream.state === 'erroring')
      return Promise.reject(stream.stored_error);
    const request = defer_open();
    stream.requests.push(request);
    put(controller, chunk, size);
    return request.promise;
  }

  /* ---- the controller ---- */

  const room = (controller) => controller.mark - controller.queue_size;

  function clear_algorithms(controller) {
    controller.write = undefined;
    controller.close = undefined;
    controller.abort = undefined;
    controller.size = undefined;
  }

  function chunk_size(controller, chunk) {
    if (!controller.size)
      return 1;
    try {
      return controller.size(chunk);
    } catch (error) {
      fail_if_writable(controller, error);
      return 1;
    }
  }

  function fail_if_writable(controller, error) {
    if (controller.stream.state === 'writable')
      fail(controller, error);
  }

  function fail(controller, error) {
    clear_algorithms(controller);
    start_erroring(controller.stream, error);
  }

  function put(controller, chunk, size) {
    const { stream } = controller;
    try {
      enqueue_sized(controller, chunk, size);
    } catch (error) {
      fail_if_writable(controller, error);
      return;
    }
    if (!is_closing(stream) && stream.state === 'writable')
      press(stream, room(controller) <= 0);
    advance(controller);
  }

  function advance(controller) {
    const { stream } = controller;
    if (!controller.is_started || stream.writing)
      return;
    if (stream.state === 'erroring') {
      finish_erroring(stream);
      return;
    }
    const head = controller.queue.peek();
    if (!head)
      return;
    if (head.value === end_mark)
      run_close(controller);
    else
      run_write(controller, head.value);
  }

  function run_close(controller) {
    const { stream } = controller;
    stream.closing = stream.close_request;
    stream.close_request = null;
    dequeue_sized(controller);
    const closed = controller.close();
    clear_algorithms(controller);
    upon(closed, () => {
      stream.closing.resolve(undefined);
      stream.closing = null;
      if (stream.state === 'erroring') {
        stream.stored_error = undefined;
        stream.abort_request?.deferred.resolve(undefined);
        stream.abort_request = null;
      }
      stream.state = 'closed';
      stream.writer?.closed.resolve(undefined);
    }, (error) => {
      stream.closing.reject(error);
      stream.closing = null;
      stream.abort_request?.deferred.reject(error);
      stream.abort_request = null;
      deal_with_rejection(stream, error);
    });
  }

  function run_write(controller, chunk) {
    const { stream } = controller;
    stream.writing = stream.requests.shift();
    upon(controller.write(chunk), () => {
      stream.writing.resolve(undefined);
      stream.writing = null;
      dequeue_sized(controller);
      if (!is_closing(stream) && stream.state === 'writable')
        press(stream, room(controller) <= 0);
      advance(controller);
    }, (error) => {
      if (stream.state === 'writable')
        clear_algorithms(controller);
      stream.writing.reject(error);
      stream.writing = null;
      deal_with_rejection(stream, error);
    });
  }

  /* sink: {start, write, close, abort}, each of which gives a promise; start
   * may throw. abort_signal(reason) tells the controller's signal. */
  function set_up(stream, given, mark, size) {
    /* Nothing that a task puts into Object.prototype. */
    const sink = { __proto__: null, ...given };
    const controller = { stream, face: null, is_started: false, mark, size,
      write: sink.write ?? (() => Promise.resolve()),
      close: sink.close ?? (() => Promise.resolve()),
      abort: sink.abort ?? (() => Promise.resolve()),
      abort_signal: ignore };
    reset_queue(controller);
    stream.controller = controller;
    stream.is_pressed = room(controller) <= 0;
    const started = () => {
      controller.is_started = true;
    };
    upon(Promise.resolve(sink.start?.(controller)), () => {
      started();
      advance(controller);
    }, (error) => {
      started();
      deal_with_rejection(stream, error);
    });
    return controller;
  }

  function create(sink, mark = 1, size = () => 1) {
    const stream = new_stream();
    set_up(stream, sink, mark, size);
    return stream;
  }

  return { new_stream, is_locked, is_closing, abort, close, lock, release,
    not_attached, close_if_open, desired_size, write, fail_if_writable, set_up,
    create };
})
