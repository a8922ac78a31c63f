/*
 * The part of OpenSSL's use that is the same for digests, ciphers and keys. Its
 * header says how.
 */
#include "runtime/worker/worker_openssl.h"
#include "base/check.h"
#include "base/memory.h"
#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

void worker_openssl_begin(void)
{
    CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
    ERR_clear_error();
}

/* ---- errors ---- */

/* Libraries that Node names in its codes (node/src/crypto/crypto_util.cc,
 * OSSL_ERROR_CODES_MAP). Others, such as providers, have no name there. */
static const char *library_prefix(unsigned long error)
{
    switch (ERR_GET_LIB(error)) {
    case ERR_LIB_SYS:
        return "SYS_";
    case ERR_LIB_BN:
        return "BN_";
    case ERR_LIB_RSA:
        return "RSA_";
    case ERR_LIB_DH:
        return "DH_";
    case ERR_LIB_EVP:
        return "EVP_";
    case ERR_LIB_PEM:
        return "PEM_";
    case ERR_LIB_ASN1:
        return "ASN1_";
    case ERR_LIB_CRYPTO:
        return "CRYPTO_";
    case ERR_LIB_EC:
        return "EC_";
    case ERR_LIB_RAND:
        return "RAND_";
    default:
        return "";
    }
}

static void set_text(JSContextRef context, JSObjectRef object, const char *name,
                     const char *text)
{
    JSStringRef key = JSStringCreateWithUTF8CString(name);
    JSObjectSetProperty(context, object, key,
                        worker_bind_make_text(context, text), 0, NULL);
    JSStringRelease(key);
}

/* "bad decrypt" is ERR_OSSL_BAD_DECRYPT. */
static void write_code(char *out, size_t size, unsigned long error,
                       const char *reason)
{
    int used =
        snprintf(out, size, "ERR_OSSL_%s%s", library_prefix(error), reason);
    CHECK(used > 0);
    for (char *at = out + strlen("ERR_OSSL_"); *at; at++)
        *at = *at == ' ' ? '_' : (char)toupper((unsigned char)*at);
}

JSValueRef worker_openssl_throw(JSContextRef context, JSValueRef *exception,
                                const char *otherwise)
{
    char text[256], code[128];
    unsigned long error = ERR_get_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    const char *library = error ? ERR_lib_error_string(error) : NULL;
    if (!reason)
        return worker_bind_throw(
            context, exception, "ERR_CRYPTO_OPERATION_FAILED", "%s", otherwise);
    ERR_error_string_n(error, text, sizeof(text));
    write_code(code, sizeof(code), error, reason);
    ERR_clear_error();
    worker_bind_throw(context, exception, code, "%s", text);
    /* The engine may have no room for the error, or be ending the script. */
    if (!*exception || !JSValueIsObject(context, *exception))
        return JSValueMakeUndefined(context);
    JSObjectRef made = JSValueToObject(context, *exception, NULL);
    if (library)
        set_text(context, made, "library", library);
    set_text(context, made, "reason", reason);
    return JSValueMakeUndefined(context);
}

/* ---- digests ---- */

/* The algorithms by OpenSSL's names. Each is fetched at its first use and kept,
 * because a look-up costs more than hashing a line of text. */
static struct digest {
    const char *name;
    EVP_MD *md;
} digests[] = {
    {"MD5"},         {"SHA1"},        {"MD5-SHA1"}, {"SHA224"},
    {"SHA256"},      {"SHA384"},      {"SHA512"},   {"SHA512-224"},
    {"SHA512-256"},  {"SHA3-224"},    {"SHA3-256"}, {"SHA3-384"},
    {"SHA3-512"},    {"SHAKE128"},    {"SHAKE256"}, {"RIPEMD160"},
    {"BLAKE2B-512"}, {"BLAKE2S-256"}, {"SM3"},
};

/* The library checks the name, so an unknown name is the library's mistake. */
const EVP_MD *worker_openssl_digest(JSContextRef context, JSValueRef name,
                                    JSValueRef *exception)
{
    size_t size;
    char *text = worker_bind_copy_text(context, name, &size, exception);
    CHECK(text);
    struct digest *found = NULL;
    for (size_t i = 0; i < sizeof(digests) / sizeof(*digests); i++)
        if (!strcmp(digests[i].name, text))
            found = &digests[i];
    free(text);
    CHECK(found);
    if (!found->md) {
        worker_openssl_begin();
        found->md = EVP_MD_fetch(NULL, found->name, NULL);
    }
    if (!found->md)
        worker_bind_throw(context, exception, "unsupported",
                          "this OpenSSL has no %s", found->name);
    return found->md;
}

/* ---- bytes ---- */

JSValueRef worker_openssl_give(JSContextRef context, uint8_t *data, size_t size,
                               JSValueRef *exception)
{
    JSValueRef value =
        worker_bind_make_bytes(context, bytes_make(data, size), exception);
    OPENSSL_cleanse(data, size);
    free(data);
    return value;
}

bool worker_openssl_views(JSContextRef context, const JSValueRef *arguments,
                          size_t first, size_t count, struct bytes *out,
                          JSValueRef *exception)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = bytes_make(NULL, 0);
        if (JSValueIsUndefined(context, arguments[first + i]))
            continue;
        if (!worker_bind_view(context, arguments[first + i], &out[i],
                              exception))
            return false;
        if (out[i].size > WORKER_OPENSSL_SIZE_MAX) {
            worker_bind_throw(context, exception, "ERR_OUT_OF_RANGE",
                              "more than %u bytes in one call",
                              WORKER_OPENSSL_SIZE_MAX);
            return false;
        }
    }
    return true;
}

const uint8_t *worker_openssl_at(struct bytes bytes)
{
    return bytes.size ? bytes.data : (const uint8_t *)"";
}
