/*
 * Transactions waiting to be executed: bounded in number, the best paying
 * first, among equals the one that came first.
 *
 * The signatures of a transaction are checked before it enters, by the thread
 * that brings it, so the thread that executes never does.
 * Thread: any, but for mempool_take() and mempool_wait(), which are the
 * executing thread's.
 */
#ifndef POND_SETTLEMENT_CHAIN_MEMPOOL_H
#define POND_SETTLEMENT_CHAIN_MEMPOOL_H

#include "settlement/format/transaction.h"

struct mempool;
struct bank;

/* Some 20 MB when every transaction has the greatest size. */
#define MEMPOOL_TRANSACTIONS_MAX 16384

struct mempool *mempool_new(size_t transactions_max);
void mempool_free(struct mempool *mempool); /* NULL is allowed */

/* Put a parsed transaction in; its wire bytes are copied, and its signatures
 * are checked unless they were (transaction_verify_all()). newest: the bank
 * whose recent blockhashes count. ERR_DENIED: a signature is wrong;
 * ERR_EXISTS: it waits already; ERR_STATE: its blockhash is not recent;
 * ERR_FULL: everything that waits pays as much or more, and there is no
 * room. */
int mempool_add(struct mempool *mempool, struct transaction *transaction,
                const struct bank *newest);

/* As mempool_add(), but behind all that is expected to pay: the payer does not
 * have the fee it offers. It may have it when its turn comes; until then an
 * offer that costs nothing pushes nobody out. */
int mempool_add_last(struct mempool *mempool, struct transaction *transaction,
                     const struct bank *newest);

/* The best transaction's wire bytes, moved to *wire (released with
 * buffer_free()); false if none waits. */
bool mempool_take(struct mempool *mempool, struct buffer *wire);

/* Sleep until a transaction waits, mempool_wake() is called, or the monotonic
 * clock reaches until_ns. */
void mempool_wait(struct mempool *mempool, uint64_t until_ns);
void mempool_wake(struct mempool *mempool);

size_t mempool_count(struct mempool *mempool);

#endif
