/*
 * The thread that makes blocks: it keeps the clock of the chain (proof of
 * history), executes transactions from the mempool as they come, seals the
 * slot at its end and hands it to the flusher.
 *
 * Where the proof of history is idle (genesis: hashes_per_tick 0) the thread
 * sleeps through a slot without transactions and makes its ticks at the end,
 * so an idle chain costs next to nothing. What is due when: pace.h.
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
    /* No slot can be made any more, err_text() says why; the thread ends. On
     * its thread. NULL is allowed. */
    void (*failed)(void *user, int status);
    void *user;
};

struct producer *producer_start(const struct producer_options *options);

/* Seal the slot under way at once, hand it to the flusher, end the thread. */
void producer_stop(struct producer *producer); /* NULL is allowed */

#endif
