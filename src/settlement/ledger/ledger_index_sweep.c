/*
 * What a flush leaves that wrote index rows ahead (ledger_index.c) and did not
 * end.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/error.h"
#include "base/log.h"

/* The slot of an index row's key; false if the key is too short. */
static bool slot_of(enum ledger_table table, struct bytes key, uint64_t *out)
{
    size_t after = table == TABLE_SIGNATURES ? PLACE_SIZE : 8;
    if (key.size < after)
        return false;
    *out = u64be_read(key.data + key.size - after);
    return true;
}

/* Collect the keys above the tip from start on, as many as one transaction
 * takes, all of one size; start becomes the last of them. ERR_NOT_FOUND at the
 * table's end. Rows are not in the order of slots, so the whole table is read
 * once. */
static int collect(struct rows_view *view, enum ledger_table table,
                   uint64_t tip_slot, struct buffer *start, struct buffer *keys,
                   size_t *key_size)
{
    struct rows_cursor *cursor;
    struct bytes key, value;
    size_t count = 0;
    int status = rows_cursor_open(view, table, buffer_view(start), &cursor);
    if (status)
        return status;
    while (count < LEDGER_STEP_ROWS &&
           !(status = rows_cursor_next(cursor, &key, &value))) {
        uint64_t slot;
        if (!slot_of(table, key, &slot) || slot <= tip_slot)
            continue;
        buffer_bytes(keys, key);
        *key_size = key.size;
        count++;
    }
    if (count > 0) {
        buffer_clear(start);
        buffer_append(start, keys->data + keys->size - *key_size, *key_size);
    }
    rows_cursor_close(cursor);
    return status;
}

/* One transaction; ERR_NOT_FOUND at the table's end. Rows are deleted after the
 * cursor is closed. */
static int sweep_some(struct rows *rows, enum ledger_table table,
                      uint64_t tip_slot, struct buffer *start)
{
    struct rows_view *view;
    struct buffer keys = {0};
    size_t key_size = 1;
    int status = rows_write(rows, &view);
    if (status)
        return status;
    int end = collect(view, table, tip_slot, start, &keys, &key_size);
    status = end == ERR_NOT_FOUND ? 0 : end;
    for (size_t at = 0; !status && at < keys.size; at += key_size)
        status = rows_delete(view, table, bytes_make(keys.data + at, key_size));
    buffer_free(&keys);
    if (status) {
        rows_abort(view);
        return status;
    }
    status = rows_commit(view);
    return status ? status : end;
}

/* Walks the whole index, which takes minutes in a large one, once after a crash
 * in the middle of a large flush. */
static int sweep_table(struct rows *rows, enum ledger_table table,
                       uint64_t tip_slot)
{
    struct buffer start = {0};
    int status;
    do
        status = sweep_some(rows, table, tip_slot, &start);
    while (!status);
    buffer_free(&start);
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* The row "ahead" goes last, in a commit of its own, so that a killed sweep
 * begins again. */
int ledger_index_sweep(struct rows *rows, uint64_t tip_slot)
{
    struct rows_view *view;
    struct bytes value;
    int status = rows_read(rows, &view);
    if (status)
        return status;
    status = rows_get(view, TABLE_META, bytes_text(LEDGER_AHEAD), &value);
    rows_abort(view);
    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    log_info("ledger", "the last flush did not end; looking through the "
                       "indexes for what it left");
    status = sweep_table(rows, TABLE_SIGNATURES, tip_slot);
    if (!status)
        status = sweep_table(rows, TABLE_ADDRESSES, tip_slot);
    if (!status)
        status = rows_write(rows, &view);
    if (status)
        return status;
    status = ledger_index_settle(view);
    if (status) {
        rows_abort(view);
        return status;
    }
    return rows_commit(view);
}
