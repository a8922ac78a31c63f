/*
 * LtHash: a hash of a set of rows that is updated row by row. Pure; any thread.
 *
 * The sum is 1024 lanes of 16 bits. A row's element is the ChaCha20 key stream
 * (RFC 8439, nonce 0, counter 0) of 2048 bytes under the key BLAKE2b-256(u32le
 * key size || key || value). Adding a row adds its element lane by lane modulo
 * 2^16; taking it away subtracts. So a block's state hash costs what its
 * changed rows cost, and the order of rows doesn't matter.
 *
 * Source: Lewi, Kim, Maykov, Weis: "Securing Update Propagation with
 * Homomorphic Hashing" (2019), lthash16 with 1024 lanes. The element function
 * there is BLAKE2x. A stream cipher keyed with a hash of the row serves as the
 * same kind of extendable-output function, and libsodium has one.
 */
#ifndef POND_SETTLEMENT_STATE_LATTICE_HASH_H
#define POND_SETTLEMENT_STATE_LATTICE_HASH_H

#include "crypto/key.h"

#define LATTICE_LANES 1024
#define LATTICE_SIZE_BYTES (2 * LATTICE_LANES)

struct lattice {
    uint16_t lanes[LATTICE_LANES]; /* all zero: the empty set */
};

void lattice_add(struct lattice *lattice, struct bytes key, struct bytes value);
void lattice_subtract(struct lattice *lattice, struct bytes key,
                      struct bytes value);

/* A row that changed: its value before and after; all borrowed. */
struct lattice_change {
    struct bytes key;
    struct bytes before;
    struct bytes after;
    bool was_there;
    bool is_there;
};

/* Take away the values before and add those after. Several threads sum up many
 * changes, and have ended when the function returns; the sum is the same. */
void lattice_update(struct lattice *lattice,
                    const struct lattice_change *changes, size_t count);

/* BLAKE2b-256 of the lanes, little-endian. */
void lattice_checksum(const struct lattice *lattice, struct hash *out);

/* To and from the form on disk: lanes in order, little-endian. */
void lattice_write(const struct lattice *lattice,
                   uint8_t out[LATTICE_SIZE_BYTES]);
void lattice_read(struct lattice *lattice,
                  const uint8_t in[LATTICE_SIZE_BYTES]);

#endif
