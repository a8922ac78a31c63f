#include "settlement/format/leader.h"
#include "base/check.h"

struct leader_schedule leader_schedule(const struct genesis *genesis)
{
    CHECK(genesis->validator_count);
    return (struct leader_schedule){.validators = genesis->validators,
                                    .count = genesis->validator_count};
}

/* Validators do not agree with each other yet, so the first of the genesis
 * leads every slot, and the others none. */
const struct genesis_validator *
leader_at(const struct leader_schedule *schedule, uint64_t slot)
{
    return &schedule->validators[0];
}
