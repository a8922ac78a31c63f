/*
 * node:crypto: hashes and HMAC.
 */
'use strict';

(function ({ load }) {
  const digests = load('digest');
  const { make, arg_type, check_integer, check_string } = load('node/errors');
  const { of_views, of_bytes, is_bytes, bytes_of, secret_of, as_asked } =
    load('node/crypto_bytes');
  const { LazyTransform } = load('node/lazy_transform');

  const output_max = 2 ** 20;

  const finalized = () => make(Error, 'ERR_CRYPTO_HASH_FINALIZED',
    'Digest already called');

  /* What hashes do as streams: the digest is what can be read. */
  function be_stream(own) {
    own.prototype._transform = function (chunk, encoding, done) {
      try {
        this.update(chunk, encoding);
        done();
      } catch (error) {
        done(error);
      }
    };
    own.prototype._flush = function (done) {
      this.push(this.digest());
      done();
    };
  }

  class HashState extends LazyTransform {
    #digest;
    #size = 0;
    #result;
    constructor(algorithm, options) {
      super(options);
      if (algorithm instanceof digests.Digest) {
        this.#digest = algorithm;
        return;
      }
      check_string(algorithm, 'algorithm');
      const name = digests.find(algorithm);
      if (!name)
        throw new Error('Digest method not supported');
      const size = options?.outputLength;
      if (size !== undefined) {
        check_integer(size, 'options.outputLength', 0, output_max);
        if (!digests.is_extendable(name) && size !==
          digests.digest(name, new Uint8Array(0)).length)
          throw make(Error, 'ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH',
            'error:030000B2:digital envelope routines::' +
            'not XOF or invalid length');
        this.#size = digests.is_extendable(name) ? size : 0;
        if (size === 0)
          this.#result = new Uint8Array(0);
      }
      this.#digest = new digests.Digest(name);
    }
    update(data, encoding) {
      if (!this.#digest)
        throw finalized();
      this.#digest.update(typeof data === 'string' && encoding === undefined
        ? data : bytes_of(data, encoding));
      return this;
    }
    digest(encoding) {
      if (!this.#digest)
        throw finalized();
      const bytes = this.#result ?? this.#digest.final(this.#size);
      this.#digest = null;
      return as_asked(bytes, encoding);
    }
    copy(options) {
      if (!this.#digest)
        throw finalized();
      const copy = new Hash(this.#digest.copy(), options);
      copy.#size = this.#size;
      copy.#result = this.#result;
      return copy;
    }
  }
  be_stream(HashState);

  const invalid_digest = (name) => make(TypeError,
    'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${name}`);

  /* OpenSSL's name of a digest that has one length. */
  function named_digest(name, argument) {
    check_string(name, argument);
    const found = digests.find(name);
    if (!found || digests.is_extendable(found))
      throw invalid_digest(name);
    return found;
  }

  const of_keys = of_bytes.replace(', or DataView',
    ', DataView, KeyObject, or CryptoKey');

  /* The bytes of a secret key in any of its forms. */
  function key_bytes(key, encoding) {
    if (typeof key === 'string' || is_bytes(key))
      return secret_of(key, 'key', encoding);
    const bytes = load('node/crypto_key_object').secret_bytes(key);
    if (!bytes)
      throw arg_type('key', of_keys, key);
    return bytes;
  }

  class HmacState extends LazyTransform {
    #hmac;
    constructor(name, key, options) {
      super(options);
      check_string(name, 'hmac');
      const bytes = key_bytes(key, options?.encoding);
      this.#hmac = new digests.Hmac(named_digest(name, 'hmac'), bytes);
    }
    update(data, encoding) {
      if (!this.#hmac)
        throw finalized();
      this.#hmac.update(bytes_of(data, encoding));
      return this;
    }
    /* A second call gives nothing, which is no error in Node. */
    digest(encoding) {
      const bytes = this.#hmac?.final() ?? new Uint8Array(0);
      this.#hmac = null;
      return as_asked(bytes, encoding);
    }
  }
  be_stream(HmacState);

  const Hash = load('own').callable('Hash', HashState);
  const Hmac = load('own').callable('Hmac', HmacState);

  /* Hash data in one call. */
  function hash(algorithm, data, encoding = 'hex') {
    check_string(algorithm, 'algorithm');
    if (typeof data !== 'string' && !ArrayBuffer.isView(data))
      throw arg_type('input', of_views, data);
    const name = digests.find(algorithm);
    if (!name)
      throw new Error(`Digest method ${algorithm} is not supported`);
    return as_asked(digests.digest(name, bytes_of(data)), encoding);
  }

  return { Hash, Hmac, hash, named_digest, invalid_digest, key_bytes, of_keys,
    createHash: (name, options) => new HashState(name, options),
    createHmac: (name, key, options) => new HmacState(name, key, options) };
})
