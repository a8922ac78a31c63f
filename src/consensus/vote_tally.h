/*
 * The votes of one kind for one slot, by what they are for. Part of
 * vote_pool.h, which says how votes are held, checked and counted.
 */
#ifndef POND_CONSENSUS_VOTE_TALLY_H
#define POND_CONSENSUS_VOTE_TALLY_H

#include "consensus/validator_set.h"
#include "consensus/vote.h"

enum vote_taken {
    VOTE_TAKEN,    /* it is held */
    VOTE_KNOWN,    /* nothing new */
    VOTE_CONFLICT, /* the validator voted for another thing before */
};

struct vote_cell;

/* Make it with vote_tally_make(); the set is borrowed. */
struct vote_tally {
    const struct validator_set *set;
    enum vote_kind kind;
    uint64_t slot;
    struct vote_cell *cells; /* one a validator; NULL before the first vote */
    uint16_t *groups;        /* the first cell of each, by rising value */
    uint16_t group_count;
    uint16_t largest; /* the first cell of the one with the most stake */
};

struct vote_tally vote_tally_make(const struct validator_set *set,
                                  enum vote_kind kind, uint64_t slot);
void vote_tally_free(struct vote_tally *tally);

enum vote_taken vote_tally_hold(struct vote_tally *tally,
                                const struct vote *vote);
void vote_tally_add(struct vote_tally *tally, const struct vote *vote);
void vote_tally_drop(struct vote_tally *tally, uint16_t validator);
size_t vote_tally_ask(struct vote_tally *tally, struct vote *out);
void vote_tally_answer(struct vote_tally *tally, const struct vote *vote,
                       bool is_good);
/* Stake of all votes for a value, checked or not. */
uint64_t vote_tally_stake(const struct vote_tally *tally,
                          const struct hash *value);
bool vote_tally_quorum(const struct vote_tally *tally, struct hash *value);
bool vote_tally_find(const struct vote_tally *tally, uint16_t validator,
                     struct vote *out);
/* The same for a checked vote for that value. */
bool vote_tally_find_good(const struct vote_tally *tally, uint16_t validator,
                          const struct hash *value, struct vote *out);

#endif
