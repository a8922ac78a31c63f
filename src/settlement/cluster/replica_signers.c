/*
 * Who voted for what in the newest slots: whom to ask for a block. The votes'
 * signatures may not be checked yet: each came from its voter's own connection.
 */
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

static size_t bits_size(const struct replica *replica)
{
    return (replica->count + 7) / 8;
}

void replica_signers_open(struct replica *replica)
{
    size_t size = bits_size(replica);
    uint8_t *bits =
        mem_zero(REPLICA_SIGNERS_SLOTS * REPLICA_SIGNERS_BLOCKS, size);

    replica->signer_bits = bits;
    replica->signers =
        mem_zero(REPLICA_SIGNERS_SLOTS, sizeof(*replica->signers));
    for (size_t i = 0; i < REPLICA_SIGNERS_SLOTS; i++)
        for (size_t j = 0; j < REPLICA_SIGNERS_BLOCKS; j++, bits += size)
            replica->signers[i].notarize[j] = bits;
}

void replica_signers_free(struct replica *replica)
{
    free(replica->signers);
    free(replica->signer_bits);
}

static struct slot_signers *place_of(const struct replica *replica,
                                     uint64_t slot)
{
    return &replica->signers[slot % REPLICA_SIGNERS_SLOTS];
}

static struct slot_signers *begin_slot(struct replica *replica, uint64_t slot)
{
    struct slot_signers *at = place_of(replica, slot);

    if (at->slot != slot) {
        at->slot = slot;
        at->count = 0;
        memset(at->notarize[0], 0, REPLICA_SIGNERS_BLOCKS * bits_size(replica));
    }
    return at;
}

/* Slots too far ahead would drive out those that count. */
static bool is_near(const struct replica *replica, uint64_t slot)
{
    struct consensus_status status;

    consensus_status(replica->consensus, &status);
    uint64_t end = window_begin(status.window + 3);
    return slot < end && slot + REPLICA_SIGNERS_SLOTS > end;
}

void replica_signers_note(struct replica *replica, const struct vote *vote)
{
    if (vote->kind != VOTE_NOTARIZE || !is_near(replica, vote->slot))
        return;
    struct slot_signers *at = begin_slot(replica, vote->slot);
    size_t i = 0;

    while (i < at->count && !hash_equal(&at->blocks[i], &vote->value))
        i++;
    if (i == REPLICA_SIGNERS_BLOCKS)
        return;
    if (i == at->count)
        at->blocks[at->count++] = vote->value;
    at->notarize[i][vote->validator / 8] |=
        (uint8_t)(1u << vote->validator % 8);
}

static const uint8_t *bits_of(const struct replica *replica, uint64_t slot,
                              const struct hash *hash)
{
    const struct slot_signers *at = place_of(replica, slot);

    for (size_t i = 0; at->slot == slot && i < at->count; i++)
        if (hash_equal(&at->blocks[i], hash))
            return at->notarize[i];
    return NULL;
}

bool replica_signers_has(const struct replica *replica, uint64_t slot,
                         const struct hash *hash, uint16_t index)
{
    const uint8_t *bits = bits_of(replica, slot, hash);

    return bits && bits[index / 8] >> index % 8 & 1;
}
