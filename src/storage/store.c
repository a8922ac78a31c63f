/*
 * Why one log of segments and an index beside it: a put is one sequential
 * write, many puts share one fdatasync and one index commit, deletion never
 * touches live bytes, and every segment is a CAR file that other tools read if
 * this index is lost. A file a block, as Kubo's flatfs has it, would cost a
 * file system's whole bookkeeping for each; a database holding the blocks would
 * write them twice and shuffle them while it grows.
 *
 * What it costs: a deleted block's space comes back only through a collection,
 * which copies what lives beside it; and a look-up is a B-tree search before
 * the one read. There is no cache here: the kernel's page cache holds index and
 * segments alike.
 *
 * The mutex guards maps and lists for short moments. No disk is waited for
 * under it but for one append (into the page cache) and, once a segment, for
 * making its file. Reads of blocks, flushes and index commits run without it.
 *
 * Not done here: who may keep what (pin.h), taking space back (collection.h),
 * fetching what is missing (remote.h), and any interpretation of a block's
 * bytes beyond its hash.
 */
#include "storage/store.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/collection.h"
#include "storage/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Past so many blocks or bytes since the last sync, put syncs by itself: that
 * bounds the memory of the pending map (some 150 bytes a block) and the time of
 * a sync, and with it what a crash costs whoever doesn't call store_sync()
 * himself. */
#define UNSYNCED_BLOCKS_MAX 16384
#define UNSYNCED_BYTES_MAX (256ull << 20)

/* Address space kept for the index: some 500 million blocks at about 130 bytes
 * a row with its share of half-full pages. Address space is not memory; but a
 * process that opens many stores has not endless amounts of it. */
#define INDEX_SIZE_MAX (64ull << 30)

/* A collection that could not make room is not tried again for so long, or
 * each put into a full store would walk all pins. */
#define FULL_PAUSE_MS 10000

/* A read-only opener can meet a segment that the writer has just collected; the
 * index then already names the new place. Each try reads the index anew; five
 * collections within one read are not to be expected. */
#define READ_TRIES 5

/* In the order of the enum in store_state.h. */
static const char *const table_names[] = {"blocks", "pins", "meta", NULL};

/* ---- opening and closing ---- */

/* A lock of the open file and not a file whose presence counts: it goes with
 * the process, however that ends. Held until the store is closed. */
static int take_lock(struct store *store)
{
    char *path = mem_format("%s/lock", store->path);
    int status = 0;

    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0)
        status = err_errno("opening %s", path);
    else if (flock(store->lock_fd, LOCK_EX | LOCK_NB))
        status = errno == EWOULDBLOCK
                     ? err_set(ERR_BUSY,
                               "the store %s is open for writing in another "
                               "process",
                               store->path)
                     : err_errno("locking %s", path);
    free(path);
    return status;
}

/* Of a store in any state of being opened: what isn't there is NULL or -1.
 * Frees only; what must be on disk has been synced before. */
static void store_free(struct store *store)
{
    for (size_t i = 0; i < store->segment_count; i++)
        segment_close(store->segments[i]);
    free(store->segments);
    rows_close(store->rows);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store_free_places(store->pending);
    CHECK(!store->committing);
    map_free(store->touched);
    map_free(store->suspect);
    pthread_cond_destroy(&store->synced);
    pthread_mutex_destroy(&store->mutex);
    pthread_mutex_destroy(&store->collection_mutex);
    free(store->segment_folder);
    free(store->path);
    store->magic = 0;
    free(store);
}

/* Everything but what touches the disk. */
static struct store *store_new(const char *path,
                               const struct store_options *options)
{
    struct store *store = mem_zero(1, sizeof *store);

    store->magic = STORE_MAGIC;
    store->read_only = options->read_only;
    store->size_max_bytes = options->size_max_bytes;
    store->free_floor_bytes = options->free_floor_bytes
                                  ? options->free_floor_bytes
                                  : STORE_FREE_FLOOR;
    store->segment_size_bytes = options->segment_size_bytes
                                    ? options->segment_size_bytes
                                    : STORE_SEGMENT_SIZE;
    store->path = mem_text(path);
    store->segment_folder = mem_format("%s/segments", path);
    store->lock_fd = -1;
    store->pending = map_new();
    store->touched = map_new();
    store->suspect = map_new();
    CHECK(!pthread_mutex_init(&store->mutex, NULL));
    CHECK(!pthread_mutex_init(&store->collection_mutex, NULL));
    CHECK(!pthread_cond_init(&store->synced, NULL));
    return store;
}

/* The lock first, then the index, then recovery, which needs both. What was
 * opened so far is closed again on an error. */
