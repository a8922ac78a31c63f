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

/* The one row of the table: segment (u32le) and offset in it (u64le). */
static const char watermark_key[] = "watermark";

/* segment, size (u32le each), offset (u64le): 16 bytes. */
void place_write(const struct place *place, uint8_t out[PLACE_SIZE])
{
    u32le_write(out, place->segment);
    u32le_write(out + 4, place->size);
    u64le_write(out + 8, place->offset);
}

/* The size is the only check there can be: what it points to is verified when
 * it is read. */
int place_read(struct bytes row, struct place *out)
{
    if (row.size != PLACE_SIZE)
        return err_set(ERR_CORRUPT, "a row of the block index has %zu bytes",
                       row.size);
    out->segment = u32le_read(row.data);
    out->size = u32le_read(row.data + 4);
    out->offset = u64le_read(row.data + 8);
    return 0;
}

/* Write the rows of a batch into a transaction: one row a block, deleted where
 * the block is gone. In the map's order, which is that of no key: LMDB sorts; a
 * batch is small beside the index. */
static int commit_places(struct rows_view *view, const struct map *places)
{
    size_t position = 0;
    struct bytes key;
    void *value;

    while (map_next(places, &position, &key, &value)) {
        uint8_t row[PLACE_SIZE];
        int status;

        if (value == &place_gone) {
            status = rows_delete(view, TABLE_BLOCKS, key);
            if (status == ERR_NOT_FOUND)
                status = 0; /* put and taken away between two syncs */
        } else {
            place_write(value, row);
            status =
                rows_put(view, TABLE_BLOCKS, key, bytes_make(row, sizeof(row)));
        }
        if (status)
            return status;
    }
    return 0;
}

/* Rows and watermark in one transaction: no state of the index says less or
 * more than what the segments hold up to there. */
int store_commit(struct store *store, const struct map *places,
                 uint32_t segment, uint64_t watermark)
{
    struct rows_view *view;
    uint8_t row[12];
    int status = rows_write(store->rows, &view);

    if (status)
        return status;
    status = commit_places(view, places);
    if (!status) {
        u32le_write(row, segment);
        u64le_write(row + 4, watermark);
        status = rows_put(view, TABLE_META, bytes_text(watermark_key),
                          bytes_make(row, sizeof(row)));
    }
    if (status) {
        rows_abort(view);
        return status;
    }
    return rows_commit(view);
}

/* Up to where the index knows the segments. *segment 0: nothing yet, so that
 * all segments lie behind it. */
static int read_watermark(struct store *store, uint32_t *segment,
                          uint64_t *offset)
{
    struct rows_view *view;
    struct bytes row;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    *segment = 0;
    *offset = 0;
    status = rows_get(view, TABLE_META, bytes_text(watermark_key), &row);
    if (status == ERR_NOT_FOUND) {
        status = 0;
    } else if (!status && row.size != 12) {
        status = err_set(ERR_CORRUPT, "the store's watermark has %zu bytes",
                         row.size);
    } else if (!status) {
        *segment = u32le_read(row.data);
        *offset = u64le_read(row.data + 4);
    }
    rows_abort(view);
    return status;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

/* The numbers of the files in the folder, sorted; free() them. The folder and
 * not the index says which segments there are: an index that lags behind
 * doesn't know the last ones. */
static int list_segments(struct store *store, uint32_t **numbers, size_t *count)
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
    /* For store_commit(): multihash → place. */
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
        status = store_commit(store, recovery.places, segment->number, end);
    if (!status && recovery.blocks)
        log_info("store",
                 "indexed %" PRIu64 " blocks of segment %" PRIu32
                 " that were put behind the last sync",
                 recovery.blocks, segment->number);
    store_free_places(recovery.places);
    return status;
}

/* Segments in order of number. Those before the watermark's are whole and
 * known; it and those behind it are looked at. */
int store_recover(struct store *store)
{
    uint32_t *numbers, watermark_segment;
    uint64_t watermark;
    size_t count;
    int status = read_watermark(store, &watermark_segment, &watermark);

    CHECK(!store->read_only);
    if (!status)
        status = list_segments(store, &numbers, &count);
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
