/*
 * What keys do: sign and verify, agree on a secret, encrypt and decrypt with
 * RSA; and the points of curves. Messages are hashed before they come here,
 * but those that Ed25519 and Ed448 sign whole.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_key.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <stdlib.h>

/* The digest of the argument at index; NULL without an exception if it is
 * undefined. */
static const EVP_MD *digest_at(JSContextRef context,
                               const JSValueRef *arguments, size_t index,
                               JSValueRef *exception)
{
    return JSValueIsUndefined(context, arguments[index])
               ? NULL
               : worker_openssl_digest(context, arguments[index], exception);
}

/* ---- signatures ---- */

/* Padding 0 is the key's own; the salt's length counts for PSS alone. */
static bool set_signing(EVP_PKEY_CTX *use, const EVP_MD *md, int padding,
                        int salt_size)
{
    if (EVP_PKEY_CTX_set_signature_md(use, md) <= 0)
        return false;
    if (padding && EVP_PKEY_CTX_set_rsa_padding(use, padding) <= 0)
        return false;
    return padding != RSA_PKCS1_PSS_PADDING ||
           EVP_PKEY_CTX_set_rsa_pss_saltlen(use, salt_size) > 0;
}

/* Signs a hash, or without a digest the whole message. The caller frees
 * *out. */
static bool sign_bytes(EVP_PKEY *key, const EVP_MD *md, struct bytes data,
                       int padding, int salt_size, uint8_t **out, size_t *size)
{
    bool done = false;
    EVP_MD_CTX *whole = NULL;
    EVP_PKEY_CTX *use = NULL;
    *size = (size_t)EVP_PKEY_get_size(key);
    *out = mem_alloc(*size + 1);
    if (md) {
        use = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        done = use && EVP_PKEY_sign_init(use) > 0 &&
               set_signing(use, md, padding, salt_size) &&
               EVP_PKEY_sign(use, *out, size, worker_openssl_at(data),
                             data.size) > 0;
        EVP_PKEY_CTX_free(use);
        return done;
    }
    whole = EVP_MD_CTX_new();
    done =
        EVP_DigestSignInit_ex(whole, NULL, NULL, NULL, NULL, key, NULL) > 0 &&
        EVP_DigestSign(whole, *out, size, worker_openssl_at(data), data.size) >
            0;
    EVP_MD_CTX_free(whole);
    return done;
}

/* An ECDSA signature of the form SEQUENCE {r, s} as two numbers of half bytes
 * each (IEEE P1363). False if it is no such signature. */
static bool plain_of(const uint8_t *der, size_t size, uint8_t *out, int half)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool done =
        signature &&
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;
    ECDSA_SIG_free(signature);
    return done;
}

/* The other way; free() *out. */
static bool der_of(struct bytes plain, uint8_t **out, size_t *size)
{
    int half = (int)plain.size / 2;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(plain.data, half, NULL);
    BIGNUM *s = BN_bin2bn(plain.data + half, half, NULL);
    CHECK(signature && r && s && ECDSA_SIG_set0(signature, r, s));
    int needed = i2d_ECDSA_SIG(signature, NULL);
    if (needed > 0) {
        *out = mem_alloc((size_t)needed);
        uint8_t *at = *out;
        *size = (size_t)i2d_ECDSA_SIG(signature, &at);
    }
    ECDSA_SIG_free(signature);
    return needed > 0;
}

static int half_of(EVP_PKEY *key)
{
    return (EVP_PKEY_get_bits(key) + 7) / 8;
}

/* key_sign(key, digest, data, padding, salt size, is plain) -> Uint8Array.
 * digest: undefined for a whole message. */
