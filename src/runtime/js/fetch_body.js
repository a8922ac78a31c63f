/*
 * The body of an answer as it comes from the node, piece by piece. The node
 * reads ahead a little and then makes the server wait, so a body of any size
 * can pass through a task that keeps little of it.
 *
 * A task may look at an answer's status and forget the rest. So small bodies
 * are read to their end in any case, and the node is told when a larger one has
 * become garbage.
 */
'use strict';

(function (library) {
  const byte = library.load('streams/readable_byte');

  /* As much is read before a task asks for it, in bytes. */
  const ahead = 65536;

  const give_up = (id) => {
    library.ask('fetchCancel', [id], undefined, undefined, true).catch(
      () => {});
  };
  const forgotten = new FinalizationRegistry(give_up);

  /* Node's error for an answer that breaks off. */
  const terminated = (cause) => new TypeError('terminated', { cause });

  /* Fail the body when the request's signal says so. The signal may outlive the
   * body, so it does not keep it. */
  function watch(stream, id, signal) {
    const weak = new WeakRef(stream);
    const on_abort = () => {
      const body = weak.deref();
      if (body?.state !== 'readable')
        return;
      forgotten.unregister(body);
      give_up(id);
      byte.fail(body.controller, signal.reason);
    };
    signal.addEventListener('abort', on_abort, { once: true });
    return () => signal.removeEventListener('abort', on_abort);
  }

  /* The inside of a ReadableStream. first: the bytes that came with the head;
   * fault: makes the error of a failure that the node names. */
  function open(id, first, signal, fault) {
    let controller;
    let unwatch;
    const over = () => {
      forgotten.unregister(controller.stream);
      unwatch();
    };
    async function pull() {
      let answer;
      try {
        answer = await library.ask('fetchRead', [id], undefined, undefined,
          true);
        if (answer.result.error)
          throw fault(answer.result.error);
      } catch (error) {
        over();
        throw terminated(error);
      }
      /* It may have been aborted meanwhile. */
      if (controller.stream.state !== 'readable')
        return;
      if (answer.payload?.length)
        byte.enqueue(controller, answer.payload);
      if (answer.result.done) {
        over();
        byte.end(controller);
      }
    }
    const stream = byte.create({
      start(made) {
        controller = made;
        if (first?.length)
          byte.enqueue(controller, first);
      },
      pull,
      async cancel() {
        over();
        give_up(id);
      },
    }, ahead);
    forgotten.register(stream, id, stream);
    unwatch = watch(stream, id, signal);
    return stream;
  }

  /* The same as an asynchronous iterator of bytes, for Node's http. return()
   * gives up at once, also while a piece is awaited. */
  function iterate(id, first, fault) {
    const ended = { value: undefined, done: true };
    let is_over = false;
    return {
      async next() {
        if (first?.length) {
          const value = first;
          first = null;
          return { value, done: false };
        }
        while (!is_over) {
          const { result, payload } = await library.ask('fetchRead', [id],
            undefined, undefined, true);
          is_over ||= Boolean(result.done || result.error);
          if (result.error)
            throw fault(result.error);
          if (payload?.length)
            return { value: payload, done: false };
        }
        return ended;
      },
      async return() {
        if (!is_over)
          give_up(id);
        is_over = true;
        return ended;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  return { open, iterate };
})
