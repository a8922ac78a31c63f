/*
 * CryptoKey (Web Cryptography): a task's own secret for HMAC, or the public
 * half of an ed25519 key.
 */
'use strict';

(function ({ load }) {
  const key = Symbol('CryptoKey');
  let is_key;
  let bytes_of;

  class CryptoKey {
    #bytes;
    #details;
    constructor(secret, bytes, details) {
      if (secret !== key)
        throw load('node/errors').make(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR',
          'Illegal constructor');
      this.#bytes = bytes;
      this.#details = details;
    }
    static {
      is_key = (value) => typeof value === 'object' && value !== null &&
        #bytes in value;
      bytes_of = (value) => value.#bytes;
    }
    get type() {
      return this.#details.type;
    }
    get extractable() {
      return this.#details.extractable;
    }
    get algorithm() {
      return this.#details.algorithm;
    }
    get usages() {
      return this.#details.usages;
    }
  }
  load('own').tag(CryptoKey, 'CryptoKey');

  const make_key = (bytes, details) => new CryptoKey(key, bytes, details);
  const copy_key = (own) => make_key(bytes_of(own).slice(), {
    type: own.type, extractable: own.extractable,
    algorithm: structuredClone(own.algorithm), usages: [...own.usages] });

  return { CryptoKey, is_key, bytes_of, make_key, copy_key };
})
