/*
 * What happens to a store between a crash and its next use. The index has a
 * watermark: all sections before it were on disk and in the index when it was
 * written. After it only the segments show what was put: whole sections are
 * indexed, and a segment is cut off at the first section that is not whole. No
 * sync has acknowledged anything from there on.
 *
 * So a start is fast: only what was written since the last sync is read, at
 * most UNSYNCED_BYTES_MAX and what came during one flush. Bytes before the
 * watermark that rot are found when they are read (store_get()).
 *
 * Recovery can itself be cut short at any point: each segment's rows and the
 * new watermark are one transaction, and a tail can be cut twice.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

/* The number in the name of a segment; 0 for other names, which are ignored.
 * Only the spelling of segment_create() counts, so that no number comes twice.
 */
static uint32_t number_of(const char *name)
{
    char spelled[32];
    unsigned long number = strtoul(name, NULL, 10);

    if (!number || number > UINT32_MAX)
        return 0;
    snprintf(spelled, sizeof(spelled), "%08lu.car", number);
    return strcmp(name, spelled) ? 0 : (uint32_t)number;
}

/* The folder and not the index says which segments exist, because an index may
 * not know the last ones. */
int store_list_segments(const struct store *store, uint32_t **numbers,
                        size_t *count)
{
    DIR *folder = opendir(store->segment_folder);
    struct dirent *entry;
    int status = 0;

    *numbers = NULL;
    *count = 0;
    if (!folder)
        return err_errno("reading %s", store->segment_folder);
    while (errno = 0, (entry = readdir(folder))) {
        uint32_t number = number_of(entry->d_name);

        if (!number)
            continue;
        *numbers = mem_resize(*numbers, (*count + 1) * sizeof(**numbers));
        (*numbers)[(*count)++] = number;
    }
    /* A list that ends early would make blocks look lost. */
    if (errno)
        status = err_errno("reading %s", store->segment_folder);
    closedir(folder);
    if (status) {
        free(*numbers);
        *numbers = NULL;
        *count = 0;
    }
    if (*count)
        qsort(*numbers, *count, sizeof(**numbers), compare_numbers);
    return status;
}

/* What a scan gathers of one segment. */
struct recovery {
    /* A map from multihash to place, for store_index_commit(). */
    struct map *places;
    uint32_t segment;
    /* Sections seen, doubles too; for the log. */
    uint64_t blocks;
};

/* segment_scan() calls this to note a place. Of a block that is there twice (it
 * was put again after it read back wrong), the later place counts. */
static int recover_section(void *user, const struct segment_section *section)
{
    struct recovery *recovery = user;
    struct multihash_key key;
    struct place *place = mem_alloc(sizeof(*place));

    *place = (struct place){.segment = recovery->segment,
                            .size = (uint32_t)section->data.size,
                            .offset = section->offset};
    multihash_key(&section->cid.hash, &key);
    free(map_put(recovery->places, bytes_make(key.data, key.size), place));
    recovery->blocks++;
    return 0;
}

/* A segment whose very header is torn was made just before the crash, and
 * nothing in it was promised. It goes, and the next put makes another: a store
 * must open on a full disk, too. */
static void drop_torn(struct store *store)
{
    struct segment *segment = store->segments[--store->segment_count];

    log_warn("store", "segment %" PRIu32 " is torn at its beginning: deleted",
             segment->number);
    segment_delete(segment);
}

/* Bring what the scan found to disk, and index it. Bytes first, rows after, as
 * in every sync. The bytes are written again: they may stand in the page cache
 * alone, taken for clean since a flush of the process before has failed. */
static int keep_found(struct store *store, struct segment *segment,
                      const struct recovery *recovery, uint64_t from,
                      uint64_t end)
{
    uint64_t size = segment->size;
    int status = 0;

    if (end < size) {
        log_warn("store",
                 "segment %" PRIu32 " has a torn tail of %" PRIu64 " bytes: "
                 "cut off",
                 segment->number, size - end);
        status = segment_cut(segment, end);
    }
    if (!status)
        status = segment_rewrite(segment, from, end);
    if (!status)
        status = segment_sync(segment);
    if (status)
        return status;
    segment->dirty = false;
    status = store_index_commit(store, recovery->places, segment->number, end);
    if (!status && recovery->blocks)
        log_info("store",
                 "indexed %" PRIu64 " blocks of segment %" PRIu32
                 " that were put after the last sync",
                 recovery->blocks, segment->number);
    return status;
}

/* Index the whole sections after the watermark in the last segment opened, and
 * cut off the rest. Each segment has a commit, with the watermark at its end,
 * so that a recovery that was cut short goes on with the next. The unknown part
 * begins at from; 0 is before the header. */
static int recover_segment(struct store *store, uint64_t from)
{
    struct segment *segment = store->segments[store->segment_count - 1];
    struct recovery recovery = {map_new(), segment->number, 0};
    uint64_t end;
    int status = segment_scan(segment, from, recover_section, &recovery, &end);

    if (status == ERR_CORRUPT && !end && segment_is_torn(segment)) {
        drop_torn(store);
        status = 0;
    } else if (!status) {
        status = keep_found(store, segment, &recovery, from, end);
    }
    store_index_free_places(recovery.places);
    return status;
}

/* Open one segment and look at it, if it is not known whole. */
static int open_segment(struct store *store, uint32_t number,
                        uint32_t watermark_segment, uint64_t watermark)
{
    struct segment *segment;
    int status = segment_open(store->segment_folder, number, false, &segment);

    if (status)
        return status;
    store->segments = mem_resize(store->segments, (store->segment_count + 1) *
                                                      sizeof(struct segment *));
    store->segments[store->segment_count++] = segment;
    if (number > watermark_segment)
        return recover_segment(store, 0);
    /* Synced bytes are gone: the disk or a person has cut the file. The store
     * does not open, because going on would lose blocks silently. */
    if (number == watermark_segment && segment->size < watermark)
        return err_set(ERR_CORRUPT,
                       "%s is shorter than it was when it was synced",
                       segment->path);
    if (number == watermark_segment && segment->size > watermark)
        return recover_segment(store, watermark);
    return 0;
}

/* The segments are in order of number. Those before the watermark's are whole
 * and known; the others are scanned. */
int store_recover(struct store *store)
{
    uint32_t *numbers, watermark_segment;
    uint64_t watermark;
    size_t count;
    int status = store_index_watermark(store, &watermark_segment, &watermark);

    CHECK(!store->read_only);
    if (!status)
        status = store_list_segments(store, &numbers, &count);
    if (status)
        return status;
    /* The watermark's segment counts even if its file is missing: a new file of
     * that number would look like one that was cut short. */
    store->number_last = watermark_segment;
    if (count && numbers[count - 1] > watermark_segment)
        store->number_last = numbers[count - 1];
    for (size_t i = 0; i < count && !status; i++)
        status = open_segment(store, numbers[i], watermark_segment, watermark);
    free(numbers);
    return status;
}
