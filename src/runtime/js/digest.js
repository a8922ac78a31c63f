/*
 * Digests and HMAC (RFC 2104) for crypto.subtle and node:crypto. C computes
 * the digests. All bytes here are Uint8Arrays.
 */
'use strict';

(function ({ native }) {
  /* From names that people write, in lower case, to OpenSSL's names. */
  const names = new Map([['rmd160', 'RIPEMD160'], ['ripemd', 'RIPEMD160'],
    ['blake2b512', 'BLAKE2B-512'], ['blake2s256', 'BLAKE2S-256'],
    ['ssl3-md5', 'MD5'], ['ssl3-sha1', 'SHA1']]);
  for (const name of ['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512',
    'SHA512-224', 'SHA512-256', 'SHA3-224', 'SHA3-256', 'SHA3-384', 'SHA3-512',
    'SHAKE128', 'SHAKE256', 'RIPEMD160', 'SM3']) {
    const plain = name.toLowerCase();
    names.set(plain, name);
    names.set(`rsa-${plain}`, name);
    names.set(plain.replace(/^sha(?=[1-9])(?!3-)/, 'sha-'), name);
    names.set(plain.replace(/^sha(?=[25])(?!3-)/, 'sha2-'), name);
  }
  names.set('sha512-224', 'SHA512-224');

  /* OpenSSL's name, or undefined. */
  const find = (name) => names.get(String(name).toLowerCase());
  const is_extendable = (name) => name.startsWith('SHAKE');

  class Digest {
    #handle;
    constructor(name, handle = native.digest_new(name)) {
      this.name = name;
      this.#handle = handle;
    }
    update(bytes) {
      native.digest_update(this.#handle, bytes);
      return this;
    }
    /* The digest, of its own size unless size says another. No update may
     * follow. */
    final(size = 0) {
      return native.digest_final(this.#handle, size);
    }
    copy() {
      return new Digest(this.name, native.digest_copy(this.#handle));
    }
  }

  const digest = (name, bytes) => new Digest(name).update(bytes).final();

  class Hmac {
    #inner;
    #outer;
    constructor(name, key) {
      const size = native.digest_block(name);
      const own = key.length > size ? digest(name, key) : key;
      const pad = (value) => Uint8Array.from({ length: size },
        (unused, index) => (own[index] ?? 0) ^ value);
      this.#inner = new Digest(name).update(pad(0x36));
      this.#outer = new Digest(name).update(pad(0x5c));
    }
    update(bytes) {
      this.#inner.update(bytes);
      return this;
    }
    final() {
      return this.#outer.update(this.#inner.final()).final();
    }
  }

  const hmac = (name, key, bytes) => new Hmac(name, key).update(bytes).final();

  /* The time does not depend on where the bytes differ. */
  function is_equal(a, b) {
    let difference = a.length ^ b.length;
    for (let at = 0; at < a.length; at++)
      difference |= a[at] ^ b[at];
    return difference === 0;
  }

  /* HKDF (RFC 5869). */
  function hkdf(name, key, salt, info, size) {
    const secret = hmac(name, salt, key);
    const out = new Uint8Array(size);
    let last = new Uint8Array(0);
    for (let at = 0, count = 1; at < size; count++) {
      last = new Hmac(name, secret).update(last).update(info)
        .update(Uint8Array.of(count)).final();
      out.set(last.subarray(0, size - at), at);
      at += last.length;
    }
    return out;
  }

  return { find, is_extendable, Digest, digest, Hmac, hmac, is_equal, hkdf };
})
