/*
 * node:crypto: secrets that two parties agree on, over curves.
 */
'use strict';

(function ({ native, load }) {
  const forms = load('key_forms');
  const { is_key_object, material_of, type_of, wrong_type } =
    load('node/crypto_key_object');
  const { as_asked, secret_of, system, to_buffer } =
    load('node/crypto_bytes');
  const { make, arg_value, check_object, check_string } =
    load('node/errors');
  const { group_of } = load('node/crypto_generate');

  const point_forms = new Map([['compressed', 2], ['uncompressed', 4],
    ['hybrid', 6]]);

  function form_of(name) {
    if (name === undefined || name === null || name === '')
      return forms.uncompressed;
    const form = point_forms.get(name);
    if (!form)
      throw make(TypeError, 'ERR_CRYPTO_ECDH_INVALID_FORMAT',
        `Invalid ECDH format: ${name}`);
    return form;
  }

  const failed = (text) => make(Error, 'ERR_CRYPTO_OPERATION_FAILED', text);

  class ECDHState {
    #group;
    #private;
    #public;
    constructor(curve) {
      check_string(curve, 'curve');
      this.#group = group_of(curve);
    }
    #pair() {
      return native.key_build('EC', this.#group, true, 'pub', this.#public,
        'priv', this.#private);
    }
    generateKeys(encoding, format) {
      const key = native.key_make('EC', this.#group, undefined, undefined);
      this.#private = forms.private_number(key, this.#group);
      this.#public = forms.point_of(key, this.#group);
      return this.getPublicKey(encoding, format);
    }
    computeSecret(other, from, to) {
      const bytes = secret_of(other, 'otherPublicKey', from);
      const point = native.curve_point(this.#group, bytes, forms.uncompressed);
      if (!point)
        throw make(Error, 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY',
          'Public key is not valid for specified curve');
      if (!this.#private || !this.#is_pair())
        throw make(RangeError, 'ERR_CRYPTO_INVALID_KEYPAIR',
          'Invalid key pair');
      const peer = native.key_build('EC', this.#group, false, 'pub', point);
      return as_asked(native.key_agree(this.#pair(), peer), to);
    }
    #is_pair() {
      const own = native.curve_public(this.#group, this.#private,
        forms.uncompressed);
      return load('digest').is_equal(own, this.#public);
    }
    getPublicKey(encoding, format) {
      const form = form_of(format);
      if (!this.#public)
        throw failed('Failed to get ECDH public key');
      return as_asked(native.curve_point(this.#group, this.#public, form),
        encoding);
    }
    getPrivateKey(encoding) {
      if (!this.#private)
        throw failed('Failed to get ECDH private key');
      /* A number without the zeros before it, as OpenSSL writes it. */
      const first = this.#private.findIndex((byte) => byte !== 0);
      return as_asked(this.#private.slice(first), encoding);
    }
    setPrivateKey(key, encoding) {
      const bytes = secret_of(key, 'key', encoding);
      const point = native.curve_public(this.#group, bytes,
        forms.uncompressed);
      if (!point)
        throw make(RangeError, 'ERR_CRYPTO_INVALID_KEYTYPE',
          'Private key is not valid for specified curve.');
      this.#private = bytes.slice();
      this.#public = point;
      return this;
    }
    setPublicKey(key, encoding) {
      const point = native.curve_point(this.#group,
        secret_of(key, 'key', encoding), forms.uncompressed);
      if (!point)
        throw failed('Failed to convert Buffer to EC_POINT');
      this.#public = point;
      return this;
    }
    static convertKey(key, curve, from, to, format) {
      const bytes = secret_of(key, 'key', from);
      check_string(curve, 'curve');
      const form = form_of(format);
      const point = native.curve_point(group_of(curve), bytes, form);
      if (!point)
        throw failed('Failed to convert Buffer to EC_POINT');
      return as_asked(point, to);
    }
  }

  const ECDH = load('own').callable('ECDH', ECDHState);

  const agreeing = ['ec', 'x25519', 'x448'];

  function check_half(object, name, wanted) {
    if (!is_key_object(object))
      throw arg_value(`options.${name}`, object);
    if (wanted === 'private' ? object.type !== 'private'
      : object.type === 'secret')
      throw wrong_type(object.type,
        wanted === 'private' ? 'private' : 'private or public');
    return material_of(object);
  }

  /* Agree with a pair of KeyObjects. */
  function diffieHellman(options) {
    check_object(options, 'options');
    const { privateKey, publicKey } = options;
    const own = check_half(privateKey, 'privateKey', 'private');
    const other = check_half(publicKey, 'publicKey', 'public');
    const [type, other_type] = [type_of(own), type_of(other)];
    if (type !== other_type || !agreeing.includes(type))
      throw make(Error, 'ERR_CRYPTO_INCOMPATIBLE_KEY', 'Incompatible key ' +
        `types for Diffie-Hellman: ${type} and ${other_type}`);
    return to_buffer(system(() => native.key_agree(own, other)));
  }

  return { ECDH, diffieHellman, createECDH: (curve) => new ECDH(curve) };
})
