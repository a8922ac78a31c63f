/*
 * pipeTo() (Streams Standard, 4.9.1, "ReadableStreamPipeTo").
 */
'use strict';

(function ({ load }) {
  const { upon, ignore, handle } = load('streams/shared');
  const core = load('streams/readable_core');
  const sink = load('streams/writable_core');

  /* Run as soon as the stream's state is so, now or later. */
  function when(state, stream, promise, action) {
    if (stream.state === state)
      action(stream.stored_error);
    else if (state === 'errored')
      handle(upon(promise, undefined, action));
    else
      handle(upon(promise, () => action()));
  }

  class Pipe {
    constructor(source, target, options) {
      this.source = source;
      this.target = target;
      this.options = options;
      this.reader = core.lock(source);
      this.writer = sink.lock(target);
      source.is_disturbed = true;
      this.is_ending = false;
      this.written = Promise.resolve();
      /* A rejection that the caller ignores is reported, so defer() will not
       * do. */
      this.result = new Promise((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
      });
    }

    run() {
      const { source, target, reader, writer, options } = this;
      const { signal } = options;
      if (signal) {
        this.on_abort = () => this.abort(signal.reason);
        if (signal.aborted) {
          this.on_abort();
          return this.result;
        }
        signal.addEventListener('abort', this.on_abort);
      }
      when('errored', source, reader.closed.promise, (error) => this.end(
        options.keep_abort ? null : () => sink.abort(target, error), error));
      when('errored', target, writer.closed.promise, (error) => this.end(
        options.keep_cancel ? null : () => core.cancel_stream(source, error),
        error));
      when('closed', source, reader.closed.promise, () => this.end(
        options.keep_close ? null : () => sink.close_if_open(writer)));
      if (sink.is_closing(target) || target.state === 'closed') {
        const error = load('streams/shared').invalid_state(
          'Destination WritableStream is closed');
        this.end(options.keep_cancel ? null
          : () => core.cancel_stream(source, error), error);
      }
      handle(this.loop());
      return this.result;
    }

    async loop() {
      while (!this.is_ending) {
        await this.writer.ready.promise;
        if (this.is_ending || await this.step())
          return;
      }
    }

    /* Move one chunk. Resolves to true when there are no more. */
    step() {
      return new Promise((resolve, reject) => core.read(this.reader, {
        chunk: (chunk) => {
          this.written = upon(sink.write(this.writer, chunk), undefined,
            ignore);
          resolve(false);
        },
        close: () => resolve(true),
        error: reject,
      }));
    }

    abort(error) {
      const { source, target, options } = this;
      const actions = [];
      if (!options.keep_abort)
        actions.push(() => target.state === 'writable'
          ? sink.abort(target, error) : Promise.resolve());
      if (!options.keep_cancel)
        actions.push(() => source.state === 'readable'
          ? core.cancel_stream(source, error) : Promise.resolve());
      this.end(() => Promise.all(actions.map((action) => action())), error,
        true);
    }

    /* "Shutdown with an action": once, after what was read is written. */
    end(action, error, has_error = arguments.length > 1) {
      if (this.is_ending)
        return;
      this.is_ending = true;
      const act = () => {
        if (!action) {
          this.finish(has_error, error);
          return;
        }
        upon(action(), () => this.finish(has_error, error),
          (other) => this.finish(true, other));
      };
      if (this.target.state === 'writable' && !sink.is_closing(this.target))
        upon(this.all_written(), act);
      else
        act();
    }

    /* Chunks may be written while the last one is waited for. */
    async all_written() {
      let last;
      do {
        last = this.written;
        await last;
      } while (last !== this.written);
    }

    finish(has_error, error) {
      sink.release(this.writer);
      core.release(this.reader);
      if (this.on_abort)
        this.options.signal.removeEventListener('abort', this.on_abort);
      if (has_error)
        this.reject(error);
      else
        this.resolve(undefined);
    }
  }

  const pipe = (source, target, options) =>
    new Pipe(source, target, options).run();

  return { pipe };
})
