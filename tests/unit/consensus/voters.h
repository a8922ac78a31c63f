/*
 * Validators for tests: a set with the stakes given, and votes of theirs.
 */
#ifndef POND_TESTS_CONSENSUS_VOTERS_H
#define POND_TESTS_CONSENSUS_VOTERS_H

#include "test.h"

#include "base/error.h"
#include "consensus/certificate.h"

static inline struct validator_set *voters_set(const uint64_t *stakes,
                                               size_t count)
{
    struct validator *validators = calloc(count, sizeof(*validators));
    struct validator_set *set = NULL;
    const struct hash seed = {.bytes = {7}};

    for (size_t i = 0; i < count; i++) {
        u64le_write(validators[i].identity.bytes, i + 1);
        u64le_write(validators[i].voter.bytes, i + 1000);
        validators[i].stake = stakes[i];
    }
    assert_ok(validator_set_new(validators, count, 5, &seed, &set));
    free(validators);
    return set;
}

static inline struct hash voters_hash(uint64_t number)
{
    struct hash hash = {0};

    u64le_write(hash.bytes, number);
    return hash;
}

static inline struct vote voters_vote(enum vote_kind kind, uint16_t validator,
                                      uint64_t slot, uint64_t value)
{
    struct vote vote = {.kind = kind, .validator = validator, .slot = slot};

    if (kind != VOTE_NULLIFY)
        vote.value = voters_hash(value);
    vote.signature.bytes[0] = (uint8_t)validator;
    vote.signature.bytes[1] = (uint8_t)kind;
    vote.signature.bytes[2] = (uint8_t)slot;
    return vote;
}

#endif
