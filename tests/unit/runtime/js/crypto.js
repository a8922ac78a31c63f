const assert = require('assert');
const crypto_module = require('crypto');
const { createHash, createHmac, pbkdf2Sync, scryptSync, hkdfSync,
  timingSafeEqual, randomBytes, randomInt, randomFillSync } = crypto_module;

const { subtle } = crypto;
const bytes = new TextEncoder().encode('abc');
const hex = (data) => Buffer.from(data).toString('hex');
const wrong_type = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const out_of_range = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

/* Of "abc" (FIPS 180-4, FIPS 202, RFC 1321, RFC 7693, ISO 10118-3). */
const known = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha224: '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed' +
    '8086072ba1e7cc2358baeca134c825a7',
  sha512: 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
    '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  'sha3-256':
    '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  ripemd160: '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
  blake2s256:
    '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982',
};

exports.checks = {
  'hashes have the published values, under all their names'() {
    for (const [name, value] of Object.entries(known)) {
      assert.strictEqual(createHash(name).update('a').update(bytes.subarray(1))
        .digest('hex'), value, name);
      assert.ok(crypto_module.getHashes().includes(name));
    }
    for (const name of ['SHA256', 'sha-256', 'SHA2-256', 'RSA-SHA256'])
      assert.strictEqual(createHash(name).update('abc').digest('hex'),
        known.sha256, name);
    for (const name of ['foo', '', 'constructor', '__proto__', 'toString'])
      assert.throws(() => createHash(name), /Digest method not supported/);
    assert.throws(() => createHash(), wrong_type);
    assert.strictEqual(createHash('shake256', { outputLength: 10 })
      .update('a').digest('hex'), '867e2cb04f5a04dcbd59');
  },
  'a hash ends once and can be copied before'() {
    const hash = createHash('sha1').update('a');
    const copy = hash.copy();
    assert.strictEqual(hash.update('bc').digest('hex'), known.sha1);
    assert.strictEqual(copy.update('bc').digest('hex'), known.sha1);
    for (const more of [() => hash.digest(), () => hash.update('a'),
      () => hash.copy()])
      assert.throws(more, { code: 'ERR_CRYPTO_HASH_FINALIZED' });
    for (const data of [5, undefined, null, {}, new ArrayBuffer(1), [1]])
      assert.throws(() => createHash('md5').update(data), wrong_type);
    const view = Uint8Array.from([97, 98, 99]);
    const kept = createHash('sha1').update(view);
    view[0] = 0;
    assert.strictEqual(kept.digest('hex'), known.sha1);
  },
  'HMAC: short, long and empty keys'() {
    for (const [name, key, text, value] of [
      ['md5', 'key', 'abc', 'd2fe98063f876b03193afb49b4979591'],
      ['sha1', '', 'x', '6244e66451a1c8695db9731ce2c4fd5de25ccf87'],
      ['md5', Buffer.alloc(65, 1), 'x', '4a095017fedda5e8f618dd5c55abf7db'],
      ['sha3-256', 'k'.repeat(300), 'x',
        '5a91edf7e0c1b7333b93b355c64b61d670e881a529e0cd2bed2c932b584a2bec']])
      assert.strictEqual(createHmac(name, key).update(text).digest('hex'),
        value);
    assert.throws(() => createHmac('foo', 'key'),
      { code: 'ERR_CRYPTO_INVALID_DIGEST' });
    for (const key of [undefined, null, 5, {}])
      assert.throws(() => createHmac('sha1', key), wrong_type);
    const hmac = createHmac('md5', 'k');
    hmac.digest();
    assert.strictEqual(hmac.digest('hex'), '');
  },
  'derived keys'() {
    assert.strictEqual(hex(pbkdf2Sync('pw', 'salt', 1000, 20, 'sha1')),
      'ba95848a9b5ce11f1b43d7d167d8413daa5ed22b');
    assert.strictEqual(hex(scryptSync('pw', 'salt', 20)),
      'c0b515908e61334cae6d6003c00be60e2e675878');
    assert.strictEqual(hex(hkdfSync('sha256', 'key', 'salt', 'info', 42)),
      '9ca0d662557439e3b83365f2da4626d35da195c6d9d1779f09838cf9e408966ece99' +
      '106e2585ace6f083');
    assert.strictEqual(pbkdf2Sync('pw', '', 1, 0, 'md5').length, 0);
    assert.throws(() => pbkdf2Sync('pw', 'salt', 0, 1, 'md5'), out_of_range);
    assert.throws(() => pbkdf2Sync('pw', 'salt', 1, 1, 'foo'),
      { code: 'ERR_CRYPTO_INVALID_DIGEST' });
    assert.throws(() => pbkdf2Sync('pw', 5, 1, 1, 'md5'), wrong_type);
    assert.throws(() => scryptSync('pw', 'salt', 1, { N: 1000 }), RangeError);
  },
  async 'callbacks come later, wrong arguments at once'() {
    const key = await new Promise((resolve, reject) =>
      crypto_module.pbkdf2('pw', 'salt', 1, 10, 'sha256', (error, value) =>
        error ? reject(error) : resolve(value)));
    assert.strictEqual(hex(key), '6f4ad8c78ec365c060e6');
    assert.strictEqual((await new Promise((resolve) =>
      randomBytes(5, (error, value) => resolve(value)))).length, 5);
    assert.throws(() => randomBytes(1, 5), wrong_type);
    assert.throws(() => crypto_module.pbkdf2('pw', 'salt', 1, 10, 'md5'),
      wrong_type);
  },
  'randomness keeps to its bounds'() {
    for (const size of [-1, 2 ** 31])
      assert.throws(() => randomBytes(size), out_of_range);
    assert.throws(() => randomBytes('5'), wrong_type);
    const buffer = Buffer.alloc(400);
    randomFillSync(buffer, 100, 200);
    assert.ok(buffer.subarray(0, 100).every((byte) => byte === 0));
    assert.ok(buffer.subarray(300).every((byte) => byte === 0));
    assert.ok(buffer.subarray(100, 300).some((byte) => byte !== 0));
    assert.throws(() => randomFillSync(buffer, 300, 101), out_of_range);
    for (let round = 0; round < 100; round++)
      assert.ok([-3, -2, -1].includes(randomInt(-3, 0)));
    assert.throws(() => randomInt(5, 5), out_of_range);
    assert.throws(() => randomInt(0, 2 ** 49), out_of_range);
    assert.throws(() => randomInt(1.5), wrong_type);
    assert.throws(() => crypto.getRandomValues(new Float32Array(1)),
      { name: 'TypeMismatchError' });
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65537)),
      { name: 'QuotaExceededError' });
  },
  'timingSafeEqual compares bytes'() {
    const a = Buffer.from('ab');
    assert.strictEqual(timingSafeEqual(a, Uint8Array.of(97, 98)), true);
    assert.strictEqual(timingSafeEqual(a, Uint16Array.of(0x6261)), true);
    assert.strictEqual(timingSafeEqual(a, Buffer.from('ac')), false);
    assert.throws(() => timingSafeEqual(a, Buffer.from('a')),
      { code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH' });
    assert.throws(() => timingSafeEqual(a, 'ab'), wrong_type);
  },
  async 'subtle: digests'() {
    for (const [name, value] of [['SHA-1', known.sha1],
      [{ name: 'sha-256' }, known.sha256], ['SHA-384', known.sha384],
      ['SHA-512', known.sha512]])
      assert.strictEqual(hex(await subtle.digest(name, bytes)), value);
    for (const name of ['MD5', 'SHA256', 'SHA-224', 'constructor', null])
      await assert.rejects(subtle.digest(name, bytes),
        { name: 'NotSupportedError' });
    await assert.rejects(subtle.digest('SHA-1', 'abc'), TypeError);
  },
  async 'subtle: HMAC keys, made, imported and exported'() {
    const raw = new TextEncoder().encode('key');
    for (const [hash, begin] of [['SHA-1', '4fd0b215'],
      ['SHA-256', '9c196e32'], ['SHA-384', '30ddb9c8'],
      ['SHA-512', '3926a207']]) {
      const key = await subtle.importKey('raw', raw, { name: 'HMAC', hash },
        true, ['verify', 'sign']);
      assert.deepStrictEqual([key.type, key.extractable, key.algorithm,
        key.usages], ['secret', true, { name: 'HMAC', hash: { name: hash },
        length: 24 }, ['verify', 'sign']]);
      const signature = await subtle.sign('hmac', key, bytes);
      assert.strictEqual(hex(signature).slice(0, 8), begin);
      assert.strictEqual(await subtle.verify('HMAC', key, signature, bytes),
        true);
      assert.strictEqual(await subtle.verify('HMAC', key, signature, raw),
        false);
      const jwk = await subtle.exportKey('jwk', key);
      assert.strictEqual(jwk.k, 'a2V5');
      const again = await subtle.importKey('jwk', jwk, { name: 'HMAC', hash },
        false, ['sign']);
      assert.strictEqual(hex(await subtle.sign('HMAC', again, bytes)),
        hex(signature));
      await assert.rejects(subtle.exportKey('raw', again));
      await assert.rejects(subtle.verify('HMAC', again, signature, bytes),
        { name: 'InvalidAccessError' });
      assert.strictEqual(hex(await subtle.exportKey('raw',
        structuredClone(key))), hex(raw));
    }
    const made = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-384' },
      true, ['sign']);
    assert.strictEqual((await subtle.exportKey('raw', made)).byteLength, 128);
    const algorithm = { name: 'HMAC', hash: 'SHA-1' };
    for (const [name, ...values] of [['SyntaxError', 'raw', raw, algorithm, 0,
      []], ['SyntaxError', 'raw', raw, algorithm, 0, ['encrypt']],
    ['TypeError', 'raw', raw, { name: 'HMAC' }, 0, ['sign']],
    ['NotSupportedError', 'raw', raw, { name: 'HMAC', hash: 'MD5' }, 0,
      ['sign']], ['NotSupportedError', 'raw', raw, { name: 'FOO' }, 0,
      ['sign']], ['DataError', 'raw', new Uint8Array(0), algorithm, 0,
      ['sign']]])
      await assert.rejects(subtle.importKey(...values), { name });
    assert.throws(() => new CryptoKey(), TypeError);
    assert.throws(() => new SubtleCrypto(), TypeError);
  },
};
