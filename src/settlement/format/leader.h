/*
 * Who makes the block of a slot. Nothing else knows: producing, checking and
 * the endpoint ask here.
 */
#ifndef POND_SETTLEMENT_FORMAT_LEADER_H
#define POND_SETTLEMENT_FORMAT_LEADER_H

#include "settlement/format/genesis.h"

/* What the leaders follow from. Borrows from the genesis. */
struct leader_schedule {
    const struct genesis_validator *validators;
    size_t count;
};

struct leader_schedule leader_schedule(const struct genesis *genesis);

/* The leader of a slot, whose signature its block carries. Borrowed. */
const struct genesis_validator *
leader_at(const struct leader_schedule *schedule, uint64_t slot);

#endif
