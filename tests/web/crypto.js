/*
 * crypto (Web Cryptography), with values of FIPS 180-4, RFC 4231, RFC 5869,
 * RFC 6070, RFC 8032 and NIST SP 800-38A.
 */
'use strict';

const { subtle } = crypto;
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) =>
  byte.toString(16).padStart(2, '0')).join('');
const bytes_of = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) =>
  parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);

async function digests({ same, rejects }) {
  for (const [name, text, result] of [
    ['SHA-1', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['SHA-1', '', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['SHA-256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410' +
      'ff61f20015ad'],
    ['SHA-256', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b' +
      '7852b855'],
    ['SHA-384', 'abc', 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b' +
      '605a43ff5bed8086072ba1e7cc2358baeca134c825a7'],
    ['SHA-512', 'abc', 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9e' +
      'eee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa5' +
      '4ca49f']])
    for (const algorithm of [name, { name }, name.toLowerCase()])
      same(hex(await subtle.digest(algorithm, utf8(text))), result,
        `${JSON.stringify(algorithm)} of "${text}"`);
  const data = utf8('abc');
  const pending = subtle.digest('SHA-1', data);
  data[0] = 0;
  same(hex(await pending), 'a9993e364706816aba3e25717850c26c9cd0d89d',
    'the bytes are copied at once');
  for (const name of ['MD5', 'SHA-3', '', 'SHA256'])
    await rejects(subtle.digest(name, data), 'NotSupportedError',
      `no digest ${name}`);
  await rejects(subtle.digest({}, data), TypeError, 'no name');
  await rejects(subtle.digest('SHA-1', 'text'), TypeError, 'a text');
}

function randomness({ same, throws }) {
  for (const own of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array,
    Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array]) {
    const view = new own(64);
    same(crypto.getRandomValues(view) === view, true, `random ${own.name}`);
    same(view.some((value) => value != 0), true, `filled ${own.name}`);
  }
  for (const own of [Float32Array, Float64Array])
    throws(() => crypto.getRandomValues(new own(1)), 'TypeMismatchError',
      `random ${own.name}`);
  throws(() => crypto.getRandomValues(new Uint8Array(65537)),
    'QuotaExceededError', 'too many at once');
  same(crypto.getRandomValues(new Uint8Array(65536)).length, 65536,
    'as many as may be');
  const ids = new Set(Array.from({ length: 100 }, () => crypto.randomUUID()));
  same(ids.size, 100, 'randomUUID');
  for (const id of [...ids].slice(0, 10))
    same(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
      .test(id), true, `the form of ${id.length} characters`);
}

async function hmacs({ same, rejects }) {
  const raw = bytes_of('0b'.repeat(20));
  for (const [hash, result] of [
    ['SHA-256', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32' +
      'cff7'],
    ['SHA-384', 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7ceb' +
      'c59cfaea9ea9076ede7f4af152e8b2fa9cb6'],
    ['SHA-512', '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b305' +
      '45e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a' +
      '126854']]) {
    const key = await subtle.importKey('raw', raw, { name: 'HMAC', hash }, true,
      ['sign', 'verify']);
    const signature = await subtle.sign('HMAC', key, utf8('Hi There'));
    same(hex(signature), result, `HMAC ${hash}`);
    same(await subtle.verify('HMAC', key, signature, utf8('Hi There')), true,
      `verify HMAC ${hash}`);
    same(await subtle.verify('HMAC', key, signature, utf8('Hi there')), false,
      `another text, ${hash}`);
    same(hex(await subtle.exportKey('raw', key)), '0b'.repeat(20),
      `export ${hash}`);
    const jwk = await subtle.exportKey('jwk', key);
    same([jwk.kty, jwk.k, jwk.alg, jwk.ext],
      ['oct', 'CwsLCwsLCwsLCwsLCwsLCwsLCws', `HS${hash.slice(4)}`, true],
      `jwk ${hash}`);
  }
  const hidden = await subtle.importKey('raw', raw, { name: 'HMAC',
    hash: 'SHA-256' }, false, ['sign']);
  same([hidden.type, hidden.extractable, hidden.usages, hidden.algorithm.name,
    hidden.algorithm.hash.name, hidden.algorithm.length],
  ['secret', false, ['sign'], 'HMAC', 'SHA-256', 160], 'members of a key');
  await rejects(subtle.exportKey('raw', hidden), 'InvalidAccessError',
    'a key that is not extractable');
  await rejects(subtle.verify('HMAC', hidden, raw, raw), 'InvalidAccessError',
    'a use that is not allowed');
  await rejects(subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' },
    true, []), 'SyntaxError', 'no use at all');
  await rejects(subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' },
    true, ['encrypt']), 'SyntaxError', 'a use of another algorithm');
  const made = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true,
    ['sign']);
  same((await subtle.exportKey('raw', made)).byteLength, 64,
    'the length of a made key');
}

async function derivations({ same }) {
  const password = await subtle.importKey('raw', utf8('password'), 'PBKDF2',
    false, ['deriveBits', 'deriveKey']);
  for (const [iterations, result] of [
    [1, '0c60c80f961f0e71f3a9b524af6012062fe037a6'],
    [2, 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957'],
    [4096, '4b007901b765489abead49d926f721d065a429c1']])
    same(hex(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1',
      salt: utf8('salt'), iterations }, password, result.length * 4)), result,
    `PBKDF2, ${iterations} times`);
  const secret = await subtle.importKey('raw', bytes_of('0b'.repeat(22)),
    'HKDF', false, ['deriveBits']);
  same(hex(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256',
    salt: bytes_of('000102030405060708090a0b0c'),
    info: bytes_of('f0f1f2f3f4f5f6f7f8f9') }, secret, 336)),
  '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208' +
    'd5b887185865', 'HKDF');
  const key = await subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256',
    salt: utf8('salt'), iterations: 10 }, password, { name: 'AES-GCM',
    length: 256 }, true, ['encrypt']);
  same((await subtle.exportKey('raw', key)).byteLength, 32, 'deriveKey');
}

