/*
 * node:crypto: hashes, HMAC, derived keys and randomness. The node has the keys
 * for signing.
 */
'use strict';

(function ({ native, load }) {
  const { Buffer } = load('node/buffer');
  const digests = load('digest');
  const { make, arg_type, arg_value, out_of_range, check_function,
    check_integer, check_number, check_string } = load('node/errors');

  /* The largest size that OpenSSL and Node take. */
  const size_max = 2 ** 31 - 1;
  const derived_max = 2 ** 20;

  const of_views = 'of type string or an instance of Buffer, TypedArray, or ' +
    'DataView';
  const of_bytes = 'of type string or an instance of ArrayBuffer, Buffer, ' +
    'TypedArray, or DataView';

  /* A text or a view as a Uint8Array, which C takes. */
  function bytes_of(data, encoding, name = 'data') {
    if (typeof data === 'string') {
      if (String(encoding).toLowerCase() === 'hex' && data.length % 2)
        throw arg_value('encoding', encoding,
          `is invalid for data of length ${data.length}`);
      return new Uint8Array(Buffer.from(data,
        Buffer.isEncoding(encoding) ? encoding : 'utf8'));
    }
    if (!ArrayBuffer.isView(data))
      throw arg_type(name, of_views, data);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  /* The same, but an ArrayBuffer is allowed as well. */
  function secret_of(data, name) {
    if (typeof data !== 'string' && !ArrayBuffer.isView(data) &&
      !(data instanceof ArrayBuffer))
      throw arg_type(name, of_bytes, data);
    return bytes_of(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  }

  function as_asked(bytes, encoding) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return Buffer.isEncoding(encoding) ? buffer.toString(encoding) : buffer;
  }

  /* ---- hashes ---- */

  const finalized = () => make(Error, 'ERR_CRYPTO_HASH_FINALIZED',
    'Digest already called');

  class Hash {
    #digest;
    #size = 0;
    constructor(algorithm, options) {
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
        check_integer(size, 'options.outputLength', 0, derived_max);
        if (!digests.is_extendable(name) && size !==
          digests.digest(name, new Uint8Array(0)).length)
          throw make(Error, 'ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH',
            'not XOF or invalid length');
        this.#size = digests.is_extendable(name) ? size : 0;
      }
      this.#digest = new digests.Digest(name);
    }
    update(data, encoding) {
      if (!this.#digest)
        throw finalized();
      this.#digest.update(bytes_of(data, encoding));
      return this;
    }
    digest(encoding) {
      if (!this.#digest)
        throw finalized();
      const bytes = this.#digest.final(this.#size);
      this.#digest = null;
      return as_asked(bytes, encoding);
    }
    copy() {
      if (!this.#digest)
        throw finalized();
      const copy = new Hash(this.#digest.copy());
      copy.#size = this.#size;
      return copy;
    }
  }

  const invalid_digest = (name) => make(TypeError,
    'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${name}`);

  function named_digest(name, argument) {
    check_string(name, argument);
    const found = digests.find(name);
    if (!found || digests.is_extendable(found))
      throw invalid_digest(name);
    return found;
  }

  class Hmac {
    #hmac;
    constructor(name, key) {
      check_string(name, 'hmac');
      if (typeof key !== 'string' && !ArrayBuffer.isView(key) &&
        !(key instanceof ArrayBuffer))
        throw arg_type('key', of_bytes.replace(', or DataView',
          ', DataView, KeyObject, or CryptoKey'), key);
      this.#hmac = new digests.Hmac(named_digest(name, 'hmac'),
        secret_of(key, 'key'));
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

  /* Hash data in one call. */
  function hash(algorithm, data, encoding = 'hex') {
    check_string(algorithm, 'algorithm');
    if (typeof data !== 'string' && !ArrayBuffer.isView(data))
      throw arg_type('input', of_views, data);
    if (!digests.find(algorithm))
      throw new Error(`Digest method ${algorithm} is not supported`);
    return new Hash(algorithm).update(data).digest(encoding);
  }

  /* ---- derived keys ---- */

  function pbkdf2Sync(password, salt, iterations, size, digest) {
    check_string(digest, 'digest');
    const secret = secret_of(password, 'password');
    const own_salt = secret_of(salt, 'salt');
    check_integer(iterations, 'iterations', 1, size_max);
    check_integer(size, 'keylen', 0, size_max);
    if (size > derived_max)
      throw new RangeError(`at most ${derived_max} bytes can be derived`);
    const name = named_digest(digest, 'digest');
    return size === 0 ? Buffer.alloc(0) : as_asked(native.pbkdf2(name, secret,
      own_salt, iterations, size));
  }

  function scryptSync(password, salt, size, options = {}) {
    const secret = secret_of(password, 'password');
    const own_salt = secret_of(salt, 'salt');
    check_integer(size, 'keylen', 0, size_max);
    if (size > derived_max)
      throw new RangeError(`at most ${derived_max} bytes can be derived`);
    const numbers = [options.N ?? options.cost ?? 16384,
      options.r ?? options.blockSize ?? 8,
      options.p ?? options.parallelization ?? 1,
      options.maxmem ?? 32 * 1024 * 1024];
    for (const number of numbers)
      check_integer(number, 'options', 0);
    if (size === 0)
      return Buffer.alloc(0);
    try {
      return as_asked(native.scrypt(secret, own_salt, ...numbers, size));
    } catch (error) {
      throw make(RangeError, error.code, error.message);
    }
  }

  function hkdfSync(digest, key, salt, info, size) {
    const name = named_digest(digest, 'digest');
    const parts = [secret_of(key, 'ikm'), secret_of(salt, 'salt'),
      secret_of(info, 'info')];
    check_integer(size, 'length', 0, size_max);
    if (size > 255 * digests.digest(name, new Uint8Array(0)).length)
      throw make(RangeError, 'ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length');
    return digests.hkdf(name, ...parts, size).buffer;
  }

  /* The form with a callback as last argument. Wrong arguments throw. */
  function with_callback(own) {
    return function (...values) {
      const done = values.pop();
      check_function(done, 'callback');
      const result = own(...values);
      process.nextTick(done, null, result);
    };
  }

  /* ---- randomness ---- */

  function answer(done, value) {
    if (done === undefined)
      return value;
    check_function(done, 'callback');
    process.nextTick(done, null, value);
    return undefined;
  }

  function randomBytes(size, done) {
    check_number(size, 'size', 0, size_max);
    return answer(done, as_asked(native.random(
      new Uint8Array(Math.trunc(size)))));
  }

  function randomFillSync(target, offset = 0, size) {
    if (!ArrayBuffer.isView(target) && !(target instanceof ArrayBuffer))
      throw arg_type('buf', 'an instance of ArrayBuffer or ArrayBufferView',
        target);
    const step = target.BYTES_PER_ELEMENT ?? 1;
    const length = target.length ?? target.byteLength;
    check_number(offset, 'offset', 0, length);
    size ??= length - offset;
    check_number(size, 'size', 0, size_max);
    if (size + offset > length)
      throw out_of_range('size + offset', `<= ${length}`, size + offset);
    const bytes = load('encoding').view_of(target);
    native.random(new Uint8Array(bytes.buffer, bytes.byteOffset + offset * step,
      size * step));
    return target;
  }

  function randomFill(target, ...values) {
    const done = values.pop();
    check_function(done, 'callback');
    answer(done, randomFillSync(target, ...values));
  }

  function randomInt(min, max, done) {
    if (max === undefined || typeof max === 'function')
      [min, max, done] = [0, min, max];
    for (const [value, name] of [[min, 'min'], [max, 'max']])
      if (!Number.isSafeInteger(value))
        throw arg_type(name, 'a safe integer', value);
    if (max <= min)
      throw out_of_range('max', `greater than the value of "min" (${min})`,
        max);
    const range = max - min;
    if (range > 2 ** 48 - 1)
      throw out_of_range('max - min', `<= ${2 ** 48 - 1}`, range);
    /* Numbers above the last whole range would make small results likelier. */
    const whole = 2 ** 48 - 2 ** 48 % range;
    for (;;) {
      const value = randomBytes(6).readUIntBE(0, 6);
      if (value < whole)
        return answer(done, min + value % range);
    }
  }

  function timingSafeEqual(a, b) {
    const [x, y] = [[a, 'buf1'], [b, 'buf2']].map(([value, name]) => {
      if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer))
        throw arg_type(name, 'an instance of ArrayBuffer, Buffer, ' +
          'TypedArray, or DataView', value);
      return load('encoding').view_of(value);
    });
    if (x.length !== y.length)
      throw make(RangeError, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
        'Input buffers must have the same byte length');
    return digests.is_equal(x, y);
  }

  const module = {
    createHash: (name, options) => new Hash(name, options),
    createHmac: (name, key) => new Hmac(name, key),
    getHashes: () => ['blake2b512', 'blake2s256', 'md5', 'ripemd160', 'sha1',
      'sha224', 'sha256', 'sha3-224', 'sha3-256', 'sha3-384', 'sha3-512',
      'sha384', 'sha512', 'sha512-224', 'sha512-256', 'shake128', 'shake256',
      'sm3'],
    Hash, Hmac, hash, pbkdf2Sync, scryptSync, hkdfSync,
    pbkdf2: with_callback(pbkdf2Sync), scrypt: with_callback(scryptSync),
    hkdf: with_callback(hkdfSync),
    randomBytes, randomFill, randomFillSync, randomInt,
    randomUUID: () => crypto.randomUUID(),
    getRandomValues: (array) => crypto.getRandomValues(array),
    timingSafeEqual,
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
