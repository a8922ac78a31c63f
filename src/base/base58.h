/*
 * Base58 with Bitcoin's alphabet, as Solana and CIDv0 write keys, signatures
 * and hashes. Cost grows with the square of the length, so input is limited.
 */
#ifndef POND_BASE_BASE58_H
#define POND_BASE_BASE58_H

#include "base/buffer.h"

/* Longest input that encode and decode take, in bytes: larger than any key,
 * signature, CID or memcmp filter (Solana's limit for base58 data is 128). */
#define BASE58_LIMIT_BYTES 2048

/* data at most BASE58_LIMIT_BYTES (CHECKed). */
void base58_encode(struct bytes data, struct buffer *out);

/* Appends the bytes. ERR_INVALID for another character, ERR_LIMIT. */
int base58_decode(struct bytes text, struct buffer *out);

/* Fixed-size forms for keys and hashes (32) and signatures (64 bytes). */
#define BASE58_KEY_SIZE 45       /* 32 bytes as text, with the NUL */
#define BASE58_SIGNATURE_SIZE 89 /* 64 bytes as text, with the NUL */
/* out is a C string. The sizes are those of the longest text: 44 characters for
 * 32 bytes of 0xff, 88 for 64. */
void base58_key(const uint8_t key[32], char out[BASE58_KEY_SIZE]);
void base58_signature(const uint8_t signature[64],
                      char out[BASE58_SIGNATURE_SIZE]);

/* The length of base58_key()'s text without writing it. */
size_t base58_key_size(const uint8_t key[32]);

/* Decode text that must hold exactly size bytes into out, which is left alone
 * on an error: ERR_INVALID, ERR_LIMIT. */
int base58_decode_exact(struct bytes text, uint8_t *out, size_t size);

#endif
