/*
 * OpenSSL's digests and HMAC in pieces, and the derivation of keys from
 * passwords. js/digest.js has HKDF, and the names that people write of digests.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_openssl.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdlib.h>

/* The most bytes that a task may derive in one call. */
#define KEY_SIZE_MAX (1u << 20)

/* More than a digest's or a MAC's context takes (OpenSSL 3: 0.5 KB). */
#define CONTEXT_BYTES 768

static void release_digest(void *held)
{
    EVP_MD_CTX_free(held);
}

static void finalize_digest(JSObjectRef object)
{
    release_digest(JSObjectGetPrivate(object));
}

static struct worker_bind_kind digest_kind = {
    .name = "digest",
    .release = release_digest,
    .finalize = finalize_digest,
};

static void release_mac(void *held)
{
    EVP_MAC_CTX_free(held); /* wipes the key */
}

static void finalize_mac(JSObjectRef object)
{
    release_mac(JSObjectGetPrivate(object));
}

static struct worker_bind_kind mac_kind = {
    .name = "mac",
    .release = release_mac,
    .finalize = finalize_mac,
};

static EVP_MD_CTX *digest_of(JSContextRef context, JSValueRef value)
{
    return worker_bind_held(context, &digest_kind, value);
}

/* digest_new(name) -> digest */
WORKER_BIND(new_digest)
{
    CHECK(count == 1);
    const EVP_MD *md = worker_openssl_digest(context, arguments[0], exception);
    if (!md)
        return JSValueMakeUndefined(context);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    CHECK(digest && EVP_DigestInit_ex2(digest, md, NULL));
    return worker_bind_hold(context, &digest_kind, digest, CONTEXT_BYTES);
}

/* digest_copy(digest) -> digest */
WORKER_BIND(copy_digest)
{
    CHECK(count == 1);
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    CHECK(copy && EVP_MD_CTX_copy_ex(copy, digest_of(context, arguments[0])));
    return worker_bind_hold(context, &digest_kind, copy, CONTEXT_BYTES);
}

/* digest_update(digest, Uint8Array or text). A text is hashed as UTF-8: making
 * an array of it first would cost more than hashing a line. */
WORKER_BIND(update_digest)
{
    struct bytes data;
    size_t size;
    CHECK(count == 2);
    EVP_MD_CTX *digest = digest_of(context, arguments[0]);
    if (JSValueIsString(context, arguments[1])) {
        char *text =
            worker_bind_copy_text(context, arguments[1], &size, exception);
        if (text)
            CHECK(EVP_DigestUpdate(digest, text, size));
        free(text);
    } else if (worker_bind_view(context, arguments[1], &data, exception)) {
        CHECK(EVP_DigestUpdate(digest, data.data, data.size));
    }
    return JSValueMakeUndefined(context);
}

/* digest_final(digest, size) -> Uint8Array. size is the length that an
 * extendable function (SHAKE) gives, or 0 for the algorithm's own length. The
 * digest's memory is freed now, because the collector does not see its size. */
WORKER_BIND(end_digest)
{
    CHECK(count == 2);
    EVP_MD_CTX *digest = digest_of(context, arguments[0]);
    size_t size = (size_t)worker_bind_number(context, count, arguments, 1);
    CHECK(size <= KEY_SIZE_MAX);
    uint8_t own[EVP_MAX_MD_SIZE];
    uint8_t *out = size ? mem_alloc(size) : own;
    unsigned own_size = 0;
    if (size)
        CHECK(EVP_DigestFinalXOF(digest, out, size));
    else
        CHECK(EVP_DigestFinal_ex(digest, own, &own_size));
    worker_bind_drop(context, &digest_kind, arguments[0]);
    JSValueRef value = worker_bind_make_bytes(
        context, bytes_make(out, size ? size : own_size), exception);
    if (size)
        free(out);
    return value;
}

