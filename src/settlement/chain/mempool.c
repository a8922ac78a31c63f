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
#include "settlement/chain/kept_list.h"
#include "settlement/ledger/executed_block.h"
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
    struct kept_list *kept; /* NULL: nothing is kept */
    struct bank *final;     /* after the newest final block; NULL: not known */
};

struct mempool *mempool_new(size_t transactions_max)
{
    struct mempool *mempool = mem_zero(1, sizeof(*mempool));
    mempool->magic = MEMPOOL_MAGIC;
    mempool->queue = fee_queue_new(&transactions_max, 1);
    lock_init(&mempool->lock);
    /* clock.h's monotonic clock, so that a change of the wall clock wakes no
     * thread. */
    lock_change_init(&mempool->changed);
    return mempool;
}

struct mempool *mempool_new_of_several(const size_t *shares, size_t sources,
                                       size_t kept_max)
{
    struct mempool *mempool = mempool_new(1);
    fee_queue_free(mempool->queue);
    mempool->queue = fee_queue_new(shares, sources);
    mempool->kept = kept_list_new(kept_max);
    return mempool;
}

/* No other thread may use the mempool by then. */
void mempool_free(struct mempool *mempool)
{
    if (!mempool)
        return;
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    fee_queue_free(mempool->queue);
    kept_list_free(mempool->kept);
    bank_release(mempool->final);
    lock_change_destroy(&mempool->changed);
    lock_destroy(&mempool->lock);
    mempool->magic = 0;
    free(mempool);
}

/* ---- In ---- */

/* The wire bytes, which are the mempool's. Under the lock. */
static bool find(const struct mempool *mempool, const struct signature *id,
                 struct bytes *wire)
{
    const struct fee_entry *entry = fee_queue_find(mempool->queue, id);
    struct kept_item item;
    if (entry) {
        *wire = buffer_view(&entry->wire);
        return true;
    }
    if (!mempool->kept || !kept_list_find(mempool->kept, id, &item))
        return false;
    *wire = item.wire;
    return true;
}

static bool keeps(const struct mempool *mempool, size_t source)
{
    return mempool->kept && source == MEMPOOL_OWN;
}

/* One that is to be kept is known only if it is kept: it may wait because a
 * peer brought it, and would be lost with the first block that had it. The
 * answer may be outdated when it is used. */
static bool is_known(struct mempool *mempool, const struct signature *id,
                     bool is_kept)
{
    struct bytes wire;
    struct kept_item item;
    lock_take(&mempool->lock);
    bool found = is_kept ? kept_list_find(mempool->kept, id, &item)
                         : find(mempool, id, &wire);
    lock_give(&mempool->lock);
    return found;
}

/* Clients send again what they have heard nothing of, and anybody can send what
 * others had in a block. If it were kept, it would take the place of another
 * until its blockhash is old. */
static bool is_final(struct mempool *mempool,
                     const struct transaction *transaction)
{
    lock_take(&mempool->lock);
    struct bank *final = mempool->final ? bank_retain(mempool->final) : NULL;
    lock_give(&mempool->lock);
    bool has = final && bank_has_transaction(final, transaction);
    bank_release(final);
    return has;
}

/* The answer may be outdated when it is used. */
static bool has_room(struct mempool *mempool, size_t source, bool is_kept,
                     uint64_t fee)
{
    lock_take(&mempool->lock);
    bool has = is_kept ? kept_list_has_room(mempool->kept, fee)
                       : fee_queue_has_room(mempool->queue, source, fee);
    lock_give(&mempool->lock);
    return has;
}

/* All but the signatures, because their verification costs a hundred times
 * more. The blockhash is checked against the newest bank, not the one that will
 * execute the transaction; that bank checks again. A durable nonce is not a
 * recent blockhash, and only its account shows whether it is right: it counts
 * as new. Another blockhash that is not known may be of a block that has not
 * come here yet: what is to be kept is taken with it, because leaders may know
 * it, but after all that can pay. last_height: of the last block that may have
 * the transaction, or is taken for it. */
static int check(struct mempool *mempool, size_t source,
                 const struct transaction *transaction,
                 const struct bank *newest, uint64_t *fee,
                 uint64_t *last_height)
{
    bool is_kept = keeps(mempool, source);
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    CHECK(transaction->signature_count > 0);
    CHECK(transaction->signature_count < 128);
    if (is_known(mempool, transaction_id(transaction), is_kept))
        return err_set(ERR_EXISTS, "the transaction waits already");
    const struct bank_info *info = bank_info(newest);
    *last_height = info->block_height + info->blockhash_blocks;
    if (nonce_index(transaction) < 0 &&
        !bank_is_blockhash_valid(newest, transaction->recent_blockhash,
                                 last_height)) {
        if (!is_kept)
            return err_set(ERR_STATE, "its blockhash is not a recent one");
        *fee = 0;
    }
    if (is_final(mempool, transaction))
        return err_set(ERR_STATE, "a final block has the transaction");
    if (!has_room(mempool, source, is_kept, *fee))
        return err_set(ERR_FULL, "too many transactions wait, and all pay as "
                                 "much");
    return 0;
}

/* Under the lock. Only the first entry wakes the waiting thread, which does not
 * sleep while there are more. */
static int queue_add(struct mempool *mempool, struct fee_entry *entry,
                     struct fee_entry **pushed_out)
{
    int status = fee_queue_add(mempool->queue, entry, pushed_out);
    if (!status && fee_queue_count(mempool->queue) == 1)
        lock_change_wake_one(&mempool->changed);
    return status;
}

