/*
 * A block goes from the ring of waiting blocks to the batch, and leaves the
 * batch when it is on disk. The first `shown` blocks of the batch are published
 * already: empty ones, which a crash may take back, or those of a network of
 * several validators, which keep the bytes elsewhere. The order of blocks never
 * changes, so a full block takes all empty ones before it to disk with it, and
 * waits with them. Blocks are batched because a flush of one empty block costs
 * nearly as much as one of two hundred: about 75 KB written and a sync
 * (ledger.h).
 *
 * Both are bounded, in number and in bytes. A disk that is slower than the
 * chain fills the ring, and a full ring stops the execution; nothing else slows
 * it down. The bounds on bytes let one block of any size pass, because it could
 * never be flushed otherwise.
 *
 * After a failure nothing more is flushed or shown.
 */
#include "settlement/chain/flush_queue.h"

#include "base/check.h"

struct flush_queue flush_queue_make(uint64_t durable_slot)
{
    return (struct flush_queue){.durable_slot = durable_slot,
                                .due_ms = FLUSH_NEVER,
                                .under_way = FLUSH_WAIT};
}

bool flush_queue_has_room(const struct flush_queue *queue, size_t used_bytes)
{
    return queue->has_failed || queue->waiting_count == 0 ||
           (queue->waiting_count < FLUSH_QUEUE_MAX &&
            queue->waiting_bytes + used_bytes <= FLUSH_QUEUE_BYTES_MAX);
}

bool flush_queue_push(struct flush_queue *queue, const struct flush_item *item)
{
    CHECK(!queue->is_stopping);
    CHECK(flush_queue_has_room(queue, item->used_bytes));
    if (queue->has_failed)
        return false;
    size_t end = (queue->first + queue->waiting_count++) % FLUSH_QUEUE_MAX;
    queue->waiting[end] = *item;
    queue->waiting_bytes += item->used_bytes;
    return true;
}

void flush_queue_stop(struct flush_queue *queue)
{
    queue->is_stopping = true;
}

static struct flush_item take_waiting(struct flush_queue *queue)
{
    struct flush_item item = queue->waiting[queue->first];
    queue->first = (queue->first + 1) % FLUSH_QUEUE_MAX;
    queue->waiting_count--;
    queue->waiting_bytes -= item.used_bytes;
    return item;
}

/* True if the block may be flushed together with the batch. */
static bool has_place(const struct flush_queue *queue,
                      const struct flush_item *item)
{
    return queue->batch_count == 0 ||
           (queue->batch_count < FLUSH_BATCH_MAX &&
            queue->batch_bytes + item->used_bytes <= FLUSH_BATCH_BYTES_MAX);
}

static void gather(struct flush_queue *queue)
{
    while (queue->waiting_count > 0 &&
           has_place(queue, &queue->waiting[queue->first])) {
        struct flush_item item = take_waiting(queue);
        queue->shown += item.is_shown && queue->shown == queue->batch_count;
        queue->batch[queue->batch_count++] = item;
        queue->batch_bytes += item.used_bytes;
        if (item.due_ms < queue->due_ms)
            queue->due_ms = item.due_ms;
    }
}

/* The batch is due when one of its blocks is, when the next block has no place
 * in it, or when there are as many as readers may have to look through. */
static bool is_due(const struct flush_queue *queue, uint64_t now_ms)
{
    return queue->batch_count > 0 &&
           (queue->waiting_count > 0 ||
            queue->batch_count >= LEDGER_IDLE_BLOCKS_MAX ||
            now_ms >= queue->due_ms);
}

static struct flush_step act(struct flush_queue *queue, enum flush_act act)
{
    queue->under_way = act;
    return (struct flush_step){.act = act, .until_ms = FLUSH_NEVER};
}

/* At the end everything is flushed as an orderly end, also if there is nothing
 * left: an orderly end is a row of its own. */
static struct flush_step next_gathering(struct flush_queue *queue,
                                        uint64_t now_ms)
{
    gather(queue);
    queue->is_last = queue->is_stopping && queue->waiting_count == 0;
    if (queue->is_last || is_due(queue, now_ms)) {
        struct flush_step step = act(queue, FLUSH_WRITE);
        step.is_last = queue->is_last;
        return step;
    }
    if (queue->shown < queue->batch_count)
        return act(queue, FLUSH_SHOW);
    struct flush_step step = act(queue, FLUSH_WAIT);
    step.until_ms = queue->due_ms;
    return step;
}

/* Blocks on disk are shown before their rows are moved to their place, because
 * clients do not see that step and need not wait for it. */
struct flush_step flush_queue_next(struct flush_queue *queue, uint64_t now_ms)
{
    CHECK(queue->under_way == FLUSH_WAIT);
    if (queue->has_failed)
        return (struct flush_step){.act = FLUSH_END};
    switch (queue->phase) {
    case FLUSH_GATHERING:
        return next_gathering(queue, now_ms);
    case FLUSH_WRITTEN:
        return act(queue, queue->shown < queue->batch_count ? FLUSH_SHOW
                                                            : FLUSH_SETTLE);
    case FLUSH_SETTLED:
        return act(queue, FLUSH_RELEASE);
    case FLUSH_ENDED:
        break;
    }
    return (struct flush_step){.act = FLUSH_END};
}

/* durable_slot is set after the rows are in their place, because its readers
 * then look for the rows there. */
static void settled(struct flush_queue *queue)
{
    queue->phase = FLUSH_SETTLED;
    if (queue->batch_count)
        queue->durable_slot = queue->batch[queue->batch_count - 1].slot;
}

static void released(struct flush_queue *queue)
{
    queue->phase = queue->is_last ? FLUSH_ENDED : FLUSH_GATHERING;
    queue->batch_count = queue->batch_bytes = queue->shown = 0;
    queue->due_ms = FLUSH_NEVER;
}

void flush_queue_done(struct flush_queue *queue, int status)
{
    enum flush_act done = queue->under_way;
    CHECK(done != FLUSH_WAIT);
    CHECK(!status || done == FLUSH_WRITE || done == FLUSH_SETTLE);
    queue->under_way = FLUSH_WAIT;
    if (status)
        queue->has_failed = true;
    else if (done == FLUSH_WRITE)
        queue->phase = FLUSH_WRITTEN;
    else if (done == FLUSH_SHOW)
        queue->shown = queue->batch_count;
    else if (done == FLUSH_SETTLE)
        settled(queue);
    else
        released(queue);
}

struct executed_block *flush_queue_left(struct flush_queue *queue)
{
    CHECK(queue->under_way == FLUSH_WAIT);
    if (queue->batch_count == 0) {
        if (queue->waiting_count == 0)
            return NULL;
        queue->batch[queue->batch_count++] = take_waiting(queue);
    }
    struct executed_block *block = queue->batch[0].block;
    for (size_t i = 1; i < queue->batch_count; i++)
        queue->batch[i - 1] = queue->batch[i];
    queue->batch_count--;
    return block;
}
