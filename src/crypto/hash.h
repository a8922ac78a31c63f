/*
 * SHA-256, SHA-512, SHA-1 and BLAKE2b-256; SHA-256 also in pieces.
 *
 * SHA-256 is the network's hash (blocks, proof of history, CIDs), SHA-512 the
 * one inside ed25519 and HMAC, BLAKE2b is offered for CIDs of others.
 *
 * Thread: any; nothing here needs crypto_init().
 */
#ifndef POND_CRYPTO_HASH_H
#define POND_CRYPTO_HASH_H

#include "crypto/key.h"

/* One digest of data that lies in one piece. */
void hash_sha256(struct bytes data, struct hash *out);
/* The digest of the concatenation of count pieces. */
void hash_sha256_pieces(const struct bytes *pieces, size_t count,
                        struct hash *out);
void hash_sha512(struct bytes data, uint8_t out[64]);
/* Broken for signatures; the WebSocket handshake (RFC 6455) needs it. */
void hash_sha1(struct bytes data, uint8_t out[20]);
void hash_blake2b_256(struct bytes data, struct hash *out);

/* In pieces: init, any number of updates, final (which frees nothing: the
 * struct holds no pointer). */
struct sha256 {
    uint32_t state[8];
    uint64_t size;
    uint8_t block[64];
};
void sha256_init(struct sha256 *sha256);
void sha256_update(struct sha256 *sha256, struct bytes data);
void sha256_final(struct sha256 *sha256, struct hash *out);

/* All of the above read data once and keep nothing of it. out may lie in data:
 * it is written when everything has been read. */

/* count times: *value = SHA-256(*value). The step of proof of history; uses
 * the fastest single-block routine there is. */
void hash_chain(struct hash *value, uint64_t count);

#endif
