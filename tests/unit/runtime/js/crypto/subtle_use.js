/*
 * crypto.subtle: what keys do.
 */
'use strict';

module.exports = function ({ privates, publics, bytes }) {
  const { subtle } = globalThis.crypto;
  const view = (data) => new Uint8Array(data);

  const digest_cases = {
    'known': async () => Promise.all(['SHA-1', 'sha-256', { name: 'SHA-384' },
      'SHA-512'].map(async (name) => view(await subtle.digest(name,
      bytes(200))))),
    'of a view': async () => view(await subtle.digest('SHA-1',
      new DataView(bytes(9).buffer.slice(0, 9), 2, 3))),
    'of a text': () => subtle.digest('SHA-1', 'abc'),
    'unknown': () => subtle.digest('MD5', bytes(1)),
    'of nothing': () => subtle.digest(),
  };

  /* ---- ciphers ---- */

  const aes = (name, usages = ['encrypt', 'decrypt'], size = 16) =>
    subtle.importKey('raw', bytes(size, 3), name, true, usages);

  async function round(algorithm, data, size) {
    const key = await aes(algorithm.name, ['encrypt', 'decrypt'], size);
    const sealed = await subtle.encrypt(algorithm, key, data);
    return [view(sealed), Buffer.from(await subtle.decrypt(algorithm, key,
      sealed)).equals(Buffer.from(data))];
  }

  const gcm = (more) => ({ name: 'AES-GCM', iv: bytes(12), ...more });
  const ctr = (more) => ({ name: 'AES-CTR', counter: bytes(16), length: 64,
    ...more });
  const cbc = { name: 'AES-CBC', iv: bytes(16) };
  const full = Buffer.alloc(16, 255);

  const cipher_cases = {
    'GCM': () => round(gcm(), bytes(50)),
    'GCM of nothing': () => round(gcm(), bytes(0), 32),
    'GCM, associated': () => round(gcm({ additionalData: bytes(7) }),
      bytes(16), 24),
    'GCM, tags': async () => Promise.all([32, 64, 96, 104, 112, 120, 128].map(
      (tagLength) => round(gcm({ tagLength }), bytes(5)))),
    'GCM, long vector': () => round(gcm({ iv: bytes(100) }), bytes(5)),
    'GCM, no vector': () => round({ name: 'AES-GCM' }, bytes(5)),
    'GCM, empty vector': () => round(gcm({ iv: bytes(0) }), bytes(5)),
    'GCM, wrong tag length': () => round(gcm({ tagLength: 5 }), bytes(5)),
    'GCM, forged': async () => subtle.decrypt(gcm(), await aes('AES-GCM'),
      bytes(40)),
    'GCM, too short': async () => subtle.decrypt(gcm(), await aes('AES-GCM'),
      bytes(5)),
    'CBC': () => round(cbc, bytes(50)),
    'CBC of a block': () => round(cbc, bytes(16), 32),
    'CBC of nothing': () => round(cbc, bytes(0)),
    'CBC, short vector': () => round({ ...cbc, iv: bytes(12) }, bytes(5)),
    'CBC, vector of another type': () => round({ ...cbc, iv: 'abc' },
      bytes(5)),
    'CBC, forged': async () => subtle.decrypt(cbc, await aes('AES-CBC'),
      bytes(16)),
    'CBC, incomplete': async () => subtle.decrypt(cbc, await aes('AES-CBC'),
      bytes(5)),
    'CTR': () => round(ctr(), bytes(50)),
    'CTR of nothing': () => round(ctr(), bytes(0)),
    'CTR that starts again': async () => Promise.all([1, 3, 8, 64, 65, 127, 128]
      .map((length) => round(ctr({ counter: full, length }), bytes(32)))),
    'CTR that would repeat': () => round(ctr({ length: 1 }), bytes(33)),
    'CTR, short counter': () => round(ctr({ counter: bytes(12) }), bytes(5)),
    'CTR of no bits': () => round(ctr({ length: 0 }), bytes(5)),
    'another algorithm': async () => subtle.encrypt(cbc, await aes('AES-GCM'),
      bytes(5)),
    'without the right': async () => subtle.decrypt(cbc,
      await aes('AES-CBC', ['encrypt']), bytes(16)),
    'no algorithm for it': async () => subtle.encrypt('HMAC',
      await aes('AES-CBC'), bytes(5)),
    'no key': () => subtle.encrypt(cbc, 5, bytes(5)),
  };

  /* ---- signatures and RSA ---- */

  const der = (name, format) => (format === 'spki' ? publics : privates)[name]
    .export({ format: 'der', type: format });

  async function halves(name, algorithm, use, other) {
    return [await subtle.importKey('pkcs8', der(name, 'pkcs8'), algorithm,
      true, [use]), await subtle.importKey('spki', der(name, 'spki'),
      algorithm, true, other ? [other] : [])];
  }

  async function sign_round(name, algorithm, params = algorithm,
    is_fixed = true) {
    const [secret, open] = await halves(name, algorithm, 'sign', 'verify');
    const signature = await subtle.sign(params, secret, bytes(30));
    const wrong = view(signature).slice();
    wrong[5] ^= 1;
    return [is_fixed ? view(signature) : signature.byteLength,
      await subtle.verify(params, open, signature, bytes(30)),
      await subtle.verify(params, open, signature, bytes(31)),
      await subtle.verify(params, open, wrong, bytes(30)),
      await subtle.verify(params, open, bytes(3), bytes(30))];
  }

  const hashes = ['SHA-1', 'SHA-256', 'SHA-384'];
  const sign_cases = {
    'Ed25519': () => sign_round('ed25519', 'Ed25519'),
    'RSASSA': async () => Promise.all(hashes.map((hash) => sign_round('rsa',
      { name: 'RSASSA-PKCS1-v1_5', hash }, 'RSASSA-PKCS1-v1_5'))),
    'RSA-PSS': async () => Promise.all(hashes.map((hash) => sign_round('rsa',
      { name: 'RSA-PSS', hash }, { name: 'RSA-PSS', saltLength: 20 }, false))),
    'RSA-PSS without salt': () => sign_round('rsa', { name: 'RSA-PSS',
      hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 0 }),
    'RSA-PSS with too much salt': () => sign_round('rsa', { name: 'RSA-PSS',
      hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 500 }),
    'ECDSA': async () => Promise.all([['p256', 'P-256'], ['p384', 'P-384'],
      ['p521', 'P-521']].map(([name, namedCurve]) => sign_round(name,
      { name: 'ECDSA', namedCurve }, { name: 'ECDSA', hash: 'SHA-512' },
      false))),
    'ECDSA without a hash': () => sign_round('p256', { name: 'ECDSA',
      namedCurve: 'P-256' }),
    'HMAC': async () => {
      const key = await subtle.importKey('raw', bytes(200),
        { name: 'HMAC', hash: 'SHA-384' }, false, ['sign', 'verify']);
      const code = await subtle.sign('HMAC', key, bytes(9));
      return [view(code), await subtle.verify('HMAC', key, code, bytes(9)),
        await subtle.verify('HMAC', key, code, bytes(8)),
        await subtle.verify('HMAC', key, bytes(3), bytes(9))];
    },
    'by a public key': async () => subtle.sign('Ed25519',
      (await halves('ed25519', 'Ed25519', 'sign', 'verify'))[1], bytes(1)),
    'by another algorithm': async () => subtle.sign('HMAC',
      (await halves('ed25519', 'Ed25519', 'sign', 'verify'))[0], bytes(1)),
    'without an algorithm': async () => subtle.sign(undefined,
      (await halves('ed25519', 'Ed25519', 'sign', 'verify'))[0], bytes(1)),
    'too few arguments': () => subtle.verify('Ed25519', {}, bytes(1)),
    'RSA-OAEP': async () => {
      const [secret, open] = await halves('rsa', { name: 'RSA-OAEP',
        hash: 'SHA-256' }, 'decrypt', 'encrypt');
      const algorithm = { name: 'RSA-OAEP', label: bytes(4) };
      const sealed = await subtle.encrypt(algorithm, open, bytes(20));
      return [sealed.byteLength, view(await subtle.decrypt(algorithm, secret,
        sealed)), await subtle.decrypt('RSA-OAEP', secret, sealed)
        .catch((error) => [error.name, error.message])];
    },
    'RSA-OAEP, too long': async () => subtle.encrypt('RSA-OAEP',
      (await halves('rsa', { name: 'RSA-OAEP', hash: 'SHA-1' }, 'decrypt',
        'encrypt'))[1], bytes(200)),
  };

  /* ---- derived secrets ---- */

  const secret = (name) => subtle.importKey('raw', bytes(20), name, false,
    ['deriveBits', 'deriveKey']);
  const pbkdf2 = (more) => ({ name: 'PBKDF2', hash: 'SHA-256', salt: bytes(8),
    iterations: 100, ...more });
  const hkdf = (more) => ({ name: 'HKDF', hash: 'SHA-256', salt: bytes(8),
    info: bytes(5), ...more });
  const bits = async (algorithm, length) => view(await subtle.deriveBits(
    algorithm, await secret(algorithm.name), length));
  const key_of = async (algorithm, made, usages) => {
    const key = await subtle.deriveKey(algorithm, await secret(algorithm.name),
      made, true, usages);
    return [key.type, key.algorithm, [...key.usages],
      view(await subtle.exportKey('raw', key))];
  };

  async function agree(name, length, algorithm, use = name) {
    const [own, open] = await halves(name, algorithm, 'deriveBits');
    return view(await subtle.deriveBits({ name: own.algorithm.name,
      public: use === name ? open : own }, own, length));
  }

  const p256 = { name: 'ECDH', namedCurve: 'P-256' };
  const derive_cases = {
    'PBKDF2': async () => Promise.all(['SHA-1', 'SHA-256', 'SHA-384',
      'SHA-512'].map((hash) => bits(pbkdf2({ hash }), 256))),
    'PBKDF2 of no rounds': () => bits(pbkdf2({ iterations: 0 }), 256),
    'PBKDF2 without rounds': () => bits(pbkdf2({ iterations: undefined }),
      256),
    'PBKDF2 of parts of bytes': () => bits(pbkdf2(), 127),
    'PBKDF2 of null bits': () => bits(pbkdf2(), null),
    'PBKDF2 of no bits': () => bits(pbkdf2(), 0),
    'HKDF': async () => Promise.all(['SHA-1', 'SHA-512'].map((hash) =>
      bits(hkdf({ hash }), 512))),
    'HKDF, empty': () => bits(hkdf({ salt: bytes(0), info: bytes(0) }), 256),
    'HKDF, too long': () => bits(hkdf(), 1000000),
    'HKDF with another key': async () => subtle.deriveBits(hkdf(),
      await secret('PBKDF2'), 128),
    'a key for HMAC': () => key_of(hkdf(), { name: 'HMAC', hash: 'SHA-1' },
      ['sign']),
    'a key for AES': () => key_of(pbkdf2(), { name: 'AES-GCM', length: 256 },
      ['encrypt']),
    'a key of a wrong length': () => key_of(hkdf(), { name: 'AES-GCM',
      length: 5 }, ['encrypt']),
    'ECDH': () => agree('p256', null, p256),
    'ECDH, cut': async () => Promise.all([8, 9, 128, 250].map((length) =>
      agree('p256', length, p256))),
    'ECDH, too long': () => agree('p256', 1000, p256),
    'ECDH with a private key': () => agree('p256', null, p256, 'own'),
    'ECDH across curves': async () => subtle.deriveBits({ name: 'ECDH',
      public: (await halves('p384', { name: 'ECDH', namedCurve: 'P-384' },
        'deriveBits'))[1] }, (await halves('p256', p256, 'deriveBits'))[0], 8),
    'ECDH without a key': async () => subtle.deriveBits({ name: 'ECDH' },
      (await halves('p256', p256, 'deriveBits'))[0], 8),
    'ECDH with another value': async () => subtle.deriveBits({ name: 'ECDH',
      public: 5 }, (await halves('p256', p256, 'deriveBits'))[0], 8),
    'X25519': () => agree('x25519', 256, 'X25519'),
  };

  return { 'subtle digest': digest_cases, 'subtle cipher': cipher_cases,
    'subtle sign': sign_cases, 'subtle derive': derive_cases };
};
