/*
 * Algorithms as arguments of crypto.subtle: names without regard to case, and
 * the dictionaries that an operation needs (Web Cryptography, 18.4.4).
 */
'use strict';

(function ({ load, peek }) {
  const { is_buffer_source: is_source } = load('web_idl');
  const { make } = load('node/errors');
  const { DOMException } = load('dom_exception');
  const fault = (name, text) => new DOMException(text, name);
  const failed = () => fault('OperationError',
    'The operation failed for an operation-specific reason');
  const no_algorithm = () => fault('NotSupportedError',
    'Unrecognized algorithm name');

  const aes_encrypting = ['AES-CBC', 'AES-CTR', 'AES-GCM'];
  const aes = [...aes_encrypting, 'AES-KW'];
  const rsa_signing = ['RSASSA-PKCS1-v1_5', 'RSA-PSS'];
  const rsa = [...rsa_signing, 'RSA-OAEP'];
  const ec = ['ECDSA', 'ECDH'];
  const raw_signing = ['Ed25519', 'Ed448'];
  const raw_agreeing = ['X25519', 'X448'];
  const raw = [...raw_signing, ...raw_agreeing];
  const passwords = ['PBKDF2', 'HKDF'];

  /* The names of an operation with their dictionaries; null is none. */
  const pairs = (...rows) => new Map(rows.flatMap(([names, dictionary]) =>
    names.map((name) => [name, dictionary ?? null])));
  const signing = pairs([['RSASSA-PKCS1-v1_5', 'HMAC', ...raw_signing]],
    [['RSA-PSS'], 'RsaPssParams'], [['ECDSA'], 'EcdsaParams']);
  const encrypting = pairs([['RSA-OAEP'], 'RsaOaepParams'],
    [['AES-CBC'], 'AesCbcParams'], [['AES-CTR'], 'AesCtrParams'],
    [['AES-GCM'], 'AesGcmParams']);
  const wrapping = pairs([['AES-KW']]);
  const operations = {
    digest: pairs([['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']]),
    generateKey: pairs([rsa, 'RsaHashedKeyGenParams'],
      [ec, 'EcKeyGenParams'], [aes, 'AesKeyGenParams'],
      [['HMAC'], 'HmacKeyGenParams'], [raw]),
    importKey: pairs([rsa, 'RsaHashedImportParams'], [ec, 'EcKeyImportParams'],
      [aes], [['HMAC'], 'HmacImportParams'], [raw], [passwords]),
    exportKey: pairs([[...rsa, ...ec, ...aes, 'HMAC', ...raw]]),
    sign: signing,
    verify: signing,
    encrypt: encrypting,
    decrypt: encrypting,
    deriveBits: pairs([['HKDF'], 'HkdfParams'], [['PBKDF2'], 'Pbkdf2Params'],
      [['ECDH', ...raw_agreeing], 'EcdhKeyDeriveParams']),
    wrapKey: wrapping,
    unwrapKey: wrapping,
    getKeyLength: pairs([aes, 'AesDerivedKeyParams'],
      [['HMAC'], 'HmacImportParams'], [passwords]),
  };

  /* ---- members of dictionaries ---- */

  function no_dictionary(what, code, dictionary) {
    return make(TypeError, code, `Failed to normalize algorithm: ${what}` +
      (dictionary ? ` '${dictionary}'.` : ''));
  }

  /* A Web IDL integer with [EnforceRange]. */
  const integer = (max) => (value, name, dictionary) => {
    const number = Number(value);
    if (!Number.isFinite(number) || Math.trunc(number) < 0 ||
      Math.trunc(number) > max)
      throw make(TypeError, 'ERR_INVALID_ARG_TYPE', 'Failed to normalize ' +
        `algorithm: '${name}' of '${dictionary}' (passed algorithm) is ` +
        `outside the expected range of 0 to ${max}.`);
    return Math.trunc(number);
  };
  const octet = integer(2 ** 8 - 1);
  const short = integer(2 ** 16 - 1);
  const long = integer(2 ** 32 - 1);

  const wrong_member = (name, dictionary, must) => make(TypeError,
    'ERR_INVALID_ARG_TYPE', `Failed to normalize algorithm: '${name}' of ` +
    `'${dictionary}' (passed algorithm) is not ${must}.`);

  /* The bytes of a BufferSource, copied: what the task does with it later does
   * not count. */
  const copy_of = (source) =>
    new Uint8Array(load('encoding').view_of(source)).slice();

  function bytes(value, name, dictionary) {
    if (!is_source(value))
      throw wrong_member(name, dictionary, 'instance of ArrayBuffer, Buffer, ' +
        'TypedArray, or DataView');
    return copy_of(value);
  }

  function big_integer(value, name, dictionary) {
    if (!(value instanceof Uint8Array))
      throw wrong_member(name, dictionary, 'of type Uint8Array');
    return new Uint8Array(value);
  }

  function key(value, name, dictionary) {
    if (!peek('crypto_key')?.is_key(value))
      throw wrong_member(name, dictionary, 'of type CryptoKey');
    return value;
  }

  const hash = (value) => normalize('digest', value);

  /* Members in the order in which Web IDL reads them; "?" may be left out. */
  const dictionaries = {
    AesKeyGenParams: { length: short },
    AesDerivedKeyParams: { length: short },
    AesCbcParams: { iv: bytes },
    AesCtrParams: { counter: bytes, length: octet },
    AesGcmParams: { 'additionalData?': bytes, iv: bytes, 'tagLength?': octet },
    HmacKeyGenParams: { hash, 'length?': long },
    HmacImportParams: { hash, 'length?': long },
    HkdfParams: { hash, info: bytes, salt: bytes },
    Pbkdf2Params: { hash, iterations: long, salt: bytes },
    EcKeyGenParams: { namedCurve: String },
    EcKeyImportParams: { namedCurve: String },
    EcdsaParams: { hash },
    EcdhKeyDeriveParams: { public: key },
    RsaHashedKeyGenParams: { modulusLength: long, publicExponent: big_integer,
      hash },
    RsaHashedImportParams: { hash },
    RsaPssParams: { saltLength: long },
    RsaOaepParams: { 'label?': bytes },
  };

  function read_members(algorithm, dictionary, out) {
    for (const [member, convert] of Object.entries(dictionaries[dictionary])) {
      const name = member.replace('?', '');
      const value = algorithm[name];
      if (value !== undefined)
        out[name] = convert(value, name, dictionary);
      else if (name === member)
        throw no_dictionary('passed algorithm can not be converted to ' +
          `'${dictionary}' because '${name}' is required in`,
        'ERR_MISSING_OPTION', dictionary);
    }
    return out;
  }

  /* The algorithm as a new object: its name as the standard writes it, and
   * its members converted. NotSupportedError if the operation has none of
   * that name. */
  function normalize(operation, algorithm) {
    const is_object = (typeof algorithm === 'object' && algorithm !== null) ||
      typeof algorithm === 'function';
    if (is_object && algorithm.name === undefined)
      throw no_dictionary('passed algorithm can not be converted to ' +
        '\'Algorithm\' because \'name\' is required in', 'ERR_MISSING_OPTION',
      'Algorithm');
    const wanted = String(is_object ? algorithm.name : algorithm)
      .toUpperCase();
    for (const [name, dictionary] of operations[operation])
      if (name.toUpperCase() === wanted)
        return dictionary === null ? { name }
          : read_members(is_object ? algorithm : {}, dictionary, { name });
    throw no_algorithm();
  }

  /* Whether the operation has the algorithm's name. */
  function has(operation, algorithm) {
    const wanted = String(algorithm?.name ?? algorithm).toUpperCase();
    return [...operations[operation].keys()]
      .some((name) => name.toUpperCase() === wanted);
  }

  /* OpenSSL's name of a digest. */
  const digest_name = (own) => own.name.replace('-', '');

  /* The module that carries an algorithm out. */
  const parts = pairs([aes, 'aes'], [['HMAC'], 'hmac'], [passwords, 'derive'],
    [raw, 'raw'], [ec, 'ec'], [rsa, 'rsa']);
  const mechanism = (name) => load(`web_crypto/${parts.get(name)}`);

  return { normalize, has, mechanism, digest_name, copy_of, is_source, fault,
    failed };
})