int store_open(const char *path, const struct store_options *options,
               struct store **out)
{
    static const struct store_options defaults;
    struct store *store = store_new(path, options ? options : &defaults);
    struct rows_options rows = {.tables = table_names,
                                .size_max_bytes = INDEX_SIZE_MAX,
                                .read_only = store->read_only};
    char *index = mem_format("%s/index", path);
    int status = 0;

    /* A reader makes nothing, not even a folder; a writer takes the lock before
     * it looks at anything, for recovery would cut what another writer is
     * appending. */
    if (store->read_only) {
        if (!file_exists(index))
            status = err_set(ERR_NOT_FOUND, "there is no store at %s", path);
    } else {
        status = file_make_folder(store->segment_folder, 0700);
        if (!status)
            status = take_lock(store);
    }
    if (!status)
        status = rows_open(index, &rows, &store->rows);
    if (!status && !store->read_only)
        status = store_recover(store);
    free(index);
    if (status) {
        store_free(store);
        return status;
    }
    *out = store;
    return 0;
}

/* The last sync is the caller's last chance to have lost nothing; it is only
 * logged, as there is nobody left to tell. */
void store_close(struct store *store)
{
    if (!store)
        return;
    CHECK_MAGIC(store, STORE_MAGIC);
    CHECK(!store->holds && !store->collecting && !store->syncing);
    if (!store->read_only && store_sync(store))
        log_error("store", "closing %s: %s", store->path, err_text());
    store_free(store);
}

/* ---- finding ---- */

/* The place that the index has for a block; ERR_NOT_FOUND without a text. The
 * transaction lasts for one look-up, so it pins no old pages. */
static int find_row(struct store *store, struct bytes key, struct place *out)
{
    struct rows_view *view;
    struct bytes row;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    status = rows_get(view, TABLE_BLOCKS, key, &row);
    if (!status)
        status = place_read(row, out);
    rows_abort(view);
    return status;
}

/* The first segment whose number is not less; segment_count if there is none.
 * Numbers have gaps where collections were, so: by halving. */
