#include "settlement/chain/pace.h"

#include "base/check.h"
#include "settlement/format/block_time.h"
#include "settlement/ledger/ledger.h"

/* How long to wait for more after the first transaction after a pause. Without
 * the wait, a thread that is faster than those that verify would wake and sleep
 * once for each transaction, which costs more than executing it. */
#define GATHER_NS 2000000

/* The most hashes of a slot that are made at once at its end: about 2 ms. With
 * more hashes the thread wakes for every tick. */
#define SLOT_HASHES_AT_ONCE 8192

/* Late slots are made up for, but never more than two. */
#define LATE_SLOTS_MAX 2

/* How far block times may be ahead of the clock without a report: as far as
 * setting a clock in small steps brings them. */
#define AHEAD_TOLD_MS 1000

struct pace pace_make(const struct genesis *genesis)
{
    return (struct pace){.genesis = genesis,
                         .is_cheap = genesis->hashes_per_tick *
                                         genesis->ticks_per_slot <=
                                     SLOT_HASHES_AT_ONCE};
}

void pace_lead(struct pace *pace, uint64_t slot, uint64_t due_ns)
{
    CHECK(slot);
    pace->ordered = slot;
    pace->due_ns = due_ns;
}

void pace_forget(struct pace *pace)
{
    pace->ordered = 0;
}

/* No more slots than these are published before they are on disk. The time
 * since the tip does not say how many there were, because a clock that was set
 * back meanwhile makes it too short. The first block after the gap is on disk
 * before it is shown (executed_block.h), because otherwise a second crash would
 * count from the same tip. */
uint64_t pace_skip(struct pace *pace)
{
    pace->skip = LEDGER_IDLE_BLOCKS_MAX;
    return pace->skip;
}

/* ---- Block times ---- */

/* The clock's own time cannot be checked: a jump forward may correct it. So the
 * chain follows the clock. If the clock is set back afterwards, block times go
 * half as fast as slots do until it has caught up: they never stand still, and
 * never run backwards. */
static uint64_t block_time(const struct pace *pace, uint64_t least_ms,
                           uint64_t parent_ms, uint64_t now_ms)
{
    if (now_ms >= least_ms)
        return now_ms;
    uint64_t half_ms = parent_ms + pace->genesis->slot_ms / 2;
    return half_ms > least_ms ? half_ms : least_ms;
}

static enum pace_clock watch_clock(struct pace *pace, uint64_t parent_ms,
                                   uint64_t now_ms)
{
    if (!pace->is_ahead && now_ms + AHEAD_TOLD_MS < parent_ms) {
        pace->is_ahead = true;
        return PACE_CLOCK_BEHIND;
    }
    if (pace->is_ahead && now_ms >= parent_ms) {
        pace->is_ahead = false;
        return PACE_CLOCK_RIGHT;
    }
    return PACE_CLOCK_AS_BEFORE;
}

/* After a long stop (a suspended machine, a disk that hangs) the slots that
 * passed are not made up for: they would all come at once. */
static uint64_t slot_start(const struct pace *pace, uint64_t now_ns)
{
    uint64_t late_ns = LATE_SLOTS_MAX * pace->genesis->slot_ms * 1000000u;
    return pace->due_ns + late_ns < now_ns ? now_ns : pace->due_ns;
}

/* The slots to skip are left out once, before the first block. */
struct pace_block pace_begin(struct pace *pace, uint64_t parent_slot,
                             uint64_t parent_ms, uint64_t now_ns,
                             uint64_t now_ms)
{
    CHECK(pace->state == PACE_STATE_BETWEEN && pace->ordered);
    uint64_t slot = pace->ordered + pace->skip;
    if (slot < pace->reach)
        slot = pace->reach;
    uint64_t least_ms =
        block_time_least(pace->genesis, parent_slot, parent_ms, slot);
    const struct pace_block block = {
        .slot = slot,
        .unix_ms = block_time(pace, least_ms, parent_ms, now_ms),
        .clock = watch_clock(pace, parent_ms, now_ms)};
    pace->start_ns = slot_start(pace, now_ns);
    pace->skip = 0;
    pace->ordered = 0;
    pace->state = PACE_STATE_BUSY;
    return block;
}

