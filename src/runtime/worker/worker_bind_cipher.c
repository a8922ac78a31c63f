/*
 * OpenSSL's symmetric ciphers in pieces, for js/node/crypto_cipher.js and
 * js/web_crypto/aes.js. The library checks arguments against cipher_find() and
 * keeps the order of calls: associated data and tag first, then updates, then
 * final once. C holds the state of the cipher alone.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_openssl.h"
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdlib.h>

/* More than a context with its provider's part takes (OpenSSL 3: 0.8 KB). */
#define CIPHER_BYTES 1024

static void release_cipher(void *held)
{
    EVP_CIPHER_CTX_free(held); /* wipes the key */
}

static void finalize_cipher(JSObjectRef object)
{
    release_cipher(JSObjectGetPrivate(object));
}

static struct worker_bind_kind cipher_kind = {
    .name = "cipher",
    .release = release_cipher,
    .finalize = finalize_cipher,
};

static EVP_CIPHER_CTX *cipher_of(JSContextRef context, JSValueRef value)
{
    return worker_bind_held(context, &cipher_kind, value);
}

/* NULL if there is none. EVP_CIPHER_free() it. */
static EVP_CIPHER *fetch(JSContextRef context, JSValueRef value,
                         JSValueRef *exception)
{
    size_t size;
    worker_openssl_begin();
    char *name = worker_bind_copy_text(context, value, &size, exception);
    if (!name)
        return NULL;
    EVP_CIPHER *cipher =
        strlen(name) == size ? EVP_CIPHER_fetch(NULL, name, NULL) : NULL;
    free(name);
    return cipher;
}

/* The modes that the library knows, by Node's names. Others are not offered:
 * CCM must know sizes before it begins, SIV and the TLS stitches are no
 * streams. */
static const char *mode_name(const EVP_CIPHER *cipher)
{
    switch (EVP_CIPHER_get_mode(cipher)) {
    case EVP_CIPH_ECB_MODE:
        return "ecb";
    case EVP_CIPH_CBC_MODE:
        return EVP_CIPHER_get_flags(cipher) &
                       (EVP_CIPH_FLAG_AEAD_CIPHER | EVP_CIPH_FLAG_CTS)
                   ? NULL
                   : "cbc";
    case EVP_CIPH_CFB_MODE:
        return "cfb";
    case EVP_CIPH_OFB_MODE:
        return "ofb";
    case EVP_CIPH_CTR_MODE:
        return "ctr";
    case EVP_CIPH_GCM_MODE:
        return "gcm";
    case EVP_CIPH_OCB_MODE:
        return "ocb";
    case EVP_CIPH_XTS_MODE:
        return "xts";
    case EVP_CIPH_WRAP_MODE:
        return "wrap";
    case EVP_CIPH_STREAM_CIPHER:
        return EVP_CIPHER_get_nid(cipher) == NID_undef ? NULL : "stream";
    default:
        return NULL;
    }
}

/* cipher_find(name) -> [mode, key size, vector size, block size, number, has
 * a tag], or undefined */
WORKER_BIND(find_cipher)
{
    CHECK(count == 1);
    EVP_CIPHER *cipher = fetch(context, arguments[0], exception);
    const char *mode = cipher ? mode_name(cipher) : NULL;
    if (!mode) {
        EVP_CIPHER_free(cipher);
        return JSValueMakeUndefined(context);
    }
    bool has_tag = EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_AEAD_CIPHER;
    JSValueRef parts[] = {
        worker_bind_make_text(context, mode),
        JSValueMakeNumber(context, EVP_CIPHER_get_key_length(cipher)),
        JSValueMakeNumber(context, EVP_CIPHER_get_iv_length(cipher)),
        JSValueMakeNumber(context, EVP_CIPHER_get_block_size(cipher)),
        JSValueMakeNumber(context, EVP_CIPHER_get_nid(cipher)),
        JSValueMakeBoolean(context, has_tag),
    };
    EVP_CIPHER_free(cipher);
    return JSObjectMakeArray(context, sizeof(parts) / sizeof(*parts), parts,
                             exception);
}

/* Sizes are set before key and vector, which depend on them. */
static bool start(EVP_CIPHER_CTX *cipher, const EVP_CIPHER *algorithm,
                  int is_encryption, struct bytes key, struct bytes vector,
                  int tag_size)
{
    EVP_CIPHER_CTX_set_flags(cipher, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (!EVP_CipherInit_ex2(cipher, algorithm, NULL, NULL, is_encryption, NULL))
        return false;
    if (vector.size &&
        (int)vector.size != EVP_CIPHER_get_iv_length(algorithm) &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, (int)vector.size,
                            NULL) <= 0)
        return false;
    if (EVP_CIPHER_get_mode(algorithm) == EVP_CIPH_OCB_MODE &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_size, NULL) <= 0)
        return false;
    CHECK((int)key.size == EVP_CIPHER_CTX_get_key_length(cipher));
    return EVP_CipherInit_ex2(cipher, NULL, key.data,
                              vector.size ? vector.data : NULL, is_encryption,
                              NULL);
}

/* cipher_new(name, encrypt, key, vector, tag size) -> cipher. vector:
 * undefined if the cipher has none. */
