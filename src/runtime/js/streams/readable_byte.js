/*
 * The inside of readable byte streams (Streams Standard, 4.7, 4.8 and 4.9.5):
 * their controller, which fills buffers that readers bring ("BYOB").
 */
'use strict';

(function ({ load }) {
  const { invalid_state, List, reset_queue } = load('streams/shared');
  const core = load('streams/readable_core');
  const { close_stream, fail_stream, waiting_reads, waiting_byob,
    clear_algorithms } = core;

  const transfer = (buffer) => buffer.transfer();

  /* The class of a view, by its inside: a Buffer is a Uint8Array. */
  const view_name = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
  const views = new Map([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array,
    Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array, globalThis.Float16Array].filter(Boolean)
    .map((own) => [own.name, own]));
  const view_class = (view) => views.get(view_name.call(view)) ?? DataView;

  /* ---- pulling ---- */

  function desired_size(controller) {
    const { state } = controller.stream;
    if (state === 'errored')
      return null;
    return state === 'closed' ? 0 : controller.mark - controller.queue_size;
  }

  function should_pull(controller) {
    const { stream } = controller;
    if (stream.state !== 'readable' || controller.close_requested ||
      !controller.is_started)
      return false;
    return waiting_reads(stream) > 0 || waiting_byob(stream) > 0 ||
      desired_size(controller) > 0;
  }

  const pull_if_needed = (controller) =>
    core.call_pull_if(controller, should_pull, fail);

  function fail(controller, error) {
    if (controller.stream.state !== 'readable')
      return;
    clear_pulls(controller);
    reset_queue(controller);
    clear_algorithms(controller);
    fail_stream(controller.stream, error);
  }

  function invalidate_request(controller) {
    if (!controller.request)
      return;
    controller.request.controller = undefined;
    controller.request.view = null;
    controller.request = null;
  }

  function clear_pulls(controller) {
    invalidate_request(controller);
    controller.pulls = new List();
  }

  function shift_pull(controller) {
    invalidate_request(controller);
    return controller.pulls.shift();
  }

  function close(controller) {
    if (controller.close_requested || controller.stream.state !== 'readable')
      return;
    if (controller.queue_size > 0) {
      controller.close_requested = true;
      return;
    }
    const first = controller.pulls.peek();
    if (first && first.filled % first.element_size) {
      const error = invalid_state('Partial read');
      fail(controller, error);
      throw error;
    }
    clear_algorithms(controller);
    close_stream(controller.stream);
  }

  /* Close it, and answer those that wait with a buffer of theirs. */
  function end(controller) {
    close(controller);
    if (controller.stream.state === 'closed' && controller.pulls.length)
      respond(controller, 0);
  }

  /* ---- queue ---- */

  function push_queue(controller, buffer, offset, size) {
    controller.queue.push({ buffer, offset, size });
    controller.queue_size += size;
  }

  function push_copy(controller, buffer, offset, size) {
    let copy;
    try {
      copy = buffer.slice(offset, offset + size);
    } catch (error) {
      fail(controller, error);
      throw error;
    }
    push_queue(controller, copy, 0, size);
  }

  function drain_detached(controller, pull) {
    if (pull.filled > 0)
      push_copy(controller, pull.buffer, pull.offset, pull.filled);
    shift_pull(controller);
  }

  /* Move bytes of the queue into a buffer. True if it has enough of them. */
  function fill(controller, pull) {
    const most = Math.min(controller.queue_size, pull.size - pull.filled);
    const after = pull.filled + most;
    const aligned = after - after % pull.element_size;
    const is_ready = aligned >= pull.least;
    let left = is_ready ? aligned - pull.filled : most;
    while (left > 0) {
      const head = controller.queue.peek();
      const count = Math.min(left, head.size);
      new Uint8Array(pull.buffer, pull.offset + pull.filled, count)
        .set(new Uint8Array(head.buffer, head.offset, count));
      if (head.size === count) {
        controller.queue.shift();
      } else {
        head.offset += count;
        head.size -= count;
      }
      controller.queue_size -= count;
      pull.filled += count;
      left -= count;
    }
    return is_ready;
  }

  function take_from_queue(controller, request) {
    const { buffer, offset, size } = controller.queue.shift();
    controller.queue_size -= size;
    drained(controller);
    request.chunk(new Uint8Array(buffer, offset, size));
  }

  function drained(controller) {
    if (controller.queue_size === 0 && controller.close_requested) {
      clear_algorithms(controller);
      close_stream(controller.stream);
    } else {
      pull_if_needed(controller);
    }
  }

  /* ---- commits ---- */

  const filled_view = (pull) => new pull.view(transfer(pull.buffer),
    pull.offset, pull.filled / pull.element_size);

  function commit(stream, pull) {
    const is_done = stream.state === 'closed';
    const view = filled_view(pull);
    const request = stream.reader.requests.shift();
    if (is_done)
      request.close(view);
    else
      request.chunk(view);
  }

  /* The pulls that the queue can serve; they are out of the list before the
   * first reader runs. */
  function filled_pulls(controller) {
    const filled = [];
    while (controller.pulls.length && controller.queue_size > 0) {
      const pull = controller.pulls.peek();
      if (!fill(controller, pull))
        break;
      shift_pull(controller);
      filled.push(pull);
    }
    return filled;
  }

  function serve_reads(controller) {
    const { requests } = controller.stream.reader;
    while (requests.length && controller.queue_size > 0)
      take_from_queue(controller, requests.shift());
  }

  function enqueue(controller, chunk) {
    const { stream } = controller;
    if (controller.close_requested || stream.state !== 'readable')
      return;
    const { byteOffset: offset, byteLength: size } = chunk;
    const buffer = transfer(chunk.buffer);
    const first = controller.pulls.peek();
    if (first) {
      if (first.buffer.detached)
        throw invalid_state('The buffer of a BYOB request is detached');
      invalidate_request(controller);
      first.buffer = transfer(first.buffer);
      if (first.kind === 'none')
        drain_detached(controller, first);
    }
    if (stream.reader && !stream.reader.is_byob) {
      serve_reads(controller);
      if (!waiting_reads(stream)) {
        push_queue(controller, buffer, offset, size);
      } else {
        if (controller.pulls.length)
          shift_pull(controller);
        stream.reader.requests.shift()
          .chunk(new Uint8Array(buffer, offset, size));
      }
    } else if (stream.reader) {
      push_queue(controller, buffer, offset, size);
      for (const pull of filled_pulls(controller))
        commit(stream, pull);
    } else {
      push_queue(controller, buffer, offset, size);
    }
    pull_if_needed(controller);
  }

  /* ---- a request's answer ---- */

  function respond_closed(controller, first) {
    if (first.kind === 'none')
      shift_pull(controller);
    const { stream } = controller;
    if (!stream.reader?.is_byob)
      return;
    const filled = [];
    for (let count = waiting_byob(stream); count > 0; count--)
      filled.push(shift_pull(controller));
    filled.forEach((pull) => commit(stream, pull));
  }

  function respond_readable(controller, count, pull) {
    pull.filled += count;
    if (pull.kind === 'none') {
      drain_detached(controller, pull);
      for (const filled of filled_pulls(controller))
        commit(controller.stream, filled);
      return;
    }
    if (pull.filled < pull.least)
      return;
    shift_pull(controller);
    const rest = pull.filled % pull.element_size;
    if (rest > 0) {
      const end = pull.offset + pull.filled;
      push_copy(controller, pull.buffer, end - rest, rest);
    }
    pull.filled -= rest;
    const filled = filled_pulls(controller);
    commit(controller.stream, pull);
    filled.forEach((other) => commit(controller.stream, other));
  }

  function respond_inside(controller, count) {
    const first = controller.pulls.peek();
    invalidate_request(controller);
    if (controller.stream.state === 'closed')
      respond_closed(controller, first);
    else
      respond_readable(controller, count, first);
    pull_if_needed(controller);
  }

  function respond(controller, count) {
    const first = controller.pulls.peek();
    if (controller.stream.state === 'closed') {
      if (count !== 0)
        throw invalid_state('bytesWritten must be zero after the close');
    } else {
      if (count === 0)
        throw invalid_state('bytesWritten must be greater than zero');
      if (first.filled + count > first.size)
        throw new RangeError('bytesWritten is larger than the view');
    }
    first.buffer = transfer(first.buffer);
    respond_inside(controller, count);
  }

  function respond_with_view(controller, view) {
    const first = controller.pulls.peek();
    if (controller.stream.state === 'closed') {
      if (view.byteLength !== 0)
        throw invalid_state('The view must be empty after the close');
    } else if (view.byteLength === 0) {
      throw invalid_state('The view is empty');
    }
    if (first.offset + first.filled !== view.byteOffset)
      throw new RangeError('The view begins at another place');
    if (first.buffer_size !== view.buffer.byteLength)
      throw new RangeError('The view has a buffer of another size');
    if (first.filled + view.byteLength > first.size)
      throw new RangeError('The view is too large');
    const size = view.byteLength;
    first.buffer = transfer(view.buffer);
    respond_inside(controller, size);
  }

  /* The request for the source to fill: {controller, view}, or null. */
  function request_of(controller) {
    const first = controller.pulls.peek();
    if (!controller.request && first)
      controller.request = { controller, face: null,
        view: new Uint8Array(first.buffer, first.offset + first.filled,
          first.size - first.filled) };
    return controller.request;
  }

  /* ---- what the stream calls ---- */

  function cancel_steps(reason) {
    clear_pulls(this);
    reset_queue(this);
    const promise = this.cancel(reason);
    clear_algorithms(this);
    return promise;
  }

  function pull_steps(request) {
    const { stream } = this;
    if (this.queue_size > 0) {
      take_from_queue(this, request);
      return;
    }
    const size = this.auto_size;
    if (size !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(size);
      } catch (error) {
        request.error(error);
        return;
      }
      this.pulls.push({ buffer, buffer_size: size, offset: 0, size, filled: 0,
        least: 1, element_size: 1, view: Uint8Array, kind: 'default' });
    }
    stream.reader.requests.push(request);
    pull_if_needed(this);
  }

  /* What was asked with the reader's buffer is left to the source, but its
   * bytes go to the queue. */
  function release_steps() {
    const first = this.pulls.peek();
    if (!first)
      return;
    first.kind = 'none';
    this.pulls = new List();
    this.pulls.push(first);
  }

  /* read(view) of a BYOB reader. */
  function read_into(reader, view, least, request) {
    const { stream } = reader;
    stream.is_disturbed = true;
    if (stream.state === 'errored')
      request.error(stream.stored_error);
    else
      pull_into(stream.controller, view, least, request);
  }

  function pull_into(controller, view, least, request) {
    const { stream } = controller;
    const element_size = view.BYTES_PER_ELEMENT ?? 1;
    const { byteOffset: offset, byteLength: size } = view;
    let buffer;
    try {
      buffer = transfer(view.buffer);
    } catch (error) {
      request.error(error);
      return;
    }
    const pull = { buffer, buffer_size: buffer.byteLength, offset, size,
      filled: 0, least: least * element_size, element_size,
      view: view_class(view), kind: 'byob' };
    if (controller.pulls.length) {
      controller.pulls.push(pull);
      stream.reader.requests.push(request);
      return;
    }
    if (stream.state === 'closed') {
      request.close(new pull.view(pull.buffer, pull.offset, 0));
      return;
    }
    if (controller.queue_size > 0) {
      if (fill(controller, pull)) {
        const filled = filled_view(pull);
        drained(controller);
        request.chunk(filled);
        return;
      }
      if (controller.close_requested) {
        const error = invalid_state('Partial read');
        fail(controller, error);
        request.error(error);
        return;
      }
    }
    controller.pulls.push(pull);
    stream.reader.requests.push(request);
    pull_if_needed(controller);
  }

  function set_up(stream, given, mark, auto_size) {
    const source = { __proto__: null, ...given };
    const controller = { stream, face: null, request: null, is_byte: true,
      is_started: false, close_requested: false, pull_again: false,
      is_pulling: false, mark, auto_size, pulls: new List(),
      pull: source.pull ?? (() => Promise.resolve()),
      cancel: source.cancel ?? (() => Promise.resolve()),
      cancel_steps, pull_steps, release_steps };
    reset_queue(controller);
    stream.controller = controller;
    core.start_controller(controller, () => source.start?.(controller),
      should_pull, fail);
    return controller;
  }

  /* A byte stream of a source that the library made. */
  function create(source, mark = 0, auto_size) {
    const stream = core.new_stream();
    set_up(stream, source, mark, auto_size);
    return stream;
  }

  return { set_up, create, close, end, enqueue, fail, desired_size, respond,
    respond_with_view, request_of, read_into };
})
