/*
 * node:crypto: keys of pairs as others write them: the options of Node that
 * say how (format, type, cipher, passphrase), reading and writing.
 */
'use strict';

(function ({ native, load }) {
  const forms = load('key_forms');
  const { is_bytes, secret_of, to_buffer, system } =
    load('node/crypto_bytes');
  const { make, arg_value, check_object, check_string } =
    load('node/errors');

  const incompatible = (type, what) => make(Error,
    'ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS',
    `The selected key encoding ${type} ${what}.`);

  /* place is the name of the object that has the options. */
  const option_name = (name, place) => `${place ?? 'options'}.${name}`;

  function check_type(type, is_required, kind, is_public, place) {
    if (type === undefined && !is_required)
      return undefined;
    if (type === 'pkcs1') {
      if (kind !== undefined && kind !== 'rsa')
        throw incompatible(type, 'can only be used for RSA keys');
    } else if (type === 'sec1' && is_public !== true) {
      if (kind !== undefined && kind !== 'ec')
        throw incompatible(type, 'can only be used for EC keys');
    } else if (!(type === 'spki' && is_public !== false) &&
      !(type === 'pkcs8' && is_public !== true)) {
      throw arg_value(option_name('type', place), type);
    }
    return type;
  }

  const is_text = (value) => typeof value === 'string' || is_bytes(value);

  function check_secrecy(options, format, type, is_input, place) {
    const { cipher, passphrase } = options;
    if (!is_input && cipher !== undefined && cipher !== null) {
      if (typeof cipher !== 'string')
        throw arg_value(option_name('cipher', place), cipher);
      if (format === 'der' && (type === 'pkcs1' || type === 'sec1'))
        throw incompatible(type, 'does not support encryption');
    } else if (!is_input && passphrase !== undefined) {
      throw arg_value(option_name('cipher', place), cipher);
    }
    const is_needed = is_input ? passphrase !== undefined
      : cipher !== undefined && cipher !== null;
    if (is_needed && !is_text(passphrase))
      throw arg_value(option_name('passphrase', place), passphrase);
  }

  /* Check options. kind is the key's, or undefined to read one; is_public is
   * undefined if either half will do. */
  function check_encoding(options, kind, is_public, place) {
    check_object(options, 'options');
    const is_input = kind === undefined;
    const { format = is_input ? 'pem' : undefined } = options;
    if (format !== 'pem' && format !== 'der' &&
      !(format === 'jwk' && !is_input))
      throw arg_value(option_name('format', place), options.format);
    if (format === 'jwk')
      return { format };
    const type = check_type(options.type, !is_input || format === 'der', kind,
      is_public, place);
    if (is_public !== true)
      check_secrecy(options, format, type, is_input, place);
    return { format, type,
      cipher: is_public === true ? undefined : options.cipher ?? undefined,
      passphrase: is_public === true || options.passphrase === undefined
        ? undefined
        : secret_of(options.passphrase, 'key.passphrase', options.encoding) };
  }

  /* ---- reading ---- */

  /* The structure that a PEM's first line names, or undefined: OpenSSL then
   * tries all that it knows, which takes three times as long. */
  function pem_structure(data) {
    const label = /-----BEGIN ([A-Z ]+)-----/.exec(to_buffer(data)
      .toString('latin1'))?.[1];
    return new Map([['PUBLIC KEY', 'SubjectPublicKeyInfo'],
      ['PRIVATE KEY', 'PrivateKeyInfo']]).get(label);
  }

  function read(is_private, data, { format, type, passphrase }) {
    const structure = format === 'pem' ? pem_structure(data)
      : { pkcs1: 'type-specific', sec1: 'type-specific',
        spki: 'SubjectPublicKeyInfo' }[type];
    return system(() => native.key_read(is_private, format.toUpperCase(),
      structure, data, passphrase));
  }

  /* Whether these bytes can only be a private key. */
  function is_private_text(data, { format, type }) {
    return format === 'pem'
      ? /-----BEGIN (?:\w+ )*PRIVATE KEY-----/.test(to_buffer(data)
        .toString('latin1'))
      : type === 'pkcs8' || type === 'sec1';
  }

  function read_public(data, options) {
    if (is_private_text(data, options))
      return forms.public_half(read(true, data, options));
    return read(false, data, options);
  }

  function check_jwk(jwk) {
    check_object(jwk, 'key.key');
    const one_of = (name, value, allowed) => {
      if (!allowed.includes(value))
        throw arg_value(name, value, 'must be one of: ' +
          allowed.map((each) => `'${each}'`).join(', '));
    };
    one_of('key.kty', jwk.kty, ['RSA', 'EC', 'OKP']);
    if (jwk.kty === 'OKP')
      one_of('key.crv', jwk.crv, [...forms.raw_curves.keys()]);
    if (jwk.kty === 'EC')
      one_of('key.crv', jwk.crv, [...forms.curves.keys()]);
    for (const name of forms.jwk_members(jwk))
      check_string(jwk[name], `key.${name}`);
    return jwk;
  }

  function read_jwk(jwk, is_private) {
    check_jwk(jwk);
    if (is_private)
      check_string(jwk.d, 'key.d');
    let key;
    try {
      key = forms.from_jwk(jwk);
    } catch {
      throw make(TypeError, 'ERR_CRYPTO_INVALID_JWK', jwk.kty === 'OKP'
        ? 'Invalid JWK data' : `Invalid JWK ${jwk.kty} key`);
    }
    return !is_private && jwk.d !== undefined ? forms.public_half(key) : key;
  }

  /* ---- writing ---- */

  function write(key, is_private, { format, type, cipher, passphrase }) {
    if (format === 'jwk') {
      const jwk = forms.to_jwk(key, is_private);
      if (!jwk)
        throw make(Error, forms.describe(key).type === 'EC'
          ? 'ERR_CRYPTO_JWK_UNSUPPORTED_CURVE'
          : 'ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE', 'Unsupported JWK ' +
          `${forms.describe(key).type === 'EC' ? 'EC curve: ' +
            forms.describe(key).group : 'Key Type.'}`);
      return jwk;
    }
    if (cipher !== undefined && !load('node/crypto_cipher').find(cipher))
      throw make(Error, 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
    const structure = { pkcs1: 'type-specific', sec1: 'type-specific',
      spki: 'SubjectPublicKeyInfo', pkcs8: cipher === undefined
        ? 'PrivateKeyInfo' : 'EncryptedPrivateKeyInfo' }[type];
    const bytes = system(() => native.key_write(key, is_private,
      format.toUpperCase(), structure, cipher, passphrase));
    return format === 'pem' ? to_buffer(bytes).toString('latin1')
      : to_buffer(bytes);
  }

  return { check_encoding, read, read_public, read_jwk, write, is_text };
})
