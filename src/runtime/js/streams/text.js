/*
 * TextEncoderStream and TextDecoderStream (Encoding Standard, 7.5 and 7.6).
 */
'use strict';

(function ({ load }) {
  const { promise_call, finish } = load('streams/shared');
  const { create, enqueue } = load('streams/transform');
  const { TextEncoder, TextDecoder, view_of } = load('encoding');

  /* A pair of surrogates may come in two chunks. The first waits in left. */
  function encode(stream, chunk) {
    let text = stream.left + String(chunk);
    const last = text.charCodeAt(text.length - 1);
    const is_open = last >= 0xd800 && last < 0xdc00;
    stream.left = is_open ? text.at(-1) : '';
    if (is_open)
      text = text.slice(0, -1);
    if (text)
      enqueue(stream, stream.encoder.encode(text));
  }

  function end_encode(stream) {
    if (stream.left)
      enqueue(stream, stream.encoder.encode('\ufffd'));
  }

  function decode(stream, chunk) {
    const text = stream.decoder.decode(view_of(chunk ?? null),
      { stream: true });
    if (text)
      enqueue(stream, text);
  }

  function end_decode(stream) {
    const text = stream.decoder.decode();
    if (text)
      enqueue(stream, text);
  }

  /* A transform of the library's own: step for each chunk, end after them. */
  function transform(step, end) {
    const stream = create({
      transform: (chunk) => promise_call(step, undefined, stream, chunk),
      flush: () => promise_call(end, undefined, stream),
    });
    return stream;
  }

  const readable_of = (stream) =>
    load('streams/readable').wrap(stream.readable);
  const writable_of = (stream) =>
    load('streams/writable').wrap(stream.writable);

  class TextEncoderStream {
    #inside;
    constructor() {
      this.#inside = transform(encode, end_encode);
      this.#inside.left = '';
      this.#inside.encoder = new TextEncoder();
    }
    get encoding() {
      this.#inside;
      return 'utf-8';
    }
    get readable() {
      return readable_of(this.#inside);
    }
    get writable() {
      return writable_of(this.#inside);
    }
  }

  class TextDecoderStream {
    #inside;
    constructor(label = 'utf-8', options = {}) {
      const decoder = new TextDecoder(label, options);
      this.#inside = transform(decode, end_decode);
      this.#inside.decoder = decoder;
    }
    get encoding() {
      return this.#inside.decoder.encoding;
    }
    get fatal() {
      return this.#inside.decoder.fatal;
    }
    get ignoreBOM() {
      return this.#inside.decoder.ignoreBOM;
    }
    get readable() {
      return readable_of(this.#inside);
    }
    get writable() {
      return writable_of(this.#inside);
    }
  }

  finish(TextEncoderStream, TextDecoderStream);

  return { TextEncoderStream, TextDecoderStream, transform, readable_of,
    writable_of };
})
