/*
 * node:crypto: keys derived from passwords and from other keys. The forms with
 * a callback work at once as well and count as the call's own time; the
 * callback comes later.
 */
'use strict';

(function ({ native, load }) {
  const digests = load('digest');
  const { derived_max } = digests;
  const { make, out_of_range, check_integer, check_string } =
    load('node/errors');
  const { Buffer, size_max, is_bytes, secret_of, to_buffer, with_callback } =
    load('node/crypto_bytes');
  const { named_digest, key_bytes } = load('node/crypto_hash');

  function check_size(size, name) {
    check_integer(size, name, 0, size_max);
    if (size > derived_max)
      throw make(RangeError, 'ERR_OUT_OF_RANGE',
        `at most ${derived_max} bytes can be derived in one call`);
  }

  function prepare_pbkdf2(password, salt, iterations, size, digest) {
    check_string(digest, 'digest');
    const parts = [secret_of(password, 'password'), secret_of(salt, 'salt')];
    check_integer(iterations, 'iterations', 1, size_max);
    check_size(size, 'keylen');
    const name = named_digest(digest, 'digest');
    return () => size === 0 ? Buffer.alloc(0)
      : to_buffer(native.pbkdf2(name, ...parts, iterations, size));
  }

  /* Each number has two names, of which one may be given. */
  function scrypt_number(options, name, other, fallback) {
    const has = options[name] !== undefined;
    if (has)
      check_integer(options[name], name, 0, 2 ** 32 - 1);
    if (options[other] === undefined)
      return options[name] || fallback;
    if (has)
      throw make(Error, 'ERR_CRYPTO_SCRYPT_INVALID_PARAMETER',
        'Invalid scrypt parameter');
    check_integer(options[other], other, 0, 2 ** 32 - 1);
    return options[other] || fallback;
  }

  const scrypt_memory = 32 * 1024 * 1024;

  function prepare_scrypt(password, salt, size, options = {}) {
    const parts = [secret_of(password, 'password'), secret_of(salt, 'salt')];
    check_size(size, 'keylen');
    const numbers = [scrypt_number(options, 'N', 'cost', 16384),
      scrypt_number(options, 'r', 'blockSize', 8),
      scrypt_number(options, 'p', 'parallelization', 1)];
    if (options.maxmem !== undefined)
      check_integer(options.maxmem, 'maxmem', 0);
    const [cost] = numbers;
    const work = () => {
      try {
        return to_buffer(native.scrypt(...parts, ...numbers,
          options.maxmem || scrypt_memory, size || 1).subarray(0, size));
      } catch (error) {
        throw make(RangeError, error.code, error.message);
      }
    };
    if (cost < 2 || (cost & cost - 1) !== 0 ||
      128 * numbers[1] * cost > (options.maxmem || scrypt_memory))
      work(); /* throws */
    return work;
  }

  const info_max = 1024;

  function prepare_hkdf(digest, key, salt, info, size) {
    check_string(digest, 'digest');
    const secret = is_bytes(key) || typeof key === 'string'
      ? secret_of(key, 'ikm') : key_bytes(key);
    const parts = [secret_of(salt, 'salt'), secret_of(info, 'info')];
    check_integer(size, 'length', 0, size_max);
    if (parts[1].length > info_max)
      throw out_of_range('info', 'must not contain more than ' +
        `${info_max} bytes`, parts[1].length);
    const name = named_digest(digest, 'digest');
    if (size > 255 * digests.size(name))
      throw make(RangeError, 'ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length');
    return () => digests.hkdf(name, secret, ...parts, size).buffer;
  }

  /* The options of scrypt() may be left out before the callback. */
  const scrypt_later = with_callback(prepare_scrypt);

  return {
    pbkdf2: with_callback(prepare_pbkdf2),
    pbkdf2Sync: (...values) => prepare_pbkdf2(...values)(),
    scrypt: scrypt_later,
    scryptSync: (...values) => prepare_scrypt(...values)(),
    hkdf: with_callback(prepare_hkdf),
    hkdfSync: (...values) => prepare_hkdf(...values)(),
  };
})
