/*
 * node:crypto: SHA-256 and SHA-512 hashes, HMAC over them (RFC 2104) and
 * randomness.
 */
'use strict';

(function ({ native, load }) {
  const { Buffer } = load('node/buffer');
  const blocks = { sha256: 64, sha512: 128 };

  function checked(name) {
    const plain = String(name).toLowerCase().replace('-', '');
    if (!Object.hasOwn(blocks, plain))
      throw new Error(`Digest method not supported: ${name}`);
    return plain;
  }

  function bytes_of(data, encoding) {
    return typeof data === 'string' ? Buffer.from(data, encoding)
      : load('encoding').view_of(data);
  }

  class Hash {
    #name;
    #parts = [];
    #done = false;
    constructor(name) {
      this.#name = checked(name);
    }
    update(data, encoding) {
      if (this.#done)
        throw new Error('Digest already called');
      /* A copy: the caller may change its bytes before digest(). */
      this.#parts.push(Buffer.from(bytes_of(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.#done)
        throw new Error('Digest already called');
      this.#done = true;
      const whole = new Uint8Array(Buffer.concat(this.#parts));
      const hash = Buffer.from(native[this.#name](whole));
      return encoding ? hash.toString(encoding) : hash;
    }
    copy() {
      const copy = new Hash(this.#name);
      copy.#parts = [...this.#parts];
      return copy;
    }
  }

  class Hmac {
    #inner;
    #outer;
    constructor(name, key) {
      name = checked(name);
      const size = blocks[name];
      let own = bytes_of(key);
      if (own.length > size)
        own = native[name](new Uint8Array(own));
      const pad = (value) => Buffer.from(Uint8Array.from({ length: size },
        (unused, index) => (own[index] ?? 0) ^ value));
      this.#inner = new Hash(name).update(pad(0x36));
      this.#outer = new Hash(name).update(pad(0x5c));
    }
    update(data, encoding) {
      this.#inner.update(data, encoding);
      return this;
    }
    digest(encoding) {
      return this.#outer.update(this.#inner.digest()).digest(encoding);
    }
  }

  function randomBytes(size, done) {
    const bytes = Buffer.from(native.random(new Uint8Array(size)));
    if (typeof done === 'function')
      queueMicrotask(() => done(null, bytes));
    return bytes;
  }

  function randomInt(min, max) {
    if (max === undefined)
      [min, max] = [0, min];
    const range = max - min;
    if (!Number.isSafeInteger(min) || !(range > 0 && range <= 2 ** 48))
      throw new RangeError('the range of randomInt must be up to 2 ** 48');
    /* Numbers above the last whole range would favour the small ones. */
    const whole = 2 ** 48 - 2 ** 48 % range;
    for (;;) {
      const value = randomBytes(6).readUIntBE(0, 6);
      if (value < whole)
        return min + value % range;
    }
  }

  const module = {
    createHash: (name) => new Hash(name),
    createHmac: (name, key) => new Hmac(name, key),
    getHashes: () => Object.keys(blocks),
    randomBytes, randomInt,
    randomUUID: () => crypto.randomUUID(),
    timingSafeEqual(a, b) {
      if (a.length !== b.length)
        throw new RangeError('both must have the same length');
      let difference = 0;
      for (let at = 0; at < a.length; at++)
        difference |= a[at] ^ b[at];
      return difference === 0;
    },
    get webcrypto() {
      return crypto;
    },
    get subtle() {
      return crypto.subtle;
    },
  };
  module.default = module;
  return module;
})
