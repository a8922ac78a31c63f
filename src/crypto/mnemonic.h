/*
 * Mnemonic sentences of 12, 15, 18, 21 or 24 English words (BIP-39).
 *
 * The word list is ASCII and the sentences are; a passphrase is used as the
 * bytes given (BIP-39 wants NFKD: the caller's keyboard gives that for ASCII).
 *
 * A sentence is worth what the key is worth: wipe it with sodium_memzero() or
 * keep it in memory that is wiped. Its words never appear in errors.
 */
#ifndef POND_CRYPTO_MNEMONIC_H
#define POND_CRYPTO_MNEMONIC_H

#include "base/buffer.h"

#define MNEMONIC_SIZE 216 /* 24 words of up to 8 letters, with the NUL */
#define MNEMONIC_SEED_SIZE 64

/* words: 12, 15, 18, 21 or 24 (CHECKed). */
void mnemonic_generate(unsigned words, char out[MNEMONIC_SIZE]);

/* Bring a sentence that a person typed into its normal form: single spaces,
 * lower case. out is written only on success.
 * ERR_INVALID names the word that is not in the list (by its
 * place, not its text), the number of words, or the checksum. */
int mnemonic_normalise(struct bytes typed, char out[MNEMONIC_SIZE]);

/* PBKDF2-HMAC-SHA512, 2048 rounds, some milliseconds. mnemonic in normal form;
 * passphrase: "" for none. The caller wipes out. Any text is taken, so check a
 * sentence with mnemonic_normalise() first. */
void mnemonic_seed(const char *mnemonic, const char *passphrase,
                   uint8_t out[MNEMONIC_SEED_SIZE]);

#endif
