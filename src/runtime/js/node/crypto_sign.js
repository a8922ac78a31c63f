/*
 * node:crypto: signatures, and RSA's encryption.
 */
'use strict';

(function ({ native, load }) {
  const digests = load('digest');
  const { asymmetric, type_of } = load('node/crypto_key_object');
  const { bytes_of, secret_of, as_asked, to_buffer, is_bytes, system,
    finish } = load('node/crypto_bytes');
  const { make, arg_type, arg_value, check_function, check_string } =
    load('node/errors');
  const { LazyWritable } = load('node/lazy_transform');

  const pss_padding = 6;
  const salt_auto = -2; /* as long as can be; found out by verify() */

  const whole_types = ['ed25519', 'ed448']; /* they hash by themselves */

  function signing_options(options) {
    const { padding, saltLength, dsaEncoding } = typeof options === 'object' &&
      options !== null ? options : {};
    for (const [name, value] of [['padding', padding],
      ['saltLength', saltLength]])
      if (value !== undefined && value !== value >> 0)
        throw arg_value(`options.${name}`, value);
    if (dsaEncoding !== undefined && dsaEncoding !== 'der' &&
      dsaEncoding !== 'ieee-p1363')
      throw arg_value('options.dsaEncoding', dsaEncoding);
    return { padding, salt_size: saltLength,
      is_plain: dsaEncoding === 'ieee-p1363' };
  }

  /* The padding and salt of a key, where the options are silent. */
  function native_options(type, { padding, salt_size, is_plain }) {
    const own = padding ?? (type === 'rsa-pss' ? pss_padding
      : type === 'rsa' ? 1 : 0);
    return [type.startsWith('rsa') ? own : 0, salt_size ?? salt_auto, is_plain];
  }

  const invalid_digest = (key_type) => Object.assign(make(Error,
    'ERR_OSSL_INVALID_DIGEST',
    'error:1C80007A:Provider routines::invalid digest'),
  { library: 'Provider routines', reason: 'invalid digest', key_type });

  /* What C signs: the digest of the data, or all of it. */
  function to_sign(type, name, hash_of, data_of) {
    if (whole_types.includes(type)) {
      if (name !== undefined)
        throw invalid_digest(type);
      return [undefined, data_of()];
    }
    const own = name ?? 'SHA256'; /* OpenSSL's default for RSA and EC */
    return [own, hash_of(own)];
  }

  function sign_with(key, name, hash_of, data_of, options) {
    const type = type_of(key);
    const [digest, bytes] = to_sign(type, name, hash_of, data_of);
    return to_buffer(system(() => native.key_sign(key, digest, bytes,
      ...native_options(type, options))));
  }

  function verify_with(key, name, hash_of, data_of, options, signature) {
    const type = type_of(key);
    const [digest, bytes] = to_sign(type, name, hash_of, data_of);
    return system(() => native.key_verify(key, digest, bytes,
      ...native_options(type, options), signature));
  }

  /* ---- in one call ---- */

  function digest_name(name) {
    if (name === null || name === undefined)
      return undefined;
    check_string(name, 'algorithm');
    const found = digests.find(name);
    if (!found)
      throw make(TypeError, 'ERR_CRYPTO_INVALID_DIGEST',
        `Invalid digest: ${name}`);
    return found;
  }

  const no_key = () => make(Error, 'ERR_CRYPTO_SIGN_KEY_REQUIRED',
    'No key provided to sign');

  function prepare(algorithm, data, wants_private, key) {
    const name = digest_name(algorithm);
    const bytes = secret_of(data, 'data');
    const options = signing_options(key);
    const own = asymmetric(key, wants_private);
    return [own, name, (digest) => digests.digest(digest, bytes), () => bytes,
      options];
  }

  function sign(algorithm, data, key, done) {
    if (done !== undefined)
      check_function(done, 'callback');
    if (typeof algorithm !== 'string' && algorithm !== null &&
      algorithm !== undefined)
      check_string(algorithm, 'algorithm');
    secret_of(data, 'data');
    if (!key)
      throw no_key();
    const parts = prepare(algorithm, data, true, key);
    return done ? finish(() => sign_with(...parts), done)
      : sign_with(...parts);
  }

  function verify(algorithm, data, key, signature, done) {
    if (done !== undefined)
      check_function(done, 'callback');
    const parts = prepare(algorithm, data, false, key);
    if (!is_bytes(signature))
      throw arg_type('signature', 'an instance of ArrayBuffer, Buffer, ' +
        'TypedArray, or DataView', signature);
    const own = secret_of(signature, 'signature');
    return done ? finish(() => verify_with(...parts, own), done)
      : verify_with(...parts, own);
  }

  /* ---- in pieces ---- */

  const ended = () => make(Error, 'ERR_CRYPTO_INVALID_STATE',
    'Not initialised');

  class Pieces extends LazyWritable {
    #name;
    #digest;
    constructor(algorithm, options) {
      super(options);
      check_string(algorithm, 'algorithm');
      this.#name = digests.find(algorithm);
      if (!this.#name)
        throw make(TypeError, 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
      this.#digest = new digests.Digest(this.#name);
    }
    update(data, encoding) {
      const bytes = bytes_of(data, encoding);
      if (!this.#digest)
        throw ended();
      this.#digest.update(bytes);
      return this;
    }
    _write(chunk, encoding, done) {
      this.update(chunk, encoding);
      done();
    }
    /* The arguments of sign_with(), once. */
    static end(own, key, options) {
      if (!own.#digest)
        throw ended();
      const hash = own.#digest.final();
      own.#digest = null;
      return [key, own.#name, () => hash, null, options];
    }
  }

  class SignState extends Pieces {
    sign(key, encoding) {
      if (!key)
        throw no_key();
      const options = signing_options(key);
      return as_asked(sign_with(...Pieces.end(this, asymmetric(key, true),
        options)), encoding);
    }
  }

  class VerifyState extends Pieces {
    verify(key, signature, encoding) {
      const options = signing_options(key);
      const own = asymmetric(key, false);
      const bytes = secret_of(signature, 'signature', encoding);
      return verify_with(...Pieces.end(this, own, options), bytes);
    }
  }

  /* ---- RSA's encryption ---- */

  const [encrypt, decrypt, sign_raw, recover] = [0, 1, 2, 3];
  const pkcs1_padding = 1;
  const oaep_padding = 4;

  function crypt(what, wants_private, fallback) {
    return function (key, data) {
      const own = asymmetric(key, wants_private);
      const { padding = fallback, oaepHash, oaepLabel, encoding } =
        typeof key === 'object' && key !== null ? key : {};
      if (oaepHash !== undefined)
        check_string(oaepHash, 'key.oaepHash');
      const label = oaepLabel === undefined ? undefined
        : secret_of(oaepLabel, 'key.oaepLabel', encoding);
      const bytes = secret_of(data, 'buffer', encoding);
      if (what === decrypt && padding === pkcs1_padding)
        throw arg_value_text('RSA_PKCS1_PADDING is no longer supported for ' +
          'private decryption, this can be reverted with ' +
          '--security-revert=CVE-2023-46809');
      const is_oaep = padding === oaep_padding;
      const digest = is_oaep ? digests.find(oaepHash ?? 'sha1') : undefined;
      if (is_oaep && !digest)
        throw make(Error, 'ERR_OSSL_EVP_INVALID_DIGEST', 'Invalid digest used');
      return to_buffer(system(() => native.key_crypt(what, own, bytes,
        padding, digest, is_oaep ? label : undefined)));
    };
  }

  const arg_value_text = (text) => make(TypeError, 'ERR_INVALID_ARG_VALUE',
    text);

  const { callable } = load('own');
  const Sign = callable('Sign', SignState);
  const Verify = callable('Verify', VerifyState);

  return { sign, verify, Sign, Verify,
    createSign: (algorithm, options) => new Sign(algorithm, options),
    createVerify: (algorithm, options) => new Verify(algorithm, options),
    publicEncrypt: crypt(encrypt, false, oaep_padding),
    privateDecrypt: crypt(decrypt, true, oaep_padding),
    privateEncrypt: crypt(sign_raw, true, pkcs1_padding),
    publicDecrypt: crypt(recover, false, pkcs1_padding) };
})
