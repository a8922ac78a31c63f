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
#include "storage/store/store.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Address space kept for the index: some 500 million blocks at about 130 bytes
 * a row with its share of half-full pages. Address space is not memory; but a
 * process that opens many stores has not endless amounts of it. */
#define INDEX_SIZE_MAX (64ull << 30)

/* A read-only opener can meet a segment that the writer has just collected; the
 * index then already names the new place. Each try reads the index anew; five
 * collections within one read are not to be expected. */
#define READ_TRIES 5

/* How long the lock of a store is waited for, and how often it is tried. A
 * process that is killed in the middle of starting another (uv_spawn() forks)
 * leaves a child with the lock until that child has become the other program:
 * milliseconds, in which whoever starts the killed one again must not fail. */
#define LOCK_WAIT_MS 1000
#define LOCK_TRY_MS 10

/* In the order of the enum in store_state.h. */
static const char *const table_names[] = {"blocks", "pins", "meta", NULL};

/* ---- opening and closing ---- */

/* As flock() without waiting, but for LOCK_WAIT_MS. */
static int lock_soon(int fd)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_TRY_MS) {
        if (errno != EINTR && (errno != EWOULDBLOCK || waited >= LOCK_WAIT_MS))
            return -1;
        usleep(LOCK_TRY_MS * 1000);
    }
    return 0;
}

/* A lock of the open file and not a file whose presence counts: it goes with
 * the process, however that ends. Held until the store is closed. */
static int take_lock(struct store *store)
{
    char *path = mem_format("%s/lock", store->path);
    int status = 0;

    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0)
        status = err_errno("opening %s", path);
    else if (lock_soon(store->lock_fd))
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
    struct store *store = mem_zero(1, sizeof(*store));

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

bool store_find_sound(struct store *store, struct bytes key,
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
    found = store_find_sound(store, bytes_make(key.data, key.size), &place);
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

uint64_t store_disk_bytes(const struct store *store)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < store->segment_count; i++)
        sum += store->segments[i]->size;
    return sum;
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
    out->disk_bytes = store_disk_bytes(store);
    out->segments = store->segment_count;
    pthread_mutex_unlock(&store->mutex);
    return store_each(store, add_block, out);
}
