/*
 * Records and the indexes that lead to them, written a block at a time.
 *
 * An address has one row for all transactions of a block that name it, because
 * most transactions name the same hot addresses, such as programs.
 *
 * Records come in the order of their keys anyway. Index rows are sorted first:
 * in any other order nearly each of them would go its own way down the tree, to
 * a page that is no longer in the processor's cache. Sorting costs less than a
 * tenth of that: a radix sort by the first bytes of the keys, which are nearly
 * random. Rows with equal first bytes are few, and are sorted after it. But
 * anybody may name addresses that begin alike and have no key, so many of these
 * are sorted in n log n (sort_alike()).
 *
 * LMDB keeps each page that a transaction touches in memory until it commits,
 * and in a large index nearly each row touches one. So the rows of large
 * flushes are written ahead, in transactions of their own, before the one that
 * makes the blocks durable: readers ignore a row that names a missing
 * transaction (ledger_find.c). If the process ends in between, the row "ahead"
 * of `meta` makes the next one sweep such rows out.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>

/* A row to be written: what its key begins with, and which transaction it
 * names. */
struct index_row {
    uint32_t order; /* the first bytes, big-endian */
    uint32_t index;
    const uint8_t *head;
};

struct bytes ledger_place_key(uint64_t slot, uint32_t index,
                              uint8_t out[PLACE_SIZE])
{
    u64be_write(out, slot);
    u32be_write(out + 8, index);
    return bytes_make(out, PLACE_SIZE);
}

/* Places are big-endian, so that the order of keys is that of places, and
 * walking down finds the newest first. */
struct ledger_place ledger_place_read(struct bytes key)
{
    CHECK(key.size >= PLACE_SIZE);
    const uint8_t *at = key.data + key.size - PLACE_SIZE;
    return (struct ledger_place){.slot = u64be_read(at),
                                 .index = u32be_read(at + 8)};
}

struct bytes ledger_address_key(const struct pubkey *address, uint64_t slot,
                                uint8_t out[ADDRESS_KEY_SIZE])
{
    memcpy(out, address->bytes, 32);
    u64be_write(out + 32, slot);
    return bytes_make(out, ADDRESS_KEY_SIZE);
}

static const uint8_t *signature_part(const uint8_t *wire)
{
    /* The count of signatures is one byte because a packet has room for twelve.
     */
    return wire + 1 + SIGNATURE_PART_AT;
}

/* The place is in the key, so that two signatures with the same part have a row
 * each; a row without a value takes the least room. */
struct bytes ledger_signature_key(const uint8_t *wire, uint64_t slot,
                                  uint32_t index,
                                  uint8_t out[SIGNATURE_KEY_SIZE])
{
    memcpy(out, signature_part(wire), SIGNATURE_PART_SIZE);
    ledger_place_key(slot, index, out + SIGNATURE_PART_SIZE);
    return bytes_make(out, SIGNATURE_KEY_SIZE);
}

/* ---- Sorting ---- */

/* One pass of a stable counting sort over 11 bits of the order. 11 bits make a
 * table of 16 KB, which stays in the first cache, and three passes sort 32
 * bits. */
static void sort_by(const struct index_row *from, struct index_row *to,
                    size_t count, unsigned shift)
{
    size_t starts[2048] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        starts[from[i].order >> shift & 2047]++;
    for (size_t i = 0; i < 2048; i++) {
        size_t here = starts[i];
        starts[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].order >> shift & 2047]++] = from[i];
}

