/*
 * node:crypto: new keys. An RSA key takes as long as it takes and counts as
 * the call's own time, also in the form with a callback.
 */
'use strict';

(function ({ native, load }) {
  const forms = load('key_forms');
  const { make_key } = load('node/crypto_key_object');
  const { check_encoding, write } = load('node/crypto_key_encoding');
  const { system, size_max, finish } = load('node/crypto_bytes');
  const { make, arg_value, check_function, check_integer, check_object,
    check_string } = load('node/errors');

  const raw_types = ['ed25519', 'ed448', 'x25519', 'x448'];

  const bad_type = (type) => arg_value('type', type,
    'must be a supported key type');

  /* OpenSSL's largest key (OPENSSL_RSA_MAX_MODULUS_BITS). */
  const rsa_bits_max = 16384;

  function prepare_rsa(type, options) {
    check_object(options, 'options');
    const { modulusLength, publicExponent = 0x10001 } = options;
    check_integer(modulusLength, 'options.modulusLength', 0, 2 ** 32 - 1);
    check_integer(publicExponent, 'options.publicExponent', 0, 2 ** 32 - 1);
    if (modulusLength > rsa_bits_max)
      throw make(RangeError, 'ERR_OUT_OF_RANGE',
        `an RSA key has at most ${rsa_bits_max} bits`);
    if (type === 'rsa-pss' && ['hash', 'hashAlgorithm', 'mgf1Hash',
      'mgf1HashAlgorithm', 'saltLength']
      .some((name) => options[name] !== undefined))
      throw load('node/crypto_refused').refused(
        'an RSA-PSS key that is bound to parameters');
    return () => native.key_make(type.toUpperCase(), undefined,
      modulusLength, publicExponent);
  }

  function prepare_ec(options) {
    check_object(options, 'options');
    const { namedCurve, paramEncoding } = options;
    check_string(namedCurve, 'options.namedCurve');
    if (paramEncoding !== undefined && paramEncoding !== 'named' &&
      paramEncoding !== 'explicit')
      throw arg_value('options.paramEncoding', paramEncoding);
    if (paramEncoding === 'explicit')
      throw load('node/crypto_refused').refused('explicit curve parameters');
    const group = group_of(namedCurve);
    return () => native.key_make('EC', group, undefined, undefined);
  }

  /* OpenSSL's name of a curve. */
  function group_of(name) {
    const group = forms.curves.get(name)?.[0] ?? name;
    if (native.curve_size(group) === undefined)
      throw make(TypeError, 'ERR_CRYPTO_INVALID_CURVE',
        'Invalid EC curve name');
    return group;
  }

  function prepare_make(type, options) {
    if (type === 'rsa' || type === 'rsa-pss')
      return prepare_rsa(type, options);
    if (type === 'ec')
      return prepare_ec(options);
    if (raw_types.includes(type))
      return () => native.key_make(type.toUpperCase(), undefined,
        undefined, undefined);
    if (type === 'dsa' || type === 'dh')
      throw load('node/crypto_refused').refused(`keys of ${type}`);
    throw bad_type(type);
  }

  /* How one half is given back: null as a KeyObject. */
  function check_half(options, name, type) {
    const encoding = options?.[name];
    if (encoding === undefined || encoding === null)
      return null;
    if (typeof encoding !== 'object')
      throw arg_value(`options.${name}`, encoding);
    return check_encoding(encoding, type, name === 'publicKeyEncoding',
      `options.${name}`);
  }

  function prepare_pair(type, options) {
    check_string(type, 'type');
    if (options !== undefined)
      check_object(options, 'options');
    const make_one = prepare_make(type, options);
    const public_form = check_half(options, 'publicKeyEncoding', type);
    const private_form = check_half(options, 'privateKeyEncoding', type);
    return () => {
      const key = system(make_one);
      return {
        publicKey: public_form ? write(key, false, public_form)
          : make_key('public', forms.public_half(key)),
        privateKey: private_form ? write(key, true, private_form)
          : make_key('private', key),
      };
    };
  }

  function generateKeyPair(type, options, done) {
    if (typeof options === 'function')
      [options, done] = [undefined, options];
    check_function(done, 'callback');
    const work = prepare_pair(type, options);
    finish(work, (error, pair) =>
      done(error, pair?.publicKey, pair?.privateKey));
  }
  Object.defineProperty(generateKeyPair,
    Symbol.for('nodejs.util.promisify.custom'), { configurable: true,
      value: (type, options) => new Promise((resolve, reject) =>
        finish(prepare_pair(type, options), (error, pair) =>
          error ? reject(error) : resolve(pair))) });

  /* ---- secret keys ---- */

  function prepare_secret(type, options) {
    check_string(type, 'type');
    check_object(options, 'options');
    const { length } = options;
    if (type === 'hmac')
      check_integer(length, 'options.length', 8, size_max);
    else if (type !== 'aes')
      throw bad_type(type);
    else if (![128, 192, 256].includes(length))
      throw arg_value('options.length', length,
        'must be one of: 128, 192, 256');
    return () => make_key('secret',
      native.random(new Uint8Array(Math.trunc(length / 8))));
  }

  function generateKey(type, options, done) {
    check_function(done, 'callback');
    finish(prepare_secret(type, options), done);
  }

  return { generateKeyPair, generateKey, group_of,
    generateKeyPairSync: (type, options) => prepare_pair(type, options)(),
    generateKeySync: (type, options) => prepare_secret(type, options)() };
})
