#include "settlement/chain/performance.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stdlib.h>

/* More slots that were left out at once took no time, so a sample over them
 * would say nothing of how long slots are. */
#define LEAP_MAX 128

struct performance {
    struct lock lock;
    struct performance_sample samples[PERFORMANCE_SAMPLES_MAX]; /* a ring */
    size_t count;                                               /* ever taken */
    bool has_begun;
    uint64_t begin_ms;
    uint64_t begin_slot;
    uint64_t begin_transactions;
    struct performance_sample now; /* the one under way */
};

struct performance *performance_new(void)
{
    struct performance *performance = mem_zero(1, sizeof(*performance));
    lock_init(&performance->lock);
    return performance;
}

void performance_free(struct performance *performance)
{
    if (!performance)
        return;
    lock_destroy(&performance->lock);
    free(performance);
}

static void begin(struct performance *performance, uint64_t slot,
                  uint64_t transactions, uint64_t now_ms)
{
    performance->has_begun = true;
    performance->begin_ms = now_ms;
    performance->begin_slot = slot;
    performance->begin_transactions = transactions;
    performance->now = (struct performance_sample){.slot = slot};
}

void performance_note(struct performance *performance, uint64_t slot,
                      uint64_t transaction_count, uint64_t now_ms)
{
    lock_take(&performance->lock);
    CHECK(slot >= performance->now.slot);
    if (!performance->has_begun || slot > performance->now.slot + LEAP_MAX)
        begin(performance, slot, transaction_count, now_ms);
    performance->now = (struct performance_sample){
        .slot = slot,
        .slots = slot - performance->begin_slot,
        .transactions = transaction_count - performance->begin_transactions,
        .period_ms = now_ms - performance->begin_ms,
    };
    if (performance->now.period_ms >= PERFORMANCE_PERIOD_MS) {
        performance->samples[performance->count % PERFORMANCE_SAMPLES_MAX] =
            performance->now;
        performance->count++;
        begin(performance, slot, transaction_count, now_ms);
    }
    lock_give(&performance->lock);
}

size_t performance_samples(struct performance *performance,
                           struct performance_sample *out, size_t limit)
{
    size_t taken = 0;
    lock_take(&performance->lock);
    size_t kept = performance->count < PERFORMANCE_SAMPLES_MAX
                      ? performance->count
                      : PERFORMANCE_SAMPLES_MAX;
    for (; taken < limit && taken < kept; taken++)
        out[taken] = performance->samples[(performance->count - 1 - taken) %
                                          PERFORMANCE_SAMPLES_MAX];
    /* At least a second, because the answer's unit is a second. */
    if (!kept && limit > 0 && performance->now.period_ms >= 1000)
        out[taken++] = performance->now;
    lock_give(&performance->lock);
    return taken;
}
