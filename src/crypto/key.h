/*
 * Keys, hashes and signatures as plain values, and ed25519 (RFC 8032) over
 * them through libsodium.
 *
 * Rule of verification: libsodium's (strict about S < L, canonical A, and keys
 * of small order), the same on every node. Many signatures at once:
 * signature_check.h.
 *
 * Thread: any, after crypto_init().
 */
#ifndef POND_CRYPTO_KEY_H
#define POND_CRYPTO_KEY_H

#include "base/base58.h"
#include "base/bytes.h"

struct pubkey {
    uint8_t bytes[32];
};

struct hash {
    uint8_t bytes[32];
};

struct signature {
    uint8_t bytes[64];
};

/* A signing key. Wipe it with keypair_wipe() when done. */
struct keypair {
    struct pubkey pubkey;
    uint8_t secret[64]; /* seed, then public key: the form of libsodium and of
                           the files of Solana's and Koii's CLIs */
};

/* Once a process, before anything else in crypto/. Ends the process if the
 * system has no randomness. */
void crypto_init(void);

void keypair_generate(struct keypair *out);
void keypair_from_seed(const uint8_t seed[32], struct keypair *out);
/* 64 bytes: ERR_INVALID if the public half does not belong to the seed. */
int keypair_from_secret(const uint8_t secret[64], struct keypair *out);
void keypair_wipe(struct keypair *keypair);

void key_sign(const struct keypair *keypair, struct bytes message,
              struct signature *out);
bool key_verify(const struct pubkey *pubkey, struct bytes message,
                const struct signature *signature);

static inline bool pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
    return !memcmp(a->bytes, b->bytes, 32);
}

static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
    return !memcmp(a->bytes, b->bytes, 32);
}

static inline struct bytes pubkey_bytes(const struct pubkey *pubkey)
{
    return bytes_make(pubkey->bytes, 32);
}

/* Base58 forms. ERR_INVALID names the text. */
int pubkey_parse(struct bytes text, struct pubkey *out);
int hash_parse(struct bytes text, struct hash *out);
int signature_parse(struct bytes text, struct signature *out);

/* "Text" of a key in a printf argument: PUBKEY_TEXT(&key), valid to the end of
 * the enclosing block. */
struct pubkey_text {
    char text[BASE58_KEY_SIZE];
};
struct pubkey_text pubkey_text(const struct pubkey *pubkey);
struct pubkey_text hash_text(const struct hash *hash);
#define PUBKEY_TEXT(pubkey) (pubkey_text(pubkey).text)
#define HASH_TEXT(hash) (hash_text(hash).text)

/* True if the bytes are a point on the curve: then somebody may hold its
 * secret. Program-derived addresses are those that are not (Solana). */
bool pubkey_is_on_curve(const struct pubkey *pubkey);

#endif
