/*
 * crypto (Web Cryptography): randomness, digests, HMAC and ed25519
 * verification. A task has no key of its node; payloadSigning() asks the node
 * to sign.
 */
'use strict';

(function ({ native, load }) {
  const { CryptoKey, is_key, material_of: bytes_of, make_key } = load('crypto_key');
  const { Digest, hmac, is_equal } = load('digest');
  const { make, arg_type } = load('node/errors');

  /* The standard's limit of bytes in one call. */
  const random_max = 65536;

  /* The standard's digests with the sizes of their blocks in bits. An HMAC key
   * that is generated here is as long as a block. */
  const hashes = new Map([['SHA-1', 512], ['SHA-256', 512], ['SHA-384', 1024],
    ['SHA-512', 1024]]);

  function fault(name, text) {
    return new (load('dom_exception').DOMException)(text, name);
  }

  function unsupported(what) {
    return fault('NotSupportedError', `${what} is not supported`);
  }

  function copy_of(source, name) {
    if (!ArrayBuffer.isView(source) && !(source instanceof ArrayBuffer))
      throw arg_type(name, 'an instance of ArrayBuffer, Buffer, TypedArray, ' +
        'or DataView', source);
    return new Uint8Array(load('encoding').view_of(source));
  }

  function algorithm_name(algorithm) {
    return String(algorithm?.name ?? algorithm).toUpperCase();
  }

  function hash_of(algorithm) {
    const name = algorithm_name(algorithm);
    if (!hashes.has(name))
      throw unsupported(`the digest ${name}`);
    return name;
  }

  const openssl_name = (hash) => hash.replace('-', '');

  /* ---- keys ---- */

  function check_usages(usages, allowed) {
    const list = Array.from(usages, String);
    if (!list.length || list.some((usage) => !allowed.includes(usage)))
      throw fault('SyntaxError', 'Unsupported key usage');
    return [...new Set(list)];
  }

  function make_hmac(bytes, algorithm, extractable, usages) {
    if (algorithm.hash === undefined)
      throw make(TypeError, 'ERR_MISSING_OPTION',
        'the algorithm needs a hash');
    const hash = hash_of(algorithm.hash);
    const own = check_usages(usages, ['sign', 'verify']);
    if (!bytes.length || algorithm.length !== undefined &&
      Math.ceil(algorithm.length / 8) !== bytes.length)
      throw fault('DataError', 'Invalid key length');
    return make_key(bytes, { type: 'secret', extractable: Boolean(extractable),
      algorithm: { name: 'HMAC', hash: { name: hash },
        length: algorithm.length ?? 8 * bytes.length }, usages: own });
  }

  /* The bytes of an HMAC key in a JWK (RFC 7517). */
  function secret_of_jwk(jwk, algorithm, extractable) {
    const name = algorithm.hash === undefined ? ''
      : `HS${hash_of(algorithm.hash).slice(4)}`;
    if (jwk?.kty !== 'oct' || typeof jwk.k !== 'string' ||
      !/^[A-Za-z0-9_-]*$/.test(jwk.k) ||
      jwk.alg !== undefined && jwk.alg !== name ||
      jwk.ext === false && extractable)
      throw fault('DataError', 'Invalid keyData');
    return new Uint8Array(load('node/buffer').Buffer.from(jwk.k, 'base64url'));
  }

  function show_jwk(key) {
    const { Buffer } = load('node/buffer');
    return { key_ops: [...key.usages], ext: key.extractable, kty: 'oct',
      k: Buffer.from(bytes_of(key)).toString('base64url'),
      alg: `HS${key.algorithm.hash.name.slice(4)}` };
  }

  /* Returns the key. Throws if it does not allow this use of the algorithm. */
  function check_key(key, algorithm, usage) {
    if (!is_key(key))
      throw arg_type('key', 'an instance of CryptoKey', key);
    if (key.algorithm.name.toUpperCase() !== algorithm_name(algorithm))
      throw fault('InvalidAccessError', 'Key algorithm mismatch');
    if (!key.usages.includes(usage))
      throw fault('InvalidAccessError',
        `Unable to use this key to ${usage}`);
    return key;
  }

  const sign_hmac = (key, data) =>
    hmac(openssl_name(key.algorithm.hash.name), bytes_of(key), data);

  /* ---- the classes ---- */

  const own = Symbol('crypto');

  function check_made(secret) {
    if (secret !== own)
      throw make(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
  }

  class SubtleCrypto {
    constructor(secret) {
      check_made(secret);
    }
    async digest(algorithm, data) {
      if (arguments.length < 2)
        throw make(TypeError, 'ERR_MISSING_ARGS', '2 arguments are needed');
      const name = openssl_name(hash_of(algorithm));
      return new Digest(name).update(copy_of(data, 'data')).final().buffer;
    }
    async importKey(format, data, algorithm, extractable, usages) {
      const name = algorithm_name(algorithm);
      if (name === 'HMAC' && format === 'raw')
        return make_hmac(copy_of(data, 'keyData'), algorithm, extractable,
          usages);
      if (name === 'HMAC' && format === 'jwk')
        return make_hmac(secret_of_jwk(data, algorithm, extractable), algorithm,
          extractable, usages);
      if (name !== 'ED25519' || format !== 'raw')
        throw unsupported(`a key of ${name} as ${format}`);
      const bytes = copy_of(data, 'keyData');
      if (bytes.length !== 32)
        throw fault('DataError', 'Invalid key length');
      return make_key(bytes, { type: 'public', extractable: true,
        algorithm: { name: 'Ed25519' }, usages: ['verify'] });
    }
    async generateKey(algorithm, extractable, usages) {
      if (algorithm_name(algorithm) !== 'HMAC')
        throw unsupported(`making a key of ${algorithm_name(algorithm)}`);
      const bits = algorithm.length ?? hashes.get(hash_of(algorithm.hash));
      return make_hmac(native.random(new Uint8Array(Math.ceil(bits / 8))),
        algorithm, extractable, usages);
    }
    async exportKey(format, key) {
      if (!is_key(key))
        throw arg_type('key', 'an instance of CryptoKey', key);
      if (!key.extractable)
        throw fault('InvalidAccessError', 'key is not extractable');
      if (format === 'raw')
        return bytes_of(key).slice().buffer;
      if (format === 'jwk' && key.type === 'secret')
        return show_jwk(key);
      throw unsupported(`a key of ${key.algorithm.name} as ${format}`);
    }
    async sign(algorithm, key, data) {
      if (algorithm_name(algorithm) !== 'HMAC' && !is_key(key))
        throw unsupported(`signing with ${algorithm_name(algorithm)}`);
      return sign_hmac(check_key(key, algorithm, 'sign'),
        copy_of(data, 'data')).buffer;
    }
    async verify(algorithm, key, signature, data) {
      check_key(key, algorithm, 'verify');
      const bytes = copy_of(signature, 'signature');
      if (key.type === 'public')
        return native.verify(bytes, copy_of(data, 'data'), bytes_of(key));
      return is_equal(sign_hmac(key, copy_of(data, 'data')), bytes);
    }
  }
  for (const name of ['encrypt', 'decrypt', 'deriveKey', 'deriveBits',
    'wrapKey', 'unwrapKey'])
    SubtleCrypto.prototype[name] = async () => {
      throw unsupported(`crypto.subtle.${name}()`);
    };

  class Crypto {
    #subtle;
    constructor(secret) {
      check_made(secret);
      this.#subtle = new SubtleCrypto(own);
    }
    get subtle() {
      return this.#subtle;
    }
    getRandomValues(array) {
      if (!ArrayBuffer.isView(array) || array instanceof DataView ||
        array instanceof Float32Array || array instanceof Float64Array)
        throw fault('TypeMismatchError',
          'The data argument must be an integer-type TypedArray');
      if (array.byteLength > random_max)
        throw fault('QuotaExceededError',
          'The requested length exceeds 65,536 bytes');
      native.random(new Uint8Array(array.buffer, array.byteOffset,
        array.byteLength));
      return array;
    }
    randomUUID() {
      const bytes = this.getRandomValues(new Uint8Array(16));
      bytes[6] = bytes[6] & 0x0f | 0x40; /* version 4 (RFC 9562) */
      bytes[8] = bytes[8] & 0x3f | 0x80;
      const hex = Array.from(bytes, (byte) =>
        byte.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16),
        hex.slice(16, 20), hex.slice(20)].join('-');
    }
  }
  load('own').tag(Crypto, 'Crypto');
  load('own').tag(SubtleCrypto, 'SubtleCrypto');

  return { crypto: new Crypto(own), Crypto, SubtleCrypto, CryptoKey };
})
