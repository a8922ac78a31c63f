/*
 * One thread, because LMDB has one writer. The lock protects the machine of
 * flush_queue.h and the spare block. It is held for one step of the machine,
 * never while the disk works.
 *
 * When the disk fails, the thread reports it and flushes nothing more. Blocks
 * that wait then are never shown or reported as final. flusher_push() frees
 * later blocks, so that who makes them and is being stopped does not wait.
 *
 * Times are of the monotonic clock, because a change of the wall clock must not
 * delay a flush.
 */
#include "settlement/chain/flusher.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/memory_trim.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/flush_queue.h"
#include <pthread.h>
#include <stdlib.h>

#define FLUSHER_MAGIC 0x464c5553u

/* In a network of several, how long a block with transactions may wait: a flush
 * of many costs little more than one, and a restart executes what is missing
 * again. */
#define FLUSHER_LAG_MS 1000
#define SPARES_MAX 2

_Static_assert(FLUSH_BATCH_MAX + FLUSH_QUEUE_MAX <= EXECUTOR_FLUSHING_MAX,
               "an executor has room for the banks that wait here");

/* In a network of several, blocks wait until they are final, come from one
 * thread and are freed by another, and what others forward lies between them.
 * After so much of freed blocks the pages between are given back; without that
 * a validator that is busy for long holds a third more than it uses. */
#define FLUSHER_TRIM_BYTES (8u << 20)

struct flusher {
    unsigned magic;
    struct ledger *ledger;
    struct flusher_events events;
    bool is_alone; /* the network has one validator */
    pthread_t thread;
    struct lock lock;
    struct lock_change changed;
    struct flush_queue queue;
    struct executed_block *spares[SPARES_MAX]; /* empty or shared; or NULL */
    size_t freed_bytes; /* the thread's: since pages were given back */
};

/* ---- The thread ---- */

/* Keep a block that is on disk for its memory, if it used much of it. One block
 * is executed while the one before is flushed, so two are enough: the tip is
 * still shared when it comes here, and is emptied when it is taken. */
static void recycle(struct flusher *flusher, struct executed_block *block)
{
    if (!executed_block_is_shared(block) && !executed_block_reuse(block)) {
        executed_block_release(block);
        return;
    }
    lock_take(&flusher->lock);
    struct executed_block *gone = flusher->spares[0];
    flusher->spares[0] = flusher->spares[1];
    flusher->spares[1] = block;
    lock_give(&flusher->lock);
    executed_block_release(gone);
}

static struct executed_block *take_spare(struct flusher *flusher)
{
    struct executed_block *block = NULL;
    lock_take(&flusher->lock);
    for (size_t i = 0; !block && i < SPARES_MAX; i++) {
        if (!flusher->spares[i] || executed_block_is_shared(flusher->spares[i]))
            continue;
        block = flusher->spares[i];
        flusher->spares[i] = NULL;
    }
    lock_give(&flusher->lock);
    return block;
}

/* The event comes after the publication, because its receiver must find the
 * block. */
static void show(struct flusher *flusher)
{
    const struct flush_queue *queue = &flusher->queue;
    for (size_t i = queue->shown; i < queue->batch_count; i++) {
        struct executed_block *block = queue->batch[i].block;
        struct ledger_news news;
        if (ledger_publish(flusher->ledger, LEDGER_FINALIZED, block, &news) &&
            flusher->events.shown)
            flusher->events.shown(flusher->events.user, &news);
        ledger_branch_release(news.branch);
        flusher->events.final(flusher->events.user, block);
    }
}

static int write_batch(struct flusher *flusher, bool is_last)
{
    const struct flush_queue *queue = &flusher->queue;
    struct ledger_block blocks[FLUSH_BATCH_MAX];
    for (size_t i = 0; i < queue->batch_count; i++) {
        const struct executed_block *block = queue->batch[i].block;
        blocks[i] = (struct ledger_block){.bank = block->bank,
                                          .data = buffer_view(&block->data),
                                          .hash = block->hash,
                                          .records = &block->records};
    }
    return ledger_flush(flusher->ledger, blocks, queue->batch_count, is_last);
}

static void release_batch(struct flusher *flusher)
{
    const struct flush_queue *queue = &flusher->queue;
    for (size_t i = 0; i < queue->batch_count; i++) {
        flusher->freed_bytes += queue->batch[i].used_bytes;
        recycle(flusher, queue->batch[i].block);
    }
    if (flusher->is_alone || flusher->freed_bytes < FLUSHER_TRIM_BYTES)
        return;
    flusher->freed_bytes = 0;
    memory_trim();
}

/* Runs without the lock: the batch stays as it is until the step is done. */
static int carry_out(struct flusher *flusher, const struct flush_step *step)
{
    switch (step->act) {
    case FLUSH_WRITE:
        return write_batch(flusher, step->is_last);
    case FLUSH_SETTLE:
        return ledger_settle(flusher->ledger);
    case FLUSH_SHOW:
        show(flusher);
        return 0;
    case FLUSH_RELEASE:
        release_batch(flusher);
        return 0;
    case FLUSH_WAIT:
    case FLUSH_END:
        break;
    }
    CHECK(false); /* the thread's loop handles these */
    return 0;
}

