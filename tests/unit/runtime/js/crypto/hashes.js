/*
 * node:crypto: hashes and derived keys; callbacks and streams.
 */
'use strict';

const c = require('crypto');

module.exports = function ({ pkcs8, privates, publics, bytes, text }) {
  const hash_cases = {
    'HMAC of SHAKE': () => c.createHmac('foo', 'a'),
    'HMAC with a pair\'s key': () => c.createHmac('sha256', privates.rsa),
    'HMAC with a KeyObject': () => c.createHmac('sha256',
      c.createSecretKey('key')).update('a').digest('hex'),
    'HMAC with a key of another type': () => c.createHmac('sha256', 5),
    'hash as a function': () => c.Hash('md5').update('a').digest('hex'),
    'hash of an unknown encoding': () => c.createHash('sha256').update('abc',
      'foo').digest('hex'),
    'hash to an unknown encoding': () => c.createHash('md5').digest('foo'),
    'hash of XOF with a length': () => ['shake128', 'shake256'].map((name) =>
      [0, 1, 16, 100].map((outputLength) => c.createHash(name, { outputLength })
        .update('a').digest('hex'))),
    'hash with a wrong length': () => {
      try {
        c.createHash('sha256', { outputLength: 5 });
      } catch (error) {
        return error.name; /* Node's text may be of an earlier error */
      }
    },
    'hash of texts': () => ['\ud800', 'a\0b', '\u00e4\u20ac\ud83d\ude00',
      ''].map(
      (each) => [undefined, null, 'utf8', 'latin1', 'base64', 'utf16le'].map(
        (encoding) => c.createHash('md5').update(each, encoding)
          .digest('hex'))),
    'hash in one call': () => [c.hash('sha1', 'abc'), c.hash('md5', bytes(5),
      'base64')],
    'pbkdf2': () => ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256', 'ripemd160']
      .map((name) => c.pbkdf2Sync('pw', bytes(8), 100, 40, name)),
    'pbkdf2 of an unknown digest': () => c.pbkdf2Sync('a', 'b', 1, 1, 'foo'),
    'pbkdf2 without a digest': () => c.pbkdf2Sync('a', 'b', 1, 1),
    'pbkdf2 of no rounds': () => c.pbkdf2Sync('a', 'b', 0, 1, 'md5'),
    'pbkdf2 of a negative length': () => c.pbkdf2Sync('a', 'b', 1, -1, 'md5'),
    'scrypt': () => c.scryptSync('pw', 'salt', 33, { N: 1024, r: 4, p: 2 }),
    'scrypt by other names': () => c.scryptSync(bytes(3), bytes(8), 16,
      { cost: 16, blockSize: 1, parallelization: 3 }),
    'scrypt of no bytes': () => c.scryptSync('a', 'b', 0),
    'scrypt of N = 3': () => c.scryptSync('a', 'b', 10, { N: 3 }),
    'scrypt of N and cost': () => c.scryptSync('a', 'b', 10,
      { N: 16, cost: 16 }),
    'scrypt of N of another type': () => c.scryptSync('a', 'b', 10, { N: 'a' }),
    'scrypt of a negative length': () => c.scryptSync('a', 'b', -1),
    'hkdf': () => ['sha1', 'sha256', 'sha512'].map((name) =>
      Buffer.from(c.hkdfSync(name, bytes(22), bytes(13), 'info', 100))),
    'hkdf of nothing': () => Buffer.from(c.hkdfSync('sha256', '', '', '', 5)),
    'hkdf with a KeyObject': () => Buffer.from(c.hkdfSync('sha256',
      c.createSecretKey('abc'), '', '', 5)),
    'hkdf too long': () => c.hkdfSync('sha256', 'a', 'b', 'c', 100000),
    'hkdf of a long info': () => c.hkdfSync('sha256', 'a', 'b', bytes(1025), 1),
    'hkdf of an unknown digest': () => c.hkdfSync('foo', 'a', 'b', 'c', 1),
    'timingSafeEqual of other types': () => c.timingSafeEqual('a', 'b'),
  };
  for (const name of c.getHashes())
    hash_cases[`hash ${name}`] = () =>
      c.createHash(name).update('a').update(bytes(300)).digest('hex');


  function later_cases() {
    const later = (own, ...values) => new Promise((resolve) => {
      let is_late = false;
      own(...values, (...results) => resolve([is_late, ...results]));
      is_late = true;
    });
    const collect = async (stream) => {
      const parts = [];
      for await (const part of stream)
        parts.push(part);
      return Buffer.concat(parts);
    };
    return {
      callback: {
        'pbkdf2 later': () => later(c.pbkdf2, 'a', 'b', 2, 9, 'sha1'),
        'scrypt later': () => later(c.scrypt, 'a', 'b', 9, { N: 16 }),
        'scrypt later, without options': () => later(c.scrypt, 'a', 'b', 9),
        'hkdf later': async () => Buffer.from((await later(c.hkdf, 'sha1', 'a',
          'b', 'c', 9))[2]),
        'sign later': () => later(c.sign, null, Buffer.from('a'),
          privates.ed25519),
        'verify later': () => later(c.verify, null, Buffer.from('a'),
          publics.ed25519, c.sign(null, Buffer.from('a'), privates.ed25519)),
        'pair later': async () => (await later(c.generateKeyPair, 'ed25519',
          {})).map((each) => each?.type ?? each),
        'pair promised': async () => Object.keys(await require('util')
          .promisify(c.generateKeyPair)('ed25519')),
        'key later': async () => (await later(c.generateKey, 'aes',
          { length: 128 }))[2].symmetricKeySize,
        'without a callback': () => c.pbkdf2('a', 'b', 1, 1, 'md5'),
        'pair without a callback': () => c.generateKeyPair('ed25519', {}),
        'scrypt without a callback': () => c.scrypt('a', 'b', 9),
      },
      stream: {
        'a hash as a stream': async () => {
          const hash = c.createHash('sha256');
          hash.write('a');
          hash.end(bytes(100));
          return collect(hash);
        },
        'a hash read as text': async () => {
          const hash = c.createHash('sha1');
          hash.setEncoding('hex');
          hash.end('abc');
          let all = '';
          for await (const part of hash)
            all += part;
          return all;
        },
        'a pipe into a hash': () => new Promise((resolve, reject) => {
          const { Readable, pipeline } = require('stream');
          const hash = c.createHash('md5');
          pipeline(Readable.from([bytes(10), bytes(20)]), hash, (error) =>
            error ? reject(error) : resolve(hash.read()));
        }),
        'an HMAC as a stream': () => collect(c.createHmac('sha1', 'k')
          .end('abc')),
        'a cipher as a stream': async () => {
          const { Readable } = require('stream');
          const sealed = await collect(Readable.from([bytes(10), bytes(70)])
            .pipe(c.createCipheriv('aes-256-ctr', bytes(32), bytes(16))));
          const open = c.createDecipheriv('aes-256-ctr', bytes(32), bytes(16));
          open.end(sealed);
          return [sealed, await collect(open)];
        },
        'a decipher that fails': () => new Promise((resolve) => {
          const open = c.createDecipheriv('aes-128-gcm', bytes(16), bytes(12));
          open.setAuthTag(bytes(16));
          open.on('error', (error) => resolve(error.message));
          open.on('data', () => {});
          open.end(bytes(20));
        }),
        'a signature as a stream': () => new Promise((resolve) => {
          const sign = c.createSign('sha256');
          sign.write('abc');
          sign.end(() => resolve(sign.sign(privates.rsa, 'hex')));
        }),
        'two hashes at once': async () => {
          const [a, b] = [c.createHash('md5'), c.createHash('md5')];
          a.end('a');
          b.end('b');
          return [await collect(a), await collect(b)];
        },
      },
    };
  }

  return { hash: hash_cases, ...later_cases() };
};
