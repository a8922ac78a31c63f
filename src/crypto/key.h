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

/* All four are plain values: copied by assignment, no padding, nothing to free.
 * As structs of their own they can't be mistaken for each other. */

/* The encoding of a point (RFC 8032, 5.1.2), or an address that is not a point.
 * Any 32 bytes are allowed; key_verify() finds out whether they are a key. */
struct pubkey {
    uint8_t bytes[32];
};

/* A digest of any 256-bit hash. Its user says which hash. */
struct hash {
    uint8_t bytes[32];
};

/* R, then S (RFC 8032, 5.1.6). */
struct signature {
    uint8_t bytes[64];
};

/* A signing key. Wipe it with keypair_wipe() when done, also after a function
 * that was to fill it has failed: wiping is never wrong.
 *
 * Invariant of one that a function here has made: pubkey is the key of the
 * first 32 bytes of secret, and equal to the last 32. */
struct keypair {
    struct pubkey pubkey;
    uint8_t secret[64]; /* seed, then public key: the form of libsodium and of
                           the files of Solana's and Koii's CLIs */
};

/* Once a process, before anything else in crypto/. Ends the process if the
 * system has no randomness. */
void crypto_init(void);

/* From the system's randomness. */
void keypair_generate(struct keypair *out);
/* seed: 32 bytes that are as secret as the key; borrowed. */
void keypair_from_seed(const uint8_t seed[32], struct keypair *out);
/* 64 bytes: ERR_INVALID if the public half does not belong to the seed; out is
 * untouched then. */
int keypair_from_secret(const uint8_t secret[64], struct keypair *out);
void keypair_wipe(struct keypair *keypair);

/* Sign a message of any length, the empty one too. */
void key_sign(const struct keypair *keypair, struct bytes message,
              struct signature *out);
/* Does the signature hold? Takes anything: bytes that are no key or no
 * signature give false. About 50 µs. */
bool key_verify(const struct pubkey *pubkey, struct bytes message,
                const struct signature *signature);

/* The time is not constant, because keys and hashes are public. Compare secrets
 * with sodium_memcmp(). */
static inline bool pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
    return !memcmp(a->bytes, b->bytes, 32);
}

static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
    return !memcmp(a->bytes, b->bytes, 32);
}

/* Borrowed: valid as long as the key is. */
static inline struct bytes pubkey_bytes(const struct pubkey *pubkey)
{
    return bytes_make(pubkey->bytes, 32);
}

/* Base58 forms, which must decode to exactly the value's size; out is to be
 * used only where 0 is returned. ERR_INVALID says what was expected. */
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

/* True if the bytes are a point on the curve, which may have a secret.
 * Program-derived addresses are not points (Solana). */
bool pubkey_is_on_curve(const struct pubkey *pubkey);

#endif
