/*
 * Transactions waiting to be executed: bounded in number, the highest fee
 * first, among equals the first to come.
 *
 * The thread that brings a transaction checks its signatures first, so the
 * thread that executes never checks any. Thread: any, but only the executing
 * thread calls mempool_take() and mempool_wait().
 */
#ifndef POND_SETTLEMENT_CHAIN_MEMPOOL_H
#define POND_SETTLEMENT_CHAIN_MEMPOOL_H

#include "settlement/format/transaction.h"

struct mempool;
struct bank;

/* About 20 MB if every transaction has the greatest size. */
#define MEMPOOL_TRANSACTIONS_MAX 16384

struct mempool *mempool_new(size_t transactions_max);
void mempool_free(struct mempool *mempool); /* NULL is allowed */

/* Put a parsed transaction in. Its wire bytes are copied, and its signatures
 * are checked unless they have been (transaction_verify_all()). newest: the
 * bank whose recent blockhashes count. ERR_DENIED: a signature is wrong;
 * ERR_EXISTS: the transaction waits already; ERR_STATE: its blockhash is not
 * recent; ERR_FULL: there is no room, and all waiting ones pay as much or more.
 */
int mempool_add(struct mempool *mempool, struct transaction *transaction,
                const struct bank *newest);

/* As mempool_add(), but after all transactions that can pay, because the payer
 * does not have the fee that it offers. It may have the fee later; until then
 * an offer that costs nothing must not push others out. */
int mempool_add_last(struct mempool *mempool, struct transaction *transaction,
                     const struct bank *newest);

/* Move the best transaction's wire bytes to *wire (released with
 * buffer_free()). Returns false if no transaction waits. */
bool mempool_take(struct mempool *mempool, struct buffer *wire);

/* Sleep until a transaction waits, mempool_wake() is called, or the monotonic
 * clock reaches until_ns. */
void mempool_wait(struct mempool *mempool, uint64_t until_ns);
void mempool_wake(struct mempool *mempool);

/* How many wait. Outdated when it is returned: for measurements, and tests of
 * those that add. */
size_t mempool_count(struct mempool *mempool);

#endif
