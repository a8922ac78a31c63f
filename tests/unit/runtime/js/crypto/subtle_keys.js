/*
 * crypto.subtle: keys made, imported, exported and wrapped.
 */
'use strict';

module.exports = function ({ privates, publics, bytes }) {
  const { subtle } = globalThis.crypto;

  const shown = (key) => key.publicKey
    ? { publicKey: shown(key.publicKey), privateKey: shown(key.privateKey) }
    : [key.type, key.extractable, key.algorithm, [...key.usages].sort()];
  const make = async (...values) => shown(await subtle.generateKey(...values));
  const load = async (...values) => shown(await subtle.importKey(...values));

  const exponent = Uint8Array.of(1, 0, 1);
  const rsa = (name, hash = 'SHA-256') =>
    ({ name, modulusLength: 512, publicExponent: exponent, hash });

  const make_cases = {
    'AES': async () => Promise.all(['AES-GCM', 'aes-cbc', 'Aes-Ctr', 'AES-KW']
      .map((name) => make({ name, length: 192 }, true,
        name === 'AES-KW' ? ['wrapKey'] : ['encrypt', 'decrypt']))),
    'AES without a length': () => make('AES-GCM', true, ['encrypt']),
    'AES of a wrong length': () => make({ name: 'AES-GCM', length: 127 }, true,
      ['encrypt']),
    'without usages': () => make({ name: 'AES-GCM', length: 128 }, true, []),
    'wrong usages': () => make({ name: 'AES-GCM', length: 128 }, true,
      ['sign']),
    'unknown usages': () => make({ name: 'AES-GCM', length: 128 }, true,
      ['foo']),
    'unknown algorithm': () => make({ name: 'FOO' }, true, ['encrypt']),
    'no algorithm': () => make({}, true, ['encrypt']),
    'null as an algorithm': () => make(null, true, ['encrypt']),
    'an algorithm that makes none': () => make('PBKDF2', false,
      ['deriveBits']),
    'usages twice': () => make({ name: 'AES-GCM', length: 128 }, true,
      ['decrypt', 'encrypt', 'decrypt']),
    'HMAC': async () => Promise.all(['SHA-1', 'SHA-256', { name: 'sha-384' },
      'SHA-512'].map((hash) => make({ name: 'HMAC', hash }, false, ['sign']))),
    'HMAC of no bits': () => make({ name: 'HMAC', hash: 'SHA-1', length: 0 },
      true, ['sign']),
    'HMAC of an unknown hash': () => make({ name: 'HMAC', hash: 'MD5' }, true,
      ['sign']),
    'Ed25519': () => make('Ed25519', false, ['verify', 'sign']),
    'Ed25519 to sign alone': () => make('Ed25519', true, ['sign']),
    'Ed25519 to verify alone': () => make('Ed25519', true, ['verify']),
    'X25519': () => make('X25519', true, ['deriveBits', 'deriveKey']),
    'EC': async () => Promise.all(['P-256', 'P-384', 'P-521'].map(
      (namedCurve) => make({ name: 'ECDSA', namedCurve }, true,
        ['sign', 'verify']))),
    'ECDH': () => make({ name: 'ECDH', namedCurve: 'P-256' }, true,
      ['deriveKey']),
    'EC without a curve': () => make('ECDSA', true, ['sign']),
    'EC of an unknown curve': () => make({ name: 'ECDSA', namedCurve: 'foo' },
      true, ['sign']),
    'RSA': async () => Promise.all([make(rsa('RSA-PSS'), false, ['sign',
      'verify']), make(rsa('RSA-OAEP', 'SHA-1'), true, ['encrypt', 'decrypt']),
    make(rsa('RSASSA-PKCS1-v1_5'), true, ['sign'])]),
    'RSA of an even exponent': () => make({ ...rsa('RSA-PSS'),
      publicExponent: Uint8Array.of(4) }, false, ['sign']),
    'RSA without a size': () => make({ name: 'RSA-PSS', hash: 'SHA-1',
      publicExponent: exponent }, false, ['sign']),
    'too few arguments': () => subtle.generateKey('Ed25519'),
    'methods of another object': () => subtle.generateKey.call({}, 'Ed25519',
      true, ['sign']),
  };

  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const oct = { kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw' };
  const jwk_of = (name, more) => ({ ...privates[name].export(
    { format: 'jwk' }), ...more });
  const der_of = (name, format) => (format === 'spki' ? publics : privates)[
    name].export({ format: 'der', type: format });

  const import_cases = {
    'raw AES': () => load('raw', bytes(32), 'AES-CBC', true, ['decrypt']),
    'raw AES of a wrong size': () => load('raw', bytes(15), 'AES-CBC', true,
      ['decrypt']),
    'raw HMAC': () => load('raw', bytes(3), hmac, true, ['sign']),
    'raw HMAC without a hash': () => load('raw', bytes(3), 'HMAC', true,
      ['sign']),
    'raw HMAC, empty': () => load('raw', bytes(0), hmac, true, ['sign']),
    'raw HMAC of another length': () => load('raw', bytes(1),
      { ...hmac, length: 9 }, true, ['sign']),
    'raw PBKDF2': () => load('raw', bytes(3), 'PBKDF2', false, ['deriveBits']),
    'raw PBKDF2, extractable': () => load('raw', bytes(3), 'PBKDF2', true,
      ['deriveBits']),
    'raw PBKDF2 to encrypt': () => load('raw', bytes(3), 'PBKDF2', false,
      ['encrypt']),
    'PBKDF2 as spki': () => load('spki', bytes(3), 'PBKDF2', false,
      ['deriveBits']),
    'unknown format': () => load('foo', bytes(3), 'PBKDF2', false,
      ['deriveBits']),
    'raw Ed25519 of a wrong size': () => load('raw', bytes(31), 'Ed25519',
      false, ['verify']),
    'raw Ed25519 to sign': () => load('raw', bytes(32), 'Ed25519', false,
      ['sign']),
    'raw EC beside the curve': () => load('raw', bytes(65, 4),
      { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']),
    'no DER': () => load('pkcs8', bytes(5),
      { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']),
    'DER of another kind': () => load('pkcs8', der_of('rsa', 'pkcs8'),
      'Ed25519', true, ['sign']),
    'DER of another curve': () => load('pkcs8', der_of('p384', 'pkcs8'),
      { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']),
    'private without usages': () => load('pkcs8', der_of('ed25519', 'pkcs8'),
      'Ed25519', true, []),
    'secret without usages': () => load('raw', bytes(16), 'AES-GCM', true, []),
    'JWK of AES': () => load('jwk', { ...oct, alg: 'A128GCM' }, 'AES-GCM',
      true, ['encrypt']),
    'JWK of another algorithm': () => load('jwk', { ...oct, alg: 'A256GCM' },
      'AES-GCM', true, ['encrypt']),
    'JWK for another use': () => load('jwk', { ...oct, use: 'enc' }, hmac,
      true, ['sign']),
    'JWK for other operations': () => load('jwk',
      { ...oct, key_ops: ['sign'] }, hmac, true, ['verify']),
    'JWK with operations twice': () => load('jwk',
      { ...oct, key_ops: ['sign', 'sign'] }, hmac, true, ['sign']),
    'JWK that is not extractable': () => load('jwk', { ...oct, ext: false },
      hmac, true, ['sign']),
    'JWK of another kind': () => load('jwk', { ...oct, kty: 'RSA' }, hmac,
      true, ['sign']),
    'empty JWK': () => load('jwk', {}, 'Ed25519', true, ['verify']),
    'JWK of another type': () => load('jwk', 5, 'Ed25519', true, ['verify']),
    'JWK of another curve': () => load('jwk', jwk_of('p384'),
      { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']),
    'JWK with halves that do not belong together': async () => {
      try {
        await load('jwk', jwk_of('p256', { d: jwk_of('k256').d }),
          { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
      } catch (error) {
        return error.name;
      }
    },
    'data of another type': () => load('raw', 'abc', 'AES-GCM', true,
      ['encrypt']),
  };

  const pairs = { rsa: [{ name: 'RSA-PSS', hash: 'SHA-512' }, 'sign',
    'verify'], p256: [{ name: 'ECDSA', namedCurve: 'P-256' }, 'sign',
    'verify'], p384: [{ name: 'ECDH', namedCurve: 'P-384' }, 'deriveBits'],
  p521: [{ name: 'ECDSA', namedCurve: 'P-521' }, 'sign', 'verify'],
  ed25519: ['Ed25519', 'sign', 'verify'], x25519: ['X25519', 'deriveKey'] };

  const export_cases = {};
  for (const [name, [algorithm, use, other]] of Object.entries(pairs)) {
    const others = other ? [other] : [];
    for (const format of ['raw', 'spki', 'pkcs8', 'jwk'])
      export_cases[`${name} as ${format}`] = async () => {
        const secret = await subtle.importKey('pkcs8',
          der_of(name, 'pkcs8'), algorithm, true, [use]);
        const open = await subtle.importKey('spki', der_of(name, 'spki'),
          algorithm, true, others);
        const attempt = async (key) => {
          try {
            const data = await subtle.exportKey(format, key);
            return format === 'jwk' ? data : new Uint8Array(data);
          } catch (error) {
            return error.name;
          }
        };
        return [shown(secret), shown(open), await attempt(secret),
          await attempt(open)];
      };
    export_cases[`${name} from jwk and raw`] = async () => {
      const open = await subtle.importKey('spki', der_of(name, 'spki'),
        algorithm, true, others);
      const jwk = await subtle.importKey('jwk',
        await subtle.exportKey('jwk', open), algorithm, true, others);
      const raw = name === 'rsa' ? jwk : await subtle.importKey('raw',
        await subtle.exportKey('raw', open), algorithm, true, others);
      const secret = await subtle.importKey('jwk', jwk_of(name), algorithm,
        true, [use]);
      return [new Uint8Array(await subtle.exportKey('spki', jwk)),
        new Uint8Array(await subtle.exportKey('spki', raw)),
        new Uint8Array(await subtle.exportKey('pkcs8', secret))];
    };
  }
  Object.assign(export_cases, {
    'not extractable': async () => {
      const key = await subtle.importKey('raw', bytes(16), 'AES-GCM', false,
        ['encrypt']);
      /* Node 20 misspells the error's name. */
      return subtle.exportKey('raw', key).catch((error) => error.message);
    },
    'a secret key as JWK': async () => subtle.exportKey('jwk',
      await subtle.importKey('raw', bytes(16), 'AES-KW', true,
        ['unwrapKey', 'wrapKey'])),
    'an unknown format': async () => subtle.exportKey('foo',
      await subtle.importKey('raw', bytes(16), 'AES-GCM', true, ['encrypt'])),
    'no key': () => subtle.exportKey('raw', {}),
  });

  const aes = (name, usages) => subtle.importKey('raw', bytes(16, 7), name,
    true, usages);
  const both = ['wrapKey', 'unwrapKey'];

  async function wrap_round(format, algorithm, wrapping) {
    const key = await aes('AES-CBC', ['encrypt']);
    const wrapped = await subtle.wrapKey(format, key, wrapping, algorithm);
    const again = await subtle.unwrapKey(format, wrapped, wrapping, algorithm,
      'AES-CBC', true, ['encrypt']);
    return [new Uint8Array(wrapped), shown(again),
      new Uint8Array(await subtle.exportKey('raw', again))];
  }

  const wrap_cases = {
    'AES-KW, raw': async () => wrap_round('raw', 'AES-KW',
      await aes('AES-KW', both)),
    'AES-KW, JWK': async () => wrap_round('jwk', 'AES-KW',
      await aes('AES-KW', both)),
    'AES-GCM, JWK': async () => wrap_round('jwk',
      { name: 'AES-GCM', iv: bytes(12) }, await aes('AES-GCM', both)),
    'without the right': async () => wrap_round('raw',
      { name: 'AES-GCM', iv: bytes(12) }, await aes('AES-GCM', ['encrypt'])),
    'forged': async () => subtle.unwrapKey('raw', bytes(24),
      await aes('AES-KW', both), 'AES-KW', 'AES-CBC', true, ['encrypt']),
  };

  return { 'subtle make': make_cases, 'subtle import': import_cases,
    'subtle export': export_cases, 'subtle wrap': wrap_cases };
};
