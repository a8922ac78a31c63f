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
    'SHAKE128', 'SHAKE256', 'RIPEMD160', 'SM3', 'MD5-SHA1']) {
    const plain = name.toLowerCase();
    names.set(plain, name);
    names.set(`rsa-${plain}`, name);
    names.set(`${plain}withrsaencryption`, name);
    if (plain.startsWith('sha3'))
      names.set(`id-rsassa-pkcs1-v1_5-with-${plain}`, name);
    names.set(plain.replace(/^sha(?=[1-9])(?!3-)/, 'sha-'), name);
    names.set(plain.replace(/^sha(?=[25])(?!3-)/, 'sha2-'), name);
  }
  names.set('sha512-224', 'SHA512-224');
  names.set('rsa-sha512/224', 'SHA512-224');
  names.set('rsa-sha512/256', 'SHA512-256');
  names.set('rsa-sha1-2', 'SHA1');
  names.set('ripemd160withrsa', 'RIPEMD160');

  /* OpenSSL's name, or undefined. */
  const find = (name) => names.get(String(name).toLowerCase());
  const is_extendable = (name) => name.startsWith('SHAKE');

  class Digest {
    /* update() takes a text as well, as UTF-8. */
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
  const size = (name) => digest(name, new Uint8Array(0)).length;

  class Hmac {
    #handle;
    constructor(name, key) {
      this.#handle = native.mac_new(name, key);
    }
    update(bytes) {
      native.mac_update(this.#handle, bytes);
      return this;
    }
    final() {
      return native.mac_final(this.#handle);
    }
  }

  /* The most bytes that C derives in one call. */
  const derived_max = 2 ** 20;

  const hmac = (name, key, bytes) => new Hmac(name, key).update(bytes).final();

  /* The time does not depend on where the bytes differ. */
  const is_equal = (a, b) => a.length === b.length && native.equal(a, b);

  /* HKDF (RFC 5869). */
  function hkdf(name, key, salt, info, wanted) {
    const secret = hmac(name, salt, key);
    const out = new Uint8Array(wanted);
    let last = new Uint8Array(0);
    for (let at = 0, count = 1; at < wanted; count++) {
      last = new Hmac(name, secret).update(last).update(info)
        .update(Uint8Array.of(count)).final();
      out.set(last.subarray(0, wanted - at), at);
      at += last.length;
    }
    return out;
  }

  return { find, is_extendable, size, Digest, digest, Hmac, hmac, is_equal,
    hkdf, derived_max };
})
