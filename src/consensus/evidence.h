/*
 * Two things that one validator signed and an honest one does not sign both:
 * votes, or as a leader blocks.
 */
#ifndef POND_CONSENSUS_EVIDENCE_H
#define POND_CONSENSUS_EVIDENCE_H

#include "consensus/validator_set.h"
#include "consensus/vote.h"

enum offence {
    OFFENCE_NONE,
    OFFENCE_TWO_BLOCKS,    /* E1: notarized two blocks of a slot */
    OFFENCE_KEPT_GIVEN_UP, /* E2: finalized a slot and gave it up */
    OFFENCE_TWO_OUTCOMES,  /* E3: finalized a slot twice. A fault and no crime,
                              if it is one block with two states after it */
    OFFENCE_TWO_HEADERS,   /* E4: made two blocks of a slot */
};

/* Which offence the two show, in whatever order. The signatures are the
 * caller's to check. */
enum offence evidence_of(const struct vote *a, const struct vote *b);

/* What a leader says by the signature of a block's header. */
struct signed_block {
    struct pubkey leader;
    uint64_t slot;
    struct hash hash;
};

/* The same for two headers. */
enum offence evidence_of_blocks(const struct signed_block *a,
                                const struct signed_block *b);

#endif
