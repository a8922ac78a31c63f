/*
 * node:stream: the package readable-stream, which is Node's own streams, with
 * what it lacks.
 */
'use strict';

(function ({ load }) {
  const stream = load('packages/readable_stream');
  const web = () => load('node/stream_adapters');

  const { Readable, Writable, Duplex } = stream;
  Readable.fromWeb = (source, options) =>
    web().readable_from_web(source, options);
  Readable.toWeb = (readable, options) =>
    web().readable_to_web(readable, options);
  Writable.fromWeb = (target, options) =>
    web().writable_from_web(target, options);
  Writable.toWeb = (writable) => web().writable_to_web(writable);
  Duplex.fromWeb = (pair, options) => web().duplex_from_web(pair, options);
  Duplex.toWeb = (duplex) => web().duplex_to_web(duplex);

  /* One side of a pair: what is written here is read on the other side. */
  class DuplexSide extends Duplex {
    #other = null;
    #taken = null;
    join(other) {
      this.#other = other;
    }
    _read() {
      const taken = this.#taken;
      this.#taken = null;
      taken?.();
    }
    _write(chunk, encoding, done) {
      if (chunk.length === 0) {
        process.nextTick(done);
      } else {
        this.#other.push(chunk);
        this.#other.#taken = done;
      }
    }
    _final(done) {
      this.#other.on('end', done);
      this.#other.push(null);
    }
  }

  stream.duplexPair = function duplexPair(options) {
    const [one, other] = [new DuplexSide(options), new DuplexSide(options)];
    one.join(other);
    other.join(one);
    return [one, other];
  };
  stream._isArrayBufferView = (value) => ArrayBuffer.isView(value);
  return stream;
})
