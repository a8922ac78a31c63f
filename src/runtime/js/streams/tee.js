/*
 * ReadableStream.tee() (Streams Standard, 4.9.1, "ReadableStreamTee"): two
 * streams of what one gives.
 */
'use strict';

(function ({ load }) {
  const { upon, handle, defer } = load('streams/shared');
  const core = load('streams/readable_core');
  const byte = load('streams/readable_byte');

  /* What both kinds have in common. The source is cancelled once both branches
   * are. */
  function new_tee(stream) {
    return { stream, branches: [], is_cancelled: [false, false], reasons: [],
      cancelled: defer(), is_reading: false, read_again: [false, false] };
  }

  function cancel(tee, index, reason) {
    tee.is_cancelled[index] = true;
    tee.reasons[index] = reason;
    if (tee.is_cancelled[1 - index])
      tee.cancelled.resolve(core.cancel_stream(tee.stream,
        [tee.reasons[0], tee.reasons[1]]));
    return tee.cancelled.promise;
  }

  /* End both branches when the source has failed. */
  function watch(tee, reader, fail) {
    upon(reader.closed.promise, undefined, (error) => {
      if (reader.closed.promise !== tee.watched)
        return;
      for (const { controller } of tee.branches)
        fail(controller, error);
      if (!tee.is_cancelled[0] || !tee.is_cancelled[1])
        tee.cancelled.resolve(undefined);
    });
    tee.watched = reader.closed.promise;
  }

  const open_branches = (tee) =>
    tee.branches.filter((branch, index) => !tee.is_cancelled[index]);

  function end(tee, close) {
    tee.is_reading = false;
    for (const { controller } of open_branches(tee))
      close(controller);
    if (!tee.is_cancelled[0] || !tee.is_cancelled[1])
      tee.cancelled.resolve(undefined);
  }

  /* ---- streams of any values ---- */

  function pull_default(tee, reader) {
    if (tee.is_reading) {
      tee.read_again[0] = true;
      return Promise.resolve();
    }
    tee.is_reading = true;
    core.read(reader, {
      chunk: (value) => later(() => {
        tee.read_again[0] = false;
        for (const { controller } of open_branches(tee))
          core.enqueue(controller, value);
        tee.is_reading = false;
        if (tee.read_again[0])
          pull_default(tee, reader);
      }),
      close: () => end(tee, core.close_controller),
      error() {
        tee.is_reading = false;
      },
    });
    return Promise.resolve();
  }

  /* A task may replace queueMicrotask(). */
  function later(callback) {
    handle(upon(Promise.resolve(), callback));
  }

  function tee_default(stream) {
    const tee = new_tee(stream);
    const reader = core.lock(stream);
    for (const index of [0, 1])
      tee.branches.push(core.create({ pull: () => pull_default(tee, reader),
        cancel: (reason) => cancel(tee, index, reason) }));
    watch(tee, reader, core.fail_controller);
    return tee.branches;
  }

  /* ---- byte streams ---- */

  /* The reader in use; it is changed for one of the other kind when a branch's
   * reader brings a buffer, and back. */
  function use_reader(tee, is_byob) {
    if (tee.reader?.is_byob === is_byob)
      return tee.reader;
    if (tee.reader)
      core.release(tee.reader);
    tee.reader = core.lock(tee.stream, is_byob);
    watch(tee, tee.reader, byte.fail);
    return tee.reader;
  }

  function read_again(tee) {
    tee.is_reading = false;
    for (const index of [0, 1])
      if (tee.read_again[index]) {
        pull_byte(tee, index);
        return;
      }
  }

  /* A copy of a chunk; a failure ends both branches. */
  function copy_chunk(tee, chunk) {
    try {
      return new Uint8Array(chunk.buffer.slice(chunk.byteOffset,
        chunk.byteOffset + chunk.byteLength));
    } catch (error) {
      for (const { controller } of tee.branches)
        byte.fail(controller, error);
      tee.cancelled.resolve(core.cancel_stream(tee.stream, error));
      return null;
    }
  }

  function pull_with_default(tee) {
    core.read(use_reader(tee, false), {
      chunk: (chunk) => later(() => {
        tee.read_again = [false, false];
        const open = open_branches(tee);
        const second = open.length === 2 ? copy_chunk(tee, chunk) : chunk;
        if (!second)
          return;
        if (open.length === 2)
          byte.enqueue(open[0].controller, chunk);
        if (open.length)
          byte.enqueue(open.at(-1).controller, second);
        read_again(tee);
      }),
      close() {
        end(tee, byte.close);
        for (const { controller } of tee.branches)
          if (controller.pulls.length)
            byte.respond(controller, 0);
      },
      error() {
        tee.is_reading = false;
      },
    });
  }

  function pull_with_byob(tee, index, view) {
    const own = tee.branches[index].controller;
    const other = tee.branches[1 - index].controller;
    byte.read_into(use_reader(tee, true), view, 1, {
      chunk: (chunk) => later(() => {
        tee.read_again = [false, false];
        if (!tee.is_cancelled[1 - index]) {
          const copy = copy_chunk(tee, chunk);
          if (!copy)
            return;
          if (!tee.is_cancelled[index])
            byte.respond_with_view(own, chunk);
          byte.enqueue(other, copy);
        } else if (!tee.is_cancelled[index]) {
          byte.respond_with_view(own, chunk);
        }
        read_again(tee);
      }),
      close(chunk) {
        end(tee, byte.close);
        if (chunk === undefined)
          return;
        if (!tee.is_cancelled[index])
          byte.respond_with_view(own, chunk);
        if (!tee.is_cancelled[1 - index] && other.pulls.length)
          byte.respond(other, 0);
      },
      error() {
        tee.is_reading = false;
      },
    });
  }

  function pull_byte(tee, index) {
    if (tee.is_reading) {
      tee.read_again[index] = true;
      return Promise.resolve();
    }
    tee.is_reading = true;
    const request = byte.request_of(tee.branches[index].controller);
    if (request)
      pull_with_byob(tee, index, request.view);
    else
      pull_with_default(tee);
    return Promise.resolve();
  }

  function tee_byte(stream) {
    const tee = new_tee(stream);
    tee.reader = null;
    use_reader(tee, false);
    for (const index of [0, 1])
      tee.branches.push(byte.create({ pull: () => pull_byte(tee, index),
        cancel: (reason) => cancel(tee, index, reason) }));
    return tee.branches;
  }

  /* A stream of what another gives, which is locked from now on. */
  function pass_on(stream) {
    const reader = core.lock(stream);
    stream.is_disturbed = true;
    const made = core.create({
      pull: () => new Promise((resolve, reject) => core.read(reader, {
        chunk(value) {
          core.enqueue(made.controller, value);
          resolve();
        },
        close() {
          core.close_controller(made.controller);
          resolve();
        },
        error: reject,
      })),
      cancel: (reason) => core.cancel_stream(stream, reason),
    }, 0);
    return made;
  }

  const tee = (stream) => stream.controller.is_byte ? tee_byte(stream)
    : tee_default(stream);

  return { tee, pass_on };
})
