/*
 * A certificate: votes of one kind about one thing that together are a quorum,
 * so that who has it need not trust who gave it.
 *
 *     kind u8, epoch u64, slot u64,
 *     of a notarisation:  block hash[32]
 *     of a finalisation:  block hash[32], state hash[32]
 *     validators u16 (how many the set has), bitmap ceil(validators / 8)
 *     of a nullification: the place of its own slot in the window, u8 a vote
 *     signatures[64], by rising index; little-endian
 *
 * A nullification of a slot holds votes of that slot and of earlier ones of its
 * window, because who gives up a slot gives up the rest of its window with it.
 *
 * Only the form is checked here: the signatures are the caller's to check, as
 * those of single votes are.
 */
#ifndef POND_CONSENSUS_CERTIFICATE_H
#define POND_CONSENSUS_CERTIFICATE_H

#include "consensus/validator_set.h"
#include "consensus/vote.h"

struct certificate {
    enum vote_kind kind;
    uint64_t slot;
    struct hash block;  /* not of a nullification */
    struct hash state;  /* of a finalisation */
    size_t count;       /* of votes */
    struct vote *votes; /* by rising index; owned */
};

/* Append its form. The votes are of this kind, by rising index. */
void certificate_encode(const struct certificate *certificate,
                        const struct validator_set *set, struct buffer *out);

/* All of bytes is one certificate of the set's epoch whose votes are a quorum.
 * out owns memory where 0 is returned. ERR_INVALID says what is wrong. */
int certificate_decode(struct bytes bytes, const struct validator_set *set,
                       struct certificate *out);

void certificate_free(struct certificate *certificate);

#endif