async function ciphers({ same, rejects }) {
  const raw = bytes_of('2b7e151628aed2a6abf7158809cf4f3c');
  const plain = bytes_of('6bc1bee22e409f96e93d7e117393172a');
  const cbc = await subtle.importKey('raw', raw, 'AES-CBC', true,
    ['encrypt', 'decrypt']);
  const iv = bytes_of('000102030405060708090a0b0c0d0e0f');
  const packed = await subtle.encrypt({ name: 'AES-CBC', iv }, cbc, plain);
  same(hex(packed).slice(0, 32), '7649abac8119b246cee98e9b12e9197d', 'AES-CBC');
  same(hex(await subtle.decrypt({ name: 'AES-CBC', iv }, cbc, packed)),
    hex(plain), 'and back');
  await rejects(subtle.decrypt({ name: 'AES-CBC', iv }, cbc,
    new Uint8Array(15)), 'OperationError', 'half a block');
  await rejects(subtle.encrypt({ name: 'AES-CBC', iv: iv.slice(1) }, cbc,
    plain), 'OperationError', 'a short iv');
  const ctr = await subtle.importKey('raw', raw, 'AES-CTR', true, ['encrypt']);
  same(hex(await subtle.encrypt({ name: 'AES-CTR', length: 128,
    counter: bytes_of('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff') }, ctr, plain)),
  '874d6191b620e3261bef6864990db6ce', 'AES-CTR');
  const gcm = await subtle.importKey('raw', raw, 'AES-GCM', true,
    ['encrypt', 'decrypt']);
  const with_tag = { name: 'AES-GCM', iv: iv.slice(0, 12),
    additionalData: utf8('more'), tagLength: 128 };
  const sealed = new Uint8Array(await subtle.encrypt(with_tag, gcm, plain));
  same(sealed.length, 32, 'AES-GCM adds its tag');
  same(hex(await subtle.decrypt(with_tag, gcm, sealed)), hex(plain),
    'AES-GCM and back');
  sealed[0] ^= 1;
  await rejects(subtle.decrypt(with_tag, gcm, sealed), 'OperationError',
    'a changed byte');
  sealed[0] ^= 1;
  await rejects(subtle.decrypt({ ...with_tag, additionalData: utf8('less') },
    gcm, sealed), 'OperationError', 'other data');
  await rejects(subtle.encrypt(with_tag, cbc, plain), 'InvalidAccessError',
    'a key of another algorithm');
  for (const length of [15, 17, 33, 0])
    await rejects(subtle.importKey('raw', new Uint8Array(length), 'AES-GCM',
      true, ['encrypt']), 'DataError', `a key of ${length} bytes`);
}

async function signatures({ same, rejects }) {
  const key = await subtle.importKey('raw', bytes_of('d75a980182b10ab7d54b' +
    'fed3c964073a0ee172f3daa62325af021a68f707511a'), 'Ed25519', true,
  ['verify']);
  same(await subtle.verify('Ed25519', key, bytes_of('e5564300c360ac729086' +
    'e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9' +
    'b46bd25bf5f0595bbe24655141438e7a100b'), new Uint8Array(0)), true,
  'Ed25519 of RFC 8032');
  same(await subtle.verify('Ed25519', key, new Uint8Array(64),
    new Uint8Array(0)), false, 'another signature');
  for (const [algorithm, usage] of [[{ name: 'Ed25519' }, 'Ed25519'],
    [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA',
      hash: 'SHA-256' }]]) {
    const { publicKey, privateKey } = await subtle.generateKey(algorithm, true,
      ['sign', 'verify']);
    same([publicKey.type, privateKey.type], ['public', 'private'],
      `keys of ${algorithm.name}`);
    const signed = await subtle.sign(usage, privateKey, utf8('text'));
    same(signed.byteLength, 64, `a signature of ${algorithm.name}`);
    same(await subtle.verify(usage, publicKey, signed, utf8('text')), true,
      `verify ${algorithm.name}`);
    same(await subtle.verify(usage, publicKey, signed, utf8('Text')), false,
      `another text of ${algorithm.name}`);
    await rejects(subtle.sign(usage, publicKey, utf8('text')),
      'InvalidAccessError', `sign with a public key of ${algorithm.name}`);
    for (const format of ['spki', 'jwk'])
      same((await subtle.importKey(format, await subtle.exportKey(format,
        publicKey), algorithm, true, ['verify'])).type, 'public',
      `${format} of ${algorithm.name}`);
    for (const format of ['pkcs8', 'jwk'])
      same((await subtle.importKey(format, await subtle.exportKey(format,
        privateKey), algorithm, true, ['sign'])).type, 'private',
      `${format} of a private key of ${algorithm.name}`);
  }
}

module.exports = async (check) => {
  for (const group of [digests, randomness, hmacs, derivations, ciphers,
    signatures])
    await check.group(group.name, () => group(check));
};