WORKER_BIND(sign)
{
    struct bytes data;
    uint8_t *out;
    size_t size;
    CHECK(count == 6);
    EVP_PKEY *key = worker_key_of(context, arguments[0]);
    if (!worker_openssl_views(context, arguments, 2, 1, &data, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    const EVP_MD *md = digest_at(context, arguments, 1, exception);
    bool done = sign_bytes(
        key, md, data, (int)worker_bind_number(context, count, arguments, 3),
        (int)worker_bind_number(context, count, arguments, 4), &out, &size);
    if (!done) {
        free(out);
        return worker_openssl_throw(context, exception, "Signing failed");
    }
    if (!JSValueToBoolean(context, arguments[5]) || !EVP_PKEY_is_a(key, "EC"))
        return worker_openssl_give(context, out, size, exception);
    int half = half_of(key);
    uint8_t *plain = mem_alloc(2 * (size_t)half);
    CHECK(plain_of(out, size, plain, half));
    free(out);
    return worker_openssl_give(context, plain, 2 * (size_t)half, exception);
}

static bool verify_bytes(EVP_PKEY *key, const EVP_MD *md, struct bytes data,
                         int padding, int salt_size, const uint8_t *signature,
                         size_t size)
{
    bool valid = false;
    if (md) {
        EVP_PKEY_CTX *use = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        valid = use && EVP_PKEY_verify_init(use) > 0 &&
                set_signing(use, md, padding, salt_size) &&
                EVP_PKEY_verify(use, signature, size, worker_openssl_at(data),
                                data.size) == 1;
        EVP_PKEY_CTX_free(use);
        return valid;
    }
    EVP_MD_CTX *whole = EVP_MD_CTX_new();
    valid =
        EVP_DigestVerifyInit_ex(whole, NULL, NULL, NULL, NULL, key, NULL) > 0 &&
        EVP_DigestVerify(whole, signature, size, worker_openssl_at(data),
                         data.size) == 1;
    EVP_MD_CTX_free(whole);
    return valid;
}

/* key_verify(key, digest, data, padding, salt size, is plain, signature) ->
 * whether it is valid */
WORKER_BIND(verify)
{
    struct bytes data, signature;
    uint8_t *der = NULL;
    size_t size;
    CHECK(count == 7);
    EVP_PKEY *key = worker_key_of(context, arguments[0]);
    if (!worker_openssl_views(context, arguments, 2, 1, &data, exception) ||
        !worker_openssl_views(context, arguments, 6, 1, &signature, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    const EVP_MD *md = digest_at(context, arguments, 1, exception);
    if (JSValueToBoolean(context, arguments[5]) && EVP_PKEY_is_a(key, "EC")) {
        if (signature.size != 2 * (size_t)half_of(key) ||
            !der_of(signature, &der, &size))
            return JSValueMakeBoolean(context, false);
        signature = bytes_make(der, size);
    }
    bool valid = verify_bytes(
        key, md, data, (int)worker_bind_number(context, count, arguments, 3),
        (int)worker_bind_number(context, count, arguments, 4),
        worker_openssl_at(signature), signature.size);
    free(der);
    return JSValueMakeBoolean(context, valid);
}

/* ---- secrets ---- */

/* key_agree(private key, public key) -> Uint8Array (ECDH, X25519, X448) */
WORKER_BIND(agree)
{
    size_t size = 0;
    uint8_t *out = NULL;
    CHECK(count == 2);
    EVP_PKEY *own = worker_key_of(context, arguments[0]);
    EVP_PKEY *peer = worker_key_of(context, arguments[1]);
    worker_openssl_begin();
    EVP_PKEY_CTX *use = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    bool done = use && EVP_PKEY_derive_init(use) > 0 &&
                EVP_PKEY_derive_set_peer(use, peer) > 0 &&
                EVP_PKEY_derive(use, NULL, &size) > 0;
    if (done) {
        out = mem_alloc(size + 1);
        done = EVP_PKEY_derive(use, out, &size) > 0;
    }
    EVP_PKEY_CTX_free(use);
    if (done)
        return worker_openssl_give(context, out, size, exception);
    free(out);
    return worker_openssl_throw(context, exception, "Derivation failed");
}

/* What key_crypt() does, by its number. */
enum crypt { ENCRYPT, DECRYPT, SIGN, RECOVER };

static const struct {
    int (*begin)(EVP_PKEY_CTX *use);
    int (*run)(EVP_PKEY_CTX *use, uint8_t *out, size_t *out_size,
               const uint8_t *in, size_t size);
} crypts[] = {
    [ENCRYPT] = {EVP_PKEY_encrypt_init, EVP_PKEY_encrypt},
    [DECRYPT] = {EVP_PKEY_decrypt_init, EVP_PKEY_decrypt},
    [SIGN] = {EVP_PKEY_sign_init, EVP_PKEY_sign},
    [RECOVER] = {EVP_PKEY_verify_recover_init, EVP_PKEY_verify_recover},
};

static bool set_crypting(EVP_PKEY_CTX *use, int padding, const EVP_MD *md,
                         struct bytes label)
{
    if (EVP_PKEY_CTX_set_rsa_padding(use, padding) <= 0)
        return false;
    if (!md)
        return true;
    if (EVP_PKEY_CTX_set_rsa_oaep_md(use, md) <= 0 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(use, md) <= 0)
        return false;
    if (!label.size)
        return true;
    /* OpenSSL takes and frees the label. */
    void *copy = OPENSSL_memdup(label.data, label.size);
    CHECK(copy);
    if (EVP_PKEY_CTX_set0_rsa_oaep_label(use, copy, (int)label.size) > 0)
        return true;
    OPENSSL_free(copy);
    return false;
}

/* key_crypt(what, key, data, padding, digest, label) -> Uint8Array. RSA alone.
 * digest and label: of OAEP, else undefined. */
WORKER_BIND(crypt_bytes)
{
    struct bytes data, label;
    uint8_t *out = NULL;
    size_t size = 0;
    CHECK(count == 6);
    unsigned what = (unsigned)worker_bind_number(context, count, arguments, 0);
    CHECK(what < sizeof(crypts) / sizeof(*crypts));
    EVP_PKEY *key = worker_key_of(context, arguments[1]);
    if (!worker_openssl_views(context, arguments, 2, 1, &data, exception) ||
        !worker_openssl_views(context, arguments, 5, 1, &label, exception))
        return JSValueMakeUndefined(context);
    worker_openssl_begin();
    const EVP_MD *md = digest_at(context, arguments, 4, exception);
    EVP_PKEY_CTX *use = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    const uint8_t *at = worker_openssl_at(data);
    bool done =
        use && crypts[what].begin(use) > 0 &&
        set_crypting(use, (int)worker_bind_number(context, count, arguments, 3),
                     md, label) &&
        crypts[what].run(use, NULL, &size, at, data.size) > 0;
    if (done) {
        out = mem_alloc(size + 1);
        done = crypts[what].run(use, out, &size, at, data.size) > 0;
    }
    EVP_PKEY_CTX_free(use);
    if (done)
        return worker_openssl_give(context, out, size, exception);
    free(out);
    return worker_openssl_throw(context, exception, "The operation failed");
}

/* ---- points of curves ---- */

/* EC_GROUP_free() it. NULL if there is no such curve. */
static EC_GROUP *group_of(JSContextRef context, JSValueRef value)
{
    size_t size;
    worker_openssl_begin();
    char *name = worker_bind_copy_text(context, value, &size, NULL);
    int number = name ? EC_curve_nist2nid(name) : NID_undef;
    if (name && number == NID_undef)
        number = OBJ_sn2nid(name);
    free(name);
    return number == NID_undef ? NULL : EC_GROUP_new_by_curve_name(number);
}

/* The point in a form of point_conversion_form_t. */
static JSValueRef show_point(JSContextRef context, const EC_GROUP *group,
                             const EC_POINT *point, int form,
                             JSValueRef *exception)
{
    size_t size = EC_POINT_point2oct(
        group, point, (point_conversion_form_t)form, NULL, 0, NULL);
    uint8_t *out = mem_alloc(size + 1);
    EC_POINT_point2oct(group, point, (point_conversion_form_t)form, out, size,
                       NULL);
    return worker_openssl_give(context, out, size, exception);
}

/* curve_size(curve) -> bytes of a private key, or undefined if there is no
 * such curve */
WORKER_BIND(curve_size)
{
    CHECK(count == 1);
    EC_GROUP *group = group_of(context, arguments[0]);
    if (!group)
        return JSValueMakeUndefined(context);
    int size = (EC_GROUP_order_bits(group) + 7) / 8;
    EC_GROUP_free(group);
    return JSValueMakeNumber(context, size);
}

/* curve_point(curve, bytes, form) -> the same point in that form, or undefined
 * if the bytes are no point of the curve */
WORKER_BIND(convert_point)
{
    struct bytes data;
    CHECK(count == 3);
    if (!worker_openssl_views(context, arguments, 1, 1, &data, exception))
        return JSValueMakeUndefined(context);
    EC_GROUP *group = group_of(context, arguments[0]);
    CHECK(group);
    JSValueRef value = JSValueMakeUndefined(context);
    EC_POINT *point = EC_POINT_new(group);
    if (EC_POINT_oct2point(group, point, worker_openssl_at(data), data.size,
                           NULL) &&
        !EC_POINT_is_at_infinity(group, point))
        value = show_point(
            context, group, point,
            (int)worker_bind_number(context, count, arguments, 2), exception);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return value;
}

/* curve_public(curve, private key, form) -> the point, or undefined if the
 * number is no private key of the curve */
WORKER_BIND(public_point)
{
    struct bytes data;
    CHECK(count == 3);
    if (!worker_openssl_views(context, arguments, 1, 1, &data, exception))
        return JSValueMakeUndefined(context);
    EC_GROUP *group = group_of(context, arguments[0]);
    CHECK(group);
    JSValueRef value = JSValueMakeUndefined(context);
    BIGNUM *number = BN_secure_new();
    EC_POINT *point = EC_POINT_new(group);
    CHECK(number && point && BN_bin2bn(data.data, (int)data.size, number));
    BN_set_flags(number, BN_FLG_CONSTTIME);
    if (!BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0 &&
        EC_POINT_mul(group, point, number, NULL, NULL, NULL))
        value = show_point(
            context, group, point,
            (int)worker_bind_number(context, count, arguments, 2), exception);
    EC_POINT_free(point);
    BN_clear_free(number);
    EC_GROUP_free(group);
    return value;
}

const JSStaticFunction worker_bind_key_use[] = {
    {"key_sign", sign, kJSPropertyAttributeReadOnly},
    {"key_verify", verify, kJSPropertyAttributeReadOnly},
    {"key_agree", agree, kJSPropertyAttributeReadOnly},
    {"key_crypt", crypt_bytes, kJSPropertyAttributeReadOnly},
    {"curve_size", curve_size, kJSPropertyAttributeReadOnly},
    {"curve_point", convert_point, kJSPropertyAttributeReadOnly},
    {"curve_public", public_point, kJSPropertyAttributeReadOnly},
    {0},
};