/* ---- Within a slot ---- */

/* Computed from the slot's start each time, so that roundings do not add up.
 * slot_ms and ticks are bounded by the genesis (genesis.h): no overflow. */
static uint64_t tick_due_ns(const struct pace *pace, uint64_t tick)
{
    return pace->start_ns + pace->genesis->slot_ms * 1000000u * tick /
                                pace->genesis->ticks_per_slot;
}

/* All ticks that are left if the chain is to end. */
static uint64_t ticks_due(const struct pace *pace, const struct pace_seen *seen)
{
    uint64_t ticks = seen->ticks;
    while (ticks < pace->genesis->ticks_per_slot &&
           (seen->is_stopping || seen->now_ns >= tick_due_ns(pace, ticks + 1)))
        ticks++;
    return ticks - seen->ticks;
}

/* The time until which only a transaction gives something to do. Cheap ticks
 * are all made at the slot's end, so an idle chain wakes once a slot. */
static uint64_t next_due_ns(const struct pace *pace, uint64_t ticks)
{
    return tick_due_ns(pace, pace->is_cheap ? pace->genesis->ticks_per_slot
                                            : ticks + 1);
}

static struct pace_step until(enum pace_act act, uint64_t until_ns)
{
    return (struct pace_step){.act = act, .until_ns = until_ns};
}

/* No transaction waits: wait for one, then a little longer for those that come
 * with it. */
static struct pace_step next_idle(struct pace *pace,
                                  const struct pace_seen *seen)
{
    uint64_t due_ns = next_due_ns(pace, seen->ticks);
    if (pace->state == PACE_STATE_IDLE) {
        pace->state = PACE_STATE_WAITED;
        return until(PACE_WAIT, due_ns);
    }
    pace->state = PACE_STATE_BUSY;
    if (seen->now_ns + GATHER_NS < due_ns)
        return until(PACE_SLEEP, seen->now_ns + GATHER_NS);
    return (struct pace_step){.act = PACE_EXECUTE};
}

/* A pause moves the slots after it by its length. */
static struct pace_step next_between(struct pace *pace,
                                     const struct pace_seen *seen)
{
    pace->reach = seen->reach;
    if (seen->is_stopping)
        return (struct pace_step){.act = PACE_END};
    if (pace->is_resting)
        pace->due_ns = seen->now_ns;
    pace->is_resting = seen->is_paused;
    if (seen->is_paused)
        return (struct pace_step){.act = PACE_REST};
    if (!pace->ordered)
        return until(PACE_SLEEP, UINT64_MAX);
    if (seen->now_ns < pace->due_ns)
        return until(PACE_SLEEP, pace->due_ns);
    return (struct pace_step){.act = PACE_BEGIN};
}

/* A slot without room sleeps to its end: transactions that come meanwhile wait
 * in the mempool, and the best of them go into the next slot. */
struct pace_step pace_next(struct pace *pace, const struct pace_seen *seen)
{
    if (pace->state == PACE_STATE_BETWEEN)
        return next_between(pace, seen);
    uint64_t due = ticks_due(pace, seen);
    if (due > 0)
        return (struct pace_step){.act = PACE_TICK, .ticks = due};
    if (seen->ticks == pace->genesis->ticks_per_slot)
        return (struct pace_step){.act = PACE_SEAL};
    if (!seen->has_room)
        return until(PACE_SLEEP,
                     tick_due_ns(pace, pace->genesis->ticks_per_slot));
    if (pace->state != PACE_STATE_BUSY)
        return next_idle(pace, seen);
    return (struct pace_step){.act = PACE_EXECUTE};
}

void pace_executed(struct pace *pace, size_t count)
{
    CHECK(pace->state != PACE_STATE_BETWEEN);
    pace->state = count ? PACE_STATE_BUSY : PACE_STATE_IDLE;
}

void pace_sealed(struct pace *pace)
{
    CHECK(pace->state != PACE_STATE_BETWEEN);
    pace->state = PACE_STATE_BETWEEN;
}
