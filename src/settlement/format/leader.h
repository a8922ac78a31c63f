/*
 * Who makes the block of a slot, and which validators agree on it. Nothing else
 * knows: producing, checking and the endpoint ask here.
 *
 * The validators of all slots are those of the genesis, as one set: that of
 * epoch 0, by which the consensus goes on past an epoch's end. The leader of
 * each window is drawn (consensus/validator_set.h).
 */
#ifndef POND_SETTLEMENT_FORMAT_LEADER_H
#define POND_SETTLEMENT_FORMAT_LEADER_H

#include "settlement/format/genesis.h"

struct leader_schedule;

/* The genesis is borrowed. Thread of what follows: any, several at once. */
struct leader_schedule *leader_schedule_new(const struct genesis *genesis);
void leader_schedule_free(struct leader_schedule *schedule); /* NULL is fine */

/* The leader of a slot, whose signature its block carries. Borrowed from the
 * genesis. */
const struct genesis_validator *leader_at(struct leader_schedule *schedule,
                                          uint64_t slot);

/* The hash of the validators that agree on a slot (validator_set_hash()), which
 * its block names. */
void leader_set_hash(struct leader_schedule *schedule, uint64_t slot,
                     struct hash *out);

#endif
