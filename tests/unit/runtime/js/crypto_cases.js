/*
 * Calls of node:crypto with their outcomes as text: a result, or an error's
 * name, code and message. tests/vectors/node_crypto.json has Node's outcomes.
 * Nothing here is random.
 */
'use strict';

const c = require('crypto');

/* Keys made for these cases (PKCS#8). */
const pkcs8 = {
  rsa: 'MIICeQIBADANBgkqhkiG9w0BAQEFAASCAmMwggJfAgEAAoGBAM9blqXKnoT2NEwM7XFk' +
    'dfEw1CrgdPg6BncAl7Vw5P0Hfrr8V4uqcV6ceIfwAkG0GEOOtmiQ9mA2SnPTS9sfiIBwXe' +
    'huLrp6aPVyn9tlPmjddU4jC1kAPsmOw84Hr6kubwEyRdSrYVuvtlV/3G1TIcqsjiFMPVcE' +
    'LTNCDT3bYkatAgMBAAECgYEAw92+ulJfVDcABUo8y1xar/4wm2Oz+XlN/AC6TPAbzQrUYa' +
    'nUxB+2wOjKTZWffBKyzLW0hadQomcGAsx3Hb92fjDcssUyQFS/QJQmziEUlAXwNMwG0sqE' +
    'tqETExcUpoPQ9dnPsS51G84aBlA133h7nLHOtPh6gvT3v7nsoTZxeeECQQDojyW4vq2GBZ' +
    '2b5P+pQ+cEXW/3fSCYWrNo4xPvqOVu6FGAjRuzXdFkrXgXnQRkUB7p+D1DH8Imrr5OSSNe' +
    'BRF1AkEA5EInyj0PMBAqxzRDaZ+2+zJZA7JAp4trYgcrK7Us7NkJCBL3/b+WNMuaD8/jep' +
    'tHF1FLT8EBXfXd6++xnt7BWQJBAJsBnqDu5vXnlE+uaQHHMpnkNZb+HdWuztpgUI9zQcmU' +
    'q45Ff2skY0b5oIwMqjq6dIB6Z0rwRhZGbq37bcljE2kCQQChr7bty/ixLBKRTxUdgbQlFd' +
    'H2C1M/G0QyiS9sY4byMv7xyDYAebDVrw9veewCEnH2M3CsiuQEAcB0ezKPfezpAkEAuQO1' +
    'ViIABCUDgLh470PMgRv1vyCCj2btmhKRZi/bRhbchcK8T/yLJb/eziebFjir+5PG/dBfGe' +
    'SWxBoR25FfOg==',
  p256: 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggqjxIpIrk0INZDKS/lQ3' +
    'gCbXv9zRI9iSUiLJaiHRE1ahRANCAAQnXMnD19bC08WNSmOhypvxOpv8HOqRzoPZM9BGch' +
    '2kdmBvXQ6VUkQRjjbAlbnjTbdqkzbK3HRRhaCv5VpzHkc2',
  p384: 'MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCtuSI6BVGn0Ug/17m20OVL' +
    '+wwS94u4IHagJjCL+RTqIpqvfQDdGVlu3lFP2qUxE+2hZANiAAS3bC0SK+jJmTaB6POyFl' +
    '4n9RbODhk7emPVFiQKs1KzpOKz/TcXR7Lpg4WG1fk7nA+1hhqBulGgDsDW/vvwwxK02qH6' +
    'W8eTAdmLvSFxYyFPsiLTVVwP1GD2fvPq8iXikkU=',
  p521: 'MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBKoo7VC4JvfeiFDfU7ZCt' +
    'KXIlhpiIiFXGyLqFFMV/VAfrgXa/v1oouhGdn9gxE2ixLI7+5FKKFQF7dJuRA86C4TmhgY' +
    'kDgYYABAA7xk3J1lrsndMMzIIeLVayAjVJyn2wAOBzt/dYvD5t/pDQL/VoE2hTyFxVZuGt' +
    'Oqw9C6UU4zWuAQLt8lDTQ/vTGwA6bJRacF8RY491xkvwVDdvhUMdh9qA583jgUk7sVhoM9' +
    'LJJ/5k4nEsI/lS/x2I261k48DqRNuFcc6vIz6BvkuYLw==',
  k256: 'MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgQOw6TkRmfj+HygEx5kqdNgoc' +
    'jSTTcncLX6lCPZf/XWKhRANCAATmbM2tm6bIcfcZiItzmeKvPKSqWe4k1D9wL5rKlIiU8m' +
    'lVCMEYpyyRlxmuB2Lhn5rrFRMK1xFHkr9pRHG9jzNX',
  ed25519: 'MC4CAQAwBQYDK2VwBCIEILtdZCtP+wx87Lagy8mOq5608VNgC0hMwHg69A7yJBQx',
  ed448: 'MEcCAQAwBQYDK2VxBDsEOc2ontUet/taO9Vdldc+/Jz/HxnxBzsR3zjj7Eo+i3y2vDt' +
    'xAgXqxPsFm8djAIgndT89ArWNiZ8qWg==',
  x25519: 'MC4CAQAwBQYDK2VuBCIEIMA2hlRwlxSuqSmI9sVlzE09ydDZvae1HIIQMV4ahgRO',
  x448: 'MEYCAQAwBQYDK2VvBDoEOGhxLwRIX/R46HeXBVkKWnMyWCbuv1I2BEebMHC/tsZjTh33' +
    'waYhCC9vI/kxJugUN+dJRGebhL6S',
};
const privates = {};
const publics = {};
for (const [name, text] of Object.entries(pkcs8)) {
  privates[name] = c.createPrivateKey({ key: Buffer.from(text, 'base64'),
    format: 'der', type: 'pkcs8' });
  publics[name] = c.createPublicKey(privates[name]);
}

