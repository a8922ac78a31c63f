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
 * Other rooms decide what stays, take space back, fetch what is missing, and
 * interpret a block's bytes beyond its hash.
 */
#include "storage/store/store.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* Address space kept for the index: some 500 million blocks at about 130 bytes
 * a row with its share of half-full pages. Address space is not memory; but a
 * process that opens many stores has not endless amounts of it. */
#define INDEX_SIZE_MAX (64ull << 30)

static const char *const table_names[TABLES + 1] = {
    [TABLE_BLOCKS] = "blocks",
    [TABLE_PINS] = "pins",
    [TABLE_META] = "meta",
    [TABLES] = NULL,
};
_Static_assert(TABLES == 3, "a new table needs its name here");

/* ---- opening and closing ---- */

/* Free a store in any state of being opened: missing parts are NULL or -1. What
 * must be on disk has been synced before. */
static void store_free(struct store *store)
{
    for (size_t i = 0; i < store->segment_count; i++)
        segment_close(store->segments[i]);
    free(store->segments);
    rows_close(store->rows);
    folder_lock_release(store->lock);
    store_index_free_places(store->pending);
    CHECK(!store->committing);
    map_free(store->touched);
    map_free(store->suspect);
    lock_change_destroy(&store->synced);
    lock_destroy(&store->mutex);
    lock_destroy(&store->hold_lock);
    lock_destroy(&store->collection_mutex);
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
    store->make_room = options->make_room;
    store->path = mem_text(path);
    store->segment_folder = mem_format("%s/segments", path);
    store->pending = map_new();
    store->touched = map_new();
    store->suspect = map_new();
    lock_init(&store->mutex);
    lock_init(&store->hold_lock);
    lock_init(&store->collection_mutex);
    lock_change_init(&store->synced);
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
            status = folder_lock_take(store->path, &store->lock);
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

/* The last sync can fail, and then blocks are lost. That is only logged,
 * because the caller can do nothing about it. */
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

/* ---- looking at all of it ---- */

/* store_each() calls the caller's function through the index's. */
struct each_block {
    int (*each)(void *user, const struct multihash *hash, size_t size);
    void *user;
};

static int call_each(void *user, struct bytes key, const struct place *place)
{
    const struct each_block *call = user;
    struct reader reader = reader_make(key);
    struct multihash hash;
    int status = multihash_read(&reader, &hash);

    return status ? status : call->each(call->user, &hash, place->size);
}

int store_each(struct store *store,
               int (*each)(void *user, const struct multihash *hash,
                           size_t size),
               void *user)
{
    struct each_block call = {each, user};

    CHECK_MAGIC(store, STORE_MAGIC);
    return store_index_each(store, call_each, &call);
}

/* store_stat() counts by a walk over the whole index, because sums beside it
 * would have to survive crashes as well. */
static int add_block(void *user, struct bytes key, const struct place *place)
{
    struct store_stat *stat = user;

    stat->blocks++;
    stat->block_bytes += place->size;
    return 0;
}

/* A reader has opened the segments that it was asked for: how many there are
 * says the folder. One that is collected meanwhile is not counted. */
static int add_segments(struct store *store, struct store_stat *stat)
{
    uint32_t *numbers;
    size_t count;
    int status = store_list_segments(store, &numbers, &count);

    for (size_t i = 0; i < count && !status; i++) {
        struct segment *segment;

        status =
            segment_open(store->segment_folder, numbers[i], true, &segment);
        if (status == ERR_NOT_FOUND) {
            status = 0;
        } else if (!status) {
            stat->disk_bytes += segment->size;
            stat->segments++;
            segment_close(segment);
        }
    }
    free(numbers);
    return status;
}

/* All but the blocks. */
static int stat_segments(struct store *store, struct store_stat *out)
{
    CHECK_MAGIC(store, STORE_MAGIC);
    *out = (struct store_stat){.size_max_bytes = store->size_max_bytes};
    if (store->read_only)
        return add_segments(store, out);
    lock_take(&store->mutex);
    out->disk_bytes = store_disk_bytes(store);
    out->segments = store->segment_count;
    lock_give(&store->mutex);
    return 0;
}

/* Counts and sizes are of slightly different moments: for people. */
int store_stat(struct store *store, struct store_stat *out)
{
    int status = stat_segments(store, out);

    return status ? status : store_index_each(store, add_block, out);
}

int store_stat_quick(struct store *store, struct store_stat *out)
{
    int status = stat_segments(store, out);

    return status ? status : store_index_count(store, &out->blocks);
}
