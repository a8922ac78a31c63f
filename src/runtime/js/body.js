/*
 * What Request and Response have in common: a body (Fetch Standard, 5.2 and
 * 5.3). A body is whole, in memory. The lack of a body is null, which differs
 * from an empty body.
 */
'use strict';

(function ({ native, load }) {
  const utf8 = (text) => native.encode_utf8(text.toWellFormed());

  /* A body as bytes and the content type it implies. */
  function extract(body) {
    if (body === undefined || body === null)
      return [null, null];
    if (typeof body === 'string')
      return [utf8(body), 'text/plain;charset=UTF-8'];
    if (body instanceof load('url').URLSearchParams)
      return [utf8(String(body)),
        'application/x-www-form-urlencoded;charset=UTF-8'];
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body))
      return [new Uint8Array(load('encoding').view_of(body)), null];
    const { Blob, blob_bytes } = load('blob');
    if (body instanceof Blob)
      return [blob_bytes(body), body.type || null];
    const { FormData, encode } = load('form_data');
    if (body instanceof FormData)
      return encode(body);
    if (typeof body === 'object' && Symbol.asyncIterator in body)
      throw new TypeError('a streamed body is not supported: send it whole');
    return [utf8(String(body)), 'text/plain;charset=UTF-8'];
  }

  /* Functions on a Body's inside. Only Request and Response use them. */
  const inside = {};

  class Body {
    #bytes = null;
    #used = false;
    /* Another Body holds the same bytes, so a reader gets a copy. */
    #shared = false;

    static {
      Object.assign(inside, {
        take(own, body, headers) {
          const [bytes, type] = extract(body);
          own.#bytes = bytes;
          if (type && !headers.has('content-type'))
            headers.set('content-type', type);
        },
        share(own, other) {
          if (other.#used)
            throw new TypeError('the body was used before');
          own.#bytes = other.#bytes;
          own.#shared = other.#shared = true;
        },
        /* Afterwards the other's body counts as used. */
        move(own, other) {
          own.#bytes = inside.use(other);
          own.#shared = other.#shared;
        },
        has: (own) => own.#bytes !== null,
        /* The bytes, or null. Afterwards the body counts as used. */
        use(own) {
          if (own.#used)
            throw new TypeError('the body was used before');
          own.#used = own.#bytes !== null;
          return own.#bytes;
        },
      });
    }

    get bodyUsed() {
      return this.#used;
    }
    async bytes() {
      const bytes = inside.use(this) ?? new Uint8Array(0);
      return this.#shared ? bytes.slice() : bytes;
    }
    async arrayBuffer() {
      return (inside.use(this) ?? new Uint8Array(0)).slice().buffer;
    }
    async text() {
      return load('encoding').decode_text(inside.use(this) ??
        new Uint8Array(0));
    }
    async json() {
      return JSON.parse(await this.text());
    }
    async blob() {
      const type = load('mime').of_headers(this.headers);
      return new (load('blob').Blob)([await this.bytes()],
        { type: type ? load('mime').show(type) : '' });
    }
    async formData() {
      const type = load('mime').of_headers(this.headers);
      return load('form_data').decode(await this.bytes(), type);
    }
  }
  return { Body, ...inside };
})
