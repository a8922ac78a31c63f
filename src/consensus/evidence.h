/*
 * Two votes of one validator that an honest one does not give both.
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
};

/* Which offence the two show, in whatever order. The signatures are the
 * caller's to check. */
enum offence evidence_of(const struct vote *a, const struct vote *b);

#endif
