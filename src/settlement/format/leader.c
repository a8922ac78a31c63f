/*
 * An epoch's set takes a while to make and is asked for slot by slot, so the
 * newest are kept.
 */
#include "settlement/format/leader.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include "consensus/validator_set.h"
#include <stdlib.h>

/* An epoch's end is seen from both sides. */
#define EPOCHS_KEPT 2

struct epoch {
    struct validator_set *set; /* NULL: none */
    struct hash hash;
};

struct leader_schedule {
    const struct genesis *genesis;
    struct lock lock;                 /* guards what follows */
    struct epoch epochs[EPOCHS_KEPT]; /* by number */
};

struct leader_schedule *leader_schedule_new(const struct genesis *genesis)
{
    CHECK(genesis->validator_count);
    struct leader_schedule *schedule = mem_zero(1, sizeof(*schedule));
    schedule->genesis = genesis;
    lock_init(&schedule->lock);
    return schedule;
}

void leader_schedule_free(struct leader_schedule *schedule)
{
    if (!schedule)
        return;
    for (size_t i = 0; i < EPOCHS_KEPT; i++)
        validator_set_free(schedule->epochs[i].set);
    lock_destroy(&schedule->lock);
    free(schedule);
}

/* With the lock. */
static const struct epoch *find(struct leader_schedule *schedule, uint64_t slot)
{
    uint64_t number = slot / genesis_slots_per_epoch(schedule->genesis);
    struct epoch *epoch = &schedule->epochs[number % EPOCHS_KEPT];
    if (epoch->set && validator_set_epoch(epoch->set) == number)
        return epoch;
    validator_set_free(epoch->set);
    epoch->set = genesis_validator_set(schedule->genesis, number);
    validator_set_hash(epoch->set, &epoch->hash);
    return epoch;
}

const struct genesis_validator *leader_at(struct leader_schedule *schedule,
                                          uint64_t slot)
{
    const struct genesis *genesis = schedule->genesis;
    if (genesis->validator_count == 1)
        return &genesis->validators[0];
    lock_take(&schedule->lock);
    uint16_t index =
        validator_set_leader(find(schedule, slot)->set, window_of(slot));
    lock_give(&schedule->lock);
    return &genesis->validators[index];
}

void leader_set_hash(struct leader_schedule *schedule, uint64_t slot,
                     struct hash *out)
{
    lock_take(&schedule->lock);
    *out = find(schedule, slot)->hash;
    lock_give(&schedule->lock);
}
