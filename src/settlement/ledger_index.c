/*
 * Records and the indexes that lead to them, written for a block at a time.
 *
 * Records come in the order of their keys anyway. Index rows are sorted first:
 * in any other order nearly each of them would go its own way down the tree,
 * to a page that is no longer in the processor's cache. Sorting costs less than
 * a tenth of that, for it is by the first bytes of the keys, which are nearly
 * random (radix sort); what those leave undecided is few and put right after.
 */
#include "settlement/ledger_internal.h"

#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>

/* A row to come: what its key begins with, and which transaction it names. */
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

struct ledger_place ledger_place_read(struct bytes key)
{
    CHECK(key.size >= PLACE_SIZE);
    const uint8_t *at = key.data + key.size - PLACE_SIZE;
    return (struct ledger_place){.slot = u64be_read(at),
                                 .index = u32be_read(at + 8)};
}

static const uint8_t *signature_part(const uint8_t *wire)
{
    /* Fewer than 128 signatures: their count is one byte. */
    return wire + 1 + SIGNATURE_PART_AT;
}

struct bytes ledger_signature_key(const uint8_t *wire, uint64_t slot,
                                  uint32_t index,
                                  uint8_t out[SIGNATURE_KEY_SIZE])
{
    memcpy(out, signature_part(wire), SIGNATURE_PART_SIZE);
    ledger_place_key(slot, index, out + SIGNATURE_PART_SIZE);
    return bytes_make(out, SIGNATURE_KEY_SIZE);
}

/* ---- Sorting ---- */

/* One pass over 11 bits of the order; equal ones keep theirs. */
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

/* In the order of their keys; those with equal heads in the block's order, as
 * they came. spare: room for as many. */
static void sort(struct index_row *rows, struct index_row *spare, size_t count,
                 size_t head_size)
{
    sort_by(rows, spare, count, 0);
    sort_by(spare, rows, count, 11);
    sort_by(rows, spare, count, 22);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && rows[at - 1].order == spare[i].order &&
               memcmp(rows[at - 1].head, spare[i].head, head_size) > 0;
             at--)
            rows[at] = rows[at - 1];
        rows[at] = spare[i];
    }
}

/* ---- Writing ---- */

static int write_rows(struct rows_view *view, enum ledger_table table,
                      uint64_t slot, struct index_row *rows, size_t count,
                      size_t head_size)
{
    struct rows_writer *writer;
    struct index_row *spare = mem_alloc(count * sizeof *spare);
    uint8_t key[ADDRESS_KEY_SIZE];
    sort(rows, spare, count, head_size);
    free(spare);
    int status = rows_writer_open(view, table, &writer);
    if (status)
        return status;
    for (size_t i = 0; !status && i < count; i++) {
        memcpy(key, rows[i].head, head_size);
        ledger_place_key(slot, rows[i].index, key + head_size);
        status =
            rows_writer_put(writer, bytes_make(key, head_size + PLACE_SIZE),
                            bytes_make(NULL, 0));
    }
    rows_writer_close(writer);
    return status;
}

static struct index_row row_make(const uint8_t *head, size_t index)
{
    return (struct index_row){
        .order = u32be_read(head), .index = (uint32_t)index, .head = head};
}

static int write_signatures(struct rows_view *view, uint64_t slot,
                            const struct ledger_records *records,
                            struct bytes data)
{
    size_t count = ledger_records_count(records);
    struct index_row *rows = mem_alloc(count * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const struct ledger_item *item = ledger_records_at(records, i);
        rows[i] = row_make(signature_part(data.data + item->wire_at), i);
    }
    int status = write_rows(view, TABLE_SIGNATURES, slot, rows, count,
                            SIGNATURE_PART_SIZE);
    free(rows);
    return status;
}

static int write_addresses(struct rows_view *view, uint64_t slot,
                           const struct ledger_records *records,
                           struct bytes data)
{
    struct buffer rows = {0};
    for (size_t i = 0; i < ledger_records_count(records); i++) {
        const struct ledger_item *item = ledger_records_at(records, i);
        for (size_t k = 0; k < item->key_count; k++) {
            const struct index_row row =
                row_make(ledger_item_key(records, item, data, k)->bytes, i);
            buffer_append(&rows, &row, sizeof row);
        }
    }
    int status = write_rows(view, TABLE_ADDRESSES, slot, (void *)rows.data,
                            rows.size / sizeof(struct index_row), 32);
    buffer_free(&rows);
    return status;
}

static int write_records(struct rows_view *view, uint64_t slot,
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

int ledger_index_write(struct rows_view *view, uint64_t slot,
                       const struct ledger_records *records, struct bytes data)
{
    int status = write_records(view, slot, records);
    if (!status)
        status = write_signatures(view, slot, records, data);
    if (!status)
        status = write_addresses(view, slot, records, data);
    return status;
}
