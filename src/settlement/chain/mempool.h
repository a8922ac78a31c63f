/*
 * Transactions waiting to be executed: bounded in number, the highest fee
 * first, among equals the first to come.
 *
 * In a network of several validators they come from its peers, too, each of
 * which has a share of the places. And those of this endpoint's own
 * clients are kept until a block that is final has them, or none can have them
 * any more: whoever forwards them to leaders finds them here, and they are
 * offered again when this validator leads. So a transaction is not lost with
 * the block that had it.
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
struct executed_block;

/* About 20 MB if every transaction has the greatest size. */
#define MEMPOOL_TRANSACTIONS_MAX 16384

/* The most that are kept: what an endpoint takes in the seconds until a block
 * is final. When there are so many, the lowest fee leaves for a higher one.
 * About 40 MB if every transaction has the greatest size. */
#define MEMPOOL_KEPT_MAX 32768

/* The source of this endpoint's own clients. */
#define MEMPOOL_OWN 0

/* Of a network's only validator: one source, and nothing is kept. */
struct mempool *mempool_new(size_t transactions_max);

/* Of one of several. shares: the places that each source has a right to; what
 * is free others use (fee_queue.h); the first are those of MEMPOOL_OWN.
 * kept_max: how many of these are kept. */
struct mempool *mempool_new_of_several(const size_t *shares, size_t sources,
                                       size_t kept_max);
void mempool_free(struct mempool *mempool); /* NULL is allowed */

/* Put a parsed transaction of this endpoint's clients in. Its wire bytes are
 * copied, and its signatures are checked unless they have been
 * (transaction_verify_all()). newest: the bank whose recent blockhashes count.
 * ERR_DENIED: a signature is wrong; ERR_EXISTS: the transaction waits already;
 * ERR_STATE: its blockhash is not recent, or a final block has it; ERR_FULL:
 * there is no room, and all that wait, or are kept, pay as much or more. Who is
 * refused or was pushed out may be sent again. One of several takes blockhashes
 * that newest does not know, as mempool_add_last() does: others may be further.
 */
int mempool_add(struct mempool *mempool, struct transaction *transaction,
                const struct bank *newest);

/* As mempool_add(), but after all transactions that can pay, because the payer
 * does not have the fee that it offers. It may have the fee later; until then
 * an offer that costs nothing must not push others out. */
int mempool_add_last(struct mempool *mempool, struct transaction *transaction,
                     const struct bank *newest);

/* As these two, of another source, and not kept. */
int mempool_add_from(struct mempool *mempool, size_t source, bool can_pay,
                     struct transaction *transaction,
                     const struct bank *newest);

/* What mempool_add_from() would say, but for the signatures: at a hundredth of
 * what these cost. The answer may be outdated when it is used. */
int mempool_would_take_from(struct mempool *mempool, size_t source,
                            bool can_pay, const struct transaction *transaction,
                            const struct bank *newest);

/* Move the best transaction's wire bytes to *wire (released with
 * buffer_free()). Returns false if no transaction waits. */
bool mempool_take(struct mempool *mempool, struct buffer *wire);

/* Sleep until a transaction waits, mempool_wake() is called, or the monotonic
 * clock reaches until_ns. */
void mempool_wait(struct mempool *mempool, uint64_t until_ns);
void mempool_wake(struct mempool *mempool);

/* Say of parsed transactions that their signatures were checked
 * (transaction.is_verified), if they wait or are kept here, byte for byte. */
void mempool_recognize(struct mempool *mempool,
                       struct transaction *transactions, size_t count);

/* ---- What is kept ---- */

/* The next one that is kept, in the order in which they came, after the one of
 * the number *after, which is set to its number; 0: from the first on. Its wire
 * bytes are appended. False: there is none. */
bool mempool_next_kept(struct mempool *mempool, uint64_t *after,
                       struct buffer *wire);

/* Put all that are kept among those that wait, as far as there is room: for a
 * leader whose chain may lack what another one's block had. */
void mempool_offer_kept(struct mempool *mempool);

/* A block is final: its transactions neither wait nor are kept any more, nor do
 * those that no later block may have. */
void mempool_settle(struct mempool *mempool,
                    const struct executed_block *block);

/* How many wait. Outdated when it is returned: for measurements, and tests of
 * those that add. */
size_t mempool_count(struct mempool *mempool);

#endif
