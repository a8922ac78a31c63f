/*
 * A secret under a passphrase: Argon2id makes the key, XChaCha20-Poly1305
 * seals. The parameters of Argon2id stand in the header, which is
 * authenticated, so that they can be raised later and old boxes still open.
 *
 *   "PNDSEAL" | version u8 = 1 | operations u32le | memory KiB u32le
 *   | salt 16 | nonce 24 | ciphertext | tag 16
 *
 * For wallets: sealed_key.h makes a file of it.
 *
 * Thread: any, after crypto_init(); a seal is one thread's at a time. Both
 * calls block for as long as Argon2id takes, and use as much memory as the
 * header says: not for a loop's thread.
 */
#ifndef POND_CRYPTO_SEALED_H
#define POND_CRYPTO_SEALED_H

#include "base/buffer.h"

/* Keys and phrases have a few hundred bytes; no file is sealed with this. */
#define SEALED_SECRET_MAX_BYTES 65536

/* What a box is longer than its secret: header and tag. */
#define SEALED_OVERHEAD_BYTES 72

/* How hard guessing is made. Interactive: 2 passes over 64 MiB, about 0.1 s;
 * both are libsodium's recommendations. */
enum sealed_strength { SEALED_INTERACTIVE, SEALED_MODERATE };

/* A passphrase, and the key that was made of it last. Boxes that one seal makes
 * one after another share a salt, and any seal of that passphrase opens them
 * for the price of one Argon2id. Begun as {.passphrase = ...}. */
struct seal {
    struct bytes passphrase; /* borrowed; may be empty */
    struct seal_key *key;    /* in locked memory; NULL: none yet */
};

/* Forget the key; the passphrase stays. */
void seal_wipe(struct seal *seal);

/* Seal a secret. Appends the box. ERR_LIMIT for too long a secret, ERR_FULL if
 * there is no memory for Argon2id. */
int sealed_make(struct bytes secret, struct seal *seal,
                enum sealed_strength strength, struct buffer *out);

/* What sealed_open() finds out before it works: ERR_INVALID, ERR_UNSUPPORTED
 * and ERR_LIMIT as there. */
int sealed_check(struct bytes box);

/* Open a box. Appends the secret; the caller wipes it. ERR_INVALID: no box;
 * ERR_UNSUPPORTED: of a newer version; ERR_DENIED: wrong passphrase or changed
 * bytes (it can't be known which); ERR_LIMIT: the header asks for more than 1
 * GiB or 64 passes. */
int sealed_open(struct bytes box, struct seal *seal, struct buffer *out);

#endif
