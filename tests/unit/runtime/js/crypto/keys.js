/*
 * node:crypto: keys in all their forms.
 */
'use strict';

const c = require('crypto');

module.exports = function ({ pkcs8, privates, publics, bytes, text }) {
  const names = Object.keys(pkcs8);
  const parts_of = (name) => {
    const key = privates[name];
    const is_ec = key.asymmetricKeyType === 'ec';
    const is_rsa = key.asymmetricKeyType === 'rsa';
    return ['pkcs8', ...is_ec ? ['sec1'] : is_rsa ? ['pkcs1'] : []];
  };

  function key_cases(name) {
    const cases = {
      kind: () => [privates[name].asymmetricKeyType,
        privates[name].asymmetricKeyDetails, publics[name].type],
      jwk: () => [privates[name].export({ format: 'jwk' }),
        publics[name].export({ format: 'jwk' })],
      'jwk and back': () => [c.createPrivateKey({ format: 'jwk',
        key: privates[name].export({ format: 'jwk' }) }).equals(privates[name]),
      c.createPublicKey({ format: 'jwk',
        key: privates[name].export({ format: 'jwk' }) }).equals(publics[name]),
      c.createPublicKey({ format: 'jwk',
        key: publics[name].export({ format: 'jwk' }) }).equals(publics[name])],
      spki: () => [publics[name].export({ format: 'pem', type: 'spki' }),
        publics[name].export({ format: 'der', type: 'spki' })],
      'public of PEM': () => c.createPublicKey(publics[name].export(
        { format: 'pem', type: 'spki' })).equals(publics[name]),
      'public of a private PEM': () => c.createPublicKey(privates[name].export(
        { format: 'pem', type: 'pkcs8' })).equals(publics[name]),
      'private of a public PEM': () => c.createPrivateKey(publics[name].export(
        { format: 'pem', type: 'spki' })),
      'as pkcs1': () => privates[name].export({ format: 'pem', type: 'pkcs1' })
        .slice(0, 40),
      'as sec1': () => privates[name].export({ format: 'pem', type: 'sec1' })
        .slice(0, 40),
      'encrypted, without a passphrase given': () => {
        const sealed = privates[name].export({ format: 'pem', type: 'pkcs8',
          cipher: 'aes-128-cbc', passphrase: 'x' });
        return [sealed.slice(0, 30), c.createPrivateKey(
          { key: sealed, passphrase: 'x' }).equals(privates[name])];
      },
    };
    for (const type of parts_of(name))
      for (const format of ['pem', 'der'])
        cases[`${type} as ${format} and back`] = () => {
          const shown = privates[name].export({ type, format });
          return [shown, c.createPrivateKey({ key: shown, type, format })
            .equals(privates[name])];
        };
    return cases;
  }

  const read_cases = {
    'no key': () => c.createPrivateKey('foo'),
    'no public key': () => c.createPublicKey('foo'),
    'empty key': () => c.createPrivateKey(''),
    'key of another type': () => c.createPrivateKey(5),
    'DER without a type': () => c.createPrivateKey({ key: bytes(3),
      format: 'der' }),
    'unknown format': () => c.createPrivateKey({ key: bytes(3), format: 'foo',
      type: 'pkcs8' }),
    'unknown type': () => c.createPrivateKey({ key: bytes(3), format: 'der',
      type: 'foo' }),
    'public type for a private key': () => c.createPrivateKey({ key: bytes(3),
      format: 'der', type: 'spki' }),
    'passphrase of another type': () => c.createPrivateKey({ key: 'a',
      passphrase: 5 }),
    'wrong passphrase': () => c.createPrivateKey({ passphrase: 'y',
      key: privates.p256.export({ format: 'pem', type: 'pkcs8',
        cipher: 'aes-256-cbc', passphrase: 'x' }) }),
    'encrypted before PKCS#8': () => [['rsa', 'pkcs1'], ['p256', 'sec1']]
      .map(([name, type]) => {
        const sealed = privates[name].export({ format: 'pem', type,
          cipher: 'aes-256-cbc', passphrase: 'x' });
        return [sealed.split('\n').slice(0, 2), sealed.includes('DEK-Info'),
          c.createPrivateKey({ key: sealed, passphrase: 'x' })
            .equals(privates[name])];
      }),
    'encrypted DER': () => c.createPrivateKey({ passphrase: 'x', format: 'der',
      type: 'pkcs8', key: privates.p256.export({ format: 'der', type: 'pkcs8',
        cipher: 'aes-256-cbc', passphrase: 'x' }) }).equals(privates.p256),
    'values that are a KeyObject': () => [publics.rsa, privates.rsa,
      c.createSecretKey('a'), {}, null, 'a'].map((value) =>
      require('node:util').types.isKeyObject(value)),
    'private of a KeyObject': () => c.createPrivateKey(privates.rsa),
    'private of a public KeyObject': () => c.createPrivateKey(publics.rsa),
    'public of a public KeyObject': () => c.createPublicKey(publics.rsa),
    'public of a secret KeyObject': () => c.createPublicKey(
      c.createSecretKey('a')),
    'public of a wrapped KeyObject': () => c.createPublicKey(
      { key: publics.rsa }),
    'JWK of a short key': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: 'AA' } }),
    'JWK of an unknown curve': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'OKP', crv: 'foo', x: 'AA' } }),
    'JWK of an unknown kind': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'foo' } }),
    'JWK of a point beside the curve': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }),
    'JWK of an unknown EC curve': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'EC', crv: 'foo', x: 'AA', y: 'AA' } }),
    'JWK without e': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'RSA', n: 'AA' } }),
    'JWK with n of another type': () => c.createPublicKey({ format: 'jwk',
      key: { kty: 'RSA', n: 5 } }),
    'JWK of another type': () => c.createPublicKey({ format: 'jwk', key: 'a' }),
    'private JWK without d': () => c.createPrivateKey({ format: 'jwk',
      key: publics.ed25519.export({ format: 'jwk' }) }),
    'export without options': () => privates.rsa.export(),
    'export without a type': () => privates.rsa.export({ format: 'pem' }),
    'export as public type': () => privates.rsa.export({ format: 'pem',
      type: 'spki' }),
    'export with a cipher of another type': () => privates.rsa.export(
      { format: 'pem', type: 'pkcs8', cipher: 5, passphrase: 'a' }),
    'export with a cipher without passphrase': () => privates.rsa.export(
      { format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc' }),
    'export with an unknown cipher': () => privates.rsa.export(
      { format: 'pem', type: 'pkcs8', cipher: 'foo', passphrase: 'a' }),
    'export with passphrase without cipher': () => privates.rsa.export(
      { format: 'pem', type: 'pkcs8', passphrase: 'a' }),
    'export of pkcs1 DER encrypted': () => privates.rsa.export(
      { format: 'der', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'a' }),
    'secret key': () => {
      const key = c.createSecretKey('abc');
      return [key.type, key.symmetricKeySize, key.export(),
        key.export({ format: 'jwk' }), String(key),
        key.equals(c.createSecretKey('abc')),
        key.equals(c.createSecretKey('abd'))];
    },
    'keys cloned': () => [structuredClone(privates.p256)
      .equals(privates.p256), structuredClone(c.createSecretKey('abc'))
      .export()],
    'keys of crypto.subtle': async () => {
      const key = await globalThis.crypto.subtle.importKey('raw', bytes(16),
        'AES-CBC', true, ['encrypt']);
      return [c.KeyObject.from(key).export(),
        c.createHmac('md5', key).digest('hex')];
    },
    'secret key in hex': () => c.createSecretKey('00ff', 'hex').export(),
    'secret key as pem': () => c.createSecretKey('abc').export(
      { format: 'pem' }),
    'secret key of another type': () => c.createSecretKey(5),
    'empty secret key': () => c.createSecretKey('').symmetricKeySize,
    'KeyObject by new': () => new c.KeyObject('foo'),
    'KeyObject by new, of a type': () => new c.KeyObject('secret'),
    'KeyObject.from of another type': () => c.KeyObject.from(5),
  };


  const groups = { read: read_cases };
  for (const name of names)
    groups[`key ${name}`] = key_cases(name);

  return groups;
};
