/*
 * crypto: randomness, SHA-2 digests and ed25519 verification (Web
 * Cryptography). A task has no keys: signing is the node's (payloadSigning).
 */
'use strict';

(function ({ native, load }) {
  /* As the standard has it. */
  const random_max = 65536;

  function copy_of(source) {
    return new Uint8Array(load('encoding').view_of(source));
  }

  function algorithm_name(algorithm) {
    return String(algorithm?.name ?? algorithm).toUpperCase();
  }

  function unsupported(name) {
    const { DOMException } = load('events');
    return new DOMException(`${name} is not supported`, 'NotSupportedError');
  }

  class CryptoKey {
    constructor(bytes) {
      this.type = 'public';
      this.algorithm = { name: 'Ed25519' };
      this.extractable = true;
      this.usages = ['verify'];
      Object.defineProperty(this, 'bytes', { value: bytes });
    }
  }

  class SubtleCrypto {
    async digest(algorithm, data) {
      const name = algorithm_name(algorithm);
      const bytes = copy_of(data);
      if (name === 'SHA-256')
        return native.sha256(bytes).buffer;
      if (name === 'SHA-512')
        return native.sha512(bytes).buffer;
      throw unsupported(`the digest ${name}`);
    }
    async importKey(format, data, algorithm) {
      const name = algorithm_name(algorithm);
      if (name !== 'ED25519' || format !== 'raw')
        throw unsupported(`a key of ${name} as ${format}`);
      return new CryptoKey(copy_of(data));
    }
    async verify(algorithm, key, signature, data) {
      if (algorithm_name(algorithm) !== 'ED25519')
        throw unsupported(`verifying ${algorithm_name(algorithm)}`);
      return native.verify(copy_of(signature), copy_of(data), key.bytes);
    }
  }
  for (const name of ['encrypt', 'decrypt', 'sign', 'generateKey', 'deriveKey',
    'deriveBits', 'exportKey', 'wrapKey', 'unwrapKey'])
    SubtleCrypto.prototype[name] = async () => {
      throw unsupported(`crypto.subtle.${name}()`);
    };

  class Crypto {
    subtle = new SubtleCrypto();
    getRandomValues(array) {
      if (!ArrayBuffer.isView(array) || array instanceof DataView ||
        array instanceof Float32Array || array instanceof Float64Array)
        throw new TypeError('an array of integers is needed');
      if (array.byteLength > random_max) {
        const { DOMException } = load('events');
        throw new DOMException(`limit of ${random_max} bytes`,
          'QuotaExceededError');
      }
      native.random(new Uint8Array(array.buffer, array.byteOffset,
        array.byteLength));
      return array;
    }
    randomUUID() {
      const bytes = this.getRandomValues(new Uint8Array(16));
      bytes[6] = bytes[6] & 0x0f | 0x40; /* version 4 (RFC 9562) */
      bytes[8] = bytes[8] & 0x3f | 0x80;
      const hex = Array.from(bytes, (byte) =>
        byte.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16),
        hex.slice(16, 20), hex.slice(20)].join('-');
    }
  }

  load('own').tag(Crypto, 'Crypto');
  load('own').tag(SubtleCrypto, 'SubtleCrypto');
  load('own').tag(CryptoKey, 'CryptoKey');

  return { crypto: new Crypto(), Crypto, SubtleCrypto, CryptoKey };
})
