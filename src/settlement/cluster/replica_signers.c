/*
 * Who voted for what in the newest slots: whom to ask for a block, and what
 * clients want to know of one.
 *
 * The machine has the signatures of a quorum checked, and of no more. Votes
 * that come later are checked here, many at once, so that the slowest voter is
 * seen to vote as well.
 */
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

/* Of a slot: who notarized each block, whose vote for it was told, and whose
 * finalize vote was. */
#define BITS_OF_SLOT (2 * REPLICA_SIGNERS_BLOCKS + 1)

static size_t bits_size(const struct replica *replica)
{
    return (replica->count + 7) / 8;
}

void replica_signers_open(struct replica *replica)
{
    size_t size = bits_size(replica);

    replica->signer_bits = mem_zero(REPLICA_SIGNERS_SLOTS * BITS_OF_SLOT, size);
    replica->signers =
        mem_zero(REPLICA_SIGNERS_SLOTS, sizeof(*replica->signers));
    for (size_t i = 0; i < REPLICA_SIGNERS_SLOTS; i++)
        replica->signers[i].bits =
            replica->signer_bits + i * BITS_OF_SLOT * size;
}

void replica_signers_free(struct replica *replica)
{
    free(replica->signers);
    free(replica->signer_bits);
}

/* ---- bits ---- */

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
        memset(at->bits, 0, BITS_OF_SLOT * bits_size(replica));
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

static size_t find_block(const struct slot_signers *at, const struct hash *hash)
{
    size_t i = 0;

    while (i < at->count && !hash_equal(&at->blocks[i], hash))
        i++;
    return i;
}

static uint8_t *row(const struct replica *replica,
                    const struct slot_signers *at, size_t number)
{
    return at->bits + number * bits_size(replica);
}

static bool is_set(const uint8_t *bits, uint16_t index)
{
    return bits[index / 8] >> index % 8 & 1;
}

static void set(uint8_t *bits, uint16_t index)
{
    bits[index / 8] |= (uint8_t)(1u << index % 8);
}

/* A place for a block whose votes are not remembered: a free one; for a block
 * that is here also that of one that is not, because anybody may vote for what
 * does not exist. REPLICA_SIGNERS_BLOCKS: there is none. */
static size_t free_place(const struct replica *replica,
                         const struct slot_signers *at, const struct hash *hash)
{
    size_t i = at->count;

    if (i < REPLICA_SIGNERS_BLOCKS || !replica_find(replica, hash))
        return i;
    while (i-- > 0)
        if (!replica_find(replica, &at->blocks[i]))
            return i;
    return REPLICA_SIGNERS_BLOCKS;
}

/* The rows of what a vote is for; NULL: it is not remembered. */
static uint8_t *notarize_row(struct replica *replica, const struct vote *vote)
{
    struct slot_signers *at = begin_slot(replica, vote->slot);
    size_t i = find_block(at, &vote->value);

    if (i < at->count)
        return row(replica, at, i);
    i = free_place(replica, at, &vote->value);
    if (i == REPLICA_SIGNERS_BLOCKS)
        return NULL;
    at->blocks[i] = vote->value;
    at->count += i == at->count;
    memset(row(replica, at, i), 0, bits_size(replica));
    memset(row(replica, at, i + REPLICA_SIGNERS_BLOCKS), 0, bits_size(replica));
    return row(replica, at, i);
}

static uint8_t *told_row(struct replica *replica, const struct vote *vote)
{
    if (vote->kind == VOTE_FINALIZE)
        return row(replica, begin_slot(replica, vote->slot),
                   2 * REPLICA_SIGNERS_BLOCKS);
    uint8_t *bits = notarize_row(replica, vote);
    return bits ? bits + REPLICA_SIGNERS_BLOCKS * bits_size(replica) : NULL;
}

bool replica_signers_has(const struct replica *replica, uint64_t slot,
                         const struct hash *hash, uint16_t index)
{
    const struct slot_signers *at = place_of(replica, slot);
    size_t i = find_block(at, hash);

    return at->slot == slot && i < at->count &&
           is_set(row(replica, at, i), index);
}

/* ---- votes that hold ---- */

/* The block that a vote is for; NULL: it is not known here. */
static const struct replica_block *block_of(const struct replica *replica,
                                            const struct vote *vote)
{
    const struct replica_block *at = NULL;

    if (vote->kind == VOTE_NOTARIZE)
        return replica_find(replica, &vote->value);
    if (!replica_blocks_of(replica, vote->slot, &at))
        return NULL;
    for (; at && at->header.slot == vote->slot; at = at->after)
        if (at->has_state && hash_equal(&at->outcome, &vote->value))
            return at;
    return NULL;
}

void replica_signers_tell(struct replica *replica, const struct vote *vote)
{
    if (vote->kind == VOTE_NULLIFY || !is_near(replica, vote->slot))
        return;
    const struct replica_block *block = block_of(replica, vote);
    uint8_t *told = block ? told_row(replica, vote) : NULL;

    if (!told || is_set(told, vote->validator))
        return;
    set(told, vote->validator);
    struct replica_output *output = replica_do(replica, REPLICA_VOTED, NULL);
    output->index = vote->validator;
    output->slot = vote->slot;
    output->hash = block->hash;
    output->votes[0] = *vote;
}

/* ---- votes as they come ---- */

void replica_signers_note(struct replica *replica, struct replica_clock clock,
                          const struct vote *vote)
{
    if (vote->kind == VOTE_NULLIFY || !is_near(replica, vote->slot))
        return;
    uint8_t *bits =
        vote->kind == VOTE_NOTARIZE ? notarize_row(replica, vote) : NULL;
    if (bits)
        set(bits, vote->validator);
    if (vote->validator == replica->options.self ||
        replica->late_count == REPLICA_LATE_MAX)
        return;
    if (!replica->late_count)
        replica->late_ns = clock.ns + replica->options.slot_ms * NS_PER_MS;
    replica->late[replica->late_count++] = *vote;
}

/* Those that were told meanwhile, or are still of a block that is not known,
 * are left out. */
void replica_signers_check(struct replica *replica, struct replica_clock clock)
{
    bool is_good[REPLICA_LATE_MAX];
    size_t count = 0;

    if (!replica->late_count || replica->late_ns > clock.ns)
        return;
    for (size_t i = 0; i < replica->late_count; i++) {
        const struct vote *vote = &replica->late[i];
        const uint8_t *told =
            block_of(replica, vote) && is_near(replica, vote->slot)
                ? told_row(replica, vote)
                : NULL;
        if (told && !is_set(told, vote->validator))
            replica->late[count++] = *vote;
    }
    replica->late_count = 0;
    replica->options.signing.check(replica->options.signing.user, replica->late,
                                   count, is_good);
    for (size_t i = 0; i < count; i++)
        if (is_good[i])
            replica_signers_tell(replica, &replica->late[i]);
        else
            replica_ban(replica, replica->late[i].validator);
}

uint64_t replica_signers_due_ns(const struct replica *replica)
{
    return replica->late_count ? replica->late_ns : UINT64_MAX;
}
