/*
 * Keys of pairs as JWK (RFC 7517, 7518, 8037) and back, for node:crypto and
 * crypto.subtle. A key is C's object; an error of C says what is wrong.
 */
'use strict';

(function ({ native, load }) {
  /* JWK's names of curves with OpenSSL's, and the bytes of a coordinate. */
  const curves = new Map([['P-256', ['prime256v1', 32]],
    ['secp256k1', ['secp256k1', 32]], ['P-384', ['secp384r1', 48]],
    ['P-521', ['secp521r1', 66]]]);
  const raw_curves = new Map(['Ed25519', 'Ed448', 'X25519', 'X448']
    .map((name) => [name, name.toUpperCase()]));

  /* OpenSSL's names of RSA's numbers by JWK's. */
  const rsa_numbers = [['n', 'n'], ['e', 'e'], ['d', 'd'],
    ['p', 'rsa-factor1'], ['q', 'rsa-factor2'], ['dp', 'rsa-exponent1'],
    ['dq', 'rsa-exponent2'], ['qi', 'rsa-coefficient1']];

  const numbers_of = (is_private) =>
    is_private ? rsa_numbers : rsa_numbers.slice(0, 2);

  const uncompressed = 4; /* the form of a point (SEC 1, 2.3.3) */

  const encode = (bytes) => load('node/buffer').Buffer
    .from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
  const decode = (text) => new Uint8Array(load('node/buffer').Buffer
    .from(text, 'base64url'));

  /* {type, bits, group}; type as OpenSSL has it. */
  function describe(key) {
    const [type, bits, group] = native.key_describe(key);
    return { type, bits, group };
  }

  /* A point in the uncompressed form. */
  const point_of = (key, group) => native.curve_point(group,
    native.key_bytes(key, false), uncompressed);

  /* A number with zeros before it. */
  function padded(bytes, size) {
    const out = new Uint8Array(size);
    out.set(bytes, size - bytes.length);
    return out;
  }

  function private_number(key, group) {
    return padded(native.key_number(key, 'priv'), native.curve_size(group));
  }

  function rsa_to_jwk(key, is_private) {
    const jwk = { kty: 'RSA' };
    for (const [name, own] of numbers_of(is_private))
      jwk[name] = encode(native.key_number(key, own));
    return jwk;
  }

  function ec_to_jwk(key, group, is_private) {
    const found = [...curves].find(([, [own]]) => own === group);
    if (!found)
      return undefined;
    const [crv, [, size]] = found;
    const point = point_of(key, group);
    return { kty: 'EC', x: encode(point.subarray(1, 1 + size)),
      y: encode(point.subarray(1 + size)), crv,
      ...is_private ? { d: encode(private_number(key, group)) } : {} };
  }

  /* The JWK, or undefined if there is none for this kind of key. */
  function to_jwk(key, is_private) {
    const { type, group } = describe(key);
    if (type === 'RSA')
      return rsa_to_jwk(key, is_private);
    if (type === 'EC')
      return ec_to_jwk(key, group, is_private);
    const found = [...raw_curves].find(([, own]) => own === type);
    return found && { crv: found[0],
      ...is_private ? { d: encode(native.key_bytes(key, true)) } : {},
      x: encode(native.key_bytes(key, false)), kty: 'OKP' };
  }

  function rsa_from_jwk(jwk) {
    const is_private = jwk.d !== undefined;
    return native.key_build('RSA', undefined, is_private,
      ...numbers_of(is_private)
        .flatMap(([name, own]) => [own, decode(jwk[name])]));
  }

  function ec_from_jwk(jwk) {
    const [group, size] = curves.get(jwk.crv);
    const [x, y] = [decode(jwk.x), decode(jwk.y)];
    if (x.length > size || y.length > size)
      throw new Error('a coordinate is too long');
    const point = new Uint8Array(1 + 2 * size);
    point[0] = uncompressed;
    point.set(padded(x, size), 1);
    point.set(padded(y, size), 1 + size);
    return native.key_build('EC', group, jwk.d !== undefined, 'pub', point,
      ...jwk.d === undefined ? [] : ['priv', decode(jwk.d)]);
  }

  function raw_from_jwk(jwk) {
    const type = raw_curves.get(jwk.crv);
    const is_private = jwk.d !== undefined;
    const key = native.key_raw(type, is_private,
      decode(is_private ? jwk.d : jwk.x));
    if (is_private && encode(native.key_bytes(key, false)) !==
      encode(decode(jwk.x)))
      throw new Error('the halves of the key do not belong together');
    return key;
  }

  /* The members that are texts in a JWK of this kind. */
  function jwk_members(jwk) {
    const is_private = jwk.d !== undefined;
    if (jwk.kty === 'RSA')
      return numbers_of(is_private).map(([name]) => name);
    const own = jwk.kty === 'EC' ? ['crv', 'x', 'y'] : ['crv', 'x'];
    return is_private ? [...own, 'd'] : own;
  }

  /* The private key if the JWK has one, else the public key. The kind, the
   * curve and the types of members must have been checked. */
  function from_jwk(jwk) {
    return { RSA: rsa_from_jwk, EC: ec_from_jwk, OKP: raw_from_jwk }[jwk.kty](
      jwk);
  }

  /* The public half of a key. */
  function public_half(key) {
    return native.key_read(false, 'DER', 'SubjectPublicKeyInfo',
      native.key_write(key, false, 'DER', 'SubjectPublicKeyInfo', undefined,
        undefined), undefined);
  }

  return { curves, raw_curves, uncompressed, encode, decode, describe, padded,
    point_of, private_number, to_jwk, from_jwk, jwk_members, public_half };
})
