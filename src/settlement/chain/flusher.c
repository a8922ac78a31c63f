/*
 * One thread, since LMDB has one writer, and a batch, since a flush of one
 * empty block costs nearly what two hundred cost: some 75 KB written and a sync
 * (ledger.h).
 *
 * A block goes from the queue (the producer's end, under the lock) to the batch
 * (the thread's own) and leaves that when it is on disk. In the batch the first
 * `shown` are published already: empty ones, which a crash may take back. The
 * order of blocks never changes, so a full block takes all empty ones before it
 * to disk with it, and waits with them.
 *
 * Both are bounded, queue and batch, in number and in bytes; a disk that is
 * slower than the chain stops the producer in flusher_push(), which is the only
 * brake there is. The bounds on bytes let one block pass however large it is,
 * or it could never be flushed.
 *
 * When the disk fails, the thread tells so and flushes nothing more. What is in
 * the queue is never shown and never reported final; flusher_push() then
 * takes blocks without waiting, so that a producer that is being stopped is not
 * held up, and flusher_stop() frees them.
 *
 * Times are of the monotonic clock: a clock that is set must not hold a flush
 * back for an hour.
 */
#include "settlement/chain/flusher.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define FLUSHER_MAGIC 0x464c5553u

/* Sealed blocks that may wait: more would only be memory, for the disk is then
 * slower than the chain. */
#define QUEUE_MAX 16

/* Memory they may take together, some blocks of what two busy cores make in 400
 * ms. One may always wait, however large. */
#define QUEUE_BYTES_MAX (64u << 20)

/* Blocks in one flush. */
#define BATCH_MAX (LEDGER_IDLE_BLOCKS_MAX + QUEUE_MAX)

/* What the blocks of one flush may take together, but for the first: the
 * database keeps each page that a flush touches in memory until it is written,
 * which for scattered rows is many times what is in them. */
#define BATCH_BYTES_MAX (8u << 20)

/* Invariants: the queue has `queued` blocks that take queued_bytes; shown <=
 * batch_count; the batch before `shown` has no block that waits for the disk
 * (waits_for_disk()). flushed_slot follows ledger_settle(), for who reads it
 * goes on to look for those rows in the table of the state. has_failed is set
 * by the thread alone. */
struct flusher {
    unsigned magic;
    struct ledger *ledger;
    struct flusher_events events;
    pthread_t thread;
    struct lock lock;
    struct lock_change changed;
    struct executed_block *first; /* the queue */
    struct executed_block **end;
    size_t queued;
    size_t queued_bytes;
    bool is_stopping;
    bool has_failed;
    uint64_t flushed_slot;
    struct executed_block *spare; /* empty, with memory; or NULL */

    /* The thread's own: shown or about to be, not on disk. */
    struct executed_block *batch[BATCH_MAX];
    size_t batch_count;
    size_t batch_bytes;
    bool is_full; /* the next block must wait for the batch's flush */
    size_t shown; /* how many of them are published */
};

/* The layers go with the last reference to the bank, which a view or the
 * producer may have. */
void executed_block_free(struct executed_block *block)
{
    if (!block)
        return;
    bank_release(block->bank);
    buffer_free(&block->data);
    ledger_records_free(&block->records);
    free(block);
}

/* Memory is kept only from a block that made use of it: the one after a burst
 * gives it back. */
static bool is_worth_keeping(const struct executed_block *block)
{
    return block->data.size >= block->data.capacity / 2;
}

/* One block is executed while the one before is flushed, so one is enough. */
static void recycle(struct flusher *flusher, struct executed_block *block)
{
    if (!is_worth_keeping(block)) {
        executed_block_free(block);
        return;
    }
    bank_release(block->bank);
    buffer_clear(&block->data);
    ledger_records_clear(&block->records);
    *block =
        (struct executed_block){.data = block->data, .records = block->records};
    lock_take(&flusher->lock);
    struct executed_block *before = flusher->spare;
    flusher->spare = block;
    lock_give(&flusher->lock);
    executed_block_free(before);
}

/* Thread: the producer's. */
struct executed_block *flusher_block(struct flusher *flusher)
{
    CHECK_MAGIC(flusher, FLUSHER_MAGIC);
    lock_take(&flusher->lock);
    struct executed_block *block = flusher->spare;
    flusher->spare = NULL;
    lock_give(&flusher->lock);
    return block ? block : mem_zero(1, sizeof(*block));
}

