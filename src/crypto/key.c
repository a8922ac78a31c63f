/*
 * Everything here is libsodium's; what is decided here is which of its
 * behaviours the project relies on.
 *
 * Verification is not the same everywhere: implementations of ed25519 differ
 * about signatures whose S is not reduced, about keys that are not canonical
 * and about points of small order. A ledger on which two nodes disagree about
 * one signature forks, so key_verify() is the one rule. Tests hold it against
 * Wycheproof's list of such cases, and signature_check.c, which does the same
 * for many signatures at once, against key_verify().
 */
#include "crypto/key.h"

#include "base/check.h"
#include "base/error.h"
#include <sodium.h>

void crypto_init(void)
{
    /* 1 if another part of the process has done it already. */
    CHECK(sodium_init() >= 0);
}

/* The seed is kept apart so that generated and derived keys take one way.
 * randombytes_buf() reports no failure: without randomness libsodium ends the
 * process. */
void keypair_generate(struct keypair *out)
{
    uint8_t seed[32];
    randombytes_buf(seed, sizeof(seed));
    keypair_from_seed(seed, out);
    sodium_memzero(seed, sizeof(seed));
}

void keypair_from_seed(const uint8_t seed[32], struct keypair *out)
{
    CHECK(!crypto_sign_seed_keypair(out->pubkey.bytes, out->secret, seed));
}

int keypair_from_secret(const uint8_t secret[64], struct keypair *out)
{
    struct keypair keypair;
    int status = 0;
    keypair_from_seed(secret, &keypair);
    /* A key whose public half is another's would sign the same message with the
     * same nonce but another h: two such signatures give away the secret
     * scalar. */
    if (sodium_memcmp(keypair.secret, secret, 64))
        status =
            err_set(ERR_INVALID, "the public half of the key does not belong "
                                 "to its secret half");
    else
        *out = keypair;
    keypair_wipe(&keypair);
    return status;
}

/* memset() could be left out by a compiler that sees the struct die; this
 * can't. */
void keypair_wipe(struct keypair *keypair)
{
    sodium_memzero(keypair, sizeof(*keypair));
}

/* Deterministic (RFC 8032, 5.1.6): the nonce is a hash of secret and message,
 * so signing needs no randomness, and the same message gives the same bytes. A
 * transaction that is sent again is the same transaction. */
void key_sign(const struct keypair *keypair, struct bytes message,
              struct signature *out)
{
    CHECK(!crypto_sign_detached(out->bytes, NULL, message.data, message.size,
                                keypair->secret));
}

/* Verdict only: why a signature does not hold is of no use to anybody but a
 * forger. */
bool key_verify(const struct pubkey *pubkey, struct bytes message,
                const struct signature *signature)
{
    return !crypto_sign_verify_detached(signature->bytes, message.data,
                                        message.size, pubkey->bytes);
}

/* The error says which kind of value was expected, because a user who mixed up
 * two arguments sees only the text. */
int pubkey_parse(struct bytes text, struct pubkey *out)
{
    int status = base58_decode_exact(text, out->bytes, sizeof(out->bytes));
    return status ? err_add(status, "public key") : 0;
}

int hash_parse(struct bytes text, struct hash *out)
{
    int status = base58_decode_exact(text, out->bytes, sizeof(out->bytes));
    return status ? err_add(status, "hash") : 0;
}

int signature_parse(struct bytes text, struct signature *out)
{
    int status = base58_decode_exact(text, out->bytes, sizeof(out->bytes));
    return status ? err_add(status, "signature") : 0;
}

/* By value, so that two of them can stand in one printf(), and no thread's text
 * is another's. */
struct pubkey_text pubkey_text(const struct pubkey *pubkey)
{
    struct pubkey_text text;
    base58_key(pubkey->bytes, text.text);
    return text;
}

struct pubkey_text hash_text(const struct hash *hash)
{
    struct pubkey_text text;
    base58_key(hash->bytes, text.text);
    return text;
}

bool pubkey_is_on_curve(const struct pubkey *pubkey)
{
    /* libsodium's own test also wants a canonical point of the main subgroup;
     * Solana's (curve25519-dalek's decompress) wants a point and no more. Its
     * addition checks exactly that of its operands. */
    uint8_t sum[32];
    return !crypto_core_ed25519_add(sum, pubkey->bytes, pubkey->bytes);
}
