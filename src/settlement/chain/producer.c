/*
 * One thread, for two reasons: transactions of a slot change one state in one
 * order, and the proof of history is a chain that can't be made in parallel.
 * Other threads do all other work: those that bring transactions check
 * signatures (mempool.h), and the flusher works on the disk.
 *
 * The thread waits and reads clocks. pace.h says what is due, executor.h makes
 * the blocks.
 *
 * A view of the disk is opened before each block, and closed when the block is
 * sealed, so LMDB's pages are pinned for a slot and no longer.
 */
#include "settlement/chain/producer.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/pace.h"
#include "settlement/chain/slot_control.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define PRODUCER_MAGIC 0x50524f44u

/* All fields but is_stopping are the thread's. */
struct producer {
    unsigned magic;
    struct producer_options options;
    pthread_t thread;
    atomic_bool is_stopping;
    struct pace pace;
    struct executor *executor;
    struct ledger_view *view; /* while a block is under way; or NULL */
};

/* ---- The steps ---- */

static void say_clock(enum pace_clock clock, uint64_t parent_ms,
                      uint64_t now_ms)
{
    if (clock == PACE_CLOCK_BEHIND)
        log_warn("producer",
                 "the newest block is %" PRIu64 " s ahead of this machine's "
                 "clock: block times go half as fast until it has caught up",
                 (parent_ms - now_ms) / 1000);
    else if (clock == PACE_CLOCK_RIGHT)
        log_info("producer", "block times are the clock's again");
}

/* The view must be opened after durable_slot was read (executor.h). An error is
 * one of the disk, and nothing has been begun then. */
static int begin(struct producer *producer)
{
    struct flusher *flusher = producer->options.flusher;
    executor_set_durable(producer->executor, flusher_durable_slot(flusher));
    int status = ledger_view_open(producer->options.ledger, LEDGER_FINALIZED,
                                  &producer->view);
    if (status)
        return status;
    const struct bank_info *parent = executor_parent(producer->executor);
    uint64_t parent_ms = parent->unix_ms, now_ms = clock_unix_ms();
    struct pace_block block =
        pace_begin(&producer->pace, parent->slot, parent_ms, now_ms);
    say_clock(block.clock, parent_ms, now_ms);
    executor_begin(producer->executor, block.slot, block.unix_ms,
                   ledger_view_base(producer->view), flusher_block(flusher));
    return 0;
}

/* The clock is read once per entry: 64 transactions take less than a
 * millisecond, and an entry is shorter if they use many compute units.
 * Transactions are taken from the mempool one at a time, because a better one
 * may have come meanwhile. */
static void execute(struct producer *producer)
{
    struct executor *executor = producer->executor;
    size_t count = 0;
    struct buffer wire;
    executor_begin_entry(executor);
    for (; executor_wants(executor) &&
           mempool_take(producer->options.mempool, &wire);
         count++)
        executor_execute(executor, &wire);
    executor_end_entry(executor);
    pace_executed(&producer->pace, count);
}

/* Pushing comes last and may wait for the disk. */
static void seal(struct producer *producer)
{
    struct executed_block *block = executor_seal(producer->executor);
    block->executed_ms = clock_monotonic_ms();
    flusher_push(producer->options.flusher, block);
    ledger_view_close(producer->view);
    producer->view = NULL;
    pace_sealed(&producer->pace, clock_monotonic_ns());
}

/* Sleeps until an absolute time, so that an interruption does not lengthen the
 * sleep. */
static void sleep_until(uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                                   .tv_nsec = (long)(until_ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        ;
}

static int carry_out(struct producer *producer, const struct pace_step *step)
{
    switch (step->act) {
    case PACE_BEGIN:
        return begin(producer);
    case PACE_TICK:
        executor_tick(producer->executor, step->ticks);
        break;
    case PACE_EXECUTE:
        execute(producer);
        break;
    case PACE_WAIT:
        mempool_wait(producer->options.mempool, step->until_ns);
        break;
    case PACE_SLEEP:
        sleep_until(step->until_ns);
        break;
    case PACE_REST:
        slot_control_wait(producer->options.control);
        break;
    case PACE_SEAL:
        seal(producer);
        break;
    case PACE_END:
        break;
    }
    return 0;
}

/* ---- The thread ---- */

static void bend(const struct producer *producer, struct pace_seen *seen)
{
    if (!producer->options.control)
        return;
    struct slot_wish wish = slot_control_look(producer->options.control);
    seen->is_paused = wish.is_paused;
    seen->reach = wish.reach;
}

static struct pace_seen look(const struct producer *producer)
{
    bool is_under_way = producer->view != NULL;
    struct pace_seen seen = {.now_ns = clock_monotonic_ns(),
                             .is_stopping =
                                 atomic_load(&producer->is_stopping)};
    if (is_under_way) {
        seen.ticks = executor_ticks(producer->executor);
        seen.has_room = executor_has_room(producer->executor);
    } else {
        seen.has_failed = flusher_has_failed(producer->options.flusher);
        bend(producer, &seen);
    }
    return seen;
}

/* An error ends the thread and is reported, because otherwise the endpoint
 * would go on answering although the chain stands still. An error of the
 * flusher, which reports it itself, ends the thread, too: further blocks would
 * only fill the memory. */
static void *run(void *user)
{
    struct producer *producer = user;
    struct pace_step step;
    int status = 0;
    pthread_setname_np(pthread_self(), "producer");
    do {
        const struct pace_seen seen = look(producer);
        step = pace_next(&producer->pace, &seen);
        status = carry_out(producer, &step);
    } while (!status && step.act != PACE_END);
    if (status) {
        err_add(status, "no slot can be made");
        log_error("producer", "%s", err_text());
        if (producer->options.failed)
            producer->options.failed(producer->options.user, status);
    }
    return NULL;
}

static void skip_told(struct producer *producer)
{
    uint64_t skip = pace_skip(&producer->pace);
    log_warn("producer",
             "the last run did not end in order; going on %" PRIu64
             " slots later",
             skip);
}

/* The whole tip is on disk: the ledger settled it when it was opened. */
struct producer *producer_start(const struct producer_options *options)
{
    struct producer *producer = mem_zero(1, sizeof(*producer));
    struct bank *newest = ledger_newest(options->ledger, LEDGER_FINALIZED);
    const struct genesis *genesis = ledger_genesis(options->ledger);
    producer->magic = PRODUCER_MAGIC;
    producer->options = *options;
    producer->executor = executor_new(genesis, options->identity, newest,
                                      ledger_tip_hash(options->ledger));
    bank_release(newest);
    producer->pace = pace_make(genesis, clock_monotonic_ns());
    if (!ledger_was_clean(options->ledger))
        skip_told(producer);
    CHECK(pthread_create(&producer->thread, NULL, run, producer) == 0);
    return producer;
}

/* The slot under way ends with all its ticks, which may take long with a costly
 * proof of history. Call it before flusher_stop(). */
void producer_stop(struct producer *producer)
{
    if (!producer)
        return;
    CHECK_MAGIC(producer, PRODUCER_MAGIC);
    atomic_store(&producer->is_stopping, true);
    mempool_wake(producer->options.mempool);
    if (producer->options.control)
        slot_control_end(producer->options.control);
    CHECK(pthread_join(producer->thread, NULL) == 0);
    executor_free(producer->executor);
    producer->magic = 0;
    free(producer);
}
