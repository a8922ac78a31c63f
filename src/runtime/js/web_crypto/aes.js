/*
 * crypto.subtle: AES in the modes CBC, CTR, GCM, and AES-KW.
 */
'use strict';

(function ({ native, load }) {
  const { failed, fault } = load('web_crypto/algorithm');
  const { bad_data, check_usages, not_empty, check_jwk, check_jwk_algorithm,
    show_jwk } = load('web_crypto/key_data');
  const { make_key, material_of } = load('crypto_key');
  const forms = load('key_forms');

  const block = 16;
  const lengths = [128, 192, 256];

  const uses_of = (name) => name === 'AES-KW' ? ['wrapKey', 'unwrapKey']
    : ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];

  const jwk_name = (name, length) => `A${length}${name.slice(4)}`;

  const bad = (text) => fault('OperationError', text);

  function check_length(length) {
    if (!lengths.includes(length))
      throw bad('AES key length must be 128, 192, or 256 bits');
    return length;
  }

  function make(bytes, name, extractable, usages) {
    return make_key(bytes, { type: 'secret', extractable, usages,
      algorithm: { name, length: 8 * bytes.length } });
  }

  /* ---- the ciphers ---- */

  /* All data in one call: [bytes, tag]; undefined if OpenSSL refuses. */
  function run(mode, key, encrypts, vector, data, more = {}) {
    const bytes = material_of(key);
    const { associated, tag, tag_size = 0 } = more;
    const is_aead = mode === 'gcm';
    const cipher = native.cipher_new(mode === 'wrap'
      ? `id-aes${8 * bytes.length}-wrap` : `aes-${8 * bytes.length}-${mode}`,
    encrypts, bytes, vector, tag_size);
    if (associated)
      native.cipher_associate(cipher, associated);
    if (tag)
      native.cipher_expect(cipher, tag);
    const first = native.cipher_update(cipher, data);
    let last;
    try {
      last = first && native.cipher_final(cipher, is_aead,
        encrypts ? tag_size : 0);
    } catch {
      /* The padding is wrong. The cause is not shown, because it would help
       * those who guess. */
    }
    if (!last)
      throw failed();
    return [first, last[0], last[1]];
  }

  function join(...parts) {
    const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length,
      0));
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out.buffer;
  }

  function cbc({ iv }, key, data, encrypts) {
    if (iv.length !== block)
      throw bad('algorithm.iv must contain exactly 16 bytes');
    return join(...run('cbc', key, encrypts, iv, data));
  }

  /* Only the last bits of the block count, and start again from zero. OpenSSL
   * counts in the whole block, so what comes after that is a call of its
   * own. */
  function ctr({ counter, length }, key, data) {
    if (counter.length !== block)
      throw bad('algorithm.counter must contain exactly 16 bytes');
    if (length === 0 || length > 128)
      throw bad('AES-CTR algorithm.length must be between 1 and 128');
    const blocks = BigInt(Math.ceil(data.length / block));
    const range = 1n << BigInt(length);
    if (blocks > range)
      throw failed();
    const value = counter.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
    const left = range - (value & range - 1n);
    if (left >= blocks)
      return join(...run('ctr', key, true, counter, data));
    const again = (value - (value & range - 1n)).toString(16).padStart(32, '0');
    const cut = Number(left) * block;
    return join(...run('ctr', key, true, counter, data.subarray(0, cut)),
      ...run('ctr', key, true,
        Uint8Array.from(again.match(/../g), (pair) => parseInt(pair, 16)),
        data.subarray(cut)));
  }

  const tag_bits = [32, 64, 96, 104, 112, 120, 128];

  function gcm({ iv, additionalData, tagLength = 128 }, key, data, encrypts) {
    if (!tag_bits.includes(tagLength))
      throw bad(`${tagLength} is not a valid AES-GCM tag length`);
    if (!iv.length)
      throw failed();
    const size = tagLength / 8;
    if (encrypts)
      return join(...run('gcm', key, true, iv, data,
        { associated: additionalData, tag_size: size }));
    if (data.length < size)
      throw bad('The provided data is too small.');
    const end = data.length - size;
    return join(...run('gcm', key, false, iv, data.subarray(0, end),
      { associated: additionalData, tag: data.slice(end) }));
  }

  /* The vector of RFC 3394, 2.2.3.1. */
  const wrap_vector = new Uint8Array(8).fill(0xa6);

  function wrap(algorithm, key, data, encrypts) {
    if (data.length % 8 || data.length < (encrypts ? 16 : 24))
      throw failed();
    return join(...run('wrap', key, encrypts, wrap_vector, data));
  }

  const modes = { 'AES-CBC': cbc, 'AES-CTR': ctr, 'AES-GCM': gcm,
    'AES-KW': wrap };

  return {
    generate({ name, length }, extractable, usages) {
      check_length(length);
      check_usages(usages, uses_of(name), 'an AES');
      not_empty(usages);
      return make(native.random(new Uint8Array(length / 8)), name, extractable,
        usages);
    },
    import_key(format, data, { name }, extractable, usages) {
      check_usages(usages, uses_of(name), 'an AES');
      let bytes = data;
      if (format === 'jwk') {
        check_jwk(data, { kty: 'oct', use: 'enc', texts: ['k'], extractable,
          usages });
        bytes = forms.decode(data.k);
      } else if (format !== 'raw') {
        throw fault('NotSupportedError',
          `Unable to import AES key with format ${format}`);
      }
      if (!lengths.includes(8 * bytes.length))
        throw bad_data('Invalid key length');
      if (format === 'jwk')
        check_jwk_algorithm(data, jwk_name(name, 8 * bytes.length));
      return make(bytes, name, extractable, usages);
    },
    export_key: (format, key) => format === 'raw'
      ? material_of(key).slice().buffer
      : show_jwk(key, { kty: 'oct', k: forms.encode(material_of(key)),
        alg: jwk_name(key.algorithm.name, key.algorithm.length) }),
    formats: ['raw', 'jwk'],
    key_length: ({ length }) => lengths.includes(length) ? length
      : (() => {
        throw bad('Invalid key length');
      })(),
    encrypt: (algorithm, key, data) =>
      modes[algorithm.name](algorithm, key, data, true),
    decrypt: (algorithm, key, data) =>
      modes[algorithm.name](algorithm, key, data, false),
  };
})
