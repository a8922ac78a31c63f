/*
 * The state of a KPL task, as its account holds it: Borsh, in a fixed order of
 * fields. Here it becomes the JSON that native tasks have, so that a reader of
 * tasks knows one form. Fields that only KPL tasks have are token_type (the
 * mint), stake_pot_seed (arrays of 32 numbers) and stake_pot_bump.
 *
 * Source: the decoder that Koii publishes, which takes no byte more than the
 * state has.
 *
 * Thread: any.
 */
#ifndef POND_SETTLEMENT_FORMAT_KPL_STATE_H
#define POND_SETTLEMENT_FORMAT_KPL_STATE_H

#include "base/buffer.h"

/* Which of the maps come out; those left out are read past. */
enum kpl_state_parts {
    KPL_STATE_SUBMISSIONS = 1,   /* and their audits */
    KPL_STATE_DISTRIBUTIONS = 2, /* lists, their audits, records of payouts */
    KPL_STATE_BALANCES = 4,
    KPL_STATE_STAKES = 8, /* and addresses */
    KPL_STATE_ALL = 15,
};

/* Append the state as JSON text. round: the one whose submissions and lists
 * are wanted; NULL: all. ERR_INVALID if the data is no such state; then what
 * was appended is half a text. */
int kpl_state_json(struct bytes data, unsigned parts, const uint64_t *round,
                   struct buffer *out);

#endif
