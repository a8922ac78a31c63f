/*
 * Who agrees on an epoch's slots: validators, each with stake, and the leader
 * of each of the epoch's windows.
 *
 * A quorum is any stake above two thirds of the whole. Two quorums have more
 * than a third in common, so an honest validator, as long as those who are not
 * honest have less.
 *
 * A set is immutable, so any thread may read it.
 */
#ifndef POND_CONSENSUS_VALIDATOR_SET_H
#define POND_CONSENSUS_VALIDATOR_SET_H

#include "crypto/key.h"

/* docs/consensus.md: votes carry an index of 16 bits, and the whole set's votes
 * of one slot must fit the memory that a validator has for them. */
#define VALIDATORS_MAX 1024

/* Slots that one leader has in a row. */
#define WINDOW_SLOTS 4

static inline uint64_t window_of(uint64_t slot)
{
    return slot / WINDOW_SLOTS;
}

static inline uint64_t window_begin(uint64_t window)
{
    return window * WINDOW_SLOTS;
}

/* The slot's place in its window: 0 … WINDOW_SLOTS - 1. */
static inline unsigned window_place(uint64_t slot)
{
    return (unsigned)(slot % WINDOW_SLOTS);
}

struct validator {
    struct pubkey identity; /* of its connections and blocks */
    struct pubkey voter;    /* of its votes; may be the same */
    uint64_t stake;         /* in roe, above 0 */
};

struct validator_set;

/* A copy of count validators, in the order of their index. seed: of the epoch,
 * from which the leaders are drawn. ERR_INVALID: none or too many, no stake,
 * stakes whose sum does not fit 62 bits, an identity or voter that stands there
 * twice. */
int validator_set_new(const struct validator *validators, size_t count,
                      uint64_t epoch, const struct hash *seed,
                      struct validator_set **out);
void validator_set_free(struct validator_set *set);

uint64_t validator_set_epoch(const struct validator_set *set);
size_t validator_set_count(const struct validator_set *set);
/* index: below the count. Valid as long as the set is. */
const struct validator *validator_set_at(const struct validator_set *set,
                                         uint16_t index);
/* The index of the one with that identity, or the count. */
size_t validator_set_find(const struct validator_set *set,
                          const struct pubkey *identity);

/* All stake. */
uint64_t validator_set_stake(const struct validator_set *set);
/* Is that much stake a quorum? */
bool validator_set_is_quorum(const struct validator_set *set, uint64_t stake);
/* Is somebody honest behind it, as those at fault have less than a third? */
bool validator_set_has_honest(const struct validator_set *set, uint64_t stake);

/* Who leads a window: drawn by stake, for each window anew. */
uint16_t validator_set_leader(const struct validator_set *set, uint64_t window);

/* SHA-256 over the epoch and all validators: what a block names it by. */
void validator_set_hash(const struct validator_set *set, struct hash *out);

#endif
