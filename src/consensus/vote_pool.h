/*
 * The votes of one window: who voted for what, how much stake stands behind
 * each thing, and which signatures have been checked.
 *
 * A vote arrives unchecked and is held. Only when the votes for one thing could
 * be a quorum are the signatures of all of them asked for, so that they can be
 * checked together; those that hold count. What is a quorum stays one.
 *
 * Each validator has room for one vote of a kind and slot, so nobody's votes
 * can fill the room of another's. Of nullify votes it is the one for the lowest
 * slot that counts, because it gives up the slots after it, too.
 *
 * Thread: not thread-safe.
 */
#ifndef POND_CONSENSUS_VOTE_POOL_H
#define POND_CONSENSUS_VOTE_POOL_H

#include "consensus/certificate.h"
#include "consensus/vote_tally.h"

struct vote_pool;

/* The set is borrowed. */
struct vote_pool *vote_pool_new(const struct validator_set *set,
                                uint64_t window);
void vote_pool_free(struct vote_pool *pool);

/* Forget all votes. */
void vote_pool_clear(struct vote_pool *pool);

/* Hold an unchecked vote of this window. */
enum vote_taken vote_pool_hold(struct vote_pool *pool, const struct vote *vote);
/* Count a vote whose signature holds. It takes the place of another one of the
 * same validator, which only one who votes twice has. */
void vote_pool_add(struct vote_pool *pool, const struct vote *vote);
/* Forget what is held of a validator and was not found good. */
void vote_pool_drop(struct vote_pool *pool, uint16_t validator);

/* If unchecked votes of that kind and slot could make a quorum that is not
 * there yet: copy them to out, which has room for all validators' votes, and
 * return how many there are. They are not asked for again before their answer;
 * while one is out there is none. */
size_t vote_pool_ask(struct vote_pool *pool, enum vote_kind kind, uint64_t slot,
                     struct vote *out);
/* The answer about one of them. */
void vote_pool_answer(struct vote_pool *pool, const struct vote *vote,
                      bool is_good);

/* Stake of all notarize or finalize votes for one thing in that slot, checked
 * or not. */
uint64_t vote_pool_stake(const struct vote_pool *pool, enum vote_kind kind,
                         uint64_t slot, const struct hash *value);
/* Is there a quorum of notarize or finalize votes for one thing in that slot?
 */
bool vote_pool_quorum(const struct vote_pool *pool, enum vote_kind kind,
                      uint64_t slot, struct hash *value);
/* The place of the first slot that a quorum has given up; WINDOW_SLOTS: none.
 */
unsigned vote_pool_covered_from(const struct vote_pool *pool);

/* A validator's vote of that kind and slot, checked or not; false: none. Of
 * nullify votes any slot will do: it is the lowest one. */
bool vote_pool_find(const struct vote_pool *pool, enum vote_kind kind,
                    uint64_t slot, uint16_t validator, struct vote *out);

/* Make a certificate of the checked votes, which are a quorum: for value, which
 * the caller knows by block and state, or that a nullified slot is covered. out
 * is to be freed. */
void vote_pool_certify(const struct vote_pool *pool, enum vote_kind kind,
                       uint64_t slot, const struct hash *block,
                       const struct hash *state, struct certificate *out);

#endif
