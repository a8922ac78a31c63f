/*
 * What the flusher does next, as a state machine without clock, thread, file or
 * lock: which blocks wait, which go to disk together, when they are shown.
 * flusher.c drives it with the real disk; tests drive it with made-up time and
 * failures.
 *
 * A driver asks flush_queue_next(), does what it says and reports the outcome
 * with flush_queue_done(), over and over:
 *
 *   WAIT     nothing to do until something is pushed, the end is asked for, or
 *            the time comes; there is no outcome to report
 *   SHOW     publish blocks shown … count - 1 of the batch, in order
 *   WRITE    bring the batch to disk; is_last: as an orderly end
 *   SETTLE   bring the rows of that to their place (ledger_settle())
 *   RELEASE  free the batch's blocks
 *   END      nothing more comes; what is left is freed with the queue
 *
 * The batch does not change between flush_queue_next() and flush_queue_done(),
 * so the driver may use it meanwhile without the lock that it holds for the
 * calls.
 */
#ifndef POND_SETTLEMENT_CHAIN_FLUSH_QUEUE_H
#define POND_SETTLEMENT_CHAIN_FLUSH_QUEUE_H

#include "settlement/ledger/ledger.h"

/* Sealed blocks that may wait. More would only use memory, because the disk is
 * then slower than the chain. */
#define FLUSH_QUEUE_MAX 16

/* Memory that they may take together: several of the blocks that two busy cores
 * make in 400 ms. One block of any size may always wait. */
#define FLUSH_QUEUE_BYTES_MAX (64u << 20)

/* Blocks in one flush. */
#define FLUSH_BATCH_MAX (LEDGER_IDLE_BLOCKS_MAX + FLUSH_QUEUE_MAX)

/* Memory that the blocks of one flush may take together, not counting the
 * first: the database keeps each page that a flush touches in memory until it
 * is written, and for scattered rows the pages are many times larger than the
 * rows. */
#define FLUSH_BATCH_BYTES_MAX (8u << 20)

/* flush_queue_next(): nothing falls due by time alone. */
#define FLUSH_NEVER UINT64_MAX

struct executed_block;

/* A block and its properties that the machine uses. */
struct flush_item {
    struct executed_block *block; /* the machine does not read it */
    uint64_t slot;
    /* Monotonic: by when it is to be on its way to the disk. A block that must
     * be there before it is shown is due when it is pushed. */
    uint64_t due_ms;
    size_t used_bytes;
    bool is_shown; /* already, by others */
};

enum flush_act {
    FLUSH_WAIT,
    FLUSH_SHOW,
    FLUSH_WRITE,
    FLUSH_SETTLE,
    FLUSH_RELEASE,
    FLUSH_END,
};

struct flush_step {
    enum flush_act act;
    uint64_t until_ms; /* of WAIT; or FLUSH_NEVER */
    bool is_last;      /* of WRITE */
};

/* Of the batch. */
enum flush_phase { FLUSH_GATHERING, FLUSH_WRITTEN, FLUSH_SETTLED, FLUSH_ENDED };

/* Initialise with flush_queue_make(). Readable for the driver; written by the
 * functions below alone. Invariants: shown <= batch_count; due_ms is the least
 * of the batch's. */
struct flush_queue {
    struct flush_item waiting[FLUSH_QUEUE_MAX]; /* a ring */
    size_t first;
    size_t waiting_count;
    size_t waiting_bytes;
    struct flush_item batch[FLUSH_BATCH_MAX];
    size_t batch_count;
    size_t batch_bytes;
    uint64_t due_ms;       /* FLUSH_NEVER: the batch is empty */
    size_t shown;          /* how many of the batch are published */
    uint64_t durable_slot; /* the newest whose rows are in their place */
    enum flush_phase phase;
    enum flush_act under_way; /* WAIT: no step */
    bool is_last;             /* the batch is, with the write */
    bool is_stopping;
    bool has_failed;
};

/* durable_slot: the tip's, which is on disk. */
struct flush_queue flush_queue_make(uint64_t durable_slot);

/* True if a block of that size may be pushed now. After a failure any may. */
bool flush_queue_has_room(const struct flush_queue *queue, size_t used_bytes);

/* Take a block, in the order of slots; there must be room (CHECKed). Returns
 * false after a failure: nothing more is flushed, and the block stays the
 * caller's. */
bool flush_queue_push(struct flush_queue *queue, const struct flush_item *item);

/* No block will be pushed from now on; waiting blocks are flushed as an orderly
 * end. */
void flush_queue_stop(struct flush_queue *queue);

/* now_ms: monotonic. The step returned before is done, or was WAIT (CHECKed).
 */
struct flush_step flush_queue_next(struct flush_queue *queue, uint64_t now_ms);

/* The step is done; status: 0, or the disk's error in WRITE and SETTLE. */
void flush_queue_done(struct flush_queue *queue, int status);

/* Take out a block that a failure left, the oldest first; NULL if no block is
 * left. Call after END. */
struct executed_block *flush_queue_left(struct flush_queue *queue);

#endif