static size_t segment_place(const struct store *store, uint32_t number)
{
    size_t low = 0, high = store->segment_count;

    CHECK(store->segments || !high);
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (store->segments[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Under the mutex. A pointer is valid until the mutex is given away, unless the
 * segment is held (segment_hold()). */
struct segment *store_segment(struct store *store, uint32_t number)
{
    size_t at = segment_place(store, number);
    struct segment *segment;

    if (at < store->segment_count && store->segments[at]->number == number)
        return store->segments[at];
    /* The writer knows all segments; a reader opens what the index names. */
    if (!store->read_only ||
        segment_open(store->segment_folder, number, true, &segment))
        return NULL;
    CHECK(segment);
    /* Kept in order of number: see segment_place(). */
    store->segments = mem_resize(store->segments, (store->segment_count + 1) *
                                                      sizeof(struct segment *));
    memmove(store->segments + at + 1, store->segments + at,
            (store->segment_count - at) * sizeof(struct segment *));
    store->segments[at] = segment;
    store->segment_count++;
    return segment;
}

/* A segment that somebody has deleted takes its blocks with it; they can be
 * put again. */
static bool has_segment(struct store *store, uint32_t number)
{
    if (store->read_only || store_segment(store, number))
        return true;
    log_error("store", "%s/%08" PRIu32 ".car, which the index names, is gone",
              store->segment_folder, number);
    return false;
}

/* The three places in the order in which they are newer: see invariant 1 in
 * store_state.h. */
bool store_find(struct store *store, struct bytes key, struct place *out)
{
    struct place *place = map_get(store->pending, key);
    int status;

    if (!place && store->committing)
        place = map_get(store->committing, key);
    if (place) {
        *out = *place;
        return place != &place_gone;
    }
    /* Not in either map: what the index says has been on disk for as long as it
     * says so. A transaction under the mutex is short and waits for nobody. */
    status = find_row(store, key, out);
    if (status && status != ERR_NOT_FOUND)
        log_error("store", "reading the index: %s", err_text());
    return !status && has_segment(store, out->segment);
}

/* The value is any pointer that is not NULL: the map is a set. */
void store_touch(struct store *store, struct bytes key)
{
    if (store->holds || store->collecting)
        map_put(store->touched, key, store);
}

/* As store_find(), but a block that read back wrong counts as missing. */
static bool find_sound(struct store *store, struct bytes key,
                       struct place *place)
{
    return !map_get(store->suspect, key) && store_find(store, key, place);
}

/* A look into the index, never at the bytes: whether they are still good is
 * found when they are read. */
bool store_has(struct store *store, const struct cid *cid, size_t *size)
{
    struct multihash_key key;
    struct bytes data;
    struct place place;
    bool found;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (cid_inline_data(cid, &data)) {
        if (size)
            *size = data.size;
        return true;
    }
    multihash_key(&cid->hash, &key);
    pthread_mutex_lock(&store->mutex);
    /* Looked up and touched under one lock: a collection that decides in
     * between would otherwise take away what was just found. */
    found = find_sound(store, bytes_make(key.data, key.size), &place);
    if (found)
        store_touch(store, bytes_make(key.data, key.size));
    pthread_mutex_unlock(&store->mutex);
    if (found && size)
        *size = place.size;
    return found;
}

/* The place of a block and its segment, held. NULL: not here. The caller
 * releases it under the mutex. */
static struct segment *hold_block(struct store *store, struct bytes key,
                                  struct place *place)
{
    struct segment *segment = NULL;

    pthread_mutex_lock(&store->mutex);
    for (int i = 0; i < READ_TRIES && !segment; i++) {
        if (!store_find(store, key, place))
            break;
        segment = store_segment(store, place->segment);
    }
    if (segment)
        segment_hold(segment);
    pthread_mutex_unlock(&store->mutex);
    return segment;
}

/* Every read is verified: the disk is not trusted, and hashing two megabytes
 * costs less than fetching them. */
int store_get(struct store *store, const struct cid *cid, struct buffer *out)
{
    struct multihash_key key;
    struct segment *segment;
    struct place place;
    struct bytes data;
    size_t size_before = out->size;
    int status;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (cid_inline_data(cid, &data)) {
        buffer_bytes(out, data);
        return 0;
    }
    multihash_key(&cid->hash, &key);
    segment = hold_block(store, bytes_make(key.data, key.size), &place);
    if (!segment)
        return err_set(ERR_NOT_FOUND, "block %s is not in the store",
                       CID_TEXT(cid));
    /* Read straight into the caller's buffer; counted only once verified. */
    buffer_reserve(out, place.size);
    /* Without the mutex: the hold keeps the file open, even if it is deleted
     * meanwhile, and nothing ever changes bytes behind a place. */
    status = segment_read(segment, place.offset, out->data + size_before,
                          place.size);
    if (!status)
        status =
            cid_verify(cid, bytes_make(out->data + size_before, place.size));
    pthread_mutex_lock(&store->mutex);
    segment_release(segment);
    if (status == ERR_CORRUPT)
        map_put(store->suspect, bytes_make(key.data, key.size), store);
    pthread_mutex_unlock(&store->mutex);
    if (!status)
        out->size = size_before + place.size;
    return status;
}

/* ---- putting ---- */

/* Put a place into pending, in place of an earlier one. Counting the change is
 * what makes a later store_sync() include it. */
static void enter(struct store *store, struct bytes key, struct place *place)
{
    struct place *old = map_put(store->pending, key, place);

    /* The one place that is not allocated: shared by all that are gone. */
    if (old != &place_gone)
        free(old);
    store->changes++;
}

void store_forget(struct store *store, struct bytes key)
{
    enter(store, key, &place_gone);
}

/* Numbers go up and are never used again, so a place in an old row can't come
 * to mean another file. */
int store_roll(struct store *store)
{
    struct segment *segment;
    uint32_t number = 1;
    int status;

    if (store->segment_count)
        /* 32 bits of segments of 256 MiB: an exabyte. */
        number = store->segments[store->segment_count - 1]->number + 1;
    status = segment_create(store->segment_folder, number, &segment);
    /* The name must be on disk before a sync can promise what is in it. */
    if (!status)
        status = file_sync_folder(store->segment_folder);
    if (status)
        return status;
    store->segments = mem_resize(store->segments, (store->segment_count + 1) *
                                                      sizeof(struct segment *));
    store->segments[store->segment_count++] = segment;
    return 0;
}

/* The last segment, or a new one. Under the mutex: this is where all writers
 * become one. */
int store_append(struct store *store, const struct cid *cid, struct bytes data)
{
    struct segment *segment = NULL;
    struct multihash_key key;
    struct place *place;
    uint64_t offset;
    int status;

    if (store->segment_count)
        segment = store->segments[store->segment_count - 1];
    /* A block over the size of a segment gets one of its own. */
    if (!segment || segment->size + data.size > store->segment_size_bytes) {
        status = store_roll(store);
        if (status)
            return status;
        segment = store->segments[store->segment_count - 1];
    }
    status = segment_append(segment, cid, data, &offset);
    if (status)
        return status;
    place = mem_alloc(sizeof *place);
    *place = (struct place){.segment = segment->number,
                            .size = (uint32_t)data.size,
                            .offset = offset};
    multihash_key(&cid->hash, &key);
    enter(store, bytes_make(key.data, key.size), place);
    store->bytes_unsynced += data.size;
    return 0;
}

/* What the segments take on disk, with garbage: what a size limit is about. A
 * sum over some hundred segments; cheap beside the append that follows. */
static uint64_t disk_bytes(const struct store *store)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < store->segment_count; i++)
        sum += store->segments[i]->size;
    return sum;
}

/* ERR_FULL, saying which limit was met, or 0. The size of the section's head is
 * left out of the count: some 40 bytes a block. */
static int check_room(struct store *store, size_t size)
{
    uint64_t used = disk_bytes(store), available;
    int status;

    if (store->size_max_bytes && used + size > store->size_max_bytes)
        return err_set(ERR_FULL,
                       "the store is full: %" PRIu64 " of %" PRIu64
                       " bytes (its size limit) are used",
                       used, store->size_max_bytes);
    status = file_free_bytes(store->path, &available);
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
    int status;

    /* While one collects there is no use in waiting for another; and what the
     * last one could not free won't be free within seconds. */
    if (store->collecting || now < store->full_until_ms)
        return check_room(store, size);
    /* Set before the mutex is given away: of all the puts that meet a full
     * store, one collects. */
    store->full_until_ms = now + FULL_PAUSE_MS;
    pthread_mutex_unlock(&store->mutex);
    status = collection_run(store, NULL, NULL);
    if (status)
        log_warn("store", "collecting for want of room: %s", err_text());
    pthread_mutex_lock(&store->mutex);
    status = check_room(store, size);
    if (!status)
        store->full_until_ms = 0;
    return status;
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
    struct bytes key_bytes;
    bool sync_due = false;
    int status = check_put(store, cid, data.size);

    if (status)
        return status;
    /* Its bytes are in its name; there is nothing to keep. */
    if (cid->hash.code == MULTIHASH_IDENTITY)
        return 0;
    multihash_key(&cid->hash, &key);
    key_bytes = bytes_make(key.data, key.size);

    pthread_mutex_lock(&store->mutex);
    /* The search is under the same lock as the append: two threads that put one
     * block write it once. make_room() gives the lock away; a double that comes
     * of that is garbage for the next collection, no more. */
    if (!find_sound(store, key_bytes, &place)) {
        status = check_room(store, data.size);
        if (status == ERR_FULL)
            status = make_room(store, data.size);
        if (!status)
            status = store_append(store, cid, data);
        if (!status)
            map_remove(store->suspect, key_bytes);
        /* Decided under the lock, done behind it: a sync takes the lock itself.
         */
        sync_due = map_count(store->pending) > UNSYNCED_BLOCKS_MAX ||
                   store->bytes_unsynced > UNSYNCED_BYTES_MAX;
    }
    if (!status)
        store_touch(store, key_bytes);
    pthread_mutex_unlock(&store->mutex);
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

/* ---- looking at all of it ---- */

/* Out of the index in one read transaction; blocks put meanwhile are not seen,
 * blocks taken away still are. */
int store_each(struct store *store,
               int (*each)(void *user, const struct multihash *hash,
                           size_t size),
               void *user)
{
    struct rows_cursor *cursor;
    struct rows_view *view;
    struct bytes key, row;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    status = rows_cursor_open(view, TABLE_BLOCKS, bytes_make(NULL, 0), &cursor);
    if (status)
        goto err1;
    while (!(status = rows_cursor_next(cursor, &key, &row))) {
        /* The key is the binary multihash (multihash_key()). */
        struct reader reader = reader_make(key);
        struct multihash hash;
        struct place place;

        status = multihash_read(&reader, &hash);
        if (!status)
            status = place_read(row, &place);
        if (!status)
            status = each(user, &hash, place.size);
        if (status)
            break;
    }
    if (status == ERR_NOT_FOUND)
        status = 0;
    rows_cursor_close(cursor);
err1:
    rows_abort(view);
    return status;
}

/* For store_stat(): counting takes a walk over the whole index. Sums kept
 * beside it would have to survive crashes, too. */
static int add_block(void *user, const struct multihash *hash, size_t size)
{
    struct store_stat *stat = user;

    stat->blocks++;
    stat->block_bytes += size;
    return 0;
}

/* Counts and sizes are of slightly different moments: for people. */
int store_stat(struct store *store, struct store_stat *out)
{
    CHECK_MAGIC(store, STORE_MAGIC);
    *out = (struct store_stat){.size_max_bytes = store->size_max_bytes};
    pthread_mutex_lock(&store->mutex);
    out->disk_bytes = disk_bytes(store);
    out->segments = store->segment_count;
    pthread_mutex_unlock(&store->mutex);
    return store_each(store, add_block, out);
}
