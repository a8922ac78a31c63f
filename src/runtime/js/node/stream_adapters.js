/*
 * Between Node's streams and the web's (stream.Readable.fromWeb() and the
 * like). Each direction keeps the back-pressure of the stream that it reads.
 */
'use strict';

(function ({ load }) {
  const { Readable, Writable, Duplex, finished, isReadable, isWritable } =
    load('packages/readable_stream');
  const { abort_error, arg_type, check_object } = load('node/errors');

  function check_kind(value, kind, name) {
    if (!(value instanceof globalThis[kind]))
      throw arg_type(name, `an instance of ${kind}`, value);
  }

  const is_premature = (error) => error?.code === 'ERR_STREAM_PREMATURE_CLOSE';

  /* In object mode a chunk counts one, otherwise a byte does, and the
   * strategy's size is then not needed. */
  const strategy_of = (in_objects, highWaterMark) => in_objects
    ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark };

  /* Pull chunks out of a reader into a Readable. */
  function reading(reader, get_stream) {
    let is_closed = false;
    reader.closed.then(() => {
      is_closed = true;
    }, (error) => {
      is_closed = true;
      get_stream().destroy(error);
    });
    return {
      read() {
        reader.read().then(({ done, value }) =>
          get_stream().push(done ? null : value),
        (error) => get_stream().destroy(error));
      },
      cancel(error, done) {
        if (is_closed)
          done(error);
        else
          reader.cancel(error).then(() => done(error), () => done(error));
      },
    };
  }

  function readable_from_web(source, options = {}) {
    check_kind(source, 'ReadableStream', 'readableStream');
    check_object(options, 'options');
    const { highWaterMark, encoding, objectMode = false, signal } = options;
    const side = reading(source.getReader(), () => readable);
    const readable = new Readable({ highWaterMark, encoding, objectMode,
      signal, read: side.read, destroy: side.cancel });
    return readable;
  }

  function readable_to_web(readable, options = {}) {
    if (typeof readable?._readableState !== 'object')
      throw arg_type('streamReadable', 'an instance of stream.Readable',
        readable);
    check_object(options, 'options');
    if (!isReadable(readable) || readable.destroyed) {
      const empty = new ReadableStream();
      empty.cancel();
      return empty;
    }
    const { readableObjectMode, readableHighWaterMark } = readable;
    let controller;
    let was_cancelled = false;
    readable.pause();
    const clean = finished(readable, { writable: false }, (error) => {
      clean();
      /* An error after the end has nobody to tell. */
      readable.on('error', () => {});
      if (error)
        controller.error(is_premature(error) ? abort_error() : error);
      else if (!was_cancelled)
        controller.close();
    });
    readable.on('data', (chunk) => {
      if (Buffer.isBuffer(chunk) && !readableObjectMode)
        chunk = new Uint8Array(chunk);
      controller.enqueue(chunk);
      if (controller.desiredSize <= 0)
        readable.pause();
    });
    return new ReadableStream({
      start(given) {
        controller = given;
      },
      pull: () => void readable.resume(),
      cancel(reason) {
        was_cancelled = true;
        readable.destroy(reason);
      },
    }, options.strategy ??
      strategy_of(readableObjectMode, readableHighWaterMark));
  }

  /* Put what a Writable gets into a writer. */
  function writing(writer, get_stream) {
    let is_closed = false;
    writer.closed.then(() => {
      is_closed = true;
    }, (error) => {
      is_closed = true;
      get_stream().destroy(error);
    });
    return {
      write(chunk, encoding, done) {
        writer.ready.then(() => writer.write(chunk))
          .then(() => done(), (error) => done(error));
      },
      final(done) {
        if (is_closed)
          done();
        else
          writer.close().then(() => done(), (error) => done(error));
      },
      abort(error, done) {
        if (is_closed)
          return done(error);
        const ended = error ? writer.abort(error) : writer.close();
        return ended.then(() => done(error), () => done(error));
      },
    };
  }

  function writable_from_web(target, options = {}) {
    check_kind(target, 'WritableStream', 'writableStream');
    check_object(options, 'options');
    const { highWaterMark, decodeStrings = true, objectMode = false, signal } =
      options;
    const side = writing(target.getWriter(), () => writable);
    const writable = new Writable({ highWaterMark, objectMode, decodeStrings,
      signal, write: side.write, final: side.final, destroy: side.abort });
    return writable;
  }

  function writable_to_web(writable) {
    if (typeof writable?._writableState !== 'object')
      throw arg_type('streamWritable', 'an instance of stream.Writable',
        writable);
    if (!isWritable(writable) || writable.destroyed) {
      const closed = new WritableStream();
      closed.close();
      return closed;
    }
    let controller;
    let drained = null;
    let closing = null;
    const { writableObjectMode, writableHighWaterMark } = writable;
    const clean = finished(writable, { readable: false }, (error) => {
      clean();
      writable.on('error', () => {});
      const reason = is_premature(error) ? abort_error() : error;
      drained?.reject(reason ?? abort_error());
      drained = null;
      if (closing)
        reason ? closing.reject(reason) : closing.resolve();
      else
        controller.error(reason ?? abort_error());
    });
    writable.on('drain', () => {
      drained?.resolve();
      drained = null;
    });
    return new WritableStream({
      start(given) {
        controller = given;
      },
      write(chunk) {
        if (!writableObjectMode && chunk instanceof ArrayBuffer)
          chunk = new Uint8Array(chunk);
        if (!writable.writableNeedDrain && writable.write(chunk))
          return undefined;
        drained ??= Promise.withResolvers();
        return drained.promise;
      },
      abort: (reason) => void writable.destroy(reason),
      close() {
        closing = Promise.withResolvers();
        writable.end();
        return closing.promise;
      },
    }, strategy_of(writableObjectMode, writableHighWaterMark));
  }

  function duplex_from_web(pair, options = {}) {
    check_object(pair, 'pair');
    check_kind(pair.readable, 'ReadableStream', 'pair.readable');
    check_kind(pair.writable, 'WritableStream', 'pair.writable');
    check_object(options, 'options');
    const source = reading(pair.readable.getReader(), () => duplex);
    const target = writing(pair.writable.getWriter(), () => duplex);
    const duplex = new Duplex({ ...options, read: source.read,
      write: target.write, final: target.final,
      destroy(error, done) {
        target.abort(error, () => source.cancel(error, done));
      } });
    return duplex;
  }

  function duplex_to_web(duplex) {
    if (typeof duplex?._writableState !== 'object' ||
      typeof duplex?._readableState !== 'object')
      throw arg_type('duplex', 'an instance of stream.Duplex', duplex);
    return { readable: readable_to_web(duplex),
      writable: writable_to_web(duplex) };
  }

  return { readable_from_web, readable_to_web, writable_from_web,
    writable_to_web, duplex_from_web, duplex_to_web };
})
