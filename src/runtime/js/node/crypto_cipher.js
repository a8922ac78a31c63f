/*
 * node:crypto: symmetric ciphers in pieces. C ciphers; the order of calls and
 * the sizes of keys, vectors and tags are checked here.
 */
'use strict';

(function ({ native, load }) {
  const { make, arg_type, arg_value, unknown_encoding, check_number,
    check_string } = load('node/errors');
  const { Buffer, of_views, of_bytes, bytes_of, secret_of, to_buffer } =
    load('node/crypto_bytes');
  const { LazyTransform } = load('node/lazy_transform');

  const bad_state = (operation) => make(Error, 'ERR_CRYPTO_INVALID_STATE',
    operation ? `Invalid state for operation ${operation}` : 'Invalid state');
  const bad_vector = () => make(TypeError, 'ERR_CRYPTO_INVALID_IV',
    'Invalid initialization vector');
  const bad_tag = (size) => make(TypeError, 'ERR_CRYPTO_INVALID_AUTH_TAG',
    `Invalid authentication tag length: ${size}`);

  /* What C knows of a cipher, or undefined. */
  function find(name) {
    const found = native.cipher_find(name);
    if (!found)
      return undefined;
    const [mode, key_size, vector_size, block_size, number, has_tag] = found;
    return { name, mode, key_size, vector_size, block_size, number, has_tag,
      /* Whether OpenSSL takes vectors of other sizes. */
      is_flexible: mode === 'gcm' || mode === 'ocb' };
  }

  /* The sizes of tags: of GCM by NIST SP 800-38D, others up to a block. */
  function is_tag_size(cipher, size) {
    return cipher.mode === 'gcm' ? size === 4 || size === 8 ||
      size >= 12 && size <= 16 : size >= 1 && size <= 16;
  }

  function check_vector(cipher, vector) {
    if (vector === null) {
      if (cipher.vector_size && cipher.mode !== 'wrap')
        throw bad_vector();
      return undefined;
    }
    const bytes = secret_of(vector, 'iv');
    if (cipher.number === 1018 /* ChaCha20-Poly1305 */
      ? bytes.length !== 12
      : cipher.is_flexible
        ? !bytes.length || bytes.length > (cipher.mode === 'ocb' ? 15 : 2 ** 16)
        : bytes.length !== cipher.vector_size)
      throw bad_vector();
    return bytes;
  }

  function check_tag_option(cipher, size) {
    if (size !== undefined && size !== null &&
      (typeof size !== 'number' || size !== size >>> 0))
      throw arg_value('options.authTagLength', size);
    if (!cipher.has_tag)
      return undefined;
    if (size === undefined || size === null) {
      if (cipher.mode === 'ocb')
        throw bad_tag_needed(cipher);
      return undefined;
    }
    if (!is_tag_size(cipher, size))
      throw bad_tag(size);
    return size;
  }

  const bad_tag_needed = (cipher) => make(TypeError,
    'ERR_CRYPTO_INVALID_AUTH_TAG', `authTagLength required for ${cipher.name}`);

  const changed_encoding = () => make(Error, 'ERR_INTERNAL_ASSERTION',
    'Cannot change encoding\nThis is caused by either a bug in Node.js or ' +
    'incorrect usage of Node.js internals.\nPlease open an issue with this ' +
    'stack trace at https://github.com/nodejs/node/issues\n');

  function find_checked(name) {
    check_string(name, 'cipher');
    const cipher = find(name);
    if (cipher)
      return cipher;
    if (/ccm$/i.test(name))
      throw load('node/crypto_refused').refused(`a cipher named ${name}`);
    throw make(Error, 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
  }

  class Both extends LazyTransform {
    #cipher;
    #handle;
    #encrypts;
    #tag_size;
    #tag; /* after encryption, or that decryption expects */
    #began = false; /* whether there was data */
    #decoder;
    constructor(encrypts, name, key, vector, options) {
      super(options);
      const cipher = find_checked(name);
      const secret = load('node/crypto_hash').key_bytes(key,
        options?.encoding);
      if (vector === undefined)
        throw arg_type('iv', of_bytes, vector);
      const bytes = check_vector(cipher, vector);
      this.#tag_size = check_tag_option(cipher, options?.authTagLength);
      if (secret.length !== cipher.key_size)
        throw make(RangeError, 'ERR_CRYPTO_INVALID_KEYLEN',
          'Invalid key length');
      this.#cipher = cipher;
      this.#encrypts = encrypts;
      this.#handle = native.cipher_new(name, encrypts, secret,
        bytes?.length ? bytes : undefined, this.#tag_size ?? 16);
    }
    /* The result in the encoding asked for. Characters may span calls. */
    #show(bytes, encoding, is_last) {
      const buffer = to_buffer(bytes);
      if (!encoding || encoding === 'buffer')
        return buffer;
      if (!Buffer.isEncoding(encoding))
        throw unknown_encoding(encoding);
      const { StringDecoder } = load('modules').get('string_decoder');
      this.#decoder ??= new StringDecoder(encoding);
      const other = new StringDecoder(encoding);
      if (this.#decoder.encoding !== other.encoding)
        throw changed_encoding();
      return is_last ? this.#decoder.end(buffer) : this.#decoder.write(buffer);
    }
    update(data, from, to) {
      if (typeof data !== 'string' && !ArrayBuffer.isView(data))
        throw arg_type('data', of_views, data);
      const bytes = bytes_of(data, from);
      if (!this.#handle)
        throw new Error('Trying to add data in unsupported state');
      this.#began = true;
      const result = native.cipher_update(this.#handle, bytes);
      if (!result)
        throw new Error('Trying to add data in unsupported state');
      return this.#show(result, to, false);
    }
    final(to) {
      const handle = this.#handle;
      if (!handle)
        throw bad_state();
      this.#handle = null;
      const { has_tag, mode } = this.#cipher;
      const size = has_tag && this.#encrypts ? this.#tag_size ?? 16 : 0;
      const result = has_tag && !this.#encrypts && !this.#tag ? undefined
        : native.cipher_final(handle, has_tag, size);
      if (!result)
        throw new Error('Unsupported state or unable to authenticate data');
      if (size)
        this.#tag = result[1];
      return this.#show(mode === 'wrap' ? new Uint8Array(0) : result[0], to,
        true);
    }
    setAutoPadding(pad = true) {
      if (!this.#handle)
        throw bad_state('setAutoPadding');
      native.cipher_pad(this.#handle, Boolean(pad));
      return this;
    }
    setAAD(data, options) {
      const bytes = secret_of(data, 'buffer', options?.encoding, of_bytes);
      if (options?.plaintextLength !== undefined)
        check_number(options.plaintextLength, 'options.plaintextLength', 0);
      if (!this.#handle || !this.#cipher.has_tag || this.#began ||
        !native.cipher_associate(this.#handle, bytes))
        throw bad_state('setAAD');
      return this;
    }
    static tag_of(own) {
      if (own.#handle || !own.#tag)
        throw bad_state('getAuthTag');
      return to_buffer(own.#tag.slice());
    }
    static expect(own, tag, encoding) {
      const bytes = secret_of(tag, 'buffer', encoding, of_bytes);
      if (!own.#handle || !own.#cipher.has_tag || own.#tag)
        throw bad_state('setAuthTag');
      if (!is_tag_size(own.#cipher, bytes.length) ||
        own.#tag_size !== undefined && own.#tag_size !== bytes.length)
        throw bad_tag(bytes.length);
      own.#tag = bytes.slice();
      native.cipher_expect(own.#handle, own.#tag);
      return own;
    }
    _transform(chunk, encoding, done) {
      try {
        this.push(this.update(chunk, encoding));
        done();
      } catch (error) {
        done(error);
      }
    }
    _flush(done) {
      try {
        this.push(this.final());
        done();
      } catch (error) {
        done(error);
      }
    }
  }

  class CipherivState extends Both {
    constructor(...values) {
      super(true, ...values);
    }
    getAuthTag() {
      return Both.tag_of(this);
    }
  }

  class DecipherivState extends Both {
    constructor(...values) {
      super(false, ...values);
    }
    setAuthTag(tag, encoding) {
      return Both.expect(this, tag, encoding);
    }
  }

  const { callable } = load('own');
  const Cipheriv = callable('Cipheriv', CipherivState);
  const Decipheriv = callable('Decipheriv', DecipherivState);

  function getCipherInfo(name, options) {
    if (typeof name !== 'string' && typeof name !== 'number')
      throw arg_type('nameOrNid', 'one of type string or number', name);
    const cipher = typeof name === 'string' ? find(name)
      : load('node/crypto_tables').ciphers.map(find)
        .find((each) => each?.number === name);
    if (!cipher || options?.keyLength !== undefined &&
      options.keyLength !== cipher.key_size)
      return undefined;
    const wanted = options?.ivLength;
    if (wanted !== undefined && (cipher.is_flexible ? !(wanted > 0)
      : wanted !== cipher.vector_size))
      return undefined;
    const size = wanted ?? cipher.vector_size;
    const is_stream = cipher.mode === 'stream';
    return { mode: cipher.mode, name: shown_name(cipher),
      nid: cipher.number, ...is_stream ? {} : { blockSize: cipher.block_size },
      ...size ? { ivLength: size } : {}, keyLength: cipher.key_size };
  }

  /* OpenSSL's short names differ from the usual ones for GCM and key wrap. */
  function shown_name({ name, mode, key_size }) {
    const size = key_size * 8;
    if (/^(id-)?aes/i.test(name) && (mode === 'gcm' || mode === 'wrap'))
      return `id-aes${size}-${mode}${/pad$/i.test(name) ? '-pad' : ''}`;
    const plain = name.toLowerCase();
    const alias = { __proto__: null, des3: 'des-ede3-cbc', sm4: 'sm4-cbc',
      'des-ede-ecb': 'des-ede', 'des-ede3-ecb': 'des-ede3' }[plain];
    return alias ?? plain.replace(/^(aes|aria|camellia)(\d{3})$/, '$1-$2-cbc');
  }

  return { Cipheriv, Decipheriv, getCipherInfo, find,
    createCipheriv: (name, key, vector, options) =>
      new Cipheriv(name, key, vector, options),
    createDecipheriv: (name, key, vector, options) =>
      new Decipheriv(name, key, vector, options) };
})
