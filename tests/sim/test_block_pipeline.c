/*
 * The way of blocks from the mempool to the disk: the real steps (fee_queue,
 * pace, flush_queue), with a made-up executor and disk in virtual time, and
 * faults from a seed: a slow disk, one that fails, a leader that comes late,
 * a wall clock that is set forward and back, orderly stops, and crashes in the
 * middle of anything, after which the chain goes on from what is on disk.
 *
 * Whatever happens:
 *
 *  - what is shown ascends, and no slot is shown twice, across crashes too;
 *  - a block with transactions is on disk before it is shown, and so is the
 *    first one after a gap;
 *  - block times ascend;
 *  - of what waits the best paying is taken first;
 *  - what waits for the disk is bounded;
 *  - an orderly stop ends, with all blocks on disk and shown, and so does one
 *    after the disk has failed, with nothing shown that is not on disk.
 *
 * Usage: test_block_pipeline [SEED [COUNT]]
 */
#include "base/check.h"
#include "base/memory.h"
#include "base/random.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/fee_queue.h"
#include "settlement/chain/flush_queue.h"
#include "settlement/chain/pace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 1500
#define LIVES 6 /* runs of the validator in one history */
#define NEVER UINT64_MAX
#define MS 1000000ull
#define DAY_MS 86400000ll
#define POOL 40

struct made {
    uint64_t slot, parent, unix_ms;
    size_t transactions;
};

/* What lives on. */
struct disk {
    struct made tip;
    uint64_t write_ms;    /* the most that a write takes */
    uint64_t fail_one_in; /* 0: never fails */
};

struct world {
    uint64_t seed;
    struct random random;
    struct genesis genesis;
    unsigned troubles;
    struct disk disk;
    int64_t clock_ms;    /* wall clock minus monotonic */
    uint64_t shown_slot; /* the highest that was ever shown */
    uint64_t now_ns;
    uint64_t number; /* of the next transaction */

    /* One life: the steps' states, and when their drivers act next. */
    struct fee_queue *pool;
    struct pace pace;
    struct flush_queue queue;
    struct made parent;
    struct made *block; /* under way, or sealed and not pushed */
    uint64_t ticks;
    size_t entries;
    bool is_pushing, is_waiting, is_stopping, has_ended;
    struct flush_step step; /* the flusher's, under way */
    int step_status;
    uint64_t leader_due, flusher_at, sender_at, clock_at, end_at;
    bool ends_by_crash;
};

static void trouble(struct world *world, const char *what)
{
    if (world->troubles++ == 0)
        printf("# seed %" PRIu64 " at %" PRIu64 " ms: %s\n", world->seed,
               (uint64_t)(world->now_ns / MS), what);
}

static void expect(struct world *world, bool is_right, const char *what)
{
    if (!is_right)
        trouble(world, what);
}

