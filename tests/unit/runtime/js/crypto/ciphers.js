/*
 * node:crypto: ciphers.
 */
'use strict';

const c = require('crypto');

module.exports = function ({ pkcs8, privates, publics, bytes, text }) {
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
    'in pieces of base64': () => cbc((own) =>
      own.update(text, 'utf8', 'base64') +
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
    'type of the tag\'s length': () => c.createCipheriv('aes-128-gcm',
      bytes(16), bytes(12), { authTagLength: 'x' }),
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

  return { cipher: cipher_cases };
};
