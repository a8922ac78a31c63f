/*
 * The thread that makes final blocks durable, in order, while the next slot is
 * already executing.
 *
 * In a network of one validator it publishes them, too. A block with
 * transactions is flushed at once and published only then, and so is the first
 * one after slots that were left out; other empty ones are published at once
 * and flushed with the next full one, or after LEDGER_IDLE_FLUSH_MS.
 *
 * In a network of several, blocks are published before (execution.h), and
 * others keep their bytes: so those with transactions wait for each other for a
 * second.
 *
 * flush_queue.h decides that; the thread waits, reads the clock and works on
 * the disk. The words: docs/settlement.md.
 */
#ifndef POND_SETTLEMENT_CHAIN_FLUSHER_H
#define POND_SETTLEMENT_CHAIN_FLUSHER_H

#include "settlement/ledger/executed_block.h"
#include "settlement/ledger/ledger.h"

struct flusher;

/* Both are called on the flusher's thread. */
struct flusher_events {
    /* The block is published, and so final; in a network of one validator. */
    void (*final)(void *user, const struct executed_block *block);
    /* Before it: what clients see has changed. NULL is allowed. */
    void (*shown)(void *user, const struct ledger_news *news);
    /* The disk failed, err_text() says how; nothing more is flushed. */
    void (*failed)(void *user, int status);
    void *user;
};

struct flusher *flusher_start(struct ledger *ledger,
                              const struct flusher_events *events);

/* An empty block, which the caller owns, fills and pushes. It may have the
 * memory of a block that is on disk: under load a block's buffers are several
 * megabytes, and the kernel's clearing of new pages costs a tenth of the time
 * that fills them. */
struct executed_block *flusher_block(struct flusher *flusher);

/* Takes the block over. Waits while too many are under way, but not after the
 * disk has failed. */
void flusher_push(struct flusher *flusher, struct executed_block *block);

/* The newest slot known to be durable. Thread: any. */
uint64_t flusher_durable_slot(struct flusher *flusher);

/* True after the disk has failed: blocks that are pushed then become neither
 * durable nor published. Thread: any. */
bool flusher_has_failed(struct flusher *flusher);

/* Flush the remaining blocks as an orderly end, and end the thread. */
void flusher_stop(struct flusher *flusher); /* NULL is allowed */

#endif
