/*
 * What happens to a store between a crash and its next use. The index knows a
 * watermark: all sections before it were on disk and in the index when it was
 * written. Behind it the segments alone tell what was put: whole sections are
 * indexed, and from the first one that is not whole on, a segment is cut off;
 * nothing there was ever acknowledged by a sync.
 *
 * That makes starting fast: only what was written since the last sync is read,
 * at most UNSYNCED_BYTES_MAX and what came during one flush. It also means that
 * bytes which rot below the watermark are not found here but when they are read
 * (store_get()).
 *
 * Recovery can itself be cut short at any point: each segment's rows and the
 * watermark behind it are one transaction, and cutting a tail twice is cutting
 * it once.
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
#include <stdlib.h>

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

/* The numbers of the files in the folder, sorted; free() them. The folder and
 * not the index says which segments there are: an index that lags behind
 * doesn't know the last ones. */
int store_list_segments(const struct store *store, uint32_t **numbers,
                        size_t *count)
{
    DIR *folder = opendir(store->segment_folder);
    struct dirent *entry;

    *numbers = NULL;
    *count = 0;
    if (!folder)
        return err_errno("reading %s", store->segment_folder);
    while ((entry = readdir(folder))) {
        char *end;
        unsigned long number = strtoul(entry->d_name, &end, 10);

        /* Other names are none of ours: left alone, not complained about. */
        if (strcmp(end, ".car") || end == entry->d_name || !number ||
            number > UINT32_MAX)
            continue;
        *numbers = mem_resize(*numbers, (*count + 1) * sizeof(**numbers));
        (*numbers)[(*count)++] = (uint32_t)number;
    }
    closedir(folder);
    if (*count)
        qsort(*numbers, *count, sizeof(**numbers), compare_numbers);
    return 0;
}

/* What a scan gathers of one segment. */
struct recovery {
    /* For store_index_commit(): multihash → place. */
    struct map *places;
    uint32_t segment;
    /* Sections seen, doubles too; for the log. */
    uint64_t blocks;
};

/* For segment_scan(): note the place. A block that stands there twice (put
 * again after it read back wrong) is found at the later place. */
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

/* Index what stands behind the watermark in one segment; cut off the rest. One
 * commit a segment, with the watermark at its end, so that a recovery cut short
 * goes on with the next. from: where its unknown part begins; 0 is before the
 * header. */
static int recover_segment(struct store *store, struct segment *segment,
                           uint64_t from)
{
    struct recovery recovery = {map_new(), segment->number, 0};
    uint64_t size = segment->size, end;
    int status;

    status = segment_scan(segment, from, recover_section, &recovery, &end);
    /* A segment whose very header is torn was made just before the crash. */
    if (status == ERR_CORRUPT && !end) {
        log_warn("store", "segment %" PRIu32 " is torn at its beginning",
                 segment->number);
        segment_delete(segment);
        status =
            segment_create(store->segment_folder, recovery.segment, &segment);
        if (!status) {
            store->segments[store->segment_count - 1] = segment;
            end = size = segment->size;
        }
    }
    if (!status && end < size) {
        log_warn("store",
                 "segment %" PRIu32 " has a torn tail of %" PRIu64 " bytes: "
                 "cut off",
                 segment->number, size - end);
        status = segment_cut(segment, end);
    }
    if (!status)
        /* Bytes first, rows after, as in every sync: what is indexed now must
         * be on disk, though it was only in the page cache before a crash of
         * the process. */
        status = segment_sync(segment);
    if (!status)
        status =
            store_index_commit(store, recovery.places, segment->number, end);
    if (!status && recovery.blocks)
        log_info("store",
                 "indexed %" PRIu64 " blocks of segment %" PRIu32
                 " that were put behind the last sync",
                 recovery.blocks, segment->number);
    store_index_free_places(recovery.places);
    return status;
}

/* Segments in order of number. Those before the watermark's are whole and
 * known; it and those behind it are looked at. */
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
    for (size_t i = 0; i < count && !status; i++) {
        struct segment *segment;

        status =
            segment_open(store->segment_folder, numbers[i], false, &segment);
        if (status)
            break;
        store->segments =
            mem_resize(store->segments, (i + 1) * sizeof(struct segment *));
        store->segments[i] = segment;
        store->segment_count = i + 1;
        /* Bytes that were synced are gone: the disk, or somebody, has cut the
         * file. Going on would lose blocks silently; so the store does not
         * open. */
        if (numbers[i] == watermark_segment && segment->size < watermark)
            status = err_set(ERR_CORRUPT,
                             "%s is shorter than it was when it was synced",
                             segment->path);
        else if (numbers[i] > watermark_segment)
            status = recover_segment(store, segment, 0);
        else if (numbers[i] == watermark_segment && segment->size > watermark)
            status = recover_segment(store, segment, watermark);
    }
    free(numbers);
    return status;
}
