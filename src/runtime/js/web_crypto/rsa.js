/*
 * crypto.subtle: RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP.
 */
'use strict';

(function ({ native, load }) {
  const { digest_name, failed } = load('web_crypto/algorithm');
  const { check_usages, check_jwk, check_jwk_algorithm, show_jwk, read_der,
    write_der, read_jwk, make_pair, bad_data } = load('web_crypto/key_data');
  const { make_key, material_of } = load('crypto_key');
  const { digest } = load('digest');
  const forms = load('key_forms');

  /* OpenSSL's numbers of paddings. */
  const padding_of = { 'RSASSA-PKCS1-v1_5': 1, 'RSA-PSS': 6 };
  const oaep = 4;
  const [encrypt, decrypt] = [0, 1]; /* what key_crypt() does */
  const bits_max = 16384;

  const halves_of = (name) => name === 'RSA-OAEP'
    ? { private: ['decrypt', 'unwrapKey'], public: ['encrypt', 'wrapKey'] }
    : { private: ['sign'], public: ['verify'] };

  function jwk_name({ name, hash }) {
    const size = hash.name.slice(4);
    if (name === 'RSA-OAEP')
      return size === '1' ? name : `${name}-${size}`;
    return `${name === 'RSA-PSS' ? 'PS' : 'RS'}${size}`;
  }

  /* The algorithm that a key shows. */
  function shown({ name, hash }, material) {
    const exponent = native.key_number(material, 'e');
    return { name, modulusLength: forms.describe(material).bits,
      publicExponent: exponent, hash };
  }

  function import_jwk(jwk, algorithm, extractable, usages) {
    const is_private = jwk?.d !== undefined;
    check_jwk(jwk, { kty: 'RSA', extractable, usages,
      use: algorithm.name === 'RSA-OAEP' ? 'enc' : 'sig',
      texts: is_private ? ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']
        : ['n', 'e'] });
    if (jwk.oth !== undefined)
      throw bad_data('RSA keys of more than two primes are not supported');
    check_jwk_algorithm(jwk, jwk_name(algorithm));
    return read_jwk(jwk);
  }

  /* An exponent that fits in C's argument; others are of no use. */
  function exponent_of(bytes) {
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value < 3 || value % 2 === 0 || value > 2 ** 32 - 1)
      throw failed();
    return value;
  }

  function attempt(own) {
    try {
      return own();
    } catch {
      throw failed();
    }
  }

  /* Digest, data to sign, padding, length of the salt, form. */
  const signing = (algorithm, key, data) => {
    const name = digest_name(key.algorithm.hash);
    return [name, digest(name, data), padding_of[algorithm.name],
      algorithm.saltLength ?? 0, false];
  };

  const crypt = (what, { label }, key, data) => attempt(() =>
    native.key_crypt(what, material_of(key), data, oaep,
      digest_name(key.algorithm.hash), label)).buffer;

  return {
    generate({ name, hash, modulusLength, publicExponent }, extractable,
      usages) {
      const halves = halves_of(name);
      check_usages(usages, [...halves.private, ...halves.public], 'a RSA');
      const exponent = exponent_of(publicExponent);
      if (modulusLength > bits_max)
        throw failed();
      const material = attempt(() => native.key_make('RSA', undefined,
        modulusLength, exponent));
      return make_pair(material, { name, modulusLength, publicExponent, hash },
        extractable, usages, halves);
    },
    import_key(format, data, algorithm, extractable, usages) {
      const type = format === 'pkcs8' || format === 'jwk' && data?.d !==
        undefined ? 'private' : 'public';
      if (format === 'raw')
        throw load('web_crypto/algorithm').fault('NotSupportedError',
          `Unable to import ${algorithm.name} key with format raw`);
      check_usages(usages, halves_of(algorithm.name)[type],
        `an ${algorithm.name}`);
      const material = format === 'jwk'
        ? import_jwk(data, algorithm, extractable, usages)
        : read_der(format, data, 'RSA');
      return make_key(material, { type, extractable, usages,
        algorithm: shown(algorithm, material) });
    },
    export_key: (format, key) => format === 'jwk'
      ? show_jwk(key, forms.to_jwk(material_of(key), key.type === 'private'),
        { alg: jwk_name(key.algorithm) })
      : write_der(format, key),
    formats: ['spki', 'pkcs8', 'jwk'],
    sign: (algorithm, key, data) => attempt(() => native.key_sign(
      material_of(key), ...signing(algorithm, key, data))).buffer,
    verify: (algorithm, key, signature, data) => native.key_verify(
      material_of(key), ...signing(algorithm, key, data), signature),
    encrypt: (algorithm, key, data) => crypt(encrypt, algorithm, key, data),
    decrypt: (algorithm, key, data) => crypt(decrypt, algorithm, key, data),
  };
})
