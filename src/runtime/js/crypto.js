/*
 * crypto (Web Cryptography): randomness, and crypto.subtle. Here are the
 * arguments of each method and the rights of keys; js/web_crypto/ has the
 * algorithms. The work is done before a method returns, and counts as the
 * call's own time, so later changes of arguments don't count.
 *
 * A task has no key of its node; payloadSigning() asks the node to sign.
 */
'use strict';

(function ({ native, load }) {
  const { CryptoKey, is_key } = load('crypto_key');
  const { make } = load('node/errors');
  const { illegal, invalid_this } = load('web_idl');

  /* The standard's limit of bytes in one call. */
  const random_max = 65536;

  const algorithms = () => load('web_crypto/algorithm');
  const fault = (name, text) =>
    new (load('dom_exception').DOMException)(text, name);

  /* ---- arguments ---- */

  const ordinals = ['1st', '2nd', '3rd', '4th', '5th', '6th', '7th'];

  const prefix = (method) => `Failed to execute '${method}' on ` +
    '\'SubtleCrypto\': ';

  function need(method, given, wanted) {
    if (given < wanted)
      throw make(TypeError, 'ERR_MISSING_ARGS', `${prefix(method)}${wanted} ` +
        `arguments required, but only ${given} present.`);
  }

  function source(method, value, at) {
    const { is_source, copy_of } = algorithms();
    if (!is_source(value))
      throw make(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}` +
        `${ordinals[at]} argument is not instance of ArrayBuffer, Buffer, ` +
        'TypedArray, or DataView.');
    return copy_of(value);
  }

  function key_at(method, value, at) {
    if (!is_key(value))
      throw make(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}` +
        `${ordinals[at]} argument is not of type CryptoKey.`);
    return value;
  }

  const formats = ['raw', 'pkcs8', 'spki', 'jwk'];
  const all_usages = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey',
    'deriveBits', 'wrapKey', 'unwrapKey'];

  function enum_error(method, at, value, type, index = '') {
    return make(TypeError, 'ERR_INVALID_ARG_VALUE', `${prefix(method)}` +
      `${ordinals[at]} argument${index} value '${value}' is not a valid enum ` +
      `value of type ${type}.`);
  }

  function format_at(method, value, at) {
    const text = String(value);
    if (!formats.includes(text))
      throw enum_error(method, at, text, 'KeyFormat');
    return text;
  }

  function usages_at(method, value, at) {
    if (typeof value?.[Symbol.iterator] !== 'function' ||
      typeof value === 'string')
      throw make(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}` +
        `${ordinals[at]} argument can not be converted to sequence.`);
    const list = Array.from(value, String);
    list.forEach((usage, index) => {
      if (!all_usages.includes(usage))
        throw enum_error(method, at, usage, 'KeyUsage', `, index ${index}`);
    });
    return [...new Set(list)];
  }

  /* The bytes of a key, or a JWK. */
  function key_data(method, format, value, at) {
    if (format !== 'jwk')
      return source(method, value, at);
    if (typeof value !== 'object' || value === null ||
      algorithms().is_source(value))
      throw make(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}` +
        `${ordinals[at]} argument can not be converted to a dictionary`);
    return read_jwk(value);
  }

  /* Web IDL's dictionary JsonWebKey: texts, but for these two. A getter may
   * give something else the next time, so each is read once. */
  const jwk_texts = ['kty', 'use', 'alg', 'crv', 'x', 'y', 'd', 'n', 'e', 'p',
    'q', 'dp', 'dq', 'qi', 'k'];

  function read_jwk(value) {
    const jwk = {};
    for (const name of jwk_texts) {
      const member = value[name];
      if (member !== undefined)
        jwk[name] = String(member);
    }
    const { ext, key_ops, oth } = value;
    if (ext !== undefined)
      jwk.ext = Boolean(ext);
    if (key_ops !== undefined)
      jwk.key_ops = Array.from(key_ops, String);
    if (oth !== undefined)
      jwk.oth = oth;
    return jwk;
  }

  /* ---- rights ---- */

  /* Throws if the key is not of the algorithm or does not allow the use. */
  function check_use(key, algorithm, usage, text) {
    if (key.algorithm.name !== algorithm.name)
      throw fault('InvalidAccessError', text ?? 'Key algorithm mismatch');
    if (!key.usages.includes(usage))
      throw fault('InvalidAccessError',
        text ?? `Unable to use this key to ${usage}`);
  }

  /* ---- what several methods do ---- */

  function import_key(format, data, algorithm, extractable, usages) {
    const key = algorithms().mechanism(algorithm.name).import_key(format, data,
      algorithm, extractable, usages);
    if (key.type !== 'public' && !usages.length)
      throw fault('SyntaxError', 'Usages cannot be empty when importing a ' +
        `${key.type} key.`);
    return key;
  }

  function export_key(format, key) {
    const part = algorithms().mechanism(key.algorithm.name);
    if (!part.formats.length)
      throw fault('NotSupportedError',
        `${key.algorithm.name} keys can not be exported`);
    if (!key.extractable)
      throw fault('InvalidAccessError', 'key is not extractable');
    const { check_half, wrong_half } = load('web_crypto/key_data');
    if (!part.formats.includes(format))
      throw key.type === 'secret' ? fault('NotSupportedError',
        `Unable to export ${key.algorithm.name} key with format ${format}`)
        : wrong_half(format, key);
    if (key.type !== 'secret')
      check_half(format, key);
    return part.export_key(format, key);
  }

  const derive = (algorithm, key, length) =>
    algorithms().mechanism(algorithm.name).derive(algorithm, key, length);

  /* AES-KW, or any algorithm that encrypts. */
  function wrapping(operation, otherwise, algorithm) {
    const { has, normalize } = algorithms();
    return has(operation, algorithm) ? normalize(operation, algorithm)
      : normalize(otherwise, algorithm);
  }

  const not_valid = 'The requested operation is not valid for the provided key';

  function cipher(operation, algorithm, key, data) {
    const own = algorithms().normalize(operation, algorithm);
    const bytes = source(operation, data, 2);
    check_use(key, own, operation, not_valid);
    return algorithms().mechanism(own.name)[operation](own, key, bytes);
  }

  /* A JWK in bytes. AES-KW wraps pieces of 8 bytes; JSON may end in spaces. */
  function jwk_bytes(jwk, algorithm) {
    const text = JSON.stringify(jwk);
    const size = algorithm.name === 'AES-KW' ? Math.ceil(text.length / 8) * 8
      : text.length;
    return native.encode_utf8(text.padEnd(size));
  }

  function jwk_of(bytes) {
    try {
      return read_jwk(JSON.parse(native.decode_utf8(bytes, false)));
    } catch {
      throw fault('DataError', 'Invalid wrapped JWK key');
    }
  }

  /* ---- the classes ---- */

  const own = Symbol('crypto');

  function check_made(secret) {
    if (secret !== own)
      throw illegal();
  }

  class SubtleCrypto {
    #brand = true;
    constructor(secret) {
      check_made(secret);
    }
    static check(value) {
      if (typeof value !== 'object' || value === null || !(#brand in value))
        throw invalid_this('SubtleCrypto');
    }
    async encrypt(algorithm, key, data) {
      check(this);
      need('encrypt', arguments.length, 3);
      return cipher('encrypt', algorithm, key_at('encrypt', key, 1), data);
    }
    async decrypt(algorithm, key, data) {
      check(this);
      need('decrypt', arguments.length, 3);
      return cipher('decrypt', algorithm, key_at('decrypt', key, 1), data);
    }
    async sign(algorithm, key, data) {
      check(this);
      need('sign', arguments.length, 3);
      key_at('sign', key, 1);
      const used = algorithms().normalize('sign', algorithm);
      const bytes = source('sign', data, 2);
      check_use(key, used, 'sign', 'Unable to use this key to sign');
      return algorithms().mechanism(used.name).sign(used, key, bytes);
    }
    async verify(algorithm, key, signature, data) {
      check(this);
      need('verify', arguments.length, 4);
      key_at('verify', key, 1);
      const used = algorithms().normalize('verify', algorithm);
      const parts = [source('verify', signature, 2), source('verify', data, 3)];
      check_use(key, used, 'verify', 'Unable to use this key to verify');
      return algorithms().mechanism(used.name).verify(used, key, ...parts);
    }
    async digest(algorithm, data) {
      check(this);
      need('digest', arguments.length, 2);
      const { normalize, digest_name } = algorithms();
      const used = normalize('digest', algorithm);
      return load('digest').digest(digest_name(used),
        source('digest', data, 1)).buffer;
    }
    async generateKey(algorithm, extractable, keyUsages) {
      check(this);
      need('generateKey', arguments.length, 3);
      const usages = usages_at('generateKey', keyUsages, 2);
      const used = algorithms().normalize('generateKey', algorithm);
      return algorithms().mechanism(used.name).generate(used,
        Boolean(extractable), usages);
    }
    async deriveKey(algorithm, baseKey, derivedKeyType, extractable,
      keyUsages) {
      check(this);
      need('deriveKey', arguments.length, 5);
      key_at('deriveKey', baseKey, 1);
      const usages = usages_at('deriveKey', keyUsages, 4);
      const { normalize, mechanism } = algorithms();
      const used = normalize('deriveBits', algorithm);
      const made = normalize('importKey', derivedKeyType);
      const sized = normalize('getKeyLength', derivedKeyType);
      check_use(baseKey, used, 'deriveKey');
      const bits = derive(used, baseKey,
        mechanism(sized.name).key_length(sized));
      return import_key('raw', new Uint8Array(bits), made,
        Boolean(extractable), usages);
    }
    async deriveBits(algorithm, baseKey, length = null) {
      check(this);
      need('deriveBits', arguments.length, 2);
      key_at('deriveBits', baseKey, 1);
      const used = algorithms().normalize('deriveBits', algorithm);
      check_use(baseKey, used, 'deriveBits');
      return derive(used, baseKey, length === null ? null : length >>> 0);
    }
    async importKey(format, keyData, algorithm, extractable, keyUsages) {
      check(this);
      need('importKey', arguments.length, 4);
      const form = format_at('importKey', format, 0);
      const data = key_data('importKey', form, keyData, 1);
      const usages = usages_at('importKey', keyUsages, 4);
      return import_key(form, data,
        algorithms().normalize('importKey', algorithm), Boolean(extractable),
        usages);
    }
    async exportKey(format, key) {
      check(this);
      need('exportKey', arguments.length, 2);
      return export_key(format_at('exportKey', format, 0),
        key_at('exportKey', key, 1));
    }
    async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
      check(this);
      need('wrapKey', arguments.length, 4);
      const form = format_at('wrapKey', format, 0);
      key_at('wrapKey', key, 1);
      key_at('wrapKey', wrappingKey, 2);
      const used = wrapping('wrapKey', 'encrypt', wrapAlgorithm);
      check_use(wrappingKey, used, 'wrapKey', not_valid);
      const shown = export_key(form, key);
      const bytes = form === 'jwk' ? jwk_bytes(shown, used)
        : new Uint8Array(shown);
      return algorithms().mechanism(used.name).encrypt(used, wrappingKey,
        bytes);
    }
    async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm,
      unwrappedKeyAlgorithm, extractable, keyUsages) {
      check(this);
      need('unwrapKey', arguments.length, 7);
      const form = format_at('unwrapKey', format, 0);
      key_at('unwrapKey', unwrappingKey, 2);
      const usages = usages_at('unwrapKey', keyUsages, 6);
      const used = wrapping('unwrapKey', 'decrypt', unwrapAlgorithm);
      const made = algorithms().normalize('importKey', unwrappedKeyAlgorithm);
      const bytes = source('unwrapKey', wrappedKey, 1);
      check_use(unwrappingKey, used, 'unwrapKey', not_valid);
      const plain = new Uint8Array(algorithms().mechanism(used.name)
        .decrypt(used, unwrappingKey, bytes));
      return import_key(form, form === 'jwk' ? jwk_of(plain) : plain, made,
        Boolean(extractable), usages);
    }
  }
  const { check } = SubtleCrypto;
  delete SubtleCrypto.check;

  class Crypto {
    #subtle;
    constructor(secret) {
      check_made(secret);
      this.#subtle = new SubtleCrypto(own);
    }
    static #check(value) {
      if (typeof value !== 'object' || value === null || !(#subtle in value))
        throw invalid_this('Crypto');
    }
    get subtle() {
      Crypto.#check(this);
      return this.#subtle;
    }
    getRandomValues(array) {
      Crypto.#check(this);
      if (!ArrayBuffer.isView(array) || array instanceof DataView ||
        array instanceof Float32Array || array instanceof Float64Array)
        throw fault('TypeMismatchError',
          'The data argument must be an integer-type TypedArray');
      if (array.byteLength > random_max)
        throw fault('QuotaExceededError', 'The requested length exceeds ' +
          '65,536 bytes');
      native.random(new Uint8Array(array.buffer, array.byteOffset,
        array.byteLength));
      return array;
    }
    randomUUID() {
      Crypto.#check(this);
      const bytes = native.random(new Uint8Array(16));
      bytes[6] = bytes[6] & 0x0f | 0x40; /* version 4 (RFC 9562) */
      bytes[8] = bytes[8] & 0x3f | 0x80;
      const hex = native.encode_hex(bytes);
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16),
        hex.slice(16, 20), hex.slice(20)].join('-');
    }
  }
  load('web_idl').tag(Crypto, 'Crypto');
  load('web_idl').tag(SubtleCrypto, 'SubtleCrypto');

  return { crypto: new Crypto(own), Crypto, SubtleCrypto, CryptoKey };
})
