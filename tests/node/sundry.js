/*
 * Single calls of many modules in which a worker once differed.
 */
'use strict';

const crypto = require('crypto');
const url = require('url');
const util = require('util');

function cipher_codes(run) {
  for (const name of ['aes-128-cbc', 'aes-128-ecb', 'aes-256-gcm',
    'aes-128-ctr', 'chacha20-poly1305', 'aes-128-ocb'])
    for (const key of [5, 16, 32])
      for (const vector of [null, 0, 2, 8, 12, 16, 99])
        run(`${name} ${key} ${vector}`, () => {
          crypto.createCipheriv(name, Buffer.alloc(key),
            vector === null ? null : Buffer.alloc(vector));
          return 'made';
        });
}

module.exports = function cases(run) {
  cipher_codes(run);
  for (const text of ['http://a:b@[::1]:99/x?y#z', 'https://a/', 'file:///a b',
    'data:,x', 'http://%61@b'])
    run(`urlToHttpOptions ${text}`, () =>
      util.inspect(url.urlToHttpOptions(new URL(text))));
  run('globalThis', () => [String(globalThis),
    util.inspect(globalThis).includes('[global]'),
    util.inspect({ globalThis }).includes('[global]')]);
};
