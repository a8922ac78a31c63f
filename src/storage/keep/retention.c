/*
 * Nothing here reads a clock or a store: the current round comes from the
 * slots of the settlement layer, so a node that was off catches up by naming
 * the round it finds when it is back.
 */
#include "storage/keep/retention.h"
#include "base/check.h"

#include <string.h>

#define DAY_MS (24ull * 3600 * 1000)

struct pin_owner retention_user(void)
{
    return (struct pin_owner){.kind = PIN_USER};
}

struct pin_owner retention_task(const struct pubkey *task)
{
    return (struct pin_owner){.kind = PIN_TASK, .task = *task};
}

struct pin_owner retention_round(const struct pubkey *task, uint64_t round,
                                 uint32_t rounds)
{
    return (struct pin_owner){
        .kind = PIN_ROUND, .task = *task, .round = round, .rounds = rounds};
}

struct pin_owner retention_days(const struct pubkey *task, uint64_t round,
                                uint32_t days)
{
    return (struct pin_owner){
        .kind = PIN_DAYS, .task = *task, .round = round, .rounds = days};
}

/* Round 7 kept for three further ones holds through round 10 and ends when 11
 * begins. */
uint64_t retention_last_round(const struct pin_owner *owner)
{
    uint64_t rounds = owner->rounds;

    if (owner->kind != PIN_ROUND)
        return UINT64_MAX;
    /* Clamped here and not when the pin is made: a row written by another
     * version counts by this one's limits. */
    if (rounds < RETENTION_ROUNDS_MIN)
        rounds = RETENTION_ROUNDS_MIN;
    if (rounds > RETENTION_ROUNDS_MAX)
        rounds = RETENTION_ROUNDS_MAX;
    /* Rounds come from a chain; one near 2^64 must not end at once. */
    return owner->round > UINT64_MAX - rounds ? UINT64_MAX
                                              : owner->round + rounds;
}

bool retention_has_ended(const struct pin_owner *owner,
                         const struct pubkey *task, uint64_t current_round)
{
    CHECK(owner->kind >= PIN_USER && owner->kind <= PIN_DAYS);
    return owner->kind == PIN_ROUND && pubkey_equal(&owner->task, task) &&
           current_round > retention_last_round(owner);
}

uint64_t retention_until_ms(const struct pin_owner *owner, uint64_t since_ms)
{
    uint64_t kept_ms = owner->rounds * DAY_MS;

    if (owner->kind != PIN_DAYS || since_ms > UINT64_MAX - kept_ms)
        return UINT64_MAX;
    return since_ms + kept_ms;
}
