/*
 * Putting blocks; the mutex puts all writers in order. A block is verified and
 * looked up, room is made if needed, and its bytes are appended to the last
 * segment. From then on it can be read, and the next sync (store_sync.c) makes
 * it durable.
 *
 * Everything from the look to the entry in `pending` is one hold of the mutex,
 * so a block that two threads put at once is written once. The one exception
 * is make_room(), which gives the mutex away for as long as a collection takes.
 *
 * A put waits for no disk but when it makes a new segment, collects for want of
 * room, or meets the limits below on what is not synced yet.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "storage/store/store_state.h"

#include <inttypes.h>

/* Past so many blocks or bytes since the last sync, put syncs by itself: that
 * bounds the memory of the pending map (some 150 bytes a block) and the time of
 * a sync, and with it what a crash costs a caller that never syncs. */
#define UNSYNCED_BLOCKS_MAX 16384
#define UNSYNCED_BYTES_MAX (256ull << 20)

/* After so many bytes the kernel is asked to begin writing them: the disk works
 * while the next blocks are hashed, and a large import does not wait at its end
 * for all that it has written. */
#define FLUSH_BYTES (8ull << 20)

/* A collection that could not make room is not tried again for so long, or
 * each put into a full store would walk all pins. */
#define FULL_PAUSE_MS 10000

/* ERR_FULL, saying which limit was met, or 0. The size of the section's head is
 * left out of the count: some 40 bytes a block. */
static int check_room(struct store *store, size_t size)
{
    uint64_t used = store_disk_bytes(store), available;

    if (store->size_max_bytes && used + size > store->size_max_bytes)
        return err_set(ERR_FULL,
                       "the store is full: %" PRIu64 " of %" PRIu64
                       " bytes (its size limit) are used",
                       used, store->size_max_bytes);
    int status = file_free_bytes(store->path, &available);
    if (status)
        return status;
    if (available < store->free_floor_bytes + size)
        return err_set(ERR_FULL,
                       "the disk under %s has %" PRIu64
                       " bytes free; the store leaves %" PRIu64 " free",
                       store->path, available, store->free_floor_bytes);
    return 0;
}

/* Try to make room. Called with the mutex held, and gives it away meanwhile.
 * 0 if there is room for size bytes now. */
static int make_room(struct store *store, size_t size)
{
    uint64_t now = clock_monotonic_ms();

    /* While one collects there is no use in waiting for another; and what the
     * last one could not free won't be free within seconds. */
    if (!store->make_room || store_is_collecting(store) ||
        now < store->full_until_ms)
        return check_room(store, size);
    /* Set before the mutex is given away: of all the puts that meet a full
     * store, one collects. */
    store->full_until_ms = now + FULL_PAUSE_MS;
    lock_give(&store->mutex);
    int status = store->make_room(store);
    if (status)
        log_warn("store", "making room: %s", err_text());
    lock_take(&store->mutex);
    status = check_room(store, size);
    if (!status)
        store->full_until_ms = 0;
    return status;
}

/* Bytes of the last segment that are due to be written. */
struct flush {
    /* Held; NULL: none. */
    struct segment *segment;
    uint64_t from, end;
};

/* Under the mutex. */
static struct flush take_flush(struct store *store)
{
    struct segment *last = store->segments[store->segment_count - 1];
    struct flush flush = {.from = last->flush_begun, .end = last->size};

    if (flush.end - flush.from < FLUSH_BYTES)
        return flush;
    last->flush_begun = last->size;
    segment_hold(last);
    flush.segment = last;
    return flush;
}

/* This runs without the mutex, because the kernel may wait for the disk. */
static void begin_flush(struct store *store, const struct flush *flush)
{
    if (!flush->segment)
        return;
    segment_begin_flush(flush->segment, flush->from, flush->end);
    lock_take(&store->mutex);
    segment_release(flush->segment);
    lock_give(&store->mutex);
}

/* What can be said without looking: the kind of store, the size. */
static int check_put(struct store *store, const struct cid *cid, size_t size)
{
    CHECK_MAGIC(store, STORE_MAGIC);
    if (store->read_only)
        return err_set(ERR_DENIED, "the store %s is open for reading only",
                       store->path);
    if (size > STORE_BLOCK_SIZE_MAX)
        return err_set(ERR_LIMIT,
                       "block %s has %zu bytes; the limit for blocks is %u",
                       CID_TEXT(cid), size, STORE_BLOCK_SIZE_MAX);
    return 0;
}

/* The caller vouches for the hash; a wrong one would be found by store_get(),
 * as a corrupt block. */
int store_put_hashed(struct store *store, const struct cid *cid,
                     struct bytes data)
{
    struct multihash_key key;
    struct place place;
    struct flush flush = {0};
    bool sync_due = false;
    int status = check_put(store, cid, data.size);

    if (status)
        return status;
    /* Its bytes are in its name; there is nothing to keep. */
    if (cid->hash.code == MULTIHASH_IDENTITY)
        return 0;
    multihash_key(&cid->hash, &key);
    struct bytes key_bytes = bytes_make(key.data, key.size);

    lock_take(&store->mutex);
    /* The search is under the same lock as the append: two threads that put one
     * block write it once. make_room() gives the lock away; a double that comes
     * of that is garbage for the next collection, no more. */
    if (store->broken) {
        status = store_broken(store);
    } else if (!store_find_sound(store, key_bytes, &place)) {
        status = check_room(store, data.size);
        if (status == ERR_FULL)
            status = make_room(store, data.size);
        if (!status)
            status = store_append(store, cid, data);
        if (!status) {
            map_remove(store->suspect, key_bytes);
            flush = take_flush(store);
        }
        /* This is decided under the lock and done after it, because a sync
         * takes the lock itself. */
        sync_due = map_count(store->pending) > UNSYNCED_BLOCKS_MAX ||
                   store->bytes_unsynced > UNSYNCED_BYTES_MAX;
    }
    if (!status)
        store_touch(store, key_bytes);
    lock_give(&store->mutex);
    begin_flush(store, &flush);
    if (!status && sync_due)
        status = store_sync(store);
    return status;
}

/* Verified before anything is looked at: a lie costs a hash and no more. */
int store_put(struct store *store, const struct cid *cid, struct bytes data)
{
    int status = check_put(store, cid, data.size);

    if (!status)
        status = cid_verify(cid, data);
    return status ? status : store_put_hashed(store, cid, data);
}