const bytes = (size, first = 0) =>
  Buffer.from(Array.from({ length: size }, (unused, at) => first + at & 255));
const text = 'The quick brown fox jumps over the lazy dog';

/* ---- ciphers ---- */

function both_ways(name, key, vector, options, associated) {
  const cipher = c.createCipheriv(name, key, vector, options);
  if (associated)
    cipher.setAAD(associated);
  const sealed = [cipher.update(bytes(5)), cipher.update(bytes(50, 5)),
    cipher.update(''), cipher.update(text, 'utf8'), cipher.final()];
  const all = Buffer.concat(sealed);
  const plain = c.createDecipheriv(name, key, vector, options);
  if (associated)
    plain.setAAD(associated);
  let tag = '';
  if (plain.setAuthTag) {
    try {
      tag = cipher.getAuthTag();
      plain.setAuthTag(tag);
    } catch (error) {
      tag = error.code;
    }
  }
  const opened = Buffer.concat([plain.update(all.subarray(0, 7)),
    plain.update(all.subarray(7)), plain.final()]);
  return [sealed, tag, opened.toString('latin1').endsWith(text)];
}

function gcm(change, encrypts = false) {
  const own = (encrypts ? c.createCipheriv : c.createDecipheriv)(
    'aes-128-gcm', bytes(16), bytes(12));
  return change(own);
}

function cbc(change, encrypts = true) {
  return change((encrypts ? c.createCipheriv : c.createDecipheriv)(
    'aes-128-cbc', bytes(16), bytes(16)));
}

const cipher_names = c.getCiphers().filter((name) => !/wrap|ccm|hmac|xts/i
  .test(name));
