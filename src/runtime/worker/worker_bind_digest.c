/*
 * OpenSSL's digests in pieces, and the key derivations that are too slow in
 * JavaScript. js/node/crypto.js and js/crypto.js make HMAC, HKDF, encodings and
 * the names that people write of them.
 *
 * OpenSSL must not read its configuration, because the sandbox has no files for
 * it and tasks must get the same answers on every machine.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_bind.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* The most bytes that a task may derive in one call. */
#define KEY_SIZE_MAX (1u << 20)

/* The algorithms by OpenSSL's names. Each is fetched at its first use and kept,
 * because a look-up costs more than hashing a line of text. */
static struct algorithm {
    const char *name;
    EVP_MD *md;
} algorithms[] = {
    {"MD5"},         {"SHA1"},     {"SHA224"},     {"SHA256"},
    {"SHA384"},      {"SHA512"},   {"SHA512-224"}, {"SHA512-256"},
    {"SHA3-224"},    {"SHA3-256"}, {"SHA3-384"},   {"SHA3-512"},
    {"SHAKE128"},    {"SHAKE256"}, {"RIPEMD160"},  {"BLAKE2B-512"},
    {"BLAKE2S-256"}, {"SM3"},
};

/* The library checks the name, so an unknown name is the library's mistake. */
static const EVP_MD *find(JSContextRef context, JSValueRef value,
                          JSValueRef *exception)
{
    size_t size;
    char *name = worker_bind_copy_text(context, value, &size, exception);
    CHECK(name);
    struct algorithm *found = NULL;
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
        if (!strcmp(algorithms[i].name, name))
            found = &algorithms[i];
    free(name);
    CHECK(found);
    if (!found->md) {
        CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
        found->md = EVP_MD_fetch(NULL, found->name, NULL);
    }
    if (!found->md)
        worker_bind_throw(context, exception, "unsupported",
                          "this OpenSSL has no %s", found->name);
    return found->md;
}

/* The engine's collector calls this on any thread. */
static void finalize_digest(JSObjectRef object)
{
    EVP_MD_CTX_free(JSObjectGetPrivate(object));
}

/* The class of objects that hold an unfinished digest. */
static JSClassRef digest_class(void)
{
    static JSClassRef class;
    if (!class) {
        JSClassDefinition definition = kJSClassDefinitionEmpty;
        definition.className = "digest";
        definition.finalize = finalize_digest;
        class = JSClassCreate(&definition);
    }
    return class;
}

/* The digest of such an object. The library does not use an object after
 * digest_final(). */
static EVP_MD_CTX *digest_of(JSContextRef context, JSValueRef value)
{
    CHECK(JSValueIsObjectOfClass(context, value, digest_class()));
    EVP_MD_CTX *digest =
        JSObjectGetPrivate(JSValueToObject(context, value, NULL));
    CHECK(digest);
    return digest;
}

/* digest_new(name) -> digest */
WORKER_BIND(new_digest)
{
    CHECK(count == 1);
    const EVP_MD *md = find(context, arguments[0], exception);
    if (!md)
        return JSValueMakeUndefined(context);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    CHECK(digest && EVP_DigestInit_ex2(digest, md, NULL));
    return JSObjectMake(context, digest_class(), digest);
}

/* digest_copy(digest) -> digest */
WORKER_BIND(copy_digest)
{
    CHECK(count == 1);
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    CHECK(copy && EVP_MD_CTX_copy_ex(copy, digest_of(context, arguments[0])));
    return JSObjectMake(context, digest_class(), copy);
}

/* digest_update(digest, Uint8Array) */
WORKER_BIND(update_digest)
{
    struct bytes data;
    CHECK(count == 2);
    if (worker_bind_view(context, arguments[1], &data, exception))
        CHECK(EVP_DigestUpdate(digest_of(context, arguments[0]), data.data,
                               data.size));
    return JSValueMakeUndefined(context);
}

