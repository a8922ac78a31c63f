/*
 * node:crypto: signatures, and RSA's encryption.
 */
'use strict';

const c = require('crypto');

module.exports = function ({ pkcs8, privates, publics, bytes, text }) {
  const signing = ['rsa', 'p256', 'p384', 'p521', 'k256', 'ed25519', 'ed448'];

  function verify_both(name, algorithm, options = {}) {
    const signature = c.sign(algorithm, Buffer.from(text),
      { key: privates[name], ...options });
    const check = (data) => c.verify(algorithm, Buffer.from(data),
      { key: publics[name], ...options }, signature);
    return [check(text), check('other'), signature.length,
      c.verify(algorithm, Buffer.from(text), { key: publics[name], ...options },
        signature.subarray(1))];
  }

  const sign_cases = {
    'RSA in one call': () => c.sign('sha256', Buffer.from(text), privates.rsa),
    'RSA in pieces': () => c.createSign('RSA-SHA256').update('The quick ')
      .update(text.slice(10)).sign(privates.rsa, 'hex'),
    'RSA without a digest': () => c.sign(undefined, Buffer.from(text),
      privates.rsa),
    'RSA with all digests': () => ['md5', 'sha1', 'sha224', 'sha384', 'sha512',
      'sha512-256', 'sha3-256', 'ripemd160'].map((name) => c.sign(name,
      Buffer.from(text), privates.rsa)),
    'RSA, PSS': () => verify_both('rsa', 'sha256', { padding: 6 }),
    'RSA, PSS with a salt': () => verify_both('rsa', 'sha256', { padding: 6,
      saltLength: 20 }),
    'RSA, PSS without a salt': () => c.sign('sha256', Buffer.from(text),
      { key: privates.rsa, padding: 6, saltLength: 0 }),
    'RSA, unknown padding': () => c.sign('sha256', Buffer.from('a'),
      { key: privates.rsa, padding: 99 }),
    'Ed25519': () => c.sign(null, Buffer.from(text), privates.ed25519),
    'Ed448': () => c.sign(null, Buffer.from(text), privates.ed448),
    'Ed25519 of nothing': () => c.sign(null, Buffer.alloc(0), privates.ed25519),
    'Ed25519 with a digest': () => c.sign('sha256', Buffer.from(text),
      privates.ed25519),
    'X25519': () => c.sign(null, Buffer.from(text), privates.x25519),
    'plain ECDSA': () => verify_both('p256', 'sha256',
      { dsaEncoding: 'ieee-p1363' })[2],
    'sign without a key': () => c.sign('sha256', Buffer.from('a')),
    'sign in pieces without a key': () => c.createSign('sha256').sign(),
    'sign with a secret key': () => c.sign('sha256', Buffer.from('a'),
      c.createSecretKey('a')),
    'sign with a public key': () => c.sign('sha256', Buffer.from('a'),
      publics.rsa),
    'sign by an unknown digest': () => [c.sign('foo', Buffer.from('a'),
      privates.rsa)],
    'createSign of an unknown digest': () => c.createSign('foo'),
    'sign with a text that is no key': () => c.createSign('sha256').sign('foo'),
    'sign twice': () => {
      const own = c.createSign('sha256');
      own.sign(privates.rsa);
      own.sign(privates.rsa);
    },
    'update after sign': () => {
      const own = c.createSign('sha256');
      own.sign(privates.rsa);
      own.update('a');
    },
    'options of another type': () => c.sign('sha256', Buffer.from('a'),
      { key: privates.rsa, saltLength: 'x' }),
    'unknown encoding of ECDSA': () => c.sign('sha256', Buffer.from('a'),
      { key: privates.p256, dsaEncoding: 'x' }),
    'signature of another type': () => c.createVerify('sha256').verify(
      publics.rsa, 5),
    'signature in hex': () => c.createVerify('sha256').verify(publics.rsa, '00',
      'hex'),
    'encrypted, too long': () => c.publicEncrypt(publics.rsa, bytes(500)),
    'encrypted by an unknown hash': () => c.publicEncrypt({ key: publics.rsa,
      oaepHash: 'foo' }, bytes(5)),
    'encrypted by a hash of another type': () => c.publicEncrypt(
      { key: publics.rsa, oaepHash: 5 }, bytes(5)),
    'encrypted with a label of another type': () => c.publicEncrypt(
      { key: publics.rsa, oaepLabel: 5 }, bytes(5)),
    'OAEP and back': () => [undefined, 'sha256', 'sha1'].map((oaepHash) =>
      c.privateDecrypt({ key: privates.rsa, oaepHash, oaepLabel: bytes(3) },
        c.publicEncrypt({ key: publics.rsa, oaepHash, oaepLabel: bytes(3) },
          bytes(9)))),
    'OAEP, forged': () => c.privateDecrypt(privates.rsa, bytes(128)),
    'PKCS1 for decryption': () => c.privateDecrypt(
      { key: privates.rsa, padding: 1 }, bytes(128)),
    'PKCS1 encrypted': () => c.publicEncrypt({ key: publics.rsa, padding: 1 },
      bytes(9)).length,
    'by the private key': () => c.privateEncrypt(privates.rsa, bytes(9)),
    'by the private key and back': () => c.publicDecrypt(publics.rsa,
      c.privateEncrypt(privates.rsa, bytes(9))),
    'encrypted by a curve': () => c.publicEncrypt(publics.p256, bytes(9)),
  };
  for (const name of signing)
    sign_cases[`sign and verify with ${name}`] = () => {
      const [good, bad, size, cut] = verify_both(name,
        name.startsWith('ed') ? null : 'sha384');
      return [good, bad, privates[name].asymmetricKeyType === 'ec' || size,
        cut];
    };

  return { sign: sign_cases };
};
