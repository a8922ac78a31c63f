/*
 * Blob and File (File API), in memory.
 */
'use strict';

(function ({ native, load }) {
  const { dictionary, need, usv, is_buffer_source } = load('web_idl');

  function join(pieces) {
    const whole = new Uint8Array(
      pieces.reduce((total, piece) => total + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /* Of the pieces of a Blob's stream, in bytes. */
  const piece_size = 65536;

  /* Web IDL's [Clamp] long long: the nearest integer, of two the even one. */
  function clamp(value) {
    const number = Number(value);
    const floor = Math.floor(number);
    return number - floor === 0.5 ? floor + (floor & 1) : Math.round(number);
  }

  let blob_bytes; /* the bytes of a Blob, its own */
  let is_blob;

  class Blob {
    #bytes;
    #type;
    constructor(parts = [], options = undefined) {
      if (typeof parts !== 'object' && typeof parts !== 'function' ||
        typeof parts?.[Symbol.iterator] !== 'function')
        throw load('node/errors').arg_type('sources', 'a sequence', parts);
      const { endings = 'transparent', type = '' } = dictionary(options);
      if (endings !== 'transparent' && endings !== 'native')
        throw load('node/errors').arg_value('options.endings', endings);
      this.#bytes = join(Array.from(parts, (part) => {
        if (part instanceof Blob)
          return part.#bytes;
        if (is_buffer_source(part))
          return load('encoding').view_of(part);
        part = usv(part);
        return native.encode_utf8(endings === 'native'
          ? part.replace(/\r\n?/g, '\n') : part);
      }));
      const text = String(type);
      this.#type = /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : '';
    }
    static {
      blob_bytes = (blob) => blob.#bytes;
      is_blob = (value) => #bytes in value;
    }
    get size() {
      return this.#bytes.length;
    }
    get type() {
      return this.#type;
    }
    slice(start = 0, end = this.size, type = '') {
      return new Blob([this.#bytes.subarray(clamp(start), clamp(end))],
        { type });
    }
    /* A byte stream of it, in pieces. */
    stream() {
      const bytes = this.#bytes;
      const { create, enqueue, close } = load('streams/readable_byte');
      let at = 0;
      let controller;
      const stream = create({
        start(made) {
          controller = made;
          if (!bytes.length)
            close(controller);
        },
        async pull() {
          enqueue(controller, bytes.slice(at, at + piece_size));
          at += piece_size;
          if (at >= bytes.length)
            close(controller);
        },
      });
      return load('streams/readable').wrap(stream);
    }
    async bytes() {
      return this.#bytes.slice();
    }
    async arrayBuffer() {
      return this.#bytes.slice().buffer;
    }
    async text() {
      return load('encoding').decode_text(this.#bytes);
    }
  }

  class File extends Blob {
    #name;
    #changed_ms;
    constructor(parts, name, options = undefined) {
      need(arguments.length, 2, 'File');
      super(parts, options);
      this.#name = usv(name);
      const changed_ms = options?.lastModified;
      this.#changed_ms = changed_ms === undefined ? Date.now()
        : Math.trunc(Number(changed_ms)) || 0;
    }
    get name() {
      return this.#name;
    }
    get lastModified() {
      return this.#changed_ms;
    }
    get webkitRelativePath() {
      return '';
    }
  }
  load('web_idl').tag(Blob, 'Blob');
  load('web_idl').show(Blob, ['size', 'type']);
  load('web_idl').tag(File, 'File');
  load('web_idl').show(File, ['size', 'type', 'name', 'lastModified']);

  return { Blob, File, blob_bytes, is_blob, join };
})
