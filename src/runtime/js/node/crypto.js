/*
 * node:crypto. Each part is loaded when one of its members is first asked for.
 * The node has the keys of its accounts; keys here are the task's own.
 */
'use strict';

(function ({ load }) {
  const parts = {
    crypto_hash: ['createHash', 'createHmac', 'Hash', 'Hmac', 'hash'],
    crypto_derive: ['pbkdf2', 'pbkdf2Sync', 'scrypt', 'scryptSync', 'hkdf',
      'hkdfSync'],
    crypto_random: ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt',
      'randomUUID', 'timingSafeEqual'],
    crypto_cipher: ['createCipheriv', 'createDecipheriv', 'Cipheriv',
      'Decipheriv', 'getCipherInfo'],
    crypto_key_object: ['KeyObject', 'createSecretKey', 'createPrivateKey',
      'createPublicKey'],
    crypto_generate: ['generateKeyPair', 'generateKeyPairSync', 'generateKey',
      'generateKeySync'],
    crypto_sign: ['sign', 'verify', 'createSign', 'createVerify', 'Sign',
      'Verify', 'publicEncrypt', 'privateDecrypt', 'privateEncrypt',
      'publicDecrypt'],
    crypto_ecdh: ['createECDH', 'ECDH', 'diffieHellman'],
    crypto_tables: ['getHashes', 'getCiphers', 'getCurves', 'constants'],
    crypto_refused: ['createDiffieHellman', 'createDiffieHellmanGroup',
      'getDiffieHellman', 'checkPrime', 'checkPrimeSync', 'generatePrime',
      'generatePrimeSync', 'setEngine', 'setFips', 'Certificate', 'Cipher',
      'Decipher', 'createCipher', 'createDecipher', 'DiffieHellman',
      'DiffieHellmanGroup', 'X509Certificate'],
  };

  const module = {
    getRandomValues: (array) => crypto.getRandomValues(array),
    getFips: () => 0,
    secureHeapUsed: () => ({ total: 0, used: 0, utilization: 0, min: 0 }),
    get webcrypto() {
      return crypto;
    },
    get subtle() {
      return crypto.subtle;
    },
  };

  function define(name, value) {
    Object.defineProperty(module, name,
      { value, configurable: true, enumerable: true, writable: true });
  }

  for (const [part, names] of Object.entries(parts))
    for (const name of names)
      Object.defineProperty(module, name, {
        configurable: true,
        enumerable: true,
        get() {
          define(name, load(`node/${part}`)[name]);
          return module[name];
        },
        set(value) {
          define(name, value);
        },
      });
  module.default = module;
  return module;
})
