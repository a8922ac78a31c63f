/*
 * crypto.subtle: secrets that two parties agree on, for ECDH and X25519.
 */
'use strict';

(function ({ native, load }) {
  const { fault } = load('web_crypto/algorithm');
  const { material_of } = load('crypto_key');

  const refuse = (text) => fault('InvalidAccessError', text);

  function check_pair({ name, public: other }, key) {
    if (key.type !== 'private')
      throw refuse('baseKey must be a private key');
    if (other.type !== 'public')
      throw refuse('algorithm.public must be a public key');
    if (other.algorithm.name !== name)
      throw refuse('Keys must be ' + (name === 'ECDH' ? 'ECDH' : name) +
        ' keys');
    if (other.algorithm.namedCurve !== key.algorithm.namedCurve)
      throw refuse('Named curve mismatch');
  }

  /* The first bits of the secret, all of it if length is null. */
  function agreed_bits(algorithm, key, length, failed) {
    check_pair(algorithm, key);
    let secret;
    try {
      secret = native.key_agree(material_of(key),
        material_of(algorithm.public));
    } catch {
      throw failed();
    }
    if (length === null)
      return secret.buffer;
    const size = Math.ceil(length / 8);
    if (size > secret.length)
      throw fault('OperationError', 'derived bit length is too small');
    const out = secret.slice(0, size);
    if (length % 8)
      out[size - 1] &= 0xff << 8 - length % 8;
    return out.buffer;
  }

  return { agreed_bits };
})
