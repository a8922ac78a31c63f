/*
 * node:crypto: new keys, and secrets that two parties agree on.
 */
'use strict';

const c = require('crypto');

module.exports = function ({ pkcs8, privates, publics, bytes, text }) {
  function pair_of(type, options) {
    const { publicKey, privateKey } = c.generateKeyPairSync(type, options);
    return [publicKey.type, privateKey.type, privateKey.asymmetricKeyType,
      privateKey.asymmetricKeyDetails,
      c.createPublicKey(privateKey).equals(publicKey)];
  }

  const make_cases = {
    'pair of an unknown type': () => c.generateKeyPairSync('foo'),
    'RSA without options': () => c.generateKeyPairSync('rsa'),
    'RSA without a size': () => c.generateKeyPairSync('rsa', {}),
    'RSA too small': () => {
      try {
        c.generateKeyPairSync('rsa', { modulusLength: 100 });
      } catch (error) {
        return error.message;
      }
    },
    'RSA of no bits': () => {
      try {
        c.generateKeyPairSync('rsa', { modulusLength: 0 });
      } catch (error) {
        return error.message;
      }
    },
    'RSA of a negative exponent': () => c.generateKeyPairSync('rsa',
      { modulusLength: 512, publicExponent: -1 }),
    'RSA': () => pair_of('rsa', { modulusLength: 512, publicExponent: 3 }),
    'RSA-PSS': () => pair_of('rsa-pss', { modulusLength: 512 }).slice(0, 3),
    'EC without a curve': () => c.generateKeyPairSync('ec', {}),
    'EC of an unknown curve': () => c.generateKeyPairSync('ec',
      { namedCurve: 'foo' }),
    'EC of unknown parameters': () => c.generateKeyPairSync('ec',
      { namedCurve: 'P-256', paramEncoding: 'x' }),
    'EC': () => ['P-256', 'prime256v1', 'P-384', 'secp521r1', 'secp256k1']
      .map((namedCurve) => pair_of('ec', { namedCurve })),
    'raw curves': () => ['ed25519', 'ed448', 'x25519', 'x448']
      .map((name) => pair_of(name)),
    'encodings of another type': () => c.generateKeyPairSync('ed25519',
      { publicKeyEncoding: 5 }),
    'encodings without a type': () => c.generateKeyPairSync('ed25519',
      { publicKeyEncoding: { format: 'pem' } }),
    'encodings of an unknown format': () => c.generateKeyPairSync('ed25519',
      { publicKeyEncoding: { format: 'x', type: 'spki' } }),
    'encodings of another key': () => c.generateKeyPairSync('ed25519',
      { privateKeyEncoding: { format: 'pem', type: 'pkcs1' } }),
    'encoded': () => {
      const { publicKey, privateKey } = c.generateKeyPairSync('ed25519', {
        publicKeyEncoding: { format: 'pem', type: 'spki' },
        privateKeyEncoding: { format: 'der', type: 'pkcs8' } });
      return [publicKey.slice(0, 26), privateKey.length];
    },
    'secret keys': () => [c.generateKeySync('hmac', { length: 64 }),
      c.generateKeySync('hmac', { length: 13 }),
      c.generateKeySync('aes', { length: 256 })]
      .map((key) => key.symmetricKeySize),
    'secret key of a wrong size': () => c.generateKeySync('aes',
      { length: 64 }),
    'secret key of an unknown type': () => c.generateKeySync('foo',
      { length: 64 }),
    'secret key too short': () => c.generateKeySync('hmac', { length: 7 }),
  };


  const base_point = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2' +
    '815b16f81798';

  function ecdh(change, curve = 'secp256k1') {
    return change(c.createECDH(curve));
  }

  const agree_cases = {
    'ECDH': () => ['secp256k1', 'prime256v1', 'secp384r1', 'secp521r1',
      'brainpoolP256r1'].map((curve) => {
      const [a, b] = [c.createECDH(curve), c.createECDH(curve)];
      a.setPrivateKey(bytes(24, 1));
      b.setPrivateKey(bytes(20, 9));
      return [a.getPublicKey('hex'), a.getPublicKey('hex', 'compressed'),
        a.getPublicKey('hex', 'hybrid'), a.getPrivateKey('hex'),
        a.computeSecret(b.getPublicKey(), null, 'hex'),
        b.computeSecret(a.getPublicKey('hex', 'compressed'), 'hex', 'hex')];
    }),
    'ECDH of new keys': () => ecdh((own) => [own.generateKeys('hex').length,
      own.generateKeys('hex', 'compressed').length,
      own.getPrivateKey().length > 28]),
    'no public key': () => ecdh((own) => own.getPublicKey()),
    'no private key': () => ecdh((own) => own.getPrivateKey()),
    'private key zero': () => ecdh((own) =>
      own.setPrivateKey(Buffer.alloc(32))),
    'private key too large': () => ecdh((own) => own.setPrivateKey(
      Buffer.alloc(32, 255))),
    'other key no point': () => ecdh((own) => {
      own.generateKeys();
      own.computeSecret(bytes(3));
    }),
    'secret without a key': () => ecdh((own) => own.computeSecret(
      Buffer.from(base_point, 'hex'))),
    'public key no point': () => ecdh((own) => own.setPublicKey(bytes(3))),
    'unknown form': () => ecdh((own) => own.generateKeys('hex', 'foo')),
    'unknown curve': () => c.createECDH('foo'),
    'curve of another type': () => c.createECDH(5),
    'convert': () => ['uncompressed', 'compressed', 'hybrid', undefined].map(
      (form) => c.ECDH.convertKey(base_point, 'secp256k1', 'hex', 'hex', form)),
    'convert no point': () => c.ECDH.convertKey(bytes(3), 'secp256k1'),
    'agree': () => [['x25519', 'x25519'], ['p256', 'p256'], ['x448', 'x448'],
      ['k256', 'k256']].map(([a, b]) => c.diffieHellman(
      { privateKey: privates[a], publicKey: publics[b] })),
    'agree with RSA': () => c.diffieHellman({ privateKey: privates.rsa,
      publicKey: publics.rsa }),
    'agree across kinds': () => c.diffieHellman({ privateKey: privates.ed25519,
      publicKey: publics.p256 }),
    'agree with a public key': () => c.diffieHellman(
      { privateKey: publics.p256, publicKey: publics.p256 }),
    'agree across curves': () => {
      try {
        c.diffieHellman({ privateKey: privates.p256, publicKey: publics.p384 });
      } catch (error) {
        return error.name;
      }
    },
    'X25519 of zero': () => {
      try {
        c.diffieHellman({ privateKey: privates.x25519,
          publicKey: c.createPublicKey({ format: 'jwk', key: { kty: 'OKP',
            crv: 'X25519', x: Buffer.alloc(32).toString('base64url') } }) });
      } catch (error) {
        return error.name;
      }
    },
  };

  return { make: make_cases, agree: agree_cases };
};
