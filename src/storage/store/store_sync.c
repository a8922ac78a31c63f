/*
 * Group commit, and holds.
 *
 * What was put since the last sync stands in the map `pending`. A sync takes
 * that map away whole (it is `committing` then, and still looked at by
 * readers), starts an empty one for the puts that go on meanwhile, syncs the
 * segments and writes the index rows in one LMDB transaction. Whoever calls
 * while a sync is under way waits for it and, if its own puts came too late
 * for that one, for exactly one more, which it shares with all who waited: a
 * hundred threads cost two flushes, not a hundred.
 *
 * The order is what durability rests on: segments first, rows after them. A
 * row therefore never names bytes that a power cut could take away, and bytes
 * without a row are found again by recovery.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <stdlib.h>

/* Hold and list the segments that have unsynced bytes: mostly one, two when a
 * segment was sealed since. Marked clean here, under the mutex, so that bytes
 * which come during the flush mark them dirty again. The caller frees the list
 * and releases each. */
static struct segment **hold_dirty(struct store *store, size_t *count)
{
    struct segment **dirty =
        mem_alloc((store->segment_count + 1) * sizeof(struct segment *));

    *count = 0;
    for (size_t i = 0; i < store->segment_count; i++) {
        if (!store->segments[i]->dirty)
            continue;
        store->segments[i]->dirty = false;
        segment_hold(store->segments[i]);
        dirty[(*count)++] = store->segments[i];
    }
    return dirty;
}

/* Put a failed batch back below what came since: a newer place or a GONE for
 * the same block wins. The next sync then tries all of it again; until then
 * puts are visible but not durable, as their callers have been told. */
static void restore_committing(struct store *store)
{
    size_t position = 0;
    struct bytes key;
    void *value;

    while (map_next(store->committing, &position, &key, &value)) {
        if (!map_get(store->pending, key))
            map_put(store->pending, key, value);
        else if (value != &place_gone)
            free(value);
    }
    map_free(store->committing);
    store->committing = NULL;
}

/* One batch, with the mutex held at both ends but not while the disk works.
 * changes and the watermark are noted at the moment the map is taken: whatever
 * is put after that belongs to the next batch. */
static int sync_batch(struct store *store)
{
    uint64_t changes = store->changes, watermark = 0;
    uint32_t last = 0;
    struct segment **dirty;
    size_t count;
    int status = 0;

    CHECK(!store->syncing && !store->committing);
    store->syncing = true;
    store->committing = store->pending;
    store->pending = map_new();
    store->bytes_unsynced = 0;
    dirty = hold_dirty(store, &count);
    /* The watermark: below it all is about to be on disk and in the index. What
     * is appended during the flush stands behind it and is found by recovery's
     * scan, should there be no later sync. */
    if (store->segment_count) {
        last = store->segments[store->segment_count - 1]->number;
        watermark = store->segments[store->segment_count - 1]->size;
    }
    lock_give(&store->mutex);

    /* Bytes first, rows after: see the top. */
    for (size_t i = 0; i < count && !status; i++)
        status = segment_sync(dirty[i]);
    if (!status)
        status = store_index_commit(store, store->committing, last, watermark);

    lock_take(&store->mutex);
    for (size_t i = 0; i < count; i++) {
        if (status)
            dirty[i]->dirty = true;
        segment_release(dirty[i]);
    }
    free(dirty);
    if (status) {
        restore_committing(store);
    } else {
        store_index_free_places(store->committing);
        store->committing = NULL;
        store->changes_synced = changes;
    }
    store->syncing = false;
    lock_change_wake_all(&store->synced);
    return status;
}

/* Waits until all that was put before the call is durable. The first caller
 * works, the others wait; whoever finds nobody working and something left to do
 * works next. */
int store_sync(struct store *store)
{
    uint64_t wanted;
    int status = 0;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (store->read_only)
        return 0;
    lock_take(&store->mutex);
    /* Read under the lock: all that was put before this call counts in. */
    wanted = store->changes;
    /* At most twice round for a waiter: the batch under way may have been taken
     * before its puts, the next one can't have been. An error of another's
     * batch is not ours: we try, and get our own. */
    while (store->changes_synced < wanted && !status) {
        if (store->syncing)
            lock_change_wait(&store->synced, &store->mutex);
        else
            status = sync_batch(store);
    }
    lock_give(&store->mutex);
    return status;
}

/* ---- holds ---- */

/* From here on what is put or found is touched; what was before is not
 * protected by this hold. */
struct store_hold *store_hold(struct store *store)
{
    struct store_hold *hold = mem_alloc(sizeof(*hold));

    CHECK_MAGIC(store, STORE_MAGIC);
    hold->store = store;
    lock_take(&store->mutex);
    store->holds++;
    lock_give(&store->mutex);
    return hold;
}

/* A hold that is never released makes touched grow, and keeps garbage for as
 * long: store_close() CHECKs for it. */
void store_release(struct store_hold *hold)
{
    struct store *store;

    if (!hold)
        return;
    store = hold->store;
    CHECK_MAGIC(store, STORE_MAGIC);
    lock_take(&store->mutex);
    CHECK(store->holds > 0);
    store->holds--;
    /* Nobody needs the list any more; a new one will start empty. */
    if (!store->holds && !store->collecting) {
        map_free(store->touched);
        store->touched = map_new();
    }
    lock_give(&store->mutex);
    free(hold);
}
