/*
 * Appending to the last segment, and beginning the next one. All under the
 * mutex: this is where all writers become one.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <stdlib.h>

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

/* Number the segment and make its file. A number whose file exists, after an
 * earlier failure, is skipped. Numbers go up and are never used again, so a
 * place in an old row can't come to mean another file. */
static int make_segment(struct store *store, struct segment **out)
{
    int status;

    do {
        /* 32 bits of segments of 256 MiB: an exabyte. */
        if (store->number_last == UINT32_MAX)
            return err_set(ERR_LIMIT, "no segment comes after %s/%u.car",
                           store->segment_folder, UINT32_MAX);
        status =
            segment_create(store->segment_folder, store->number_last + 1, out);
        if (!status || status == ERR_EXISTS)
            store->number_last++;
    } while (status == ERR_EXISTS);
    return status;
}

int store_roll(struct store *store)
{
    struct segment *segment;
    int status = make_segment(store, &segment);

    if (status)
        return status;
    /* The name must be on disk before a sync can promise what is in it. */
    status = file_sync_folder(store->segment_folder);
    if (status) {
        segment_delete(segment);
        return status;
    }
    store->segments = mem_resize(store->segments, (store->segment_count + 1) *
                                                      sizeof(struct segment *));
    store->segments[store->segment_count++] = segment;
    return 0;
}

/* The last segment, or a new one. */
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
    if (!segment || segment->failed ||
        segment->size + data.size > store->segment_size_bytes) {
        status = store_roll(store);
        if (status)
            return status;
        segment = store->segments[store->segment_count - 1];
    }
    status = segment_append(segment, cid, data, &offset);
    if (status)
        return status;
    place = mem_alloc(sizeof(*place));
    *place = (struct place){.segment = segment->number,
                            .size = (uint32_t)data.size,
                            .offset = offset};
    multihash_key(&cid->hash, &key);
    enter(store, bytes_make(key.data, key.size), place);
    store->bytes_unsynced += data.size;
    return 0;
}
