/*
 * Finding and reading blocks: the maps first, then the index, then the bytes.
 *
 * Reads of blocks run without the mutex; a look-up is a moment under it.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* A read-only opener can meet a segment that the writer has just collected; the
 * index then already names the new place. Each try reads the index anew; five
 * collections within one read are not to be expected. */
#define READ_TRIES 5

/* The place of the first segment whose number is not less, or segment_count. A
 * binary search, because collections leave gaps in the numbers. */
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

/* The blocks of a segment whose file was deleted are gone. They can be put
 * again. */
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

    if (!place && store->committing)
        place = map_get(store->committing, key);
    if (place) {
        *out = *place;
        return place != &place_gone;
    }
    /* The block is in neither map, so the index decides, whose rows are on
     * disk. A transaction under the mutex is short and does not wait. */
    int status = store_index_find(store, key, out);
    if (status && status != ERR_NOT_FOUND)
        log_error("store", "reading the index: %s", err_text());
    return !status && has_segment(store, out->segment);
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
    lock_take(&store->mutex);
    /* Looked up and touched under one lock: a collection that decides in
     * between would otherwise take away what was just found. */
    found = store_find_sound(store, bytes_make(key.data, key.size), &place);
    if (found)
        store_touch(store, bytes_make(key.data, key.size));
    lock_give(&store->mutex);
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

    lock_take(&store->mutex);
    for (int i = 0; i < READ_TRIES && !segment; i++) {
        if (!store_find(store, key, place))
            break;
        segment = store_segment(store, place->segment);
    }
    if (segment)
        segment_hold(segment);
    lock_give(&store->mutex);
    return segment;
}

int store_absent(const struct cid *cid)
{
    return err_give_reason(
        err_set(ERR_NOT_FOUND, "block %s is not in the store", CID_TEXT(cid)),
        ERR_REASON_BLOCK);
}

/* Every read is verified: the disk is not trusted, and hashing two megabytes
 * costs less than fetching them. */
int store_get(struct store *store, const struct cid *cid, struct buffer *out)
{
    struct multihash_key key;
    struct place place;
    struct bytes data;
    size_t size_before = out->size;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (cid_inline_data(cid, &data)) {
        buffer_bytes(out, data);
        return 0;
    }
    multihash_key(&cid->hash, &key);
    struct segment *segment =
        hold_block(store, bytes_make(key.data, key.size), &place);
    if (!segment)
        return store_absent(cid);
    /* Read straight into the caller's buffer; counted only once verified. */
    buffer_reserve(out, place.size);
    /* This runs without the mutex: the hold keeps the file open, even if it is
     * deleted meanwhile, and the bytes of a place never change. */
    int status = segment_read(segment, place.offset, out->data + size_before,
                              place.size);
    if (!status)
        status =
            cid_verify(cid, bytes_make(out->data + size_before, place.size));
    lock_take(&store->mutex);
    segment_release(segment);
    if (status == ERR_CORRUPT)
        map_put(store->suspect, bytes_make(key.data, key.size), store);
    lock_give(&store->mutex);
    if (!status)
        out->size = size_before + place.size;
    return status;
}

uint64_t store_disk_bytes(const struct store *store)
{
    uint64_t sum = 0;

    CHECK(!store->read_only);
    for (size_t i = 0; i < store->segment_count; i++)
        sum += store->segments[i]->size;
    return sum;
}
