/*
 * The state's rows on their way to disk.
 *
 * LMDB keeps each page that a transaction touches in memory until it commits,
 * and in a large state nearly each row of a block touches one: ten thousand new
 * accounts touch 40 MB. So a flush of many rows writes them one after the other
 * into the table `pending`, where they take few pages, together with blocks and
 * tip; then they are durable. ledger_settle() moves them in transactions of a
 * bounded size, and the last of these sets the tip's settled_slot.
 *
 * In between the table of the state is that of neither slot. That does no harm
 * under the layers of the blocks in between (state.h), and ledger_view_open()
 * ensures that each view has them. If the process ends in between, the next
 * ledger_open() moves the rest.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"

/* Size of a row of `pending`, unless a single row of the state is larger. */
#define CHUNK_BYTES 16384

/* ---- At once ---- */

/* A deleted row that is not found was new in the same flush and never came to
 * disk. */
static int apply(struct rows_view *view, struct rows_writer *writer,
                 const struct state_change *change)
{
    if (!change->deleted)
        return rows_writer_put(writer, change->key, change->value);
    int status = rows_delete(view, TABLE_STATE, change->key);
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* The caller bounds the rows of the whole flush to LEDGER_STEP_ROWS. */
int ledger_state_write(struct rows_view *view, const struct bank *bank)
{
    const void *position = NULL;
    struct state_change change;
    struct rows_writer *writer;
    int status = rows_writer_open(view, TABLE_STATE, &writer);
    if (status)
        return status;
    while (!status && state_layer_next(bank_layer(bank), &position, &change))
        status = apply(view, writer, &change);
    rows_writer_close(writer);
    return status;
}

int ledger_state_write_header(struct rows_view *view, const struct bank *bank)
{
    struct buffer row = {0};
    struct bytes key = bank_header_row(bank, &row);
    int status = rows_put(view, TABLE_STATE, key, buffer_view(&row));
    buffer_free(&row);
    return status;
}

/* ---- Pending ---- */

/* is_deleted u8, key size u8, value size u32le, key, value. */
static void encode(const struct state_change *change, struct buffer *out)
{
    CHECK(change->key.size <= STATE_KEY_SIZE_MAX);
    buffer_u8(out, change->deleted);
    buffer_u8(out, (uint8_t)change->key.size);
    buffer_u32le(out, (uint32_t)change->value.size);
    buffer_bytes(out, change->key);
    buffer_bytes(out, change->value);
}

static int decode(struct reader *reader, struct state_change *out)
{
    uint8_t is_deleted, key_size;
    uint32_t value_size;
    if (reader_u8(reader, &is_deleted) || reader_u8(reader, &key_size) ||
        reader_u32le(reader, &value_size) ||
        reader_take(reader, key_size, &out->key) ||
        reader_take(reader, value_size, &out->value) || is_deleted > 1 ||
        key_size == 0)
        return err_set(ERR_CORRUPT, "a pending row is not readable");
    out->deleted = is_deleted;
    return 0;
}

/* Chunks are numbered in the order of applying, and appended, so that pages get
 * full. The table is empty at the beginning of each flush. */
static int put_chunk(struct rows_writer *writer, uint32_t *number,
                     struct buffer *chunk)
{
    uint8_t key[4];
    u32be_write(key, (*number)++);
    int status = rows_writer_append(writer, bytes_make(key, sizeof(key)),
                                    buffer_view(chunk));
    buffer_clear(chunk);
    return status;
}

/* A row that two blocks change comes twice, and the later one is applied later.
 * A chunk ends once it is long enough, so the largest has CHUNK_BYTES and one
 * account. */
int ledger_state_write_pending(struct rows_view *view, const struct bank *bank,
                               uint32_t *number)
{
    const void *position = NULL;
    struct state_change change;
    struct rows_writer *writer;
    struct buffer chunk = {0};
    int status = rows_writer_open(view, TABLE_PENDING, &writer);
    if (status)
        return status;
    while (!status && state_layer_next(bank_layer(bank), &position, &change)) {
        encode(&change, &chunk);
        if (chunk.size >= CHUNK_BYTES)
            status = put_chunk(writer, number, &chunk);
    }
    if (!status && chunk.size > 0)
        status = put_chunk(writer, number, &chunk);
    rows_writer_close(writer);
    buffer_free(&chunk);
    return status;
}

int ledger_state_write_header_pending(struct rows_view *view,
                                      const struct bank *bank, uint32_t *number)
{
    struct rows_writer *writer;
    struct buffer row = {0}, chunk = {0};
    int status = rows_writer_open(view, TABLE_PENDING, &writer);
    if (status)
        return status;
    struct state_change change = {.key = bank_header_row(bank, &row)};
    change.value = buffer_view(&row);
    encode(&change, &chunk);
    status = put_chunk(writer, number, &chunk);
    rows_writer_close(writer);
    buffer_free(&chunk);
    buffer_free(&row);
    return status;
}

/* Remove the first chunk, and copy it because writing its rows moves its page.
 * ERR_NOT_FOUND: there are no more. */
static int take_chunk(struct rows_view *view, struct buffer *chunk)
{
    struct rows_cursor *cursor;
    struct bytes key, value;
    uint8_t copy[4];
    int status =
        rows_cursor_open(view, TABLE_PENDING, (struct bytes){0}, &cursor);
    if (status)
        return status;
    status = rows_cursor_next(cursor, &key, &value);
    if (!status && key.size != sizeof(copy))
        status = err_set(ERR_CORRUPT, "a pending row's key is not readable");
    if (!status) {
        memcpy(copy, key.data, sizeof(copy));
        buffer_clear(chunk);
        buffer_bytes(chunk, value);
    }
    rows_cursor_close(cursor);
    if (status)
        return status;
    return rows_delete(view, TABLE_PENDING, bytes_make(copy, sizeof(copy)));
}

/* Rows are put or deleted, so a chunk may be applied again. */
static int apply_chunk(struct rows_view *view, struct bytes chunk,
                       size_t *applied)
{
    struct reader reader = reader_make(chunk);
    struct state_change change;
    struct rows_writer *writer;
    int status = rows_writer_open(view, TABLE_STATE, &writer);
    if (status)
        return status;
    while (!status && reader.left.size > 0) {
        status = decode(&reader, &change);
        if (!status)
            status = apply(view, writer, &change);
        (*applied)++;
    }
    rows_writer_close(writer);
    return status;
}

/* Whole chunks are moved, so a step may take some rows more than
 * LEDGER_STEP_ROWS. */
int ledger_state_settle(struct rows_view *view, bool *is_settled)
{
    struct buffer chunk = {0};
    size_t applied = 0;
    uint64_t left;
    int status = 0;
    *is_settled = false;
    while (!status && applied < LEDGER_STEP_ROWS) {
        status = take_chunk(view, &chunk);
        if (!status)
            status = apply_chunk(view, buffer_view(&chunk), &applied);
    }
    buffer_free(&chunk);
    if (status && status != ERR_NOT_FOUND)
        return status;
    /* Counted even if the step was full: the tip must not say that rows are
     * pending when there are none (check_pending() in ledger.c). */
    status = rows_count(view, TABLE_PENDING, &left);
    *is_settled = !status && !left;
    return status;
}
