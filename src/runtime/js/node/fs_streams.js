/*
 * fs.ReadStream and fs.WriteStream. They are functions with a prototype and
 * open their file through this.open() where a package has put one there, as
 * graceful-fs does.
 */
'use strict';

(function ({ load }) {
  const { Readable, Writable, finished } = load('node/stream');
  const { text_of_path, options_of, flags_of, mode_of, check_descriptor } =
    load('node/fs_arguments');
  const { arg_type, check_integer, check_function, check_boolean,
    out_of_range } = load('node/errors');

  const fs = Symbol('fs');
  const piece_size = 65536;

  /* The functions of the file system, which the options may replace. */
  function functions_of(options, names) {
    const own = options.fs ?? load('node/fs');
    if (options.fs !== undefined && options.fs !== null)
      for (const name of names)
        check_function(own[name], `options.fs.${name}`);
    return own;
  }

  function import_descriptor(stream, options) {
    const { fd } = options;
    if (fd === undefined || fd === null) {
      stream.fd = null;
      stream[fs] = functions_of(options, stream.needs);
      return;
    }
    if (typeof fd === 'object' && typeof fd.fd === 'number') {
      /* A FileHandle, which is closed through itself. */
      stream.fd = fd.fd;
      stream[fs] = { ...load('node/fs'),
        close: (number, done) => fd.close().then(() => done(null), done) };
      return;
    }
    if (typeof fd !== 'number')
      throw arg_type('options.fd', 'of type number or an instance of ' +
        'FileHandle', fd);
    stream.fd = check_descriptor(fd);
    stream[fs] = functions_of(options, stream.needs);
  }

  function construct(done) {
    if (typeof this.fd === 'number') {
      done();
      return;
    }
    if (this.open !== open) {
      open_by_package(this, done);
      return;
    }
    this[fs].open(this.path, this.flags, this.mode, (error, fd) => {
      if (error) {
        done(error);
        return;
      }
      this.fd = fd;
      done();
      this.emit('open', fd);
      this.emit('ready');
    });
  }

  /* A package's open() says by an event that the file is open. */
  function open_by_package(stream, done) {
    const emit = stream.emit;
    stream.emit = function (name, ...values) {
      if (name === 'open' || name === 'error') {
        this.emit = emit;
        done(name === 'error' ? values[0] : undefined);
        if (name === 'error')
          return false;
      }
      return emit.call(this, name, ...values);
    };
    stream.open();
  }

  /* Opening is the constructor's. */
  function open() {}

  function close_file(stream, error, done) {
    if (typeof stream.fd !== 'number') {
      done(error);
      return;
    }
    const { fd } = stream;
    stream.fd = null;
    stream[fs].close(fd, (other) => done(error ?? other));
  }

  function destroy(error, done) {
    close_file(this, error, done);
  }

  function check_position(value, name) {
    if (value !== undefined)
      check_integer(value, name, 0);
  }

  function ReadStream(path, options) {
    if (!(this instanceof ReadStream))
      return new ReadStream(path, options);
    const all = { emitClose: true, highWaterMark: piece_size,
      ...options_of(options), autoDestroy: options?.autoClose ?? true };
    this.needs = ['open', 'read', 'close'];
    import_descriptor(this, all);
    this.path = this.fd === null ? text_of_path(path) : path;
    this.flags = all.flags === undefined ? 'r' : all.flags;
    this.mode = all.mode === undefined ? 0o666 : mode_of(all.mode);
    flags_of(this.flags, 'options.flags');
    this.start = all.start;
    this.end = all.end ?? Infinity;
    this.pos = undefined;
    this.bytesRead = 0;
    check_position(this.start, 'start');
    if (this.start !== undefined)
      this.pos = this.start;
    if (this.end !== Infinity) {
      check_integer(this.end, 'end', 0);
      if (this.start !== undefined && this.start > this.end)
        throw out_of_range('start', `<= "end" (here: ${this.end})`,
          this.start);
    }
    Reflect.apply(Readable, this, [all]);
    if (all.encoding)
      this.setEncoding(all.encoding);
  }

  function read(size) {
    size = this.pos === undefined
      ? Math.min(this.end - this.bytesRead + 1, size)
      : Math.min(this.end - this.pos + 1, size);
    if (size <= 0) {
      this.push(null);
      return;
    }
    const piece = load('node/buffer').Buffer.allocUnsafeSlow(size);
    this[fs].read(this.fd, piece, 0, size, this.pos, (error, count) => {
      if (error) {
        this.destroy(error);
      } else if (count > 0) {
        if (this.pos !== undefined)
          this.pos += count;
        this.bytesRead += count;
        this.push(piece.subarray(0, count));
      } else {
        this.push(null);
      }
    });
  }

  function WriteStream(path, options) {
    if (!(this instanceof WriteStream))
      return new WriteStream(path, options);
    const all = { emitClose: true, decodeStrings: false,
      ...options_of(options), autoDestroy: options?.autoClose ?? true };
    this.needs = ['open', 'write', 'close'];
    import_descriptor(this, all);
    this.path = this.fd === null ? text_of_path(path) : path;
    this.flags = all.flags === undefined ? 'w' : all.flags;
    this.mode = all.mode === undefined ? 0o666 : mode_of(all.mode);
    flags_of(this.flags, 'options.flags');
    check_boolean(all.flush ?? false, 'options.flush');
    this.start = all.start;
    this.pos = undefined;
    this.bytesWritten = 0;
    check_position(this.start, 'start');
    if (this.start !== undefined)
      this.pos = this.start;
    this.flush = all.flush ?? false;
    Reflect.apply(Writable, this, [all]);
    if (all.encoding)
      this.setDefaultEncoding(all.encoding);
  }

  function write_all(stream, bytes, done) {
    stream[fs].write(stream.fd, bytes, 0, bytes.length, stream.pos,
      (error, count) => {
        if (error) {
          done(error);
          return;
        }
        stream.bytesWritten += count;
        if (stream.pos !== undefined)
          stream.pos += count;
        if (count < bytes.length)
          write_all(stream, bytes.subarray(count), done);
        else
          done();
      });
  }

  function write(chunk, encoding, done) {
    write_all(this, typeof chunk === 'string'
      ? load('node/buffer').Buffer.from(chunk, encoding) : chunk, done);
  }

  function final(done) {
    if (this.flush && typeof this.fd === 'number')
      this[fs].fsync(this.fd, done);
    else
      done();
  }

  function close_reader(done) {
    if (done)
      finished(this, done);
    this.destroy();
  }

  function close_writer(done) {
    if (done) {
      if (this.closed) {
        process.nextTick(done);
        return;
      }
      this.on('close', done);
    }
    /* A stream that does not close by itself closes after its end. */
    if (!this.autoClose)
      this.on('finish', this.destroy);
    this.end();
  }

  function inherit(own, from, members) {
    Object.setPrototypeOf(own.prototype, from.prototype);
    Object.setPrototypeOf(own, from);
    for (const [name, value] of Object.entries({ open,
      _construct: construct, _destroy: destroy, ...members }))
      Object.defineProperty(own.prototype, name,
        { value, configurable: true, writable: true });
    Object.defineProperty(own.prototype, 'pending', { configurable: true,
      get() {
        return this.fd === null;
      } });
    const state = from === Readable ? '_readableState' : '_writableState';
    Object.defineProperty(own.prototype, 'autoClose', { configurable: true,
      get() {
        return this[state].autoDestroy;
      },
      set(value) {
        this[state].autoDestroy = value;
      } });
  }
  inherit(ReadStream, Readable, { _read: read, close: close_reader });
  inherit(WriteStream, Writable, { _write: write, _final: final,
    close: close_writer, destroySoon: Writable.prototype.end });

  return { ReadStream, WriteStream };
})