/* What is kept has been taken, even if it has no place among those that wait,
 * or has one already: others lead, too. */
static int add(struct mempool *mempool, size_t source,
               struct transaction *transaction, const struct bank *newest,
               uint64_t fee)
{
    bool is_kept = keeps(mempool, source);
    uint64_t last_height;
    int status =
        check(mempool, source, transaction, newest, &fee, &last_height);
    if (status)
        return status;
    if (!transaction->is_verified && !transaction_verify(transaction))
        return err_set(ERR_DENIED, "a signature does not verify");
    struct buffer wire = {0};
    struct fee_entry *pushed_out = NULL;
    buffer_bytes(&wire, transaction->wire);
    struct fee_entry *entry = fee_entry_new(source, fee, &wire);
    lock_take(&mempool->lock);
    int kept = is_kept ? kept_list_add(mempool->kept, transaction->wire, fee,
                                       last_height)
                       : 0;
    status = kept ? kept : queue_add(mempool, entry, &pushed_out);
    lock_give(&mempool->lock);
    fee_entry_free(status ? entry : pushed_out);
    return is_kept ? kept : status;
}

/* Ordered by the fee offered, whether or not the payer has it: see
 * mempool_add_last().
 */
int mempool_add(struct mempool *mempool, struct transaction *transaction,
                const struct bank *newest)
{
    return add(mempool, MEMPOOL_OWN, transaction, newest,
               bank_fee(transaction));
}

int mempool_add_last(struct mempool *mempool, struct transaction *transaction,
                     const struct bank *newest)
{
    return add(mempool, MEMPOOL_OWN, transaction, newest, 0);
}

int mempool_add_from(struct mempool *mempool, size_t source, bool can_pay,
                     struct transaction *transaction, const struct bank *newest)
{
    CHECK(source != MEMPOOL_OWN);
    return add(mempool, source, transaction, newest,
               can_pay ? bank_fee(transaction) : 0);
}

int mempool_would_take_from(struct mempool *mempool, size_t source,
                            bool can_pay, const struct transaction *transaction,
                            const struct bank *newest)
{
    uint64_t fee = can_pay ? bank_fee(transaction) : 0, last_height;
    CHECK(source != MEMPOOL_OWN);
    return check(mempool, source, transaction, newest, &fee, &last_height);
}

/* ---- Out ---- */

/* One at a time: the execution asks for the best each time, and a better one
 * may come in between. */
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

/* ---- What others executed ---- */

/* So many under one lock: a few microseconds. */
#define RECOGNIZED_TOGETHER 16

void mempool_recognize(struct mempool *mempool,
                       struct transaction *transactions, size_t count)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    for (size_t i = 0; i < count;) {
        lock_take(&mempool->lock);
        for (size_t k = 0; i < count && k < RECOGNIZED_TOGETHER; i++, k++) {
            struct transaction *transaction = &transactions[i];
            struct bytes wire;
            if (transaction->signature_count > 0 &&
                find(mempool, transaction_id(transaction), &wire) &&
                bytes_equal(wire, transaction->wire))
                transaction->is_verified = true;
        }
        lock_give(&mempool->lock);
    }
}

/* ---- What is kept ---- */

bool mempool_next_kept(struct mempool *mempool, uint64_t *after,
                       struct buffer *wire)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    struct kept_item item;
    if (!mempool->kept)
        return false;
    lock_take(&mempool->lock);
    bool found = kept_list_next(mempool->kept, after, &item);
    if (found)
        buffer_bytes(wire, item.wire);
    lock_give(&mempool->lock);
    return found;
}

/* The lock is held for each of them alone, so that nobody waits for all. */
void mempool_offer_kept(struct mempool *mempool)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    struct kept_item item;
    uint64_t after = 0;
    bool found = mempool->kept != NULL;
    while (found) {
        struct fee_entry *entry = NULL, *pushed_out = NULL;
        int status = 0;
        lock_take(&mempool->lock);
        found = kept_list_next(mempool->kept, &after, &item);
        if (found) {
            struct buffer wire = {0};
            buffer_bytes(&wire, item.wire);
            entry = fee_entry_new(MEMPOOL_OWN, item.fee, &wire);
            status = queue_add(mempool, entry, &pushed_out);
        }
        lock_give(&mempool->lock);
        fee_entry_free(status ? entry : pushed_out);
    }
    err_clear();
}

/* The identity of a transaction is its first signature, after their count. */
static struct signature id_at(const struct executed_block *block, size_t index)
{
    struct signature id;
    const struct ledger_item *item = ledger_records_at(&block->records, index);
    memcpy(id.bytes, ledger_item_wire(item, buffer_view(&block->data)) + 1,
           sizeof(id.bytes));
    return id;
}

void mempool_settle(struct mempool *mempool, const struct executed_block *block)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    size_t count = ledger_records_count(&block->records);
    if (!mempool->kept)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct signature id = id_at(block, i);
        lock_take(&mempool->lock);
        struct fee_entry *entry = fee_queue_remove(mempool->queue, &id);
        kept_list_remove(mempool->kept, &id);
        lock_give(&mempool->lock);
        fee_entry_free(entry);
    }
    lock_take(&mempool->lock);
    struct bank *before = mempool->final;
    mempool->final = bank_retain(block->bank);
    kept_list_expire(mempool->kept, bank_info(block->bank)->block_height);
    lock_give(&mempool->lock);
    bank_release(before);
}

size_t mempool_count(struct mempool *mempool)
{
    lock_take(&mempool->lock);
    size_t count = fee_queue_count(mempool->queue);
    lock_give(&mempool->lock);
    return count;
}
