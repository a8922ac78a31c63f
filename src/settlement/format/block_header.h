/*
 * A block's header: what there is of a block before its body, and enough to
 * know its place in the chain, its hash, and that its leader signed it.
 *
 * Encoding, little-endian:
 *   version u8 = 3; flags u8; slot u64; parent_slot u64; parent_hash[32];
 *   parent_state_hash[32]; leader[32]; unix_ms u64; set_hash[32];
 *   next_set_hash[32]; body_size u32; body_root[32]; vrf[80] if
 *   BLOCK_HAS_VRF; signature[64]
 *
 * A block's hash is SHA-256 over everything before the signature, and is what
 * the leader signs. The body comes in by its root (chunk_tree.h). The state
 * after a block stands in its child: so it can be summed up while the block is
 * on its way.
 *
 * Pure; any thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_BLOCK_HEADER_H
#define POND_SETTLEMENT_FORMAT_BLOCK_HEADER_H

#include "base/arena.h"
#include "crypto/key.h"

#define BLOCK_SIZE_MAX_BYTES (64u * 1024 * 1024)
#define BLOCK_VRF_SIZE 80
/* Without a proof, and the most. */
#define BLOCK_HEADER_SIZE (2 + 2 * 8 + 3 * 32 + 8 + 2 * 32 + 4 + 32 + 64)
#define BLOCK_HEADER_SIZE_MAX (BLOCK_HEADER_SIZE + BLOCK_VRF_SIZE)

enum block_flags {
    /* It has no body: a slot's ticks alone, which follow from the parent. */
    BLOCK_IS_EMPTY = 1,
    /* A proof of randomness (RFC 9381): of a window's first block. */
    BLOCK_HAS_VRF = 2,
};

struct block_header {
    uint8_t flags;
    uint64_t slot;
    uint64_t parent_slot;
    struct hash parent_hash;       /* of the parent's header */
    struct hash parent_state_hash; /* after the parent */
    struct pubkey leader;
    uint64_t unix_ms;
    struct hash set_hash;      /* of the validators of the slot's epoch */
    struct hash next_set_hash; /* of the next epoch; zero: not known yet */
    uint32_t body_size;
    struct hash body_root;
    uint8_t vrf[BLOCK_VRF_SIZE];
    struct signature signature;
};

/* The size of its encoding. */
size_t block_header_size(const struct block_header *header);

/* Append the encoding. */
void block_header_write(const struct block_header *header, struct buffer *out);

/* Read a header, and leave the reader at the body; checks the form only.
 * ERR_INVALID, ERR_LIMIT for a body above BLOCK_SIZE_MAX_BYTES. */
int block_header_read(struct reader *reader, struct block_header *out);

/* The block's hash. */
void block_header_hash(const struct block_header *header, struct hash *out);

/* Sign it; hash gets the block's hash. */
void block_header_sign(struct block_header *header,
                       const struct keypair *keypair, struct hash *hash);

/* Did the leader that it names sign it? hash: the block's. */
bool block_header_is_signed(const struct block_header *header,
                            const struct hash *hash);

#endif
