/*
 * crypto.subtle: HMAC.
 */
'use strict';

(function ({ native, load }) {
  const { digest_name, failed, fault } = load('web_crypto/algorithm');
  const { bad_data, check_usages, not_empty, check_jwk, check_jwk_algorithm,
    show_jwk } = load('web_crypto/key_data');
  const { make_key, material_of } = load('crypto_key');
  const { hmac, is_equal } = load('digest');
  const forms = load('key_forms');

  /* The sizes of the digests' blocks in bits. A key that is made here is as
   * long as a block. */
  const block_bits = new Map([['SHA-1', 512], ['SHA-256', 512],
    ['SHA-384', 1024], ['SHA-512', 1024]]);

  const uses = ['sign', 'verify'];
  const jwk_name = (hash) => `HS${hash.name.slice(4)}`;

  function make(bytes, { hash, length }, extractable, usages) {
    return make_key(bytes, { type: 'secret', extractable, usages,
      algorithm: { name: 'HMAC', hash, length } });
  }

  /* The length may leave out bits of the last byte. */
  function cut(bytes, length) {
    if (length % 8)
      bytes[bytes.length - 1] &= 0xff << 8 - length % 8;
    return bytes;
  }

  return {
    generate({ hash, length = block_bits.get(hash.name) }, extractable,
      usages) {
      check_usages(usages, uses, 'an HMAC');
      not_empty(usages);
      if (length === 0)
        throw failed();
      return make(cut(native.random(new Uint8Array(Math.ceil(length / 8))),
        length), { hash, length }, extractable, usages);
    },
    import_key(format, data, algorithm, extractable, usages) {
      check_usages(usages, uses, 'an HMAC');
      let bytes = data;
      if (format === 'jwk') {
        check_jwk(data, { kty: 'oct', use: 'sig', texts: ['k'], extractable,
          usages });
        check_jwk_algorithm(data, jwk_name(algorithm.hash));
        bytes = forms.decode(data.k);
      } else if (format !== 'raw') {
        throw fault('NotSupportedError',
          `Unable to import HMAC key with format ${format}`);
      }
      const length = algorithm.length ?? 8 * bytes.length;
      if (!bytes.length)
        throw bad_data('Zero-length key is not supported');
      if (Math.ceil(length / 8) !== bytes.length)
        throw bad_data('Invalid key length');
      return make(cut(bytes, length), { hash: algorithm.hash, length },
        extractable, usages);
    },
    export_key: (format, key) => format === 'raw'
      ? material_of(key).slice().buffer
      : show_jwk(key, { kty: 'oct', k: forms.encode(material_of(key)),
        alg: jwk_name(key.algorithm.hash) }),
    formats: ['raw', 'jwk'],
    key_length({ hash, length = block_bits.get(hash.name) }) {
      if (length === 0)
        throw load('node/errors').make(TypeError, 'ERR_INVALID_ARG_VALUE',
          'an HMAC key has at least one bit');
      return length;
    },
    sign: (algorithm, key, data) => hmac(digest_name(key.algorithm.hash),
      material_of(key), data).buffer,
    verify: (algorithm, key, signature, data) => is_equal(hmac(
      digest_name(key.algorithm.hash), material_of(key), data), signature),
  };
})
