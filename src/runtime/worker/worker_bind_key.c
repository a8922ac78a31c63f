/*
 * Pairs of keys over OpenSSL: made, read, taken apart, written. The library
 * (js/node/crypto_key_object.js, js/web_crypto/) checks options and knows the
 * names of standards; here are OpenSSL's.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_key.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

/* About what OpenSSL keeps of an RSA key with its precomputed values. */
#define KEY_BYTES 4096

/* The most bytes of a key that is read: an RSA key of 16,384 bits, OpenSSL's
 * largest, takes 13 KB as PEM. */
#define KEY_TEXT_MAX (64u << 10)

/* The most parts of a key that is put together: RSA has 8. */
#define PARTS_MAX 8

static void release_key(void *held)
{
    EVP_PKEY_free(held); /* wipes private parts */
}

static void finalize_key(JSObjectRef object)
{
    release_key(JSObjectGetPrivate(object));
}

static struct worker_bind_kind key_kind = {
    .name = "key",
    .release = release_key,
    .finalize = finalize_key,
};

EVP_PKEY *worker_key_of(JSContextRef context, JSValueRef value)
{
    return worker_bind_held(context, &key_kind, value);
}

JSValueRef worker_key_hold(JSContextRef context, EVP_PKEY *key,
                           JSValueRef *exception, const char *otherwise)
{
    if (!key)
        return worker_openssl_throw(context, exception, otherwise);
    return worker_bind_hold(context, &key_kind, key, KEY_BYTES);
}

/* A text of the library. NULL for undefined; free() it. */
static char *text_of(JSContextRef context, JSValueRef value)
{
    size_t size;
    if (JSValueIsUndefined(context, value))
        return NULL;
    char *text = worker_bind_copy_text(context, value, &size, NULL);
    CHECK(text);
    return text;
}

/* ---- making ---- */

static bool set_group(EVP_PKEY_CTX *maker, const char *group)
{
    return EVP_PKEY_CTX_set_group_name(maker, group) > 0;
}

static bool set_rsa(EVP_PKEY_CTX *maker, int bits, uint64_t exponent)
{
    BIGNUM *number = BN_new();
    CHECK(number && BN_set_word(number, exponent));
    bool done = EVP_PKEY_CTX_set_rsa_keygen_bits(maker, bits) > 0 &&
                EVP_PKEY_CTX_set1_rsa_keygen_pubexp(maker, number) > 0;
    BN_free(number);
    return done;
}

/* key_make(type, group, bits, exponent) -> key. group: of EC, else undefined;
 * bits and exponent: of RSA, else undefined. */
