/*
 * What Request and Response have in common: a body (Fetch Standard, 5.2 and
 * 5.3). The lack of a body is null, which differs from an empty body.
 *
 * A body is bytes, or a stream of them. Most are bytes and read at once, so a
 * stream of such a body is made only for a task that asks for it.
 */
'use strict';

(function ({ native, load }) {
  const { is_buffer_source } = load('web_idl');
  const utf8 = (text) => native.encode_utf8(text.toWellFormed());
  const core = () => load('streams/readable_core');
  const byte = () => load('streams/readable_byte');

  /* The bytes of a chunk that a task's own iterable gives. */
  function chunk_bytes(chunk) {
    if (typeof chunk === 'string')
      return utf8(chunk);
    if (!is_buffer_source(chunk))
      throw new TypeError('Received non-Uint8Array chunk');
    return load('encoding').view_of(chunk);
  }

  async function* iterable_bytes(iterable) {
    for await (const chunk of iterable) {
      const bytes = chunk_bytes(chunk);
      if (bytes.length)
        yield new Uint8Array(bytes);
    }
  }

  /* The inside of a stream that can be a body. */
  function stream_of(face) {
    const stream = load('streams/readable').inside(face);
    if (core().is_locked(stream) || stream.is_disturbed)
      throw new TypeError('Response body object should not be disturbed or ' +
        'locked');
    return stream;
  }

  /* A body as {bytes} or {stream}, and the content type that it implies. */
  function extract(body) {
    const bytes = (value, type = null) => ({ bytes: value, type });
    if (body === undefined || body === null)
      return bytes(null);
    if (typeof body === 'string')
      return bytes(utf8(body), 'text/plain;charset=UTF-8');
    if (body instanceof load('url').URLSearchParams)
      return bytes(utf8(String(body)),
        'application/x-www-form-urlencoded;charset=UTF-8');
    if (is_buffer_source(body))
      return bytes(new Uint8Array(load('encoding').view_of(body)));
    const { is_blob, blob_bytes } = load('blob');
    if (typeof body === 'object' && is_blob(body))
      return bytes(blob_bytes(body), body.type || null);
    const { FormData, encode } = load('form_data');
    if (body instanceof FormData)
      return bytes(...encode(body));
    if (typeof body === 'object' && load('streams/readable').is_readable(body))
      return { bytes: null, stream: stream_of(body), type: null };
    if (typeof body === 'object' && Symbol.asyncIterator in body)
      return { bytes: null, type: null, stream: load('streams/readable_from')
        .from(iterable_bytes(body)) };
    return bytes(utf8(String(body)), 'text/plain;charset=UTF-8');
  }

  /* A byte stream of bytes that are there. */
  function stream_of_bytes(bytes) {
    return byte().create({
      start(controller) {
        /* A reader may detach what it gets. */
        if (bytes.length)
          byte().enqueue(controller, bytes.slice());
        byte().close(controller);
      },
    });
  }

  /* All bytes of a stream, which stays locked. */
  function read_all(stream) {
    const { lock, read } = core();
    const reader = lock(stream);
    const chunks = [];
    return new Promise((resolve, reject) => {
      const request = {
        chunk(chunk) {
          if (!(chunk instanceof Uint8Array)) {
            const error = new TypeError('Received non-Uint8Array chunk');
            load('streams/shared').handle(core().cancel_stream(stream, error));
            reject(error);
            return;
          }
          chunks.push(chunk);
          next();
        },
        close: () => resolve(load('blob').join(chunks)),
        error: reject,
      };
      /* A stream that has chunks calls back at once. Thousands of them must
       * not nest. */
      let is_reading = false;
      let is_wanted = false;
      function next() {
        is_wanted = true;
        if (is_reading)
          return;
        is_reading = true;
        while (is_wanted) {
          is_wanted = false;
          read(reader, request);
        }
        is_reading = false;
      }
      next();
    });
  }

  /* Functions on a Body's inside. Only Request, Response and fetch use them. */
  const inside = {};

  class Body {
    #bytes = null;
    #stream = null; /* the stream's inside, once there is one */
    #used = false; /* the bytes were read, without a stream */
    /* Another Body holds the same bytes, so a reader gets a copy. */
    #shared = false;

    static {
      const is_used = (own) => own.#used || Boolean(own.#stream?.is_disturbed);
      const check_unused = (own, text) => {
        if (is_used(own) || own.#stream && core().is_locked(own.#stream))
          throw new TypeError(text);
      };
      const unusable = 'Body is unusable: Body has already been read';

      Object.assign(inside, {
        /* Returns true for a stream, whose bytes are not known. */
        take(own, body, headers) {
          const { bytes, stream = null, type } = extract(body);
          own.#bytes = bytes;
          own.#stream = stream;
          if (type && !headers.has('content-type'))
            headers.set('content-type', type);
          return stream !== null;
        },
        take_stream(own, stream) {
          own.#stream = stream;
        },
        share(own, other, name) {
          check_unused(other, `${name}.clone: Body has already been consumed.`);
          if (other.#stream) {
            [other.#stream, own.#stream] =
              load('streams/tee').tee(other.#stream);
            other.#bytes = null;
          } else {
            own.#bytes = other.#bytes;
            own.#shared = other.#shared = true;
          }
        },
        /* Afterwards the other's body counts as used. */
        move(own, other) {
          check_unused(other, 'Cannot construct a Request with a Request ' +
            'object that has already been used.');
          own.#bytes = other.#bytes;
          own.#shared = other.#shared;
          if (other.#stream) {
            own.#stream = load('streams/tee').pass_on(other.#stream);
            own.#bytes = null;
          } else {
            other.#used = other.#bytes !== null;
          }
        },
        /* The bytes of a given stream are known when it is read. */
        came_as_stream: (own) => own.#bytes === null && own.#stream !== null,
        has: (own) => own.#bytes !== null || own.#stream !== null,
        /* The bytes or null, or a promise of them. Afterwards the body counts
         * as used. */
        use(own) {
          check_unused(own, unusable);
          if (own.#stream)
            return read_all(own.#stream);
          own.#used = own.#bytes !== null;
          return own.#bytes;
        },
        /* What a reader may keep, and empty for no body. */
        async read(own) {
          const bytes = await inside.use(own) ?? new Uint8Array(0);
          return own.#shared ? bytes.slice() : bytes;
        },
        stream(own) {
          if (own.#stream === null && own.#bytes !== null) {
            own.#stream = stream_of_bytes(own.#bytes);
            if (own.#used) {
              core().lock(own.#stream);
              own.#stream.is_disturbed = true;
            }
          }
          return own.#stream;
        },
        is_used,
      });
    }

    get body() {
      const stream = inside.stream(this);
      return stream && load('streams/readable').wrap(stream);
    }
    get bodyUsed() {
      return inside.is_used(this);
    }
    async bytes() {
      return inside.read(this);
    }
    async arrayBuffer() {
      const bytes = await inside.read(this);
      return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer
        : bytes.slice().buffer;
    }
    async text() {
      return load('encoding').decode_text(await inside.read(this));
    }
    async json() {
      return JSON.parse(await this.text());
    }
    async blob() {
      const type = load('mime').of_headers(this.headers);
      return new (load('blob').Blob)([await inside.read(this)],
        { type: type ? load('mime').show(type) : '' });
    }
    async formData() {
      const type = load('mime').of_headers(this.headers);
      return load('form_data').decode(await inside.read(this), type);
    }
  }
  return { Body, ...inside };
})
