/*
 * The rows of the index: where blocks stand, and up to where the segments are
 * known.
 */
#include "base/check.h"
#include "base/error.h"
#include "storage/store/store_state.h"

#include <stdlib.h>

/* Only the address of this counts. */
struct place place_gone;

/* place_gone is shared and static: not freed. */
void store_index_free_places(struct map *places)
{
    size_t position = 0;
    struct bytes key;
    void *value;

    if (!places)
        return;
    while (map_next(places, &position, &key, &value)) {
        if (value != &place_gone)
            free(value);
    }
    map_free(places);
}

/* The one row of the table: segment (u32le) and offset in it (u64le). */
static const char watermark_key[] = "watermark";

/* A row: segment, size (u32le each), offset (u64le). */
#define PLACE_SIZE 16

static void place_write(const struct place *place, uint8_t out[PLACE_SIZE])
{
    u32le_write(out, place->segment);
    u32le_write(out + 4, place->size);
    u64le_write(out + 8, place->offset);
}

/* What can be checked without the bytes, which are verified when they are
 * read: a size to reserve memory for, above all. */
static int place_read(struct bytes row, struct place *out)
{
    if (row.size != PLACE_SIZE)
        return err_set(ERR_CORRUPT, "a row of the block index has %zu bytes",
                       row.size);
    out->segment = u32le_read(row.data);
    out->size = u32le_read(row.data + 4);
    out->offset = u64le_read(row.data + 8);
    if (out->size > STORE_BLOCK_SIZE_MAX || out->offset > INT64_MAX)
        return err_set(ERR_CORRUPT, "a row of the block index names no block");
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
int store_index_commit(struct store *store, const struct map *places,
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

/* The place that the index has for a block; ERR_NOT_FOUND without a text. The
 * transaction lasts for one look-up, so it pins no old pages. */
int store_index_find(struct store *store, struct bytes key, struct place *out)
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

/* Up to where the index knows the segments. If *segment is 0, it knows none. */
int store_index_watermark(struct store *store, uint32_t *segment,
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

/* The rows in one read transaction; the key is the binary multihash
 * (multihash_key()). */
int store_index_each(struct store *store,
                     int (*each)(void *user, struct bytes key,
                                 const struct place *place),
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
        struct place place;

        status = place_read(row, &place);
        if (!status)
            status = each(user, key, &place);
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

int store_index_count(struct store *store, uint64_t *out)
{
    struct rows_view *view;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    status = rows_count(view, TABLE_BLOCKS, out);
    rows_abort(view);
    return status;
}
