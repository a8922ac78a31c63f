/*
 * crypto.subtle: PBKDF2 and HKDF.
 */
'use strict';

(function ({ native, load }) {
  const { digest_name, failed, fault } = load('web_crypto/algorithm');
  const { check_usages } = load('web_crypto/key_data');
  const { make_key, material_of } = load('crypto_key');
  const digests = load('digest');
  const { derived_max } = digests;

  function check_length(length) {
    if (length === null)
      throw fault('OperationError', 'length cannot be null');
    if (length % 8)
      throw fault('OperationError', 'length must be a multiple of 8');
    if (length / 8 > derived_max)
      throw fault('OperationError',
        `at most ${derived_max} bytes can be derived in one call`);
    return length / 8;
  }

  function pbkdf2({ hash, salt, iterations }, key, length) {
    if (iterations === 0)
      throw fault('OperationError', 'iterations cannot be zero');
    const size = check_length(length);
    if (iterations > 2 ** 31 - 1)
      throw failed();
    return size === 0 ? new ArrayBuffer(0) : native.pbkdf2(digest_name(hash),
      material_of(key), salt, iterations, size).buffer;
  }

  function hkdf({ hash, salt, info }, key, length) {
    const size = check_length(length);
    const name = digest_name(hash);
    if (size > 255 * digests.size(name))
      throw failed();
    return digests.hkdf(name, material_of(key), salt, info, size).buffer;
  }

  return {
    import_key(format, data, { name }, extractable, usages) {
      if (format !== 'raw')
        throw fault('NotSupportedError',
          `Unable to import ${name} key with format ${format}`);
      check_usages(usages, ['deriveBits', 'deriveKey'], `a ${name}`);
      if (extractable)
        throw fault('SyntaxError', `${name} keys are not extractable`);
      return make_key(data, { type: 'secret', extractable: false, usages,
        algorithm: { name } });
    },
    formats: [],
    key_length: () => null,
    derive: (algorithm, key, length) =>
      (algorithm.name === 'HKDF' ? hkdf : pbkdf2)(algorithm, key, length),
  };
})