WORKER_BIND(new_cipher)
{
    struct bytes parts[2];
    CHECK(count == 5);
    int tag_size = (int)worker_bind_number(context, count, arguments, 4);
    EVP_CIPHER *algorithm = fetch(context, arguments[0], exception);
    CHECK(algorithm);
    if (!worker_openssl_views(context, arguments, 2, 2, parts, exception)) {
        EVP_CIPHER_free(algorithm);
        return JSValueMakeUndefined(context);
    }
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    CHECK(cipher);
    bool started =
        start(cipher, algorithm, JSValueToBoolean(context, arguments[1]),
              parts[0], parts[1], tag_size);
    EVP_CIPHER_free(algorithm);
    if (started)
        return worker_bind_hold(context, &cipher_kind, cipher, CIPHER_BYTES);
    EVP_CIPHER_CTX_free(cipher);
    return worker_openssl_throw(context, exception, "the cipher can't begin");
}

/* cipher_update(cipher, data) -> Uint8Array, or undefined if OpenSSL refuses */
WORKER_BIND(update_cipher)
{
    struct bytes data;
    CHECK(count == 2);
    EVP_CIPHER_CTX *cipher = cipher_of(context, arguments[0]);
    if (!worker_openssl_views(context, arguments, 1, 1, &data, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    /* Wrapping adds at most a block and a half. */
    uint8_t *out = mem_alloc(data.size + 2 * EVP_MAX_BLOCK_LENGTH);
    int size = 0;
    if (!EVP_CipherUpdate(cipher, out, &size, worker_openssl_at(data),
                          (int)data.size)) {
        OPENSSL_cleanse(out, data.size);
        free(out);
        return JSValueMakeUndefined(context);
    }
    return worker_openssl_give(context, out, (size_t)size, exception);
}

/* cipher_associate(cipher, data) -> whether OpenSSL takes it */
WORKER_BIND(associate_data)
{
    struct bytes data;
    CHECK(count == 2);
    EVP_CIPHER_CTX *cipher = cipher_of(context, arguments[0]);
    if (!worker_openssl_views(context, arguments, 1, 1, &data, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    int size;
    bool done = EVP_CipherUpdate(cipher, NULL, &size, worker_openssl_at(data),
                                 (int)data.size);
    return JSValueMakeBoolean(context, done);
}

/* cipher_expect(cipher, tag): what the tag must be at the end of decryption */
WORKER_BIND(expect_tag)
{
    struct bytes tag;
    CHECK(count == 2);
    EVP_CIPHER_CTX *cipher = cipher_of(context, arguments[0]);
    if (!worker_openssl_views(context, arguments, 1, 1, &tag, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    /* OpenSSL reads the tag and does not change it. */
    if (EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, (int)tag.size,
                            (void *)(uintptr_t)tag.data) <= 0)
        return worker_openssl_throw(context, exception, "the tag is refused");
    return JSValueMakeUndefined(context);
}

/* cipher_pad(cipher, pad): whether the last block is padded */
WORKER_BIND(pad_cipher)
{
    CHECK(count == 2);
    EVP_CIPHER_CTX_set_padding(cipher_of(context, arguments[0]),
                               JSValueToBoolean(context, arguments[1]));
    return JSValueMakeUndefined(context);
}

/* cipher_final(cipher, is AEAD, tag size) -> [last bytes, tag]. tag has no
 * bytes if the tag size is 0. The cipher is freed, also by an error. */
WORKER_BIND(end_cipher)
{
    uint8_t last[2 * EVP_MAX_BLOCK_LENGTH], tag[EVP_MAX_BLOCK_LENGTH];
    int size = 0;
    CHECK(count == 3);
    EVP_CIPHER_CTX *cipher = cipher_of(context, arguments[0]);
    bool is_aead = JSValueToBoolean(context, arguments[1]);
    int tag_size = (int)worker_bind_number(context, count, arguments, 2);
    CHECK(tag_size >= 0 && (size_t)tag_size <= sizeof(tag));
    worker_openssl_begin();
    bool done = EVP_CipherFinal_ex(cipher, last, &size);
    if (done && tag_size)
        done = EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_size,
                                   tag) > 0;
    worker_bind_drop(context, &cipher_kind, arguments[0]);
    if (!done && is_aead)
        return JSValueMakeUndefined(context);
    if (!done)
        return worker_openssl_throw(context, exception, "the cipher can't end");
    JSValueRef parts[2];
    parts[0] = worker_bind_make_bytes(context, bytes_make(last, (size_t)size),
                                      exception);
    parts[1] = worker_bind_make_bytes(
        context, bytes_make(tag, (size_t)tag_size), exception);
    OPENSSL_cleanse(last, sizeof(last));
    return JSObjectMakeArray(context, 2, parts, exception);
}

const JSStaticFunction worker_bind_cipher[] = {
    {"cipher_find", find_cipher, kJSPropertyAttributeReadOnly},
    {"cipher_new", new_cipher, kJSPropertyAttributeReadOnly},
    {"cipher_associate", associate_data, kJSPropertyAttributeReadOnly},
    {"cipher_expect", expect_tag, kJSPropertyAttributeReadOnly},
    {"cipher_pad", pad_cipher, kJSPropertyAttributeReadOnly},
    {"cipher_update", update_cipher, kJSPropertyAttributeReadOnly},
    {"cipher_final", end_cipher, kJSPropertyAttributeReadOnly},
    {0},
};
