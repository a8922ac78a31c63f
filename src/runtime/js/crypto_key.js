/*
 * CryptoKey (Web Cryptography). What it is made of is a Uint8Array for secret
 * keys, and C's object for the halves of pairs. Both never change.
 */
'use strict';

(function ({ load }) {
  const key = Symbol('CryptoKey');
  let is_key;
  let material_of;

  class CryptoKey {
    #material;
    #details;
    constructor(secret, material, details) {
      if (secret !== key)
        throw load('web_idl').illegal();
      this.#material = material;
      this.#details = details;
    }
    static {
      is_key = (value) => typeof value === 'object' && value !== null &&
        #material in value;
      material_of = (value) => value.#material;
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
    [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
      const { type, extractable, algorithm, usages } = this;
      return depth < 0 ? '[CryptoKey]' : 'CryptoKey ' +
        inspect({ type, extractable, algorithm, usages });
    }
  }
  load('web_idl').tag(CryptoKey, 'CryptoKey');

  const make_key = (material, details) => new CryptoKey(key, material, details);
  const copy_key = (own) => make_key(material_of(own), {
    type: own.type, extractable: own.extractable,
    algorithm: structuredClone(own.algorithm), usages: [...own.usages] });

  return { CryptoKey, is_key, material_of, make_key, copy_key };
})