/* The memory that a block takes until it is on disk. A block that is executed
 * does not change, so what push adds to queued_bytes is what gather() takes
 * away. */
static size_t used_bytes(const struct executed_block *block)
{
    return block->data.size + block->records.rows.size +
           block->records.items.size +
           state_layer_used_bytes(bank_layer(block->bank));
}

/* In order. The event comes after the publication: who hears of a block must
 * find it. */
static void show(struct flusher *flusher)
{
    for (; flusher->shown < flusher->batch_count; flusher->shown++) {
        struct executed_block *block = flusher->batch[flusher->shown];
        ledger_publish(flusher->ledger, block->bank, block->base_slot);
        flusher->events.final(flusher->events.user, block);
    }
}

/* Whoever waits in flusher_push() waits in vain, and is told. The event comes
 * without the lock, as it may take long. */
static void fail(struct flusher *flusher, int status)
{
    lock_take(&flusher->lock);
    flusher->has_failed = true;
    lock_change_wake_all(&flusher->changed);
    lock_give(&flusher->lock);
    flusher->events.failed(flusher->events.user, status);
}

/* Everything in the batch to disk. Between the commit and the moving of rows to
 * their place, the blocks are shown: clients need not wait for what they can't
 * see. flushed_slot comes only after both. Whether it went well or not, the
 * batch is empty afterwards: after a failure nothing more is flushed, and what
 * could not be flushed must not be shown. */
static void flush(struct flusher *flusher, bool clean)
{
    struct ledger_block blocks[BATCH_MAX] = {0};
    size_t count = flusher->batch_count;
    for (size_t i = 0; i < count; i++) {
        const struct executed_block *block = flusher->batch[i];
        blocks[i] = (struct ledger_block){.bank = block->bank,
                                          .data = buffer_view(&block->data),
                                          .hash = block->hash,
                                          .records = &block->records};
    }
    int status = ledger_flush(flusher->ledger, blocks, count, clean);
    if (!status) {
        show(flusher);
        status = ledger_settle(flusher->ledger);
    }
    if (status) {
        fail(flusher, status);
    } else if (count > 0) {
        const struct bank *newest = flusher->batch[count - 1]->bank;
        lock_take(&flusher->lock);
        flusher->flushed_slot = bank_info(newest)->slot;
        lock_give(&flusher->lock);
    }
    for (size_t i = 0; i < count; i++)
        recycle(flusher, flusher->batch[i]);
    flusher->batch_count = 0;
    flusher->batch_bytes = 0;
    flusher->shown = 0;
}

/* True if the next block may be flushed together with the batch. */
static bool has_place(const struct flusher *flusher,
                      const struct executed_block *block)
{
    return flusher->batch_count == 0 ||
           (flusher->batch_count < BATCH_MAX &&
            flusher->batch_bytes + used_bytes(block) <= BATCH_BYTES_MAX);
}

/* Move what is queued to the batch, waiting for some until the batch is due.
 * False when the end has come. Empty blocks wait for each other until the
 * oldest is due. What has no place in the batch stays in the queue, and the
 * batch is then due at once (is_full). */
static bool gather(struct flusher *flusher)
{
    lock_take(&flusher->lock);
    while (!flusher->first && !flusher->is_stopping) {
        if (flusher->batch_count == 0) {
            lock_change_wait(&flusher->changed, &flusher->lock);
            continue;
        }
        uint64_t due_ms = flusher->batch[0]->executed_ms + LEDGER_IDLE_FLUSH_MS;
        if (!lock_change_wait_until(&flusher->changed, &flusher->lock,
                                    due_ms * 1000000))
            break;
    }
    while (flusher->first && has_place(flusher, flusher->first)) {
        struct executed_block *block = flusher->first;
        flusher->queued_bytes -= used_bytes(block);
        flusher->batch_bytes += used_bytes(block);
        flusher->first = block->next;
        if (!flusher->first)
            flusher->end = &flusher->first;
        flusher->queued--;
        flusher->batch[flusher->batch_count++] = block;
    }
    flusher->is_full = flusher->first != NULL;
    lock_change_wake_all(&flusher->changed);
    bool goes_on = flusher->first || !flusher->is_stopping;
    lock_give(&flusher->lock);
    return goes_on;
}

/* True of a block that a crash must not take back once it is shown: one with
 * transactions, and the first one after slots that were left out because the
 * last run did not end in order. The next run counts from the tip on disk; were
 * that still the one before the gap, it would tell the slots behind the gap a
 * second time. */
