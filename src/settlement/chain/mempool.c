/*
 * One lock protects the order of fee_queue.h; it is held for a few steps in the
 * heaps. Signatures are verified, bytes copied and memory freed without the
 * lock. Duplicates are looked for twice: before the verification, to save its
 * cost, and under the lock, to be sure.
 */
#include "settlement/chain/mempool.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "settlement/bank/bank.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/chain/fee_queue.h"
#include <stdlib.h>

#define MEMPOOL_MAGIC 0x4d454d50u

/* mempool_wake() sets woken, and the next wait clears it, so that a wake before
 * the wait is not lost. */
struct mempool {
    unsigned magic;
    struct lock lock;
    struct lock_change changed;
    bool woken;
    struct fee_queue *queue;
};

struct mempool *mempool_new(size_t transactions_max)
{
    struct mempool *mempool = mem_zero(1, sizeof(*mempool));
    mempool->magic = MEMPOOL_MAGIC;
    mempool->queue = fee_queue_new(transactions_max);
    lock_init(&mempool->lock);
    /* clock.h's monotonic clock, so that a change of the wall clock wakes no
     * thread. */
    lock_change_init(&mempool->changed);
    return mempool;
}

/* No other thread may use the mempool by then. */
void mempool_free(struct mempool *mempool)
{
    if (!mempool)
        return;
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    fee_queue_free(mempool->queue);
    lock_change_destroy(&mempool->changed);
    lock_destroy(&mempool->lock);
    mempool->magic = 0;
    free(mempool);
}

/* The answer may be outdated when it is used. */
static bool waits(struct mempool *mempool, const struct signature *id)
{
    lock_take(&mempool->lock);
    bool found = fee_queue_has(mempool->queue, id);
    lock_give(&mempool->lock);
    return found;
}

/* The blockhash is checked against the newest bank, not the one that will
 * execute the transaction; that bank checks again. A durable nonce is not a
 * recent blockhash, and only its account shows whether it is right.
 *
 * Only the first entry wakes the waiting thread, which does not sleep while
 * there are more. */
static int add(struct mempool *mempool, struct transaction *transaction,
               const struct bank *newest, uint64_t fee)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    CHECK(transaction->signature_count > 0);
    CHECK(transaction->signature_count < 128);
    /* The cheap checks come first, because a verification costs a hundred times
     * more. */
    if (waits(mempool, transaction_id(transaction)))
        return err_set(ERR_EXISTS, "the transaction waits already");
    if (nonce_index(transaction) < 0 &&
        !bank_is_blockhash_valid(newest, transaction->recent_blockhash, NULL))
        return err_set(ERR_STATE, "its blockhash is not a recent one");
    if (!transaction->is_verified && !transaction_verify(transaction))
        return err_set(ERR_DENIED, "a signature does not verify");

    struct buffer wire = {0};
    struct fee_entry *pushed_out;
    buffer_bytes(&wire, transaction->wire);
    struct fee_entry *entry = fee_entry_new(fee, &wire);
    lock_take(&mempool->lock);
    int status = fee_queue_add(mempool->queue, entry, &pushed_out);
    if (!status && fee_queue_count(mempool->queue) == 1)
        lock_change_wake_one(&mempool->changed);
    lock_give(&mempool->lock);
    fee_entry_free(status ? entry : pushed_out);
    return status;
}

/* Ordered by the fee offered, whether or not the payer has it: see
 * mempool_add_last().
 */
int mempool_add(struct mempool *mempool, struct transaction *transaction,
                const struct bank *newest)
{
    return add(mempool, transaction, newest, bank_fee(transaction));
}

int mempool_add_last(struct mempool *mempool, struct transaction *transaction,
                     const struct bank *newest)
{
    return add(mempool, transaction, newest, 0);
}

/* One at a time: the producer asks for the best each time, and a better one may
 * come in between. */
bool mempool_take(struct mempool *mempool, struct buffer *wire)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    lock_take(&mempool->lock);
    struct fee_entry *entry = fee_queue_take(mempool->queue);
    lock_give(&mempool->lock);
    if (!entry)
        return false;
    *wire = entry->wire;
    free(entry);
    return true;
}

/* An error of the wait means that its time is over; the caller reads the clock
 * itself. */
void mempool_wait(struct mempool *mempool, uint64_t until_ns)
{
    lock_take(&mempool->lock);
    while (!fee_queue_count(mempool->queue) && !mempool->woken) {
        if (!lock_change_wait_until(&mempool->changed, &mempool->lock,
                                    until_ns))
            break;
    }
    mempool->woken = false;
    lock_give(&mempool->lock);
}

void mempool_wake(struct mempool *mempool)
{
    lock_take(&mempool->lock);
    mempool->woken = true;
    lock_change_wake_one(&mempool->changed);
    lock_give(&mempool->lock);
}

size_t mempool_count(struct mempool *mempool)
{
    lock_take(&mempool->lock);
    size_t count = fee_queue_count(mempool->queue);
    lock_give(&mempool->lock);
    return count;
}
