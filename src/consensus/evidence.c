#include "consensus/evidence.h"

/* The finalized slot goes with those that were given up: of one window, from
 * the one named on. */
static bool is_kept_given_up(const struct vote *kept, const struct vote *given)
{
    return kept->kind == VOTE_FINALIZE && given->kind == VOTE_NULLIFY &&
           window_of(kept->slot) == window_of(given->slot) &&
           given->slot <= kept->slot;
}

enum offence evidence_of(const struct vote *a, const struct vote *b)
{
    if (a->validator != b->validator)
        return OFFENCE_NONE;
    if (is_kept_given_up(a, b) || is_kept_given_up(b, a))
        return OFFENCE_KEPT_GIVEN_UP;
    if (a->kind != b->kind || a->kind == VOTE_NULLIFY || a->slot != b->slot ||
        hash_equal(&a->value, &b->value))
        return OFFENCE_NONE;
    return a->kind == VOTE_NOTARIZE ? OFFENCE_TWO_BLOCKS : OFFENCE_TWO_OUTCOMES;
}

enum offence evidence_of_blocks(const struct signed_block *a,
                                const struct signed_block *b)
{
    return pubkey_equal(&a->leader, &b->leader) && a->slot == b->slot &&
                   !hash_equal(&a->hash, &b->hash)
               ? OFFENCE_TWO_HEADERS
               : OFFENCE_NONE;
}