const cipher_cases = {
  'unknown cipher': () => c.createCipheriv('foo', bytes(16), bytes(16)),
  'cipher of another type': () => c.createCipheriv(5, bytes(16), bytes(16)),
  'key of another type': () => c.createCipheriv('aes-128-cbc', 5, bytes(16)),
  'vector undefined': () => c.createCipheriv('aes-128-cbc', bytes(16)),
  'vector null': () => c.createCipheriv('aes-128-cbc', bytes(16), null),
  'vector null without need': () =>
    c.createCipheriv('aes-128-ecb', bytes(16), null).final(),
  'vector without need': () =>
    c.createCipheriv('aes-128-ecb', bytes(16), bytes(16)).final(),
  'vector too short': () =>
    c.createCipheriv('aes-128-cbc', bytes(16), bytes(15)),
  'vector empty': () => c.createCipheriv('aes-128-gcm', bytes(16), bytes(0)),
  'vector long': () => c.createCipheriv('aes-128-gcm', bytes(16), bytes(60))
    .update('a'),
  'vector too long': () =>
    c.createCipheriv('chacha20-poly1305', bytes(32), bytes(13)),
  'key too short': () =>
    c.createCipheriv('aes-128-cbc', bytes(15), bytes(16)),
  'key as a text': () => c.createCipheriv('aes-128-cbc', 'abcdefghijklmnop',
    'abcdefghijklmnop').final('hex'),
  'key as a KeyObject': () => c.createCipheriv('aes-128-cbc',
    c.createSecretKey(bytes(16)), bytes(16)).final('hex'),
  'key of a pair': () => c.createCipheriv('aes-128-cbc', privates.rsa,
    bytes(16)),
  'data of another type': () => cbc((own) => own.update(5)),
  'data null': () => cbc((own) => own.update(null)),
  'bad padding': () => cbc((own) => {
    own.update(bytes(16));
    return own.final();
  }, false),
  'last block incomplete': () => cbc((own) => {
    own.update(bytes(15));
    return own.final();
  }, false),
  'no padding, incomplete': () => cbc((own) => {
    own.setAutoPadding(false);
    own.update('a');
    return own.final();
  }),
  'no padding': () => cbc((own) => {
    own.setAutoPadding(false);
    return [own.update(bytes(32)), own.final()];
  }),
  'padding after the end': () => cbc((own) => {
    own.final();
    own.setAutoPadding();
  }),
  'update after the end': () => cbc((own) => {
    own.final();
    own.update('a');
  }),
  'final twice': () => cbc((own) => {
    own.final();
    own.final();
  }),
  'associated data without a tag': () => cbc((own) => own.setAAD(bytes(1))),
  'tag of a cipher without': () => cbc((own) => {
    own.final();
    own.getAuthTag();
  }),
  'in hex': () => cbc((own) => own.update(text, 'utf8', 'hex') +
    own.final('hex')),
  'in base64': () => cbc((own) => own.update(text, 'utf8', 'base64') +
    own.final('base64')),
  'in pieces of base64': () => cbc((own) => own.update(text, 'utf8', 'base64') +
    own.update(text.slice(0, 20), 'utf8', 'base64') + own.final('base64')),
  'out of hex': () => cbc((own) => own.update('00ff', 'hex', 'latin1') +
    own.final('hex')),
  'characters across pieces': () => {
    const sealed = cbc((own) => own.update('\u00e4\u20ac'.repeat(9), 'utf8',
      'hex') + own.final('hex'));
    return cbc((own) => [own.update(sealed.slice(0, 64), 'hex', 'utf8'),
      own.update(sealed.slice(64), 'hex', 'utf8'), own.final('utf8')], false);
  },
  'unknown encoding': () => cbc((own) => own.update('a', 'utf8', 'foo')),
  'hex of odd length': () => cbc((own) => own.update('abc', 'hex')),
  'tag missing': () => gcm((own) => own.final()),
  'tag wrong': () => gcm((own) => {
    own.setAuthTag(bytes(16));
    own.update(bytes(15));
    return own.final();
  }),
  'tag before the end': () => gcm((own) => own.getAuthTag(), true),
  'tag twice': () => gcm((own) => {
    own.setAuthTag(bytes(16));
    own.setAuthTag(bytes(16));
  }),
  'tag too short': () => gcm((own) => own.setAuthTag(bytes(3))),
  'tag in hex': () => gcm((own) => own.setAuthTag('00', 'hex')),
  'tag of another type': () => gcm((own) => own.setAuthTag(5)),
  'tag of another length than said': () => c.createDecipheriv('aes-128-gcm',
    bytes(16), bytes(12), { authTagLength: 12 }).setAuthTag(bytes(16)),
  'length of the tag': () => c.createCipheriv('aes-128-gcm', bytes(16),
    bytes(12), { authTagLength: 3 }),
  'type of the tag\'s length': () => c.createCipheriv('aes-128-gcm', bytes(16),
    bytes(12), { authTagLength: 'x' }),
  'associated data after data': () => gcm((own) => {
    own.update('a');
    own.setAAD(bytes(1));
  }, true),
  'associated data after the end': () => gcm((own) => {
    own.final();
    own.setAAD(bytes(1));
  }, true),
  'associated data in pieces': () => gcm((own) => {
    own.setAAD(bytes(3)).setAAD(bytes(3));
    own.final();
    return own.getAuthTag();
  }, true),
  'final twice, with a tag': () => gcm((own) => {
    own.final();
    own.final();
  }, true),
  'a long tag of a short one': () => {
    const own = c.createCipheriv('aes-128-gcm', bytes(16), bytes(12),
      { authTagLength: 8 });
    own.final();
    return own.getAuthTag();
  },
  'key wrap': () => {
    const wrap = c.createCipheriv('id-aes128-wrap', bytes(16),
      Buffer.alloc(8, 0xa6));
    const sealed = Buffer.concat([wrap.update(bytes(24)), wrap.final()]);
    const open = c.createDecipheriv('id-aes128-wrap', bytes(16),
      Buffer.alloc(8, 0xa6));
    return [sealed, open.update(sealed)];
  },
  'key wrap, forged': () => c.createDecipheriv('id-aes128-wrap', bytes(16),
    Buffer.alloc(8, 0xa6)).update(bytes(24)),
  'XTS': () => ['aes-128-xts', 'aes-256-xts'].map((name) =>
    c.createCipheriv(name, bytes(name === 'aes-128-xts' ? 32 : 64), bytes(16))
      .update(bytes(50))),
  'cipher info': () => ['aes-256-gcm', 'aes-128-ecb', 'chacha20-poly1305',
    'chacha20', 'foo', 'AES-256-CBC', 'aes256', 'des3', 901,
    'id-aes128-wrap'].map((name) => c.getCipherInfo(name)),
  'cipher info with sizes': () => [c.getCipherInfo('aes-128-cbc',
    { keyLength: 5 }), c.getCipherInfo('aes-128-gcm', { ivLength: 13 }),
  c.getCipherInfo('aes-128-cbc', { ivLength: 13 })],
  'cipher info of another type': () => c.getCipherInfo({}),
};
for (const name of cipher_names) {
  const { keyLength, ivLength = 0, mode } = c.getCipherInfo(name);
  cipher_cases[`cipher ${name}`] = () => both_ways(name, bytes(keyLength, 1),
    ivLength ? bytes(ivLength, 9) : null,
    mode === 'ocb' ? { authTagLength: 16 } : undefined,
    mode === 'gcm' || mode === 'ocb' || name === 'chacha20-poly1305'
      ? bytes(20) : undefined);
}