/* digest_final(digest, size) -> Uint8Array. size is the length that an
 * extendable function (SHAKE) gives, or 0 for the algorithm's own length. The
 * digest's memory is freed now, because the collector does not see its size. */
WORKER_BIND(end_digest)
{
    CHECK(count == 2);
    JSObjectRef object = JSValueToObject(context, arguments[0], NULL);
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
    EVP_MD_CTX_free(digest);
    CHECK(JSObjectSetPrivate(object, NULL));
    JSValueRef value = worker_bind_make_bytes(
        context, bytes_make(out, size ? size : own_size), exception);
    if (size)
        free(out);
    return value;
}

/* digest_block(name) -> the size of its blocks in bytes, which HMAC needs. */
WORKER_BIND(block_size)
{
    CHECK(count == 1);
    const EVP_MD *md = find(context, arguments[0], exception);
    return md ? JSValueMakeNumber(context, EVP_MD_get_block_size(md))
              : JSValueMakeUndefined(context);
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

static JSValueRef take_key(JSContextRef context, uint8_t *key, size_t size,
                           JSValueRef *exception)
{
    JSValueRef value =
        worker_bind_make_bytes(context, bytes_make(key, size), exception);
    OPENSSL_cleanse(key, size);
    free(key);
    return value;
}

/* pbkdf2(name, password, salt, iterations, size) -> Uint8Array */
WORKER_BIND(derive_pbkdf2)
{
    struct bytes password, salt;
    size_t size;
    CHECK(count == 5);
    const EVP_MD *md = find(context, arguments[0], exception);
    if (!md || !worker_bind_view(context, arguments[1], &password, exception) ||
        !worker_bind_view(context, arguments[2], &salt, exception))
        return JSValueMakeUndefined(context);
    int iterations = (int)worker_bind_number(context, count, arguments, 3);
    uint8_t *key = key_room(context, count, arguments, 4, &size);
    /* OpenSSL would treat NULL as a C string and measure it. */
    CHECK(PKCS5_PBKDF2_HMAC(password.data ? (const char *)password.data : "",
                            (int)password.size, salt.data, (int)salt.size,
                            iterations, md, (int)size, key));
    return take_key(context, key, size, exception);
}

/* scrypt(password, salt, cost, block size, parallelization, memory limit,
 * size) -> Uint8Array. Numbers that OpenSSL refuses are an exception. */
WORKER_BIND(derive_scrypt)
{
    struct bytes password, salt;
    uint64_t numbers[4];
    size_t size;
    CHECK(count == 7);
    if (!worker_bind_view(context, arguments[0], &password, exception) ||
        !worker_bind_view(context, arguments[1], &salt, exception))
        return JSValueMakeUndefined(context);
    for (size_t i = 0; i < 4; i++)
        numbers[i] =
            (uint64_t)worker_bind_number(context, count, arguments, 2 + i);
    CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
    uint8_t *key = key_room(context, count, arguments, 6, &size);
    int done = EVP_PBE_scrypt(
        password.data ? (const char *)password.data : "", password.size,
        salt.data ? salt.data : (const uint8_t *)"", salt.size, numbers[0],
        numbers[1], numbers[2], numbers[3], key, size);
    if (done == 1)
        return take_key(context, key, size, exception);
    free(key);
    return worker_bind_throw(context, exception,
                             "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
                             "Invalid scrypt params");
}

const JSStaticFunction worker_bind_digest[] = {
    {"digest_new", new_digest, kJSPropertyAttributeReadOnly},
    {"digest_copy", copy_digest, kJSPropertyAttributeReadOnly},
    {"digest_update", update_digest, kJSPropertyAttributeReadOnly},
    {"digest_final", end_digest, kJSPropertyAttributeReadOnly},
    {"digest_block", block_size, kJSPropertyAttributeReadOnly},
    {"pbkdf2", derive_pbkdf2, kJSPropertyAttributeReadOnly},
    {"scrypt", derive_scrypt, kJSPropertyAttributeReadOnly},
    {0},
};
