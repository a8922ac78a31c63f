/*
 * What others may look at: clients, operators, tests.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

void replica_status(const struct replica *replica, struct consensus_status *out)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    consensus_status(replica->consensus, out);
}

void replica_leaders(const struct replica *replica, uint16_t *current,
                     uint16_t *next)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    struct consensus_status status;

    consensus_status(replica->consensus, &status);
    *current = validator_set_leader(replica->options.set, status.window);
    *next = validator_set_leader(replica->options.set, status.window + 1);
}

void replica_peer_view(const struct replica *replica, uint16_t index,
                       struct replica_peer_view *out)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    CHECK(index < replica->count);
    const struct replica_peer *peer = &replica->peers[index];

    *out = (struct replica_peer_view){.is_up = peer->is_up,
                                      .is_banned = peer->is_banned,
                                      .has_status = peer->has_status,
                                      .status = peer->status,
                                      .last_vote = peer->last_vote};
}

void replica_counters(const struct replica *replica,
                      struct replica_counters *out)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    *out = replica->counters;
}

/* ---- by stake ---- */

/* What a validator says, and its stake. */
struct said {
    int64_t value;
    uint64_t stake;
};

static int compare_said(const void *a, const void *b)
{
    const struct said *one = a, *other = b;

    return (one->value > other->value) - (one->value < other->value);
}

/* The value that so much stake says is not exceeded, going up; 0 if nobody says
 * anything. */
static int64_t value_at(struct said *said, size_t count, uint64_t stake)
{
    size_t at = 0;

    if (!count)
        return 0;
    qsort(said, count, sizeof(*said), compare_said);
    while (at + 1 < count && said[at].stake <= stake)
        stake -= said[at++].stake;
    return said[at].value;
}

static uint64_t stake_of(const struct said *said, size_t count)
{
    uint64_t stake = 0;

    for (size_t i = 0; i < count; i++)
        stake += said[i].stake;
    return stake;
}

/* One's own clock counts with the others': so a third can't move the median
 * alone. */
static int64_t median_clock_ms(const struct replica *replica, struct said *said)
{
    size_t count = 0;

    for (uint16_t i = 0; i < replica->count; i++) {
        const struct replica_peer *peer = &replica->peers[i];
        if (i != replica->options.self && !peer->has_status)
            continue;
        said[count++] = (struct said){
            .value = i == replica->options.self ? 0 : peer->clock_ms,
            .stake = validator_set_at(replica->options.set, i)->stake};
    }
    return value_at(said, count, stake_of(said, count) / 2);
}

/* More than a third says so: one of them is honest. */
static uint64_t behind_slots(const struct replica *replica, struct said *said)
{
    uint64_t third = validator_set_stake(replica->options.set) / 3;

    for (uint16_t i = 0; i < replica->count; i++) {
        const struct replica_peer *peer = &replica->peers[i];
        uint64_t slot = peer->has_status ? peer->status.consensus.root_slot : 0;
        uint64_t ahead =
            slot > replica->root_slot ? slot - replica->root_slot : 0;
        said[i] = (struct said){
            .value = ahead > INT64_MAX ? -INT64_MAX : -(int64_t)ahead,
            .stake = validator_set_at(replica->options.set, i)->stake};
    }
    return (uint64_t)-value_at(said, replica->count, third);
}

static uint64_t fetching(const struct replica *replica)
{
    uint64_t count = 0;

    for (size_t i = 0; i < REPLICA_MISSING_MAX; i++)
        count += replica->missing[i].is_there;
    for (const struct replica_block *at = replica->last;
         at && at->header.slot > replica->root_slot; at = at->before)
        count += at->is_wanted && at->stage == STAGE_HEADER;
    return count;
}

void replica_health(const struct replica *replica, struct replica_health *out)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    const struct validator_set *set = replica->options.set;
    struct said *said = mem_zero(replica->count, sizeof(*said));

    *out = (struct replica_health){.is_halted = replica->is_halted};
    for (uint16_t i = 0; i < replica->count; i++)
        if (i == replica->options.self ||
            (replica->peers[i].is_up && !replica->peers[i].is_banned))
            out->up_stake += validator_set_at(set, i)->stake;
    out->has_quorum = validator_set_is_quorum(set, out->up_stake);
    out->clock_ms = median_clock_ms(replica, said);
    out->behind_slots = behind_slots(replica, said);
    out->fetching = fetching(replica);
    free(said);
}
