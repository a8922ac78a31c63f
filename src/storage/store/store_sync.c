/*
 * Group commit.
 *
 * The map `pending` holds what was put since the last sync. A sync takes the
 * whole map (it is `committing` then, and readers still use it), starts an
 * empty one for the puts that go on meanwhile, syncs the segments and writes
 * the index rows in one LMDB transaction. A caller during a sync waits for it
 * and, if its own puts came too late, for exactly one more, which it shares
 * with all that waited: a hundred threads cost two flushes, not a hundred.
 *
 * A flush that fails is not tried again, because the kernel reports such an
 * error once, may drop the bytes, and reports success of the next flush. What
 * the batch had in that segment is read back, verified and appended to a new
 * one.
 *
 * Durability depends on the order: segments first, then rows. So a row never
 * names bytes that a power cut could take away, and recovery finds bytes
 * without a row again.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
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

/* A block of pending that stands in a segment that has failed. */
static bool needs_rescue(struct store *store, const struct place *place)
{
    struct segment *segment;

    if (place == &place_gone)
        return false;
    segment = store_segment(store, place->segment);
    return !segment || segment->failed;
}

/* Append one block anew from what can still be read of it. Its section may have
 * had another codec; blocks are found by their hash. */
static int rescue_block(struct store *store, struct bytes key)
{
    struct reader reader = reader_make(key);
    struct cid cid = {.version = 1, .codec = CID_RAW};
    struct buffer data = {0};
    struct segment *segment;
    struct place place;
    int status = multihash_read(&reader, &cid.hash);

    CHECK(!status);
    if (!store_find(store, key, &place))
        return 0;
    segment = store_segment(store, place.segment);
    buffer_resize(&data, place.size);
    status = segment ? segment_read(segment, place.offset, data.data, data.size)
                     : err_set(ERR_CORRUPT, "its segment is gone");
    if (!status)
        status = cid_verify(&cid, buffer_view(&data));
    if (status) {
        store->broken = true;
        err_add(status, "a block that was put is lost");
        log_error("store", "%s", err_text());
    } else {
        status = store_append(store, &cid, buffer_view(&data));
    }
    buffer_free(&data);
    return status;
}

/* Under the mutex for as long as reading and appending take: no reader may find
 * a place that is about to change its segment. What an error leaves is tried
 * again by the next batch. */
static int rescue(struct store *store)
{
    struct buffer keys = {0};
    struct multihash_key copy;
    size_t position = 0;
    struct bytes key;
    void *value;
    int status = 0;

    if (!store->rescue_due)
        return 0;
    /* The keys first: the map must not change under a walk. */
    while (map_next(store->pending, &position, &key, &value)) {
        if (!needs_rescue(store, value))
            continue;
        CHECK(key.size <= sizeof(copy.data));
        copy.size = key.size;
        memcpy(copy.data, key.data, key.size);
        buffer_append(&keys, &copy, sizeof(copy));
    }
    for (size_t at = 0; at < keys.size && !status; at += sizeof(copy)) {
        memcpy(&copy, keys.data + at, sizeof(copy));
        status = rescue_block(store, bytes_make(copy.data, copy.size));
    }
    buffer_free(&keys);
    store->rescue_due = status != 0;
    return status;
}

/* Put a failed batch back below what came since: a newer place or a GONE for
 * the same block wins. The next sync then tries all of it again; until then
 * puts are visible but not durable, as their callers know from the error. */
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

/* Sync one batch. The mutex is held at both ends but not while the disk works.
 * changes and the watermark are noted when the map is taken: what is put after
 * that belongs to the next batch. */
static int sync_batch(struct store *store)
{
    uint64_t changes, watermark = 0;
    uint32_t last = 0;
    struct segment **dirty;
    size_t count, synced;

    CHECK(!store->syncing && !store->committing);
    int status = rescue(store);
    if (status)
        return status;
    changes = store->changes;
    store->syncing = true;
    store->committing = store->pending;
    store->pending = map_new();
    store->bytes_unsynced = 0;
    dirty = hold_dirty(store, &count);
    /* The watermark: below it all is about to be on disk and in the index. What
     * is appended during the flush comes after it, and recovery's scan finds it
     * if there is no later sync. */
    if (store->segment_count) {
        last = store->segments[store->segment_count - 1]->number;
        watermark = store->segments[store->segment_count - 1]->size;
    }
    lock_give(&store->mutex);

    /* Bytes first, rows after: see the top. */
    for (synced = 0; synced < count && !status; synced++)
        status = segment_sync(dirty[synced]);
    bool flushed = !status;
    if (!status)
        status = store_index_commit(store, store->committing, last, watermark);

    lock_take(&store->mutex);
    for (size_t i = 0; i < count; i++) {
        /* The last of those tried is the one that failed; those after it have
         * their flush still to come. */
        if (!flushed && i + 1 == synced)
            dirty[i]->failed = store->rescue_due = true;
        else if (i >= synced)
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

int store_broken(const struct store *store)
{
    return err_set(ERR_IO,
                   "the disk under %s has lost blocks that were not synced "
                   "yet: look after the disk and start the program again",
                   store->path);
}

/* This waits until all that was put before the call is durable. The first
 * caller works and the others wait. A caller that finds work and no worker
 * works next. */
int store_sync(struct store *store)
{
    int status = 0;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (store->read_only)
        return 0;
    lock_take(&store->mutex);
    /* Read under the lock: all that was put before this call counts in. */
    uint64_t wanted = store->changes;
    /* A waiter goes round at most twice: the running batch may have been taken
     * before its puts, the next one was not. An error of another caller's batch
     * does not count; this caller tries, too, and gets its own. */
    while (store->changes_synced < wanted && !status) {
        if (store->broken)
            status = store_broken(store);
        else if (store->syncing)
            lock_change_wait(&store->synced, &store->mutex);
        else
            status = sync_batch(store);
    }
    lock_give(&store->mutex);
    return status;
}
