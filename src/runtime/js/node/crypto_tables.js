/*
 * node:crypto: the names and numbers of Node 20 with OpenSSL 3.
 */
'use strict';

(function () {
  const hashes = ['RSA-MD5', 'RSA-RIPEMD160', 'RSA-SHA1', 'RSA-SHA1-2',
    'RSA-SHA224', 'RSA-SHA256', 'RSA-SHA3-224', 'RSA-SHA3-256', 'RSA-SHA3-384',
    'RSA-SHA3-512', 'RSA-SHA384', 'RSA-SHA512', 'RSA-SHA512/224',
    'RSA-SHA512/256', 'RSA-SM3', 'blake2b512', 'blake2s256',
    ...['224', '256', '384', '512']
      .map((size) => `id-rsassa-pkcs1-v1_5-with-sha3-${size}`),
    'md5', 'md5-sha1',
    'md5WithRSAEncryption', 'ripemd', 'ripemd160', 'ripemd160WithRSA', 'rmd160',
    'sha1', 'sha1WithRSAEncryption', 'sha224', 'sha224WithRSAEncryption',
    'sha256', 'sha256WithRSAEncryption', 'sha3-224', 'sha3-256', 'sha3-384',
    'sha3-512', 'sha384', 'sha384WithRSAEncryption', 'sha512', 'sha512-224',
    'sha512-224WithRSAEncryption', 'sha512-256', 'sha512-256WithRSAEncryption',
    'sha512WithRSAEncryption', 'shake128', 'shake256', 'sm3',
    'sm3WithRSAEncryption', 'ssl3-md5', 'ssl3-sha1'];

  /* A family's modes for each of its sizes. */
  const family = (name, sizes, modes) => sizes.flatMap((size) => [
    ...modes.map((mode) => `${name}-${size}-${mode}`), `${name}${size}`]);
  const sizes = ['128', '192', '256'];
  const common = ['cbc', 'cfb', 'cfb1', 'cfb8', 'ctr', 'ecb', 'ofb'];
  const ciphers = [
    ...family('aes', sizes, [...common, 'gcm', 'ocb']),
    'aes-128-xts', 'aes-256-xts',
    ...sizes.map((size) => `aes${size}-wrap`),
    ...family('aria', sizes, [...common, 'gcm']),
    ...family('camellia', sizes, common),
    'chacha20', 'chacha20-poly1305',
    'des-ede', 'des-ede-cbc', 'des-ede-cfb', 'des-ede-ecb', 'des-ede-ofb',
    'des-ede3', 'des-ede3-cbc', 'des-ede3-cfb', 'des-ede3-cfb1',
    'des-ede3-cfb8', 'des-ede3-ecb', 'des-ede3-ofb', 'des3',
    ...sizes.flatMap((size) => [`id-aes${size}-GCM`, `id-aes${size}-wrap`,
      `id-aes${size}-wrap-pad`]),
    'sm4', 'sm4-cbc', 'sm4-cfb', 'sm4-ctr', 'sm4-ecb', 'sm4-ofb'].sort();

  /* The prime curves; those over binary fields are not offered. */
  const curves = ['SM2', 'brainpoolP160r1', 'brainpoolP160t1',
    'brainpoolP192r1', 'brainpoolP192t1', 'brainpoolP224r1', 'brainpoolP224t1',
    'brainpoolP256r1', 'brainpoolP256t1', 'brainpoolP320r1', 'brainpoolP320t1',
    'brainpoolP384r1', 'brainpoolP384t1', 'brainpoolP512r1', 'brainpoolP512t1',
    'prime192v1', 'prime192v2', 'prime192v3', 'prime239v1', 'prime239v2',
    'prime239v3', 'prime256v1', 'secp112r1', 'secp112r2', 'secp128r1',
    'secp128r2', 'secp160k1', 'secp160r1', 'secp160r2', 'secp192k1',
    'secp224k1', 'secp224r1', 'secp256k1', 'secp384r1', 'secp521r1'];

  const suites = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:' +
    'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:' +
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:' +
    'ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:' +
    'ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:' +
    'ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:' +
    'ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:' +
    '!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA';

  /* OpenSSL's numbers (ssl.h, rsa.h, dh.h, engine.h, ec.h). Those of TLS have
   * no use here; libraries read them. */
  const constants = Object.freeze(Object.assign(Object.create(null), {
    OPENSSL_VERSION_NUMBER: 805306672, SSL_OP_ALL: 2147485776,
    SSL_OP_ALLOW_NO_DHE_KEX: 1024,
    SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION: 262144,
    SSL_OP_CIPHER_SERVER_PREFERENCE: 4194304, SSL_OP_CISCO_ANYCONNECT: 32768,
    SSL_OP_COOKIE_EXCHANGE: 8192, SSL_OP_CRYPTOPRO_TLSEXT_BUG: 2147483648,
    SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS: 2048, SSL_OP_LEGACY_SERVER_CONNECT: 4,
    SSL_OP_NO_COMPRESSION: 131072, SSL_OP_NO_ENCRYPT_THEN_MAC: 524288,
    SSL_OP_NO_QUERY_MTU: 4096, SSL_OP_NO_RENEGOTIATION: 1073741824,
    SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION: 65536, SSL_OP_NO_SSLv2: 0,
    SSL_OP_NO_SSLv3: 33554432, SSL_OP_NO_TICKET: 16384,
    SSL_OP_NO_TLSv1: 67108864, SSL_OP_NO_TLSv1_1: 268435456,
    SSL_OP_NO_TLSv1_2: 134217728, SSL_OP_NO_TLSv1_3: 536870912,
    SSL_OP_PRIORITIZE_CHACHA: 2097152, SSL_OP_TLS_ROLLBACK_BUG: 8388608,
    ENGINE_METHOD_RSA: 1, ENGINE_METHOD_DSA: 2, ENGINE_METHOD_DH: 4,
    ENGINE_METHOD_RAND: 8, ENGINE_METHOD_EC: 2048, ENGINE_METHOD_CIPHERS: 64,
    ENGINE_METHOD_DIGESTS: 128, ENGINE_METHOD_PKEY_METHS: 512,
    ENGINE_METHOD_PKEY_ASN1_METHS: 1024, ENGINE_METHOD_ALL: 65535,
    ENGINE_METHOD_NONE: 0, DH_CHECK_P_NOT_SAFE_PRIME: 2,
    DH_CHECK_P_NOT_PRIME: 1, DH_UNABLE_TO_CHECK_GENERATOR: 4,
    DH_NOT_SUITABLE_GENERATOR: 8, RSA_PKCS1_PADDING: 1, RSA_NO_PADDING: 3,
    RSA_PKCS1_OAEP_PADDING: 4, RSA_X931_PADDING: 5, RSA_PKCS1_PSS_PADDING: 6,
    RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_MAX_SIGN: -2,
    RSA_PSS_SALTLEN_AUTO: -2, defaultCoreCipherList: suites,
    TLS1_VERSION: 769, TLS1_1_VERSION: 770, TLS1_2_VERSION: 771,
    TLS1_3_VERSION: 772, POINT_CONVERSION_COMPRESSED: 2,
    POINT_CONVERSION_UNCOMPRESSED: 4, POINT_CONVERSION_HYBRID: 6,
    defaultCipherList: suites,
  }));

  return { ciphers, constants,
    getHashes: () => [...hashes],
    getCiphers: () => [...ciphers],
    getCurves: () => [...curves] };
})