static uint64_t below(struct world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

static uint64_t unix_ms(const struct world *world)
{
    return (uint64_t)((int64_t)(world->now_ns / MS) + world->clock_ms);
}

/* ---- Senders and the clock ---- */

static void send(struct world *world)
{
    struct buffer wire = {0};
    struct signature id = {{0}};
    struct fee_entry *pushed_out;
    memcpy(id.bytes, &world->number, sizeof(world->number));
    world->number++;
    buffer_u8(&wire, 1);
    buffer_append(&wire, id.bytes, sizeof(id.bytes));
    struct fee_entry *entry = fee_entry_new(0, below(world, 10), &wire);
    int status = fee_queue_add(world->pool, entry, &pushed_out);
    fee_entry_free(status ? entry : pushed_out);
    if (world->is_waiting)
        world->leader_due = world->now_ns;
    /* In bursts, with pauses between them. */
    world->sender_at =
        world->now_ns +
        (below(world, 20) ? below(world, 3 * MS) : below(world, 30000 * MS));
}

static void set_clock(struct world *world)
{
    int64_t most = below(world, 2) ? 10000 : DAY_MS;
    world->clock_ms += (int64_t)below(world, (uint64_t)most) - most / 2;
    world->clock_at = world->now_ns + below(world, 60000 * MS);
}

/* ---- The leader's driver ---- */

static void begin(struct world *world)
{
    /* Banks that are in memory until their rows are in their place. */
    size_t banks = world->queue.waiting_count;
    if (world->queue.phase != FLUSH_SETTLED)
        banks += world->queue.batch_count;
    expect(world, banks < EXECUTOR_FLUSHING_MAX,
           "more banks wait for the disk than there is room for");
    struct pace_block at =
        pace_begin(&world->pace, world->parent.slot, world->parent.unix_ms,
                   world->now_ns, unix_ms(world));
    expect(world, at.slot > world->parent.slot, "a slot is not after another");
    expect(world, at.unix_ms >= world->parent.unix_ms, "time runs backwards");
    world->block = mem_zero(1, sizeof(*world->block));
    *world->block = (struct made){
        .slot = at.slot, .parent = world->parent.slot, .unix_ms = at.unix_ms};
    world->ticks = world->entries = 0;
}

/* Some take so long that the slot's end passes meanwhile. */
static void execute(struct world *world)
{
    size_t count = 0, most = 1 + below(world, 64);
    uint64_t fee = UINT64_MAX;
    struct fee_entry *entry;
    for (; count < most && (entry = fee_queue_take(world->pool)); count++) {
        expect(world, entry->fee <= fee, "a worse one was taken first");
        fee = entry->fee;
        fee_entry_free(entry);
    }
    world->block->transactions += count;
    world->entries += count > 0;
    pace_executed(&world->pace, count);
    world->leader_due += count * 20000;
    if (below(world, 200) == 0)
        world->leader_due += below(world, 500 * MS);
}

/* The block goes to the queue, now or when there is room. */
static void push(struct world *world)
{
    struct made *block = world->block;
    bool waits_for_disk =
        block->transactions > 0 || block->slot != block->parent + 1;
    const struct flush_item item = {
        .block = (struct executed_block *)(void *)block,
        .slot = block->slot,
        .due_ms =
            world->now_ns / MS + (waits_for_disk ? 0 : LEDGER_IDLE_FLUSH_MS),
        .used_bytes = below(world, 30) ? 1000 * (1 + block->transactions)
                                       : below(world, 100u << 20)};
    world->is_pushing = !flush_queue_has_room(&world->queue, item.used_bytes);
    world->leader_due = world->is_pushing ? NEVER : world->now_ns;
    if (world->is_pushing)
        return;
    world->parent = *block;
    world->block = NULL;
    if (!flush_queue_push(&world->queue, &item))
        free(block);
    pace_sealed(&world->pace);
    pace_lead(&world->pace, world->parent.slot + 1,
              world->pace.start_ns + world->genesis.slot_ms * MS);
    if (world->step.act == FLUSH_WAIT)
        world->flusher_at = world->now_ns;
}

static void produce(struct world *world)
{
    world->is_waiting = false;
    if (world->is_pushing) {
        push(world);
        return;
    }
    const struct pace_seen seen = {.now_ns = world->now_ns,
                                   .ticks = world->ticks,
                                   .has_room = world->entries < 20,
                                   .is_stopping = world->is_stopping};
    struct pace_step step = world->queue.has_failed
                                ? (struct pace_step){.act = PACE_END}
                                : pace_next(&world->pace, &seen);
    world->leader_due = world->now_ns + below(world, 100000);
    switch (step.act) {
    case PACE_BEGIN:
        begin(world);
        break;
    case PACE_TICK:
        world->ticks += step.ticks;
        break;
    case PACE_EXECUTE:
        execute(world);
        break;
    case PACE_WAIT:
        world->is_waiting = true;
        if (!world->is_stopping && fee_queue_count(world->pool) == 0)
            world->leader_due = step.until_ns;
        break;
    case PACE_SLEEP:
        world->leader_due = step.until_ns + below(world, MS);
        break;
    case PACE_REST: /* nobody asks for a pause here */
        CHECK(false);
        break;
    case PACE_SEAL:
        push(world);
        break;
    case PACE_END:
        world->leader_due = NEVER;
        if (world->is_stopping) {
            flush_queue_stop(&world->queue);
            if (world->step.act == FLUSH_WAIT)
                world->flusher_at = world->now_ns;
        }
        break;
    }
}

/* ---- The flusher's driver ---- */

static struct made *batch_block(const struct world *world, size_t at)
{
    return (struct made *)(void *)world->queue.batch[at].block;
}

static void show(struct world *world)
{
    for (size_t i = world->queue.shown; i < world->queue.batch_count; i++) {
        const struct made *block = batch_block(world, i);
        bool is_on_disk = block->slot <= world->disk.tip.slot;
        expect(world, block->slot > world->shown_slot,
               "a slot is shown twice, or out of order");
        expect(world, is_on_disk || block->transactions == 0,
               "a crash could take back what is shown");
        expect(world, is_on_disk || block->slot == block->parent + 1,
               "a block after a gap is shown before it is on disk");
        world->shown_slot = block->slot;
    }
}

/* What a write leaves, when it is over or when a crash came. */
static void reach_disk(struct world *world)
{
    for (size_t i = 0; i < world->queue.batch_count; i++) {
        const struct made *block = batch_block(world, i);
        expect(world, block->parent == world->disk.tip.slot,
               "a block does not follow on the one before it");
        world->disk.tip = *block;
    }
}

static void end_step(struct world *world)
{
    if (world->step.act == FLUSH_WRITE && !world->step_status)
        reach_disk(world);
    for (size_t i = 0;
         world->step.act == FLUSH_RELEASE && i < world->queue.batch_count; i++)
        free(batch_block(world, i));
    flush_queue_done(&world->queue, world->step_status);
    if (world->is_pushing)
        world->leader_due = world->now_ns;
}

static void flush(struct world *world)
{
    if (world->step.act != FLUSH_WAIT)
        end_step(world);
    world->step = flush_queue_next(&world->queue, world->now_ns / MS);
    world->step_status = 0;
    world->flusher_at = world->now_ns;
    if (world->is_pushing)
        world->leader_due = world->now_ns;
    switch (world->step.act) {
    case FLUSH_WAIT:
        world->flusher_at = world->step.until_ms == FLUSH_NEVER
                                ? NEVER
                                : world->step.until_ms * MS;
        break;
    case FLUSH_WRITE:
    case FLUSH_SETTLE:
        if (world->disk.fail_one_in && !below(world, world->disk.fail_one_in))
            world->step_status = -1;
        world->flusher_at += below(world, world->disk.write_ms * MS);
        break;
    case FLUSH_SHOW:
        show(world);
        break;
    case FLUSH_RELEASE:
        break;
    case FLUSH_END:
        world->flusher_at = NEVER;
        world->has_ended = true;
        break;
    }
}

/* ---- A life ---- */

static void start(struct world *world, bool was_clean)
{
    static const uint64_t slow[] = {2, 20, 2000};
    const size_t places = POOL;
    world->pool = fee_queue_new(&places, 1);
    world->parent = world->disk.tip;
    world->pace = pace_make(&world->genesis);
    pace_lead(&world->pace, world->parent.slot + 1, world->now_ns);
    if (!was_clean)
        pace_skip(&world->pace);
    world->queue = flush_queue_make(world->disk.tip.slot);
    world->block = NULL;
    world->is_pushing = world->is_waiting = world->is_stopping =
        world->has_ended = false;
    world->step = (struct flush_step){.act = FLUSH_WAIT};
    world->disk.write_ms = slow[below(world, 3)];
    world->disk.fail_one_in = below(world, 4) ? 0 : 100;
    world->leader_due = world->flusher_at = world->now_ns;
    world->sender_at = world->now_ns + below(world, 20000 * MS);
    world->clock_at =
        below(world, 2) ? NEVER : world->now_ns + below(world, 20000 * MS);
    world->end_at = world->now_ns + below(world, 60000 * MS);
    world->ends_by_crash = below(world, 2);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One thing happens. False once there is nothing to wait for. */
static bool step(struct world *world)
{
    uint64_t next =
        least(least(world->leader_due, world->flusher_at),
              least(world->sender_at, least(world->clock_at, world->end_at)));
    if (next > world->now_ns)
        world->now_ns = next;
    if (next == world->end_at) {
        world->end_at = NEVER;
        world->is_stopping = true;
        if (world->is_waiting || world->leader_due == NEVER)
            world->leader_due = world->now_ns;
        return !world->ends_by_crash;
    }
    if (next == world->sender_at)
        send(world);
    else if (next == world->clock_at)
        set_clock(world);
    else if (next == world->leader_due)
        produce(world);
    else
        flush(world);
    return !world->has_ended || !world->is_stopping;
}

static void free_left(struct world *world)
{
    struct executed_block *left;
    world->queue.under_way = FLUSH_WAIT; /* the process is gone */
    while ((left = flush_queue_left(&world->queue)))
        free((void *)left);
    free(world->block);
    fee_queue_free(world->pool);
}

/* A crash in the middle of a write leaves all of it or nothing. Returns true
 * after an orderly end. */
static bool live(struct world *world, bool was_clean)
{
    start(world, was_clean);
    uint64_t steps = 0;
    while (step(world) && steps < 2000000)
        steps++;
    expect(world, steps < 2000000, "a life does not end");
    bool is_clean = world->has_ended && !world->queue.has_failed;
    if (world->step.act == FLUSH_WRITE && below(world, 2))
        reach_disk(world);
    if (is_clean)
        expect(world,
               world->disk.tip.slot == world->parent.slot &&
                   world->shown_slot == world->parent.slot,
               "an orderly end left something");
    free_left(world);
    return is_clean;
}

static unsigned run(uint64_t seed)
{
    struct world *world = mem_zero(1, sizeof(*world));
    world->seed = seed;
    world->random = random_make(seed);
    world->genesis = (struct genesis){.slot_ms = 20 + below(world, 400),
                                      .ticks_per_slot = 1 + below(world, 64),
                                      .validator_count = 1};
    if (below(world, 2))
        world->genesis.hashes_per_tick = 20000;
    world->clock_ms = 20000 * DAY_MS;
    world->now_ns = 1000 * MS;
    bool was_clean = true;
    for (int i = 0; i < LIVES; i++) {
        was_clean = live(world, was_clean);
        world->now_ns += below(world, 5000 * MS); /* down */
    }
    unsigned troubles = world->troubles;
    free(world);
    return troubles;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : SEEDS;
    unsigned bad = 0;
    for (uint64_t i = 0; i < count; i++)
        bad += run(seed + i) != 0;
    printf("1..1\n%s 1 - %" PRIu64 " histories of %d lives, %u bad\n",
           bad ? "not ok" : "ok", count, LIVES, bad);
    return bad != 0;
}