static void wait_until(struct flusher *flusher, uint64_t until_ms)
{
    if (until_ms == FLUSH_NEVER)
        lock_change_wait(&flusher->changed, &flusher->lock);
    else
        lock_change_wait_until(&flusher->changed, &flusher->lock,
                               until_ms * 1000000);
}

/* Each step may make room for flusher_push(), and a failure ends its wait. The
 * lock is not held during the event of a failure, because the event may take
 * long. */
static void *run(void *user)
{
    struct flusher *flusher = user;
    struct flush_step step;
    pthread_setname_np(pthread_self(), "flusher");
    lock_take(&flusher->lock);
    while (
        (step = flush_queue_next(&flusher->queue, clock_monotonic_ms())).act !=
        FLUSH_END) {
        if (step.act == FLUSH_WAIT) {
            /* The step may have gathered what waited, and so made room. */
            lock_change_wake_all(&flusher->changed);
            wait_until(flusher, step.until_ms);
            continue;
        }
        lock_change_wake_all(&flusher->changed);
        lock_give(&flusher->lock);
        int status = carry_out(flusher, &step);
        lock_take(&flusher->lock);
        flush_queue_done(&flusher->queue, status);
        if (!status)
            continue;
        lock_change_wake_all(&flusher->changed);
        lock_give(&flusher->lock);
        flusher->events.failed(flusher->events.user, status);
        lock_take(&flusher->lock);
    }
    lock_give(&flusher->lock);
    return NULL;
}

/* ---- The side of those who execute ---- */

struct executed_block *flusher_block(struct flusher *flusher)
{
    CHECK_MAGIC(flusher, FLUSHER_MAGIC);
    struct executed_block *block = take_spare(flusher);
    if (block && (!block->bank || executed_block_reuse(block)))
        return block;
    executed_block_release(block);
    return executed_block_new();
}

/* How long a block may wait for others that are flushed with it. */
static uint64_t wait_ms(const struct flusher *flusher,
                        const struct executed_block *block)
{
    if (flusher->is_alone)
        return executed_block_waits_for_disk(block) ? 0 : LEDGER_IDLE_FLUSH_MS;
    return ledger_records_count(&block->records) ? FLUSHER_LAG_MS
                                                 : LEDGER_IDLE_FLUSH_MS;
}

/* Waiting here stops the chain, on purpose. */
void flusher_push(struct flusher *flusher, struct executed_block *block)
{
    CHECK_MAGIC(flusher, FLUSHER_MAGIC);
    const struct bank_info *info = bank_info(block->bank);
    CHECK(info->frozen);
    const struct flush_item item = {
        .block = block,
        .slot = info->slot,
        .due_ms = block->executed_ms + wait_ms(flusher, block),
        .used_bytes = executed_block_used_bytes(block),
        .is_shown = !flusher->is_alone};
    lock_take(&flusher->lock);
    while (!flush_queue_has_room(&flusher->queue, item.used_bytes))
        lock_change_wait(&flusher->changed, &flusher->lock);
    bool is_taken = flush_queue_push(&flusher->queue, &item);
    lock_change_wake_all(&flusher->changed);
    lock_give(&flusher->lock);
    if (!is_taken)
        executed_block_release(block);
}

uint64_t flusher_durable_slot(struct flusher *flusher)
{
    lock_take(&flusher->lock);
    uint64_t slot = flusher->queue.durable_slot;
    lock_give(&flusher->lock);
    return slot;
}

bool flusher_has_failed(struct flusher *flusher)
{
    lock_take(&flusher->lock);
    bool has_failed = flusher->queue.has_failed;
    lock_give(&flusher->lock);
    return has_failed;
}

/* ---- Begin and end ---- */

/* The newest bank is the tip, which is on disk when a ledger is opened. */
struct flusher *flusher_start(struct ledger *ledger,
                              const struct flusher_events *events)
{
    struct flusher *flusher = mem_zero(1, sizeof(*flusher));
    flusher->magic = FLUSHER_MAGIC;
    flusher->ledger = ledger;
    flusher->events = *events;
    flusher->is_alone = ledger_genesis(ledger)->validator_count == 1;
    struct bank *newest = ledger_newest(ledger, LEDGER_FINALIZED);
    flusher->queue = flush_queue_make(bank_info(newest)->slot);
    bank_release(newest);
    lock_init(&flusher->lock);
    lock_change_init(&flusher->changed);
    CHECK(pthread_create(&flusher->thread, NULL, run, flusher) == 0);
    return flusher;
}

/* Call it after the execution has stopped: otherwise a block would come to a
 * thread that has ended. Blocks that a failure left are freed here. */
void flusher_stop(struct flusher *flusher)
{
    struct executed_block *left;
    if (!flusher)
        return;
    CHECK_MAGIC(flusher, FLUSHER_MAGIC);
    lock_take(&flusher->lock);
    flush_queue_stop(&flusher->queue);
    lock_change_wake_all(&flusher->changed);
    lock_give(&flusher->lock);
    CHECK(pthread_join(flusher->thread, NULL) == 0);
    while ((left = flush_queue_left(&flusher->queue)))
        executed_block_release(left);
    for (size_t i = 0; i < SPARES_MAX; i++)
        executed_block_release(flusher->spares[i]);
    lock_change_destroy(&flusher->changed);
    lock_destroy(&flusher->lock);
    flusher->magic = 0;
    free(flusher);
}
