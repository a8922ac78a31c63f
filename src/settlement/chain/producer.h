/*
 * The thread that makes blocks: it keeps the clock of the chain (proof of
 * history), executes transactions from the mempool as they come, seals the
 * block at the slot's end and hands it to the flusher.
 *
 * If the proof of history is idle (genesis: hashes_per_tick 0), the thread
 * sleeps through a slot without transactions and makes its ticks at the end, so
 * an idle chain costs almost nothing. pace.h decides what is due when.
 */
#ifndef POND_SETTLEMENT_CHAIN_PRODUCER_H
#define POND_SETTLEMENT_CHAIN_PRODUCER_H

#include "crypto/key.h"

struct producer;
struct ledger;
struct mempool;
struct flusher;

struct producer_options {
    struct ledger *ledger;
    struct mempool *mempool;
    struct flusher *flusher;
    const struct keypair *identity; /* borrowed; signs the blocks */
    struct slot_control *control;   /* borrowed; NULL: slots don't bend */
    /* No further slot can be made; err_text() says why. The thread ends. Called
     * on that thread. NULL is allowed. */
    void (*failed)(void *user, int status);
    void *user;
};

struct producer *producer_start(const struct producer_options *options);

/* Seal the block under way at once, hand it to the flusher, end the thread. */
void producer_stop(struct producer *producer); /* NULL is allowed */

#endif
