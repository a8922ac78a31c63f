/*
 * What all kinds of keys of crypto.subtle have in common: usages, the checks
 * of a JWK, DER of pairs.
 */
'use strict';

(function ({ native, load }) {
  const { fault } = load('web_crypto/algorithm');
  const { make_key, material_of } = load('crypto_key');
  const forms = load('key_forms');

  const bad_data = (text = 'Invalid keyData') => fault('DataError', text);

  /* Throws unless all usages are allowed. what names the kind of key. */
  function check_usages(usages, allowed, what) {
    if (usages.some((usage) => !allowed.includes(usage)))
      throw fault('SyntaxError', `Unsupported key usage for ${what} key`);
  }

  function not_empty(usages) {
    if (!usages.length)
      throw fault('SyntaxError', 'Usages cannot be empty when creating a key.');
  }

  /* ---- JWK ---- */

  const is_base64url = (text) => typeof text === 'string' &&
    /^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1;

  function check_operations(jwk, usages) {
    if (jwk.key_ops === undefined)
      return;
    const list = Array.from(jwk.key_ops, String);
    if (new Set(list).size !== list.length)
      throw bad_data('Duplicate key operation');
    if (usages.some((usage) => !list.includes(usage)))
      throw bad_data('Key operations and usage mismatch');
  }

  /* use is what the JWK may be for; texts are members in base64url. */
  function check_jwk(jwk, { kty, use, texts, extractable, usages }) {
    if (typeof jwk !== 'object' || jwk === null || !jwk.kty)
      throw bad_data();
    if (jwk.kty !== kty)
      throw bad_data('Invalid JWK "kty" Parameter');
    if (usages.length && jwk.use !== undefined && jwk.use !== use)
      throw bad_data('Invalid JWK "use" Parameter');
    check_operations(jwk, usages);
    if (jwk.ext === false && extractable)
      throw bad_data('JWK "ext" Parameter and extractable mismatch');
    for (const name of texts)
      if (!is_base64url(jwk[name]))
        throw bad_data();
  }

  function check_jwk_algorithm(jwk, ...names) {
    if (jwk.alg !== undefined && !names.includes(jwk.alg))
      throw bad_data('JWK "alg" does not match the requested algorithm');
  }

  const show_jwk = (key, own, more = {}) =>
    ({ key_ops: [...key.usages], ext: key.extractable, ...own, ...more });

  /* ---- DER ---- */

  /* The size of the structure at the beginning (X.690, 8.1.3). */
  function der_size(data) {
    const first = data[1];
    if (first === undefined || first < 0x80)
      return 2 + first;
    let size = 0;
    for (const byte of data.subarray(2, 2 + (first & 0x7f)))
      size = size * 256 + byte;
    return 2 + (first & 0x7f) + size;
  }

  /* C's key of SPKI or PKCS#8 of the type that OpenSSL calls so. */
  function read_der(format, data, type) {
    let key;
    try {
      key = der_size(data) === data.length && native.key_read(
        format === 'pkcs8', 'DER', format === 'pkcs8' ? 'PrivateKeyInfo'
          : 'SubjectPublicKeyInfo', data, undefined);
    } catch {
      throw bad_data();
    }
    if (!key)
      throw bad_data();
    if (forms.describe(key).type !== type)
      throw bad_data('Invalid key type');
    return key;
  }

  function write_der(format, key) {
    return native.key_write(material_of(key), format === 'pkcs8', 'DER',
      format === 'pkcs8' ? 'PrivateKeyInfo' : 'SubjectPublicKeyInfo',
      undefined, undefined).buffer;
  }

  /* C's key of a checked JWK. */
  function read_jwk(jwk) {
    try {
      return forms.from_jwk(jwk);
    } catch {
      throw bad_data();
    }
  }

  /* ---- pairs ---- */

  const wrong_half = (format, key) => fault('InvalidAccessError',
    `Unable to export a ${format} ${key.algorithm.name} ${key.type} key`);

  /* Throws if this half of a pair has no such form. */
  function check_half(format, key) {
    if (format === 'pkcs8' ? key.type !== 'private'
      : format !== 'jwk' && key.type !== 'public')
      throw wrong_half(format, key);
  }

  /* Both halves of C's key. */
  function make_pair(material, algorithm, extractable, usages, halves) {
    const of_half = (allowed) =>
      usages.filter((usage) => allowed.includes(usage));
    if (!of_half(halves.private).length)
      throw fault('SyntaxError', 'Usages cannot be empty when creating a key.');
    return {
      privateKey: make_key(material, { type: 'private', extractable,
        algorithm, usages: of_half(halves.private) }),
      publicKey: make_key(forms.public_half(material), { type: 'public',
        extractable: true, algorithm, usages: of_half(halves.public) }),
    };
  }

  return { bad_data, check_usages, not_empty, check_jwk, check_jwk_algorithm,
    show_jwk, read_der, write_der, read_jwk, check_half, wrong_half,
    make_pair };
})
