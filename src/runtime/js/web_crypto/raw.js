/*
 * crypto.subtle: Ed25519 and X25519 (Secure Curves), and their larger kin.
 */
'use strict';

(function ({ native, load }) {
  const { failed, fault } = load('web_crypto/algorithm');
  const { bad_data, check_usages, check_jwk, check_jwk_algorithm, show_jwk,
    read_der, write_der, read_jwk, make_pair } = load('web_crypto/key_data');
  const { agreed_bits } = load('web_crypto/agree');
  const { make_key, material_of } = load('crypto_key');
  const forms = load('key_forms');

  const sizes = new Map([['Ed25519', 32], ['Ed448', 57], ['X25519', 32],
    ['X448', 56]]);

  const signs = (name) => name.startsWith('Ed');
  const halves_of = (name) => signs(name)
    ? { private: ['sign'], public: ['verify'] }
    : { private: ['deriveKey', 'deriveBits'], public: [] };

  function read_raw(name, data) {
    if (data.length !== sizes.get(name))
      throw bad_data(`${name} raw keys must be exactly ${sizes.get(name)}-` +
        'bytes');
    try {
      return native.key_raw(name.toUpperCase(), false, data);
    } catch {
      throw bad_data();
    }
  }

  function import_jwk(jwk, name, extractable, usages) {
    check_jwk(jwk, { kty: 'OKP', use: signs(name) ? 'sig' : 'enc',
      texts: jwk?.d === undefined ? ['x'] : ['x', 'd'], extractable, usages });
    if (jwk.crv !== name)
      throw bad_data('JWK "crv" Parameter and algorithm name mismatch');
    if (signs(name))
      check_jwk_algorithm(jwk, name, 'EdDSA');
    return read_jwk(jwk);
  }

  return {
    generate({ name }, extractable, usages) {
      const halves = halves_of(name);
      check_usages(usages, [...halves.private, ...halves.public], `an ${name}`);
      return make_pair(native.key_make(name.toUpperCase(), undefined,
        undefined, undefined), { name }, extractable, usages, halves);
    },
    import_key(format, data, { name }, extractable, usages) {
      const type = format === 'pkcs8' || format === 'jwk' && data?.d !==
        undefined ? 'private' : 'public';
      check_usages(usages, halves_of(name)[type], `a ${name}`);
      const material = format === 'raw' ? read_raw(name, data)
        : format === 'jwk' ? import_jwk(data, name, extractable, usages)
          : read_der(format, data, name.toUpperCase());
      return make_key(material, { type, extractable, usages,
        algorithm: { name } });
    },
    export_key: (format, key) => format === 'jwk'
      ? show_jwk(key, forms.to_jwk(material_of(key), key.type === 'private'),
        signs(key.algorithm.name) ? { alg: key.algorithm.name } : {})
      : format === 'raw' ? native.key_bytes(material_of(key), false).buffer
        : write_der(format, key),
    formats: ['raw', 'spki', 'pkcs8', 'jwk'],
    sign(algorithm, key, data) {
      if (key.type !== 'private')
        throw fault('InvalidAccessError', 'Unable to use this key to sign');
      return native.key_sign(material_of(key), undefined, data, 0, 0, false)
        .buffer;
    },
    verify: (algorithm, key, signature, data) => native.key_verify(
      material_of(key), undefined, data, 0, 0, false, signature),
    derive: (algorithm, key, length) =>
      agreed_bits(algorithm, key, length, failed),
  };
})
