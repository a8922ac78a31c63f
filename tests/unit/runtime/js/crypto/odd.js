/*
 * Calls with odd arguments, and keys and signatures with bytes changed. Each
 * must give a result or an error; that the worker lives is what is tested.
 * Gives back how many calls there were.
 */
'use strict';

const c = require('crypto');

module.exports = async function ({ privates, publics, bytes }) {
  const { subtle } = globalThis.crypto;
  let count = 0;

  async function call(own) {
    /* What was put off has its turn. */
    if (++count % 1000 === 0)
      await new Promise((resolve) => setTimeout(resolve, 0));
    try {
      await own();
    } catch (error) {
      if (!(error instanceof Error))
        throw new Error(`thrown: ${String(error)}`);
    }
  }

  const gone = new ArrayBuffer(8);
  structuredClone(gone, { transfer: [gone] });
  const gone_view = new Uint8Array(8);
  structuredClone(gone_view.buffer, { transfer: [gone_view.buffer] });
  const proxy = new Proxy({}, { get: () => proxy });
  const throwing = { get key() {
    throw new Error('read');
  } };

  const odd = [undefined, null, true, -1, 0, 1.5, NaN, Infinity, 2 ** 53, 7n,
    '', 'a\0b', '\ud800', 'sha256', 'aes-128-gcm', 'hex', 'P-256', 'rsa',
    [], [1], {}, proxy, throwing, Symbol('odd'), () => {},
    gone, gone_view, bytes(0), bytes(16), new Uint8Array(new ArrayBuffer(16,
      { maxByteLength: 32 })), new Float64Array(3),
    new DataView(new ArrayBuffer(3)),
    privates.rsa, publics.p256, c.createSecretKey(bytes(16)),
    { key: bytes(5), format: 'der', type: 'pkcs8', passphrase: '' },
    { name: 'AES-GCM', iv: gone_view, length: 128 },
    { name: 'HMAC', hash: 'SHA-1', length: 2 ** 20 }];
  const few = odd.filter((value, at) => at % 5 === 0);
  const left_out = new Set(['default', 'webcrypto', 'subtle', 'constants']);

  async function call_with_odd(own, method, is_class) {
    for (const first of odd)
      for (const second of few) {
        const values = [first, second, bytes(16), bytes(16), 'sha1'];
        await call(() => is_class ? new own[method](...values)
          : own[method](...values));
        await call(() => own[method](bytes(16), first, second));
      }
  }

  for (const method of Object.keys(c))
    if (!left_out.has(method) && typeof c[method] === 'function')
      await call_with_odd(c, method, /^[A-Z]/.test(method));
  for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(
    subtle)))
    if (method !== 'constructor')
      await call_with_odd(subtle, method, false);

  /* Methods of objects, in any order. */
  const makers = [() => c.createHash('md5'), () => c.createHmac('md5', 'a'),
    () => c.createCipheriv('aes-128-gcm', bytes(16), bytes(12)),
    () => c.createDecipheriv('chacha20-poly1305', bytes(32), bytes(12)),
    () => c.createDecipheriv('aes-128-cbc', bytes(16), bytes(16)),
    () => c.createSign('sha1'), () => c.createVerify('sha1'),
    () => c.createECDH('secp256k1'), () => privates.p256, () => publics.rsa,
    () => c.createSecretKey('a')];
  for (const maker of makers) {
    const names = new Set();
    for (let proto = Object.getPrototypeOf(maker());
      proto && proto.constructor?.name !== 'LazyTransform' &&
        proto.constructor?.name !== 'Lazy' &&
        proto.constructor?.name !== 'Transform' && proto !== Object.prototype;
      proto = Object.getPrototypeOf(proto))
      for (const name of Object.getOwnPropertyNames(proto))
        if (name !== 'constructor' && !name.startsWith('_'))
          names.add(name);
    for (const first of names)
      for (const second of names)
        for (const value of few) {
          const object = maker();
          const use = (name) => call(() => typeof object[name] === 'function'
            ? object[name](value, value) : object[name]);
          await use(first);
          await use(second);
          await use(first);
        }
  }

  /* ---- bytes changed ---- */

  let state = 1;
  const random = (range) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * range);
  };
  function changed(data) {
    const out = Buffer.from(data);
    for (let changes = 1 + random(3); changes; changes--)
      out[random(out.length)] = random(256);
    return random(4) ? out : out.subarray(0, random(out.length + 1));
  }

  const forms = [];
  for (const [name, key] of Object.entries(privates))
    for (const format of ['pem', 'der'])
      forms.push([name, Buffer.from(key.export({ format, type: 'pkcs8' })),
        format, 'pkcs8', c.createPrivateKey],
      [name, Buffer.from(publics[name].export({ format, type: 'spki' })),
        format, 'spki', c.createPublicKey]);
  for (const [name, data, format, type, read] of forms)
    for (let round = 0; round < 12; round++)
      await call(() => {
        const key = read({ key: changed(data), format, type });
        key.export({ format: 'jwk' });
        if (key.type === 'private' && name !== 'rsa')
          c.sign(null, bytes(3), key);
      });

  const signature = c.sign('sha256', bytes(9), privates.p256);
  const point = c.createECDH('prime256v1').generateKeys();
  for (let round = 0; round < 200; round++) {
    await call(() => c.verify('sha256', bytes(9), publics.p256,
      changed(signature)));
    await call(() => c.verify('sha256', bytes(9), { key: publics.p256,
      dsaEncoding: 'ieee-p1363' }, changed(bytes(64))));
    await call(() => c.ECDH.convertKey(changed(point), 'prime256v1'));
    await call(() => c.privateDecrypt(privates.rsa, changed(bytes(128))));
    await call(() => c.publicDecrypt(publics.rsa, changed(bytes(128))));
  }
  return count;
};
