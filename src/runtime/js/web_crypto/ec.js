/*
 * crypto.subtle: ECDSA and ECDH over P-256, P-384 and P-521.
 */
'use strict';

(function ({ native, load }) {
  const { digest_name, failed, fault } = load('web_crypto/algorithm');
  const { bad_data, check_usages, check_jwk, check_jwk_algorithm, show_jwk,
    read_der, write_der, read_jwk, make_pair } = load('web_crypto/key_data');
  const { agreed_bits } = load('web_crypto/agree');
  const { make_key, material_of } = load('crypto_key');
  const { digest } = load('digest');
  const forms = load('key_forms');

  const jwk_algorithms = new Map([['P-256', 'ES256'], ['P-384', 'ES384'],
    ['P-521', 'ES512']]);

  function group_of(name) {
    if (!jwk_algorithms.has(name))
      throw fault('NotSupportedError', 'Unrecognized namedCurve');
    return forms.curves.get(name)[0];
  }

  const halves_of = (name) => name === 'ECDSA'
    ? { private: ['sign'], public: ['verify'] }
    : { private: ['deriveKey', 'deriveBits'], public: [] };

  function read_raw(group, data) {
    try {
      return native.key_build('EC', group, false, 'pub', data);
    } catch {
      throw bad_data();
    }
  }

  function import_jwk(jwk, { name, namedCurve }, extractable, usages) {
    check_jwk(jwk, { kty: 'EC', use: name === 'ECDSA' ? 'sig' : 'enc',
      texts: jwk?.d === undefined ? ['x', 'y'] : ['x', 'y', 'd'], extractable,
      usages });
    if (jwk.crv !== namedCurve)
      throw bad_data('JWK "crv" does not match the requested algorithm');
    const size = forms.curves.get(namedCurve)[1];
    for (const member of ['x', 'y', 'd'])
      if (jwk[member] !== undefined && forms.decode(jwk[member]).length !==
        size)
        throw bad_data();
    if (name === 'ECDSA')
      check_jwk_algorithm(jwk, jwk_algorithms.get(namedCurve));
    return read_jwk(jwk);
  }

  function import_der(format, data, group) {
    const key = read_der(format, data, 'EC');
    if (forms.describe(key).group !== group)
      throw bad_data('Named curve mismatch');
    return key;
  }

  const hash_of = (algorithm, data) => digest(digest_name(algorithm.hash),
    data);

  return {
    generate({ name, namedCurve }, extractable, usages) {
      const halves = halves_of(name);
      const group = group_of(namedCurve);
      check_usages(usages, [...halves.private, ...halves.public], `an ${name}`);
      return make_pair(native.key_make('EC', group, undefined, undefined),
        { name, namedCurve }, extractable, usages, halves);
    },
    import_key(format, data, algorithm, extractable, usages) {
      const { name, namedCurve } = algorithm;
      const group = group_of(namedCurve);
      const type = format === 'pkcs8' || format === 'jwk' && data?.d !==
        undefined ? 'private' : 'public';
      check_usages(usages, halves_of(name)[type], `a ${name}`);
      const material = format === 'raw' ? read_raw(group, data)
        : format === 'jwk' ? import_jwk(data, algorithm, extractable, usages)
          : import_der(format, data, group);
      return make_key(material, { type, extractable, usages,
        algorithm: { name, namedCurve } });
    },
    export_key(format, key) {
      const material = material_of(key);
      if (format === 'jwk')
        return show_jwk(key, forms.to_jwk(material, key.type === 'private'));
      return format === 'raw'
        ? forms.point_of(material, group_of(key.algorithm.namedCurve)).buffer
        : write_der(format, key);
    },
    formats: ['raw', 'spki', 'pkcs8', 'jwk'],
    sign: (algorithm, key, data) => native.key_sign(material_of(key),
      digest_name(algorithm.hash), hash_of(algorithm, data), 0, 0, true).buffer,
    verify: (algorithm, key, signature, data) => native.key_verify(
      material_of(key), digest_name(algorithm.hash), hash_of(algorithm, data),
      0, 0, true, signature),
    derive: (algorithm, key, length) =>
      agreed_bits(algorithm, key, length, failed),
  };
})