/* ---- hashes and derived keys ---- */

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

/* ---- keys ---- */

const names = Object.keys(pkcs8);
const signing = ['rsa', 'p256', 'p384', 'p521', 'k256', 'ed25519', 'ed448'];
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
    return [good, bad, privates[name].asymmetricKeyType === 'ec' || size, cut];
  };

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
      key.equals(c.createSecretKey('abc')), key.equals(c.createSecretKey('abd'))];
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

/* ---- new keys ---- */

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
  'secret key of a wrong size': () => c.generateKeySync('aes', { length: 64 }),
  'secret key of an unknown type': () => c.generateKeySync('foo',
    { length: 64 }),
  'secret key too short': () => c.generateKeySync('hmac', { length: 7 }),
};

/* ---- agreement ---- */

const base_point = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b' +
  '16f81798';

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
  'private key zero': () => ecdh((own) => own.setPrivateKey(Buffer.alloc(32))),
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

/* ---- callbacks and streams ---- */

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
    callback_cases: {
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
    stream_cases: {
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

/* ---- outcomes ---- */

function show(value) {
  if (value instanceof Error)
    return [value.name, value.code ?? '', value.message];
  if (value instanceof Uint8Array)
    return `bytes ${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'bigint')
    return `${value}n`;
  if (Array.isArray(value))
    return value.map(show);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) =>
      [name, show(each)]));
  return value === undefined ? null : value;
}

async function outcome(own) {
  try {
    return show(await own());
  } catch (error) {
    return show(error);
  }
}

exports.outcomes = async function () {
  const { callback_cases, stream_cases } = later_cases();
  const groups = { cipher: cipher_cases, hash: hash_cases, sign: sign_cases,
    read: read_cases, make: make_cases, agree: agree_cases,
    callback: callback_cases, stream: stream_cases };
  for (const name of names)
    groups[`key ${name}`] = key_cases(name);
  const all = {};
  for (const [group, cases] of Object.entries(groups))
    for (const [name, own] of Object.entries(cases))
      all[`${group}: ${name}`] = await outcome(own);
  return all;
};