static bool waits_for_disk(const struct executed_block *block)
{
    const struct bank_info *info = bank_info(block->bank);
    return ledger_records_count(&block->records) > 0 ||
           info->slot != info->parent_slot + 1;
}

/* As soon as one of the batch is of use on the disk only, or as waiting longer
 * would break a promise: the number of layers that readers look through, or the
 * time that a crash may take back. */
static bool is_due(const struct flusher *flusher)
{
    if (flusher->batch_count == 0)
        return false;
    if (flusher->is_full || flusher->batch_count >= LEDGER_IDLE_BLOCKS_MAX ||
        clock_monotonic_ms() >=
            flusher->batch[0]->executed_ms + LEDGER_IDLE_FLUSH_MS)
        return true;
    for (size_t i = flusher->shown; i < flusher->batch_count; i++) {
        if (waits_for_disk(flusher->batch[i]))
            return true;
    }
    return false;
}

/* At the end everything is flushed with the row "clean" in it, also if there is
 * nothing left: an orderly end is that row. */
static void *run(void *user)
{
    struct flusher *flusher = user;
    pthread_setname_np(pthread_self(), "flusher");
    while (gather(flusher) && !flusher->has_failed) {
        if (is_due(flusher))
            flush(flusher, false);
        else
            show(flusher);
    }
    if (!flusher->has_failed)
        flush(flusher, true);
    return NULL;
}

/* The newest bank is the tip: what a ledger opens with is on disk. */
struct flusher *flusher_start(struct ledger *ledger,
                              const struct flusher_events *events)
{
    struct flusher *flusher = mem_zero(1, sizeof(*flusher));
    flusher->magic = FLUSHER_MAGIC;
    flusher->ledger = ledger;
    flusher->events = *events;
    flusher->end = &flusher->first;
    struct bank *newest = ledger_newest(ledger);
    flusher->flushed_slot = bank_info(newest)->slot;
    bank_release(newest);
    lock_init(&flusher->lock);
    lock_change_init(&flusher->changed);
    CHECK(pthread_create(&flusher->thread, NULL, run, flusher) == 0);
    return flusher;
}

/* Thread: the producer's. Waiting here is the chain's standing still, on
 * purpose. */
void flusher_push(struct flusher *flusher, struct executed_block *block)
{
    CHECK_MAGIC(flusher, FLUSHER_MAGIC);
    CHECK(bank_info(block->bank)->frozen);
    lock_take(&flusher->lock);
    while (flusher->queued > 0 && !flusher->has_failed &&
           (flusher->queued >= QUEUE_MAX ||
            flusher->queued_bytes + used_bytes(block) > QUEUE_BYTES_MAX))
        lock_change_wait(&flusher->changed, &flusher->lock);
    block->next = NULL;
    *flusher->end = block;
    flusher->end = &block->next;
    flusher->queued++;
    flusher->queued_bytes += used_bytes(block);
    lock_change_wake_all(&flusher->changed);
    lock_give(&flusher->lock);
}

uint64_t flusher_durable_slot(struct flusher *flusher)
{
    lock_take(&flusher->lock);
    uint64_t slot = flusher->flushed_slot;
    lock_give(&flusher->lock);
    return slot;
}

bool flusher_has_failed(struct flusher *flusher)
{
    lock_take(&flusher->lock);
    bool has_failed = flusher->has_failed;
    lock_give(&flusher->lock);
    return has_failed;
}

/* After the producer, or a block would come to a thread that has ended. What a
 * failure left is freed here. */
void flusher_stop(struct flusher *flusher)
{
    if (!flusher)
        return;
    CHECK_MAGIC(flusher, FLUSHER_MAGIC);
    lock_take(&flusher->lock);
    flusher->is_stopping = true;
    lock_change_wake_all(&flusher->changed);
    lock_give(&flusher->lock);
    CHECK(pthread_join(flusher->thread, NULL) == 0);
    for (size_t i = 0; i < flusher->batch_count; i++)
        executed_block_free(flusher->batch[i]);
    while (flusher->first) {
        struct executed_block *block = flusher->first;
        flusher->first = block->next;
        executed_block_free(block);
    }
    executed_block_free(flusher->spare);
    lock_change_destroy(&flusher->changed);
    lock_destroy(&flusher->lock);
    flusher->magic = 0;
    free(flusher);
}
