/*
 * node:crypto: KeyObject, and the functions that make one: from bytes, from
 * texts, or new.
 */
'use strict';

(function ({ native, load, peek }) {
  const forms = load('key_forms');
  const { check_encoding, read, read_public, read_jwk, write, is_text } =
    load('node/crypto_key_encoding');
  const { of_bytes, secret_of, to_buffer } = load('node/crypto_bytes');
  const { make, arg_type, arg_value, check_object } = load('node/errors');

  const own = Symbol('KeyObject');
  let material_of; /* of a KeyObject: a Uint8Array or C's object */
  let is_key_object;

  class KeyObject {
    #type;
    #material;
    constructor(type, material, secret) {
      if (!['secret', 'public', 'private'].includes(type))
        throw arg_value('type', type);
      if (secret !== own)
        throw arg_type('handle', 'of type object', material);
      this.#type = type;
      this.#material = material;
    }
    static {
      material_of = (key) => key.#material;
      is_key_object = (value) => typeof value === 'object' &&
        value !== null && #material in value;
    }
    static from(key) {
      const keys = peek('crypto_key');
      if (!keys?.is_key(key))
        throw arg_type('key', 'an instance of CryptoKey', key);
      return make_key(key.type, keys.material_of(key));
    }
    get type() {
      return this.#type;
    }
    equals(other) {
      if (!is_key_object(other))
        throw arg_type('otherKeyObject', 'an instance of KeyObject', other);
      return other.type === this.#type && (this.#type === 'secret'
        ? load('digest').is_equal(this.#material, material_of(other))
        : native.key_equal(this.#material, material_of(other)));
    }
  }
  Object.defineProperty(KeyObject.prototype, Symbol.toStringTag,
    { value: 'KeyObject', configurable: true });

  class SecretKeyObject extends KeyObject {
    get symmetricKeySize() {
      return material_of(this).length;
    }
    export(options) {
      if (options !== undefined)
        check_object(options, 'options');
      const format = options?.format;
      if (format !== undefined && format !== 'buffer' && format !== 'jwk')
        throw arg_value('options.format', format,
          'must be one of: undefined, \'buffer\', \'jwk\'');
      return format === 'jwk'
        ? { kty: 'oct', k: forms.encode(material_of(this)) }
        : to_buffer(material_of(this).slice());
    }
  }

  const type_of = (key) => forms.describe(key).type.toLowerCase();

  function big_of(bytes) {
    return bytes.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  }

  class AsymmetricKeyObject extends KeyObject {
    get asymmetricKeyType() {
      return type_of(material_of(this));
    }
    get asymmetricKeyDetails() {
      const { type, bits, group } = forms.describe(material_of(this));
      if (type === 'EC')
        return { namedCurve: group };
      return type.startsWith('RSA') ? { modulusLength: bits, publicExponent:
        big_of(native.key_number(material_of(this), 'e')) } : {};
    }
  }

  /* Write either half, as options say. */
  function show(key, options, is_public) {
    if (options && options.format === 'jwk') {
      if (options.passphrase !== undefined)
        throw make(Error, 'ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS',
          'The selected key encoding jwk does not support encryption.');
      return write(key, !is_public, { format: 'jwk' });
    }
    return write(key, !is_public,
      check_encoding(options, type_of(key), is_public));
  }

  class PublicKeyObject extends AsymmetricKeyObject {
    export(options) {
      return show(material_of(this), options, true);
    }
  }

  class PrivateKeyObject extends AsymmetricKeyObject {
    export(options) {
      return show(material_of(this), options, false);
    }
  }

  const classes = { secret: SecretKeyObject, public: PublicKeyObject,
    private: PrivateKeyObject };
  const make_key = (type, material) => new classes[type](type, material, own);

  const copy_key = (key) => make_key(key.type, material_of(key));

  /* The bytes of a secret KeyObject or CryptoKey; undefined if it is neither.
   * A key of a pair throws. */
  function secret_bytes(key) {
    const object = as_key_object(key);
    if (object && object.type !== 'secret')
      throw wrong_type(object.type, 'secret');
    return object && material_of(object);
  }

  const as_key_object = (key) => is_key_object(key) ? key
    : peek('crypto_key')?.is_key(key) ? KeyObject.from(key) : undefined;

  const wrong_type = (type, wanted) => make(TypeError,
    'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
    `Invalid key object type ${type}, expected ${wanted}.`);

  /* ---- keys as arguments ---- */

  const of_keys = of_bytes.replace(', or DataView',
    ', DataView, KeyObject, or CryptoKey');

  /* The half of a KeyObject that a use needs. */
  function half_of(object, wants_private) {
    if (wants_private ? object.type !== 'private' : object.type === 'secret')
      throw wrong_type(object.type,
        wants_private ? 'private' : 'private or public');
    return material_of(object);
  }

  function read_text(data, encoding, options, wants_private) {
    const bytes = secret_of(data, 'key', encoding);
    return wants_private ? read(true, bytes, options)
      : read_public(bytes, options);
  }

  /* C's object of a key in any form that Node takes. must says which forms an
   * error names. */
  function asymmetric(key, wants_private, must = of_keys) {
    const object = as_key_object(key);
    if (object && must === of_keys)
      return half_of(object, wants_private);
    if (is_text(key))
      return read_text(key, undefined, { format: 'pem' }, wants_private);
    if (typeof key !== 'object' || key === null || object)
      throw arg_type('key', must, key);
    const { key: data, encoding, format } = key;
    const inner = as_key_object(data);
    if (inner && must === of_keys)
      return half_of(inner, wants_private);
    if (format === 'jwk')
      return read_jwk(data, wants_private);
    if (!is_text(data))
      throw arg_type('key.key', must, data);
    return read_text(data, encoding, check_encoding(key, undefined,
      wants_private ? false : undefined), wants_private);
  }

  /* ---- KeyObjects ---- */

  function createSecretKey(key, encoding) {
    return make_key('secret', secret_of(key, 'key', encoding,
      'an instance of ArrayBuffer, Buffer, TypedArray, or DataView').slice());
  }

  function createPrivateKey(key) {
    return make_key('private', asymmetric(key, true, of_bytes));
  }

  /* A public key of a private one. */
  function createPublicKey(key) {
    const object = as_key_object(key) ?? as_key_object(key?.key);
    if (!object)
      return make_key('public', asymmetric(key, false, of_bytes));
    if (object.type !== 'private')
      throw wrong_type(object.type, 'private');
    return make_key('public', forms.public_half(material_of(object)));
  }

  return { KeyObject, is_key_object, material_of, make_key, copy_key,
    as_key_object, secret_bytes, asymmetric, half_of, type_of, wrong_type,
    createSecretKey, createPrivateKey, createPublicKey };
})