/* mac_new(digest name, key) -> HMAC (RFC 2104) */
WORKER_BIND(new_mac)
{
    static EVP_MAC *hmac;
    struct bytes key;
    CHECK(count == 2);
    const EVP_MD *md = worker_openssl_digest(context, arguments[0], exception);
    if (!md || !worker_openssl_views(context, arguments, 1, 1, &key, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    if (!hmac)
        hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    CHECK(mac);
    /* OpenSSL reads the name and does not change it. */
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(
            OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(md), 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_MAC_init(mac, worker_openssl_at(key), key.size, parameters))
        return worker_bind_hold(context, &mac_kind, mac, CONTEXT_BYTES);
    EVP_MAC_CTX_free(mac);
    return worker_openssl_throw(context, exception, "HMAC can't begin");
}

/* mac_update(mac, Uint8Array) */
WORKER_BIND(update_mac)
{
    struct bytes data;
    CHECK(count == 2);
    EVP_MAC_CTX *mac = worker_bind_held(context, &mac_kind, arguments[0]);
    if (worker_bind_view(context, arguments[1], &data, exception))
        CHECK(EVP_MAC_update(mac, data.data, data.size));
    return JSValueMakeUndefined(context);
}

/* mac_final(mac) -> Uint8Array. The MAC's memory is freed. */
WORKER_BIND(end_mac)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t size;
    CHECK(count == 1);
    EVP_MAC_CTX *mac = worker_bind_held(context, &mac_kind, arguments[0]);
    CHECK(EVP_MAC_final(mac, out, &size, sizeof(out)));
    worker_bind_drop(context, &mac_kind, arguments[0]);
    return worker_bind_make_bytes(context, bytes_make(out, size), exception);
}

/* Room for a derived key of the size that the argument at index says. */
static uint8_t *key_room(JSContextRef context, size_t count,
                         const JSValueRef *arguments, size_t index,
                         size_t *size)
{
    *size = (size_t)worker_bind_number(context, count, arguments, index);
    CHECK(*size > 0 && *size <= KEY_SIZE_MAX);
    return mem_alloc(*size);
}

/* pbkdf2(name, password, salt, iterations, size) -> Uint8Array */
WORKER_BIND(derive_pbkdf2)
{
    struct bytes parts[2]; /* password and salt */
    size_t size;
    CHECK(count == 5);
    const EVP_MD *md = worker_openssl_digest(context, arguments[0], exception);
    if (!md ||
        !worker_openssl_views(context, arguments, 1, 2, parts, exception))
        return JSValueMakeUndefined(context);
    int iterations = (int)worker_bind_number(context, count, arguments, 3);
    uint8_t *key = key_room(context, count, arguments, 4, &size);
    CHECK(PKCS5_PBKDF2_HMAC((const char *)worker_openssl_at(parts[0]),
                            (int)parts[0].size, worker_openssl_at(parts[1]),
                            (int)parts[1].size, iterations, md, (int)size,
                            key));
    return worker_openssl_give(context, key, size, exception);
}

/* scrypt(password, salt, cost, block size, parallelization, memory limit,
 * size) -> Uint8Array. Numbers that OpenSSL refuses are an exception. */
WORKER_BIND(derive_scrypt)
{
    struct bytes parts[2]; /* password and salt */
    uint64_t numbers[4];
    size_t size;
    CHECK(count == 7);
    if (!worker_openssl_views(context, arguments, 0, 2, parts, exception))
        return JSValueMakeUndefined(context);
    for (size_t i = 0; i < 4; i++)
        numbers[i] =
            (uint64_t)worker_bind_number(context, count, arguments, 2 + i);
    worker_openssl_begin();
    uint8_t *key = key_room(context, count, arguments, 6, &size);
    int done =
        EVP_PBE_scrypt((const char *)worker_openssl_at(parts[0]), parts[0].size,
                       worker_openssl_at(parts[1]), parts[1].size, numbers[0],
                       numbers[1], numbers[2], numbers[3], key, size);
    if (done == 1)
        return worker_openssl_give(context, key, size, exception);
    free(key);
    return worker_bind_throw(context, exception,
                             "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
                             "Invalid scrypt params");
}

/* equal(Uint8Array, Uint8Array): two of the same size, in the same time
 * wherever they differ */
WORKER_BIND(compare_bytes)
{
    struct bytes parts[2];
    CHECK(count == 2);
    if (!worker_openssl_views(context, arguments, 0, 2, parts, exception))
        return JSValueMakeUndefined(context);
    CHECK(parts[0].size == parts[1].size);
    return JSValueMakeBoolean(
        context, !CRYPTO_memcmp(worker_openssl_at(parts[0]),
                                worker_openssl_at(parts[1]), parts[0].size));
}

const JSStaticFunction worker_bind_digest[] = {
    {"digest_new", new_digest, kJSPropertyAttributeReadOnly},
    {"digest_copy", copy_digest, kJSPropertyAttributeReadOnly},
    {"digest_update", update_digest, kJSPropertyAttributeReadOnly},
    {"digest_final", end_digest, kJSPropertyAttributeReadOnly},
    {"mac_new", new_mac, kJSPropertyAttributeReadOnly},
    {"mac_update", update_mac, kJSPropertyAttributeReadOnly},
    {"mac_final", end_mac, kJSPropertyAttributeReadOnly},
    {"equal", compare_bytes, kJSPropertyAttributeReadOnly},
    {"pbkdf2", derive_pbkdf2, kJSPropertyAttributeReadOnly},
    {"scrypt", derive_scrypt, kJSPropertyAttributeReadOnly},
    {0},
};
