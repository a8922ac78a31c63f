/*
 * One thread and one flag. If snapshots fall due while one is being written, a
 * single one follows, however many intervals have passed: a disk that is too
 * slow for the interval gets fewer snapshots and not a queue of them.
 *
 * The interval counts from the newest snapshot in the folder, so a validator
 * that is often restarted still makes them.
 */
#include "settlement/chain/snapshot_keeper.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/ledger/snapshot.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define KEEPER_MAGIC 0x534e4b50u

struct snapshot_keeper {
    unsigned magic;
    struct ledger *ledger;
    char *folder;
    uint64_t interval_slots;
    size_t keep;
    uint64_t written_slot; /* the newest one's; the thread's own */
    pthread_t thread;
    atomic_bool is_stopping;
    struct lock lock; /* protects what follows; held only for a moment */
    struct lock_change changed;
    uint64_t last_slot; /* when the last one became due */
    bool is_due;
};

/* The state on disk may be some empty slots behind the final one. On an idle
 * chain it may be the state of the last snapshot. */
static int write_one(struct snapshot_keeper *keeper)
{
    struct ledger_export *state;
    struct arena arena = {0};
    struct snapshot written;
    uint64_t start_ms = clock_monotonic_ms();
    int status = ledger_export_open(keeper->ledger, &state);
    if (status)
        return status;
    uint64_t slot = ledger_export_info(state)->slot;
    if (slot != keeper->written_slot) {
        status = snapshot_write(state, keeper->folder, &keeper->is_stopping,
                                &arena, &written);
        if (!status) {
            keeper->written_slot = slot;
            log_info("snapshot",
                     "slot %" PRIu64 " is in %s, %" PRIu64 " bytes, in %" PRIu64
                     " ms",
                     slot, written.path, written.size_bytes,
                     clock_monotonic_ms() - start_ms);
        }
    }
    ledger_export_close(state);
    arena_free(&arena);
    return status ? status : snapshot_prune(keeper->folder, keeper->keep);
}

/* A failed snapshot (a full disk) must not stop the chain: the next one may
 * succeed. */
static void *run(void *user)
{
    struct snapshot_keeper *keeper = user;
    pthread_setname_np(pthread_self(), "snapshots");
    for (;;) {
        lock_take(&keeper->lock);
        while (!keeper->is_due && !atomic_load(&keeper->is_stopping))
            lock_change_wait(&keeper->changed, &keeper->lock);
        keeper->is_due = false;
        lock_give(&keeper->lock);
        if (atomic_load(&keeper->is_stopping))
            return NULL;
        int status = write_one(keeper);
        if (status && status != ERR_CANCELLED)
            log_error("snapshot", "none was written: %s", err_text());
    }
}

/* The first interval of a folder without snapshots begins now: a snapshot of a
 * genesis would be useless. */
struct snapshot_keeper *
snapshot_keeper_start(const struct snapshot_keeper_options *options)
{
    CHECK(options->interval_slots > 0 && options->keep > 0);
    struct snapshot_keeper *keeper = mem_zero(1, sizeof(*keeper));
    keeper->magic = KEEPER_MAGIC;
    keeper->ledger = options->ledger;
    keeper->folder = mem_text(options->folder);
    keeper->interval_slots = options->interval_slots;
    keeper->keep = options->keep;
    if (snapshot_newest(options->folder, &keeper->last_slot)) {
        err_clear();
        struct bank *newest = ledger_newest(options->ledger, LEDGER_FINALIZED);
        keeper->last_slot = bank_info(newest)->slot;
        bank_release(newest);
    } else {
        keeper->written_slot = keeper->last_slot;
    }
    lock_init(&keeper->lock);
    lock_change_init(&keeper->changed);
    CHECK(pthread_create(&keeper->thread, NULL, run, keeper) == 0);
    return keeper;
}

/* Thread: the flusher's. Only takes a lock that is never held for long. */
void snapshot_keeper_note(struct snapshot_keeper *keeper, uint64_t slot)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    lock_take(&keeper->lock);
    if (slot >= keeper->last_slot + keeper->interval_slots) {
        keeper->last_slot = slot;
        keeper->is_due = true;
        lock_change_wake_one(&keeper->changed);
    }
    lock_give(&keeper->lock);
}

void snapshot_keeper_stop(struct snapshot_keeper *keeper)
{
    if (!keeper)
        return;
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    lock_take(&keeper->lock);
    atomic_store(&keeper->is_stopping, true);
    lock_change_wake_one(&keeper->changed);
    lock_give(&keeper->lock);
    CHECK(pthread_join(keeper->thread, NULL) == 0);
    lock_change_destroy(&keeper->changed);
    lock_destroy(&keeper->lock);
    keeper->magic = 0;
    free(keeper->folder);
    free(keeper);
}