/* By head, then by index: a total order, because qsort_r() is not stable. */
static int compare_rows(const void *a, const void *b, void *head_size)
{
    const struct index_row *x = a, *y = b;
    int order = memcmp(x->head, y->head, *(const size_t *)head_size);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static bool is_sorted(const struct index_row *rows, size_t count,
                      size_t head_size)
{
    for (size_t i = 1; i < count; i++)
        if (memcmp(rows[i - 1].head, rows[i].head, head_size) > 0)
            return false;
    return true;
}

/* Sort rows with equal first bytes. Nearly always they are one row, or one
 * address that many transactions name, and then they are in order already. */
static void sort_alike(struct index_row *rows, size_t count, size_t head_size)
{
    if (!is_sorted(rows, count, head_size))
        qsort_r(rows, count, sizeof(*rows), compare_rows, &head_size);
}

/* Sort in the order of keys; rows with equal heads keep the block's order.
 * spare: room for as many rows. */
static void sort(struct index_row *rows, struct index_row *spare, size_t count,
                 size_t head_size)
{
    sort_by(rows, spare, count, 0);
    sort_by(spare, rows, count, 11);
    sort_by(rows, spare, count, 22);
    for (size_t at = 0, end; at < count; at = end) {
        for (end = at + 1; end < count && spare[end].order == spare[at].order;)
            end++;
        if (end - at > 1)
            sort_alike(spare + at, end - at, head_size);
    }
    memcpy(rows, spare, count * sizeof(*rows));
}

/* ---- Writing ---- */

/* The rows of one index for one block, in the order of their keys. Addresses
 * with the same head become one row. */
struct index {
    enum ledger_table table;
    size_t head_size;
    uint64_t slot;
    struct buffer rows; /* struct index_row[] */
};

/* The number of items; those of one address become one row of the table. */
static size_t row_count(const struct index *index)
{
    return index->rows.size / sizeof(struct index_row);
}

/* The head is borrowed until the rows are put. */
static void add_row(struct index *index, const uint8_t *head, size_t number)
{
    const struct index_row row = {
        .order = u32be_read(head), .index = (uint32_t)number, .head = head};
    buffer_append(&index->rows, &row, sizeof(row));
}

/* Takes 16 bytes for each key of the block meanwhile. */
static void sort_index(struct index *index)
{
    if (!row_count(index))
        return;
    struct index_row *spare = mem_alloc(index->rows.size);
    sort((struct index_row *)index->rows.data, spare, row_count(index),
         index->head_size);
    free(spare);
}

/* Heads are borrowed from data, the encoded block. Nobody can choose the part
 * of a signature without choosing the whole (ledger_internal.h), so rows begin
 * alike only by chance. */
static void make_signatures(struct index *index, uint64_t slot,
                            const struct ledger_records *records,
                            struct bytes data)
{
    *index = (struct index){.table = TABLE_SIGNATURES,
                            .head_size = SIGNATURE_PART_SIZE,
                            .slot = slot};
    for (size_t i = 0; i < ledger_records_count(records); i++)
        add_row(index,
                signature_part(
                    ledger_item_wire(ledger_records_at(records, i), data)),
                i);
    sort_index(index);
}

/* Every key of every transaction, also of programs, because clients ask
 * getSignaturesForAddress for those, too. */
static void make_addresses(struct index *index, uint64_t slot,
                           const struct ledger_records *records,
                           struct bytes data)
{
    *index =
        (struct index){.table = TABLE_ADDRESSES, .head_size = 32, .slot = slot};
    for (size_t i = 0; i < ledger_records_count(records); i++) {
        const struct ledger_item *item = ledger_records_at(records, i);
        for (size_t k = 0; k < item->key_count; k++)
            add_row(index, ledger_item_key(records, item, data, k)->bytes, i);
    }
    sort_index(index);
}

/* The end of the rows with the same head as the one at first. */
static size_t group_end(const struct index *index, size_t first)
{
    const struct index_row *rows = (const void *)index->rows.data;
    size_t end = first + 1;
    while (end < row_count(index) &&
           !memcmp(rows[end].head, rows[first].head, index->head_size))
        end++;
    return end;
}

/* Differences mostly take one byte: otherwise a program that every transaction
 * calls would fill pages. */
static void encode_group(const struct index *index, size_t first, size_t end,
                         struct buffer *out)
{
    const struct index_row *rows = (const void *)index->rows.data;
    uint32_t before = 0;
    buffer_clear(out);
    for (size_t i = first; i < end; i++) {
        buffer_varint(out, rows[i].index - before);
        before = rows[i].index;
    }
}

/* A difference of 0 would name an index twice. The sum is bounded by the
 * transactions of a block, which bounds the buffer. */
int ledger_address_read(struct bytes value, struct buffer *out)
{
    struct reader reader = reader_make(value);
    uint64_t index = 0, difference;
    for (bool is_first = true; reader.left.size > 0; is_first = false) {
        if (reader_varint(&reader, &difference) ||
            (!is_first && difference == 0) ||
            difference >= BLOCK_TRANSACTIONS_MAX - index)
            return err_set(ERR_CORRUPT, "an address's row is not readable");
        index += difference;
        buffer_append(out, &(uint32_t){(uint32_t)index}, sizeof(uint32_t));
    }
    return 0;
}

/* Put a row; *next is where the next one begins. buffer: scratch for the value.
 * Only here the two tables differ. */
static int put_row(struct rows_writer *writer, const struct index *index,
                   size_t first, struct buffer *buffer, size_t *next)
{
    const struct index_row *row =
        (const struct index_row *)index->rows.data + first;
    uint8_t key[ADDRESS_KEY_SIZE];
    *next = first + 1;
    if (index->table == TABLE_SIGNATURES) {
        memcpy(key, row->head, index->head_size);
        ledger_place_key(index->slot, row->index, key + index->head_size);
        return rows_writer_put(writer, bytes_make(key, SIGNATURE_KEY_SIZE),
                               bytes_make(NULL, 0));
    }
    *next = group_end(index, first);
    encode_group(index, first, *next, buffer);
    return rows_writer_put(
        writer,
        ledger_address_key((const struct pubkey *)row->head, index->slot, key),
        buffer_view(buffer));
}

/* Put at most so many rows from *at on; *at is then where the next begins. */
static int put_rows(struct rows_view *view, const struct index *index,
                    size_t *at, size_t most)
{
    struct buffer value = {0};
    struct rows_writer *writer;
    int status = rows_writer_open(view, index->table, &writer);
    if (status)
        return status;
    for (size_t i = 0; !status && i < most && *at < row_count(index); i++)
        status = put_row(writer, index, *at, &value, at);
    rows_writer_close(writer);
    buffer_free(&value);
    return status;
}

/* One transaction with the next rows and the row "ahead", which each of them
 * writes because any may be the first. */
static int commit_ahead(struct rows *rows, const struct index *index,
                        size_t *at)
{
    struct rows_view *view;
    int status = rows_write(rows, &view);
    if (status)
        return status;
    status =
        rows_put(view, TABLE_META, bytes_text(LEDGER_AHEAD), bytes_text("1"));
    if (!status)
        status = put_rows(view, index, at, LEDGER_STEP_ROWS);
    if (status) {
        rows_abort(view);
        return status;
    }
    return rows_commit(view);
}

/* view: NULL to write them ahead. */
static int write_index(struct rows *rows, struct rows_view *view,
                       struct index *index)
{
    size_t at = 0;
    int status = view ? put_rows(view, index, &at, SIZE_MAX) : 0;
    while (!view && !status && at < row_count(index))
        status = commit_ahead(rows, index, &at);
    buffer_free(&index->rows);
    return status;
}

/* One index after the other takes half the memory, and keeps the pages of one
 * table in the cache. */
static int write_indexes(struct rows *rows, struct rows_view *view,
                         uint64_t slot, const struct ledger_records *records,
                         struct bytes data)
{
    struct index index;
    make_signatures(&index, slot, records, data);
    int status = write_index(rows, view, &index);
    if (status)
        return status;
    make_addresses(&index, slot, records, data);
    return write_index(rows, view, &index);
}

/* An upper bound: an address that is named twice in the block counts twice. */
size_t ledger_index_count(const struct ledger_records *records)
{
    size_t count = ledger_records_count(records);
    size_t rows = count;
    for (size_t i = 0; i < count; i++)
        rows += ledger_records_at(records, i)->key_count;
    return rows;
}

int ledger_index_write(struct rows_view *view, uint64_t slot,
                       const struct ledger_records *records, struct bytes data)
{
    return write_indexes(NULL, view, slot, records, data);
}

/* After an error or a crash rows stay that lead nowhere, and so does the row
 * "ahead". */
int ledger_index_write_ahead(struct rows *rows, uint64_t slot,
                             const struct ledger_records *records,
                             struct bytes data)
{
    return write_indexes(rows, NULL, slot, records, data);
}

/* Called in the transaction of the blocks. */
int ledger_index_settle(struct rows_view *view)
{
    int status = rows_delete(view, TABLE_META, bytes_text(LEDGER_AHEAD));
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* Appended because slots only grow: pages get full, and nothing is looked up.
 */
int ledger_records_write(struct rows_view *view, uint64_t slot,
                         const struct ledger_records *records)
{
    uint8_t place[PLACE_SIZE];
    struct rows_writer *writer;
    int status = rows_writer_open(view, TABLE_RECORDS, &writer);
    if (status)
        return status;
    for (size_t i = 0; !status && i < ledger_records_count(records); i++)
        status = rows_writer_append(
            writer, ledger_place_key(slot, (uint32_t)i, place),
            ledger_item_row(records, ledger_records_at(records, i)));
    rows_writer_close(writer);
    return status;
}

/* ---- Checking ---- */

/* The row must have the very bytes that would be written. */
static int check_group(struct rows_view *view, const struct index *index,
                       size_t first, size_t end, struct buffer *expected)
{
    const struct index_row *rows = (const void *)index->rows.data;
    const struct pubkey *address = (const struct pubkey *)rows[first].head;
    uint8_t key[ADDRESS_KEY_SIZE];
    struct bytes value;
    encode_group(index, first, end, expected);
    if (!rows_get(view, TABLE_ADDRESSES,
                  ledger_address_key(address, index->slot, key), &value) &&
        bytes_equal(value, buffer_view(expected)))
        return 0;
    return err_set(ERR_CORRUPT,
                   "the history of %s does not have its transactions of block "
                   "%" PRIu64,
                   PUBKEY_TEXT(address), index->slot);
}

/* The rows are made anew as for the flush and compared. The caller finds
 * surplus rows by counting. */
int ledger_addresses_check(struct rows_view *view, uint64_t slot,
                           const struct ledger_naming *namings, size_t count,
                           uint64_t *rows)
{
    struct index index = {
        .table = TABLE_ADDRESSES, .head_size = 32, .slot = slot};
    struct buffer expected = {0};
    int status = 0;
    *rows = 0;
    for (size_t i = 0; i < count; i++)
        add_row(&index, namings[i].address.bytes, namings[i].index);
    sort_index(&index);
    for (size_t at = 0, end; !status && at < row_count(&index); at = end) {
        end = group_end(&index, at);
        status = check_group(view, &index, at, end, &expected);
        ++*rows;
    }
    buffer_free(&index.rows);
    buffer_free(&expected);
    return status;
}