WORKER_BIND(make_key)
{
    CHECK(count == 4);
    worker_openssl_begin();
    EVP_PKEY *key = NULL;
    char *type = text_of(context, arguments[0]);
    char *group = text_of(context, arguments[1]);
    int bits = (int)worker_bind_number(context, count, arguments, 2);
    uint64_t exponent =
        (uint64_t)worker_bind_number(context, count, arguments, 3);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    bool ready = maker && EVP_PKEY_keygen_init(maker) > 0;
    if (ready && group)
        ready = set_group(maker, group);
    if (ready && !JSValueIsUndefined(context, arguments[2]))
        ready = set_rsa(maker, bits, exponent);
    if (ready && EVP_PKEY_generate(maker, &key) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(maker);
    free(type);
    free(group);
    return worker_key_hold(context, key, exception, "Key generation failed");
}

/* ---- reading ---- */

/* Whether OpenSSL asked for the passphrase of an encrypted key. */
struct passphrase {
    struct bytes text;
    bool is_given;
    bool is_asked;
};

static int give_passphrase(char *out, size_t room, size_t *size,
                           const OSSL_PARAM parameters[], void *argument)
{
    struct passphrase *passphrase = argument;
    passphrase->is_asked = true;
    if (!passphrase->is_given || passphrase->text.size > room)
        return 0;
    if (passphrase->text.size)
        memcpy(out, passphrase->text.data, passphrase->text.size);
    *size = passphrase->text.size;
    return 1;
}

static EVP_PKEY *decode(struct bytes data, const char *format,
                        const char *structure, int selection,
                        struct passphrase *passphrase)
{
    EVP_PKEY *key = NULL;
    const uint8_t *at = worker_openssl_at(data);
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        &key, format, structure, NULL, selection, NULL, NULL);
    CHECK(decoder);
    OSSL_DECODER_CTX_set_passphrase_cb(decoder, give_passphrase, passphrase);
    if (!OSSL_DECODER_from_data(decoder, &at, &data.size)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(decoder);
    return key;
}

/* key_read(is private, format, structure, data, passphrase) -> key. format:
 * "PEM" or "DER". structure: OpenSSL's, or undefined for any. passphrase:
 * undefined if none is given. */
WORKER_BIND(read_key)
{
    struct bytes parts[2];
    CHECK(count == 5);
    if (!worker_openssl_views(context, arguments, 3, 2, parts, exception))
        return JSValueMakeUndefined(context);
    if (parts[0].size > KEY_TEXT_MAX)
        return worker_bind_throw(context, exception, "ERR_OUT_OF_RANGE",
                                 "a key has at most %u bytes", KEY_TEXT_MAX);
    worker_openssl_begin();
    struct passphrase passphrase = {
        .text = parts[1],
        .is_given = !JSValueIsUndefined(context, arguments[4]),
    };
    char *format = text_of(context, arguments[1]);
    char *structure = text_of(context, arguments[2]);
    EVP_PKEY *key =
        decode(parts[0], format, structure,
               JSValueToBoolean(context, arguments[0]) ? EVP_PKEY_KEYPAIR
                                                       : EVP_PKEY_PUBLIC_KEY,
               &passphrase);
    free(format);
    free(structure);
    if (!key && passphrase.is_asked && !passphrase.is_given)
        return worker_bind_throw(context, exception, "ERR_MISSING_PASSPHRASE",
                                 "Passphrase required for encrypted key");
    return worker_key_hold(context, key, exception, "Failed to read the key");
}

/* key_raw(type, is private, data) -> key: of ED25519, X25519, ED448, X448 */
WORKER_BIND(read_raw)
{
    struct bytes data;
    CHECK(count == 3);
    if (!worker_openssl_views(context, arguments, 2, 1, &data, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    char *type = text_of(context, arguments[0]);
    EVP_PKEY *key = (JSValueToBoolean(context, arguments[1])
                         ? EVP_PKEY_new_raw_private_key_ex
                         : EVP_PKEY_new_raw_public_key_ex)(
        NULL, type, NULL, worker_openssl_at(data), data.size);
    free(type);
    return worker_key_hold(context, key, exception, "Invalid key data");
}

/* ---- parts ---- */

/* A part of a key. The builder keeps pointers to all of it. */
struct part {
    char *name;
    struct bytes data;
    BIGNUM *number; /* NULL for a point */
};

static bool push_part(OSSL_PARAM_BLD *builder, struct part *part)
{
    if (part->data.size > KEY_TEXT_MAX)
        return false;
    if (!strcmp(part->name, OSSL_PKEY_PARAM_PUB_KEY))
        return OSSL_PARAM_BLD_push_octet_string(builder, part->name,
                                                worker_openssl_at(part->data),
                                                part->data.size);
    part->number = BN_secure_new();
    CHECK(part->number);
    if (!BN_bin2bn(part->data.data, (int)part->data.size, part->number))
        return false;
    BN_set_flags(part->number, BN_FLG_CONSTTIME);
    return OSSL_PARAM_BLD_push_BN(builder, part->name, part->number);
}

static EVP_PKEY *build_key(const char *type, int selection,
                           OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (parameters && maker && EVP_PKEY_fromdata_init(maker) > 0 &&
        EVP_PKEY_fromdata(maker, &key, selection, parameters) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(parameters);
    return key;
}

/* A point must be on its curve, and a private key belong to its point. */
static bool is_sound(EVP_PKEY *key, bool is_private)
{
    if (!EVP_PKEY_is_a(key, "EC"))
        return true;
    EVP_PKEY_CTX *checker = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    CHECK(checker);
    bool sound = EVP_PKEY_public_check(checker) > 0 &&
                 (!is_private || EVP_PKEY_pairwise_check(checker) > 0);
    EVP_PKEY_CTX_free(checker);
    return sound;
}

/* key_build(type, group, is private, name, data, name, data...) -> key. Names
 * of OpenSSL: "pub" is a point, others are numbers, big-endian. */
WORKER_BIND(build_from_parts)
{
    struct part parts[PARTS_MAX] = {0};
    CHECK(count >= 3 && (count - 3) / 2 <= PARTS_MAX);
    size_t part_count = (count - 3) / 2;
    worker_openssl_begin();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    CHECK(builder);
    char *type = text_of(context, arguments[0]);
    char *group = text_of(context, arguments[1]);
    bool is_private = JSValueToBoolean(context, arguments[2]);
    bool ready = !group || OSSL_PARAM_BLD_push_utf8_string(
                               builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    for (size_t i = 0; ready && i < part_count; i++) {
        parts[i].name = text_of(context, arguments[3 + 2 * i]);
        ready = worker_openssl_views(context, arguments, 4 + 2 * i, 1,
                                     &parts[i].data, exception) &&
                push_part(builder, &parts[i]);
    }
    EVP_PKEY *key =
        ready ? build_key(type,
                          is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          builder)
              : NULL;
    if (key && !is_sound(key, is_private)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < part_count; i++) {
        free(parts[i].name);
        BN_clear_free(parts[i].number);
    }
    free(type);
    free(group);
    return worker_key_hold(context, key, exception, "Invalid key data");
}

/* key_describe(key) -> [type, bits, group]; group is "" but for EC */
WORKER_BIND(describe_key)
{
    char group[80] = "";
    CHECK(count == 1);
    EVP_PKEY *key = worker_key_of(context, arguments[0]);
    worker_openssl_begin();
    if (EVP_PKEY_is_a(key, "EC"))
        EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    JSValueRef parts[] = {
        worker_bind_make_text(context, EVP_PKEY_get0_type_name(key)),
        JSValueMakeNumber(context, EVP_PKEY_get_bits(key)),
        worker_bind_make_text(context, group),
    };
    return JSObjectMakeArray(context, 3, parts, exception);
}

/* key_number(key, name) -> Uint8Array, big-endian; undefined if the key has no
 * such part */
WORKER_BIND(key_number)
{
    BIGNUM *number = NULL;
    CHECK(count == 2);
    worker_openssl_begin();
    char *name = text_of(context, arguments[1]);
    bool found = EVP_PKEY_get_bn_param(worker_key_of(context, arguments[0]),
                                       name, &number);
    free(name);
    if (!found)
        return JSValueMakeUndefined(context);
    size_t size = (size_t)BN_num_bytes(number);
    uint8_t *out = mem_alloc(size + 1);
    BN_bn2bin(number, out);
    BN_clear_free(number);
    return worker_openssl_give(context, out, size, exception);
}

/* key_bytes(key, is private) -> Uint8Array: a point of EC, or the bytes that
 * key_raw() takes; undefined if the key has none */
WORKER_BIND(key_bytes)
{
    size_t size = 0;
    CHECK(count == 2);
    worker_openssl_begin();
    EVP_PKEY *key = worker_key_of(context, arguments[0]);
    const char *name = JSValueToBoolean(context, arguments[1])
                           ? OSSL_PKEY_PARAM_PRIV_KEY
                           : OSSL_PKEY_PARAM_PUB_KEY;
    if (!EVP_PKEY_get_octet_string_param(key, name, NULL, 0, &size))
        return JSValueMakeUndefined(context);
    uint8_t *out = mem_alloc(size + 1);
    CHECK(EVP_PKEY_get_octet_string_param(key, name, out, size, &size));
    return worker_openssl_give(context, out, size, exception);
}

/* key_equal(key, key): whether the public halves are the same */
WORKER_BIND(compare_keys)
{
    CHECK(count == 2);
    worker_openssl_begin();
    return JSValueMakeBoolean(
        context, EVP_PKEY_eq(worker_key_of(context, arguments[0]),
                             worker_key_of(context, arguments[1])) == 1);
}

/* ---- writing ---- */

/* How a key is written: OpenSSL's words, and what it is encrypted with. */
struct writing {
    int selection;
    char *format;
    char *structure;
    char *cipher; /* NULL for a key in the clear */
    struct bytes passphrase;
};

/* PEM as it was before PKCS#8, which encrypts the text and not the key. */
static bool write_traditional(BIO *out, EVP_PKEY *key,
                              const struct writing *how)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, how->cipher, NULL);
    bool done =
        cipher && PEM_write_bio_PrivateKey_traditional(
                      out, key, cipher, worker_openssl_at(how->passphrase),
                      (int)how->passphrase.size, NULL, NULL);
    EVP_CIPHER_free(cipher);
    return done;
}

static bool write_structure(BIO *out, EVP_PKEY *key, const struct writing *how)
{
    OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(
        key, how->selection, how->format, how->structure, NULL);
    CHECK(encoder);
    bool done = !how->cipher ||
                (OSSL_ENCODER_CTX_set_cipher(encoder, how->cipher, NULL) &&
                 OSSL_ENCODER_CTX_set_passphrase(
                     encoder, worker_openssl_at(how->passphrase),
                     how->passphrase.size));
    done = done && OSSL_ENCODER_to_bio(encoder, out);
    OSSL_ENCODER_CTX_free(encoder);
    return done;
}

/* key_write(key, is private, format, structure, cipher, passphrase) ->
 * Uint8Array. cipher and passphrase: undefined for a key in the clear. */
WORKER_BIND(write_key)
{
    struct writing how;
    char *data;
    CHECK(count == 6);
    EVP_PKEY *key = worker_key_of(context, arguments[0]);
    if (!worker_openssl_views(context, arguments, 5, 1, &how.passphrase,
                              exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    how.selection = JSValueToBoolean(context, arguments[1])
                        ? EVP_PKEY_KEYPAIR
                        : EVP_PKEY_PUBLIC_KEY;
    how.format = text_of(context, arguments[2]);
    how.structure = text_of(context, arguments[3]);
    how.cipher = text_of(context, arguments[4]);
    BIO *out = BIO_new(BIO_s_secmem());
    CHECK(out);
    bool done = how.cipher && !strcmp(how.structure, "type-specific")
                    ? write_traditional(out, key, &how)
                    : write_structure(out, key, &how);
    free(how.format);
    free(how.structure);
    free(how.cipher);
    long size = BIO_get_mem_data(out, &data);
    JSValueRef value =
        done ? worker_bind_make_bytes(context,
                                      bytes_make((uint8_t *)data, (size_t)size),
                                      exception)
             : worker_openssl_throw(context, exception,
                                    "Failed to encode the key");
    BIO_free(out); /* wipes what it holds */
    return value;
}

const JSStaticFunction worker_bind_key[] = {
    {"key_make", make_key, kJSPropertyAttributeReadOnly},
    {"key_read", read_key, kJSPropertyAttributeReadOnly},
    {"key_raw", read_raw, kJSPropertyAttributeReadOnly},
    {"key_build", build_from_parts, kJSPropertyAttributeReadOnly},
    {"key_describe", describe_key, kJSPropertyAttributeReadOnly},
    {"key_number", key_number, kJSPropertyAttributeReadOnly},
    {"key_bytes", key_bytes, kJSPropertyAttributeReadOnly},
    {"key_equal", compare_keys, kJSPropertyAttributeReadOnly},
    {"key_write", write_key, kJSPropertyAttributeReadOnly},
    {0},
};
