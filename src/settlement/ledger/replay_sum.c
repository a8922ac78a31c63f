/*
 * The lattice sum of a block needs that of the block before, so one thread sums
 * up blocks one after the other.
 *
 * A ring of four blocks is between caller and thread. It is short because each
 * block has its rows before and after in memory, and long enough that a large
 * block does not stop those after it. If it is full the caller waits: then the
 * sum is the slowest part, and more memory would not help.
 *
 * The error of a wrong hash is kept, nothing more is summed up because every
 * later sum would be wrong, and every later call returns the error.
 */
#include "settlement/ledger/replay_sum.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define SUM_MAGIC 0x5250534du

/* Most blocks that wait. */
#define BLOCKS_MAX 4

/* A block of at most so many rows is summed up at once if no block waits, which
 * takes no longer than waking a thread. */
#define ROWS_AT_ONCE 32

/* A block that waits; empty once it was summed up or dropped. */
struct item {
    struct bank *bank;      /* a reference */
    struct hash state_hash; /* that it should have */
};

/*
 * Invariants: block n lies in items[n % BLOCKS_MAX] for done ≤ n < added.
 * Banks are summed up by the thread while done < added, and by the caller
 * otherwise. After a wrong hash nothing more is summed up.
 */
struct replay_sum {
    unsigned magic;
    pthread_t thread;
    struct lock lock; /* guards what follows */
    struct lock_change changed;
    struct item items[BLOCKS_MAX];
    uint64_t done;
    uint64_t added;
    bool is_closing;
    int status;
    char text[ERR_TEXT_SIZE]; /* of the status */
};

/* The genesis is summed up already. The caller must be the one that sums up
 * (see the invariants). */
static int check(const struct item *item)
{
    const struct bank_info *info = bank_info(item->bank);
    if (!bank_is_summed(item->bank))
        bank_sum_up(item->bank);
    if (hash_equal(&info->state_hash, &item->state_hash))
        return 0;
    return err_set(ERR_CORRUPT,
                   "block %" PRIu64 " executes to state %s, but the next one "
                   "names %s",
                   info->slot, HASH_TEXT(&info->state_hash),
                   HASH_TEXT(&item->state_hash));
}

/* Freeing a bank may take time, so the thread does it without the lock. */
static void item_free(struct item *item)
{
    bank_release(item->bank);
    *item = (struct item){0};
}

/* Keep the text for the caller's thread. */
static void set_status(struct replay_sum *sum, int status)
{
    if (!status)
        return;
    sum->status = status;
    strcpy(sum->text, err_text());
}

/* With the lock, which is released meanwhile. */
static void sum_next(struct replay_sum *sum)
{
    struct item *item = &sum->items[sum->done % BLOCKS_MAX];
    bool is_dropped = sum->status || sum->is_closing;
    lock_give(&sum->lock);
    int status = is_dropped ? 0 : check(item);
    item_free(item);
    lock_take(&sum->lock);
    set_status(sum, status);
    sum->done++;
    lock_change_wake_all(&sum->changed);
}

/* Ends when closing and all blocks are done or dropped (sum_next()). */
static void *run_thread(void *user)
{
    struct replay_sum *sum = user;
    pthread_setname_np(pthread_self(), "replay-sum");
    lock_take(&sum->lock);
    while (!sum->is_closing || sum->done < sum->added) {
        if (sum->done < sum->added)
            sum_next(sum);
        else
            lock_change_wait(&sum->changed, &sum->lock);
    }
    lock_give(&sum->lock);
    return NULL;
}

struct replay_sum *replay_sum_open(void)
{
    struct replay_sum *sum = mem_zero(1, sizeof(*sum));
    sum->magic = SUM_MAGIC;
    lock_init(&sum->lock);
    lock_change_init(&sum->changed);
    CHECK(!pthread_create(&sum->thread, NULL, run_thread, sum));
    return sum;
}

/* Release the lock and return the error so far. */
static int unlock(struct replay_sum *sum)
{
    int status = sum->status;
    lock_give(&sum->lock);
    return status ? err_set(status, "%s", sum->text) : 0;
}

/* If the thread is idle a small block is summed up here, under the lock, which
 * nobody else needs then. */
int replay_sum_add(struct replay_sum *sum, struct bank *bank,
                   const struct hash *state_hash)
{
    CHECK_MAGIC(sum, SUM_MAGIC);
    struct item item = {.bank = bank_retain(bank), .state_hash = *state_hash};
    lock_take(&sum->lock);
    bool is_small = state_layer_count(bank_layer(bank)) <= ROWS_AT_ONCE;
    if (sum->done == sum->added && is_small && !sum->status) {
        set_status(sum, check(&item));
        item_free(&item);
        return unlock(sum);
    }
    while (sum->added == sum->done + BLOCKS_MAX)
        lock_change_wait(&sum->changed, &sum->lock);
    sum->items[sum->added++ % BLOCKS_MAX] = item;
    lock_change_wake_all(&sum->changed);
    return unlock(sum);
}

/* Afterwards the last block is summed up, or there is an error. */
int replay_sum_finish(struct replay_sum *sum)
{
    CHECK_MAGIC(sum, SUM_MAGIC);
    lock_take(&sum->lock);
    while (sum->done < sum->added)
        lock_change_wait(&sum->changed, &sum->lock);
    return unlock(sum);
}

void replay_sum_close(struct replay_sum *sum)
{
    CHECK_MAGIC(sum, SUM_MAGIC);
    lock_take(&sum->lock);
    sum->is_closing = true;
    lock_change_wake_all(&sum->changed);
    lock_give(&sum->lock);
    CHECK(!pthread_join(sum->thread, NULL));
    lock_change_destroy(&sum->changed);
    lock_destroy(&sum->lock);
    sum->magic = 0;
    free(sum);
}
