#include "settlement/format/leader.h"

#include "base/check.h"
#include "base/memory.h"
#include "consensus/validator_set.h"
#include <stdlib.h>

struct leader_schedule {
    const struct genesis *genesis;
    struct validator_set *set;
    struct hash hash;
};

struct leader_schedule *leader_schedule_new(const struct genesis *genesis)
{
    CHECK(genesis->validator_count);
    struct leader_schedule *schedule = mem_zero(1, sizeof(*schedule));
    schedule->genesis = genesis;
    schedule->set = genesis_validator_set(genesis, 0);
    validator_set_hash(schedule->set, &schedule->hash);
    return schedule;
}

void leader_schedule_free(struct leader_schedule *schedule)
{
    if (!schedule)
        return;
    validator_set_free(schedule->set);
    free(schedule);
}

const struct genesis_validator *leader_at(struct leader_schedule *schedule,
                                          uint64_t slot)
{
    const struct genesis *genesis = schedule->genesis;
    if (genesis->validator_count == 1)
        return &genesis->validators[0];
    return &genesis->validators[validator_set_leader(schedule->set,
                                                     window_of(slot))];
}

void leader_set_hash(struct leader_schedule *schedule, uint64_t slot,
                     struct hash *out)
{
    (void)slot;
    *out = schedule->hash;
}
