/*
 * A vote: one validator's word about one slot.
 *
 *     kind u8, validator u16, slot u64, value[32] (not of nullify),
 *     signature[64]; little-endian
 *
 * What is signed is not what is sent: it begins with a tag that names the
 * network, and names the epoch.
 *
 *     tag[16], kind u8, epoch u64, slot u64, value[32]
 *
 * It is too short to be a transaction's message, so a voter's key can't be made
 * to sign one.
 */
#ifndef POND_CONSENSUS_VOTE_H
#define POND_CONSENSUS_VOTE_H

#include "base/buffer.h"
#include "crypto/key.h"

enum vote_kind {
    VOTE_NOTARIZE = 1, /* of a block: complete, checked and executed here */
    VOTE_NULLIFY = 2,  /* of a slot: given up, with the rest of its window */
    VOTE_FINALIZE = 3, /* of a block and the state after it: for good */
};

struct vote {
    enum vote_kind kind;
    uint16_t validator; /* its index in the epoch's set */
    uint64_t slot;
    struct hash value; /* block hash, nothing (zero), or outcome */
    struct signature signature;
};

#define VOTE_SIZE_MAX (1 + 2 + 8 + 32 + 64)
#define VOTE_MESSAGE_SIZE_MAX (16 + 1 + 8 + 8 + 32)

/* Which network: the first 16 bytes of SHA-256("pond vote 1", network). The
 * network is the genesis' hash, or what consensus_network() makes of it. */
struct vote_tag {
    uint8_t bytes[16];
};
struct vote_tag vote_tag_of(const struct hash *network);

/* What a finalize vote names: SHA-256("pond outcome 1", block, state). */
struct hash vote_outcome(const struct hash *block, const struct hash *state);

/* Append what is sent. */
void vote_encode(const struct vote *vote, struct buffer *out);
/* The next vote. ERR_INVALID: cut off, or of another kind. The validator is any
 * number, and the signature is not checked. */
int vote_decode(struct reader *reader, struct vote *out);

/* What the signature is over. Returns how many bytes of out it has. */
size_t vote_message(const struct vote_tag *tag, uint64_t epoch,
                    const struct vote *vote,
                    uint8_t out[VOTE_MESSAGE_SIZE_MAX]);

#endif
