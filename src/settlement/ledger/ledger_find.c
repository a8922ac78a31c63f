/*
 * Reading transactions through a view, by place, signature and address: first
 * in the branch's blocks, from the tip down, then on disk. As in
 * ledger_header.c, history that is being dropped is not shown in parts.
 */
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger/recent.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>

/* ---- Transactions ---- */

static int record_in_memory(const struct ledger_view *view,
                            struct ledger_place place, struct arena *arena,
                            struct ledger_record *out)
{
    const struct executed_block *block =
        ledger_branch_block(view->branch, place.slot);
    if (!block || place.index >= ledger_records_count(&block->records))
        return ERR_NOT_FOUND;
    const struct ledger_item *item =
        ledger_records_at(&block->records, place.index);
    return ledger_record_decode(ledger_item_row(&block->records, item),
                                buffer_view(&block->data), arena, out);
}

/* A record without its block is corrupt; a missing record is only not found
 * because index rows may be ahead (ledger_index.c). */
int ledger_record(struct ledger_view *view, struct ledger_place place,
                  struct arena *arena, struct ledger_record *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint8_t key[PLACE_SIZE], slot_key[8];
    struct bytes value, block;
    if (place.slot > view->branch->floor_slot)
        return record_in_memory(view, place, arena, out);
    int status =
        rows_get(view->rows, TABLE_RECORDS,
                 ledger_place_key(place.slot, place.index, key), &value);
    if (status)
        return status;
    u64be_write(slot_key, place.slot);
    status = rows_get(view->rows, TABLE_BLOCKS,
                      bytes_make(slot_key, sizeof(slot_key)), &block);
    if (status || block.size < BLOCK_PREFIX_SIZE)
        return err_set(ERR_CORRUPT, "block %" PRIu64 " is gone", place.slot);
    block = bytes_make(block.data + BLOCK_PREFIX_SIZE,
                       block.size - BLOCK_PREFIX_SIZE);
    return ledger_record_decode(value, block, arena, out);
}

/* The first signature of the transaction at a place, after the count of one
 * byte. ERR_NOT_FOUND: the index is ahead of the blocks (ledger_index.c). */
static int read_signature(struct ledger_view *view, struct ledger_place place,
                          struct signature *out)
{
    struct arena arena = {0};
    struct ledger_record record;
    int status = ledger_record(view, place, &arena, &record);
    if (!status)
        memcpy(out->bytes, record.wire.data + 1, sizeof(out->bytes));
    arena_free(&arena);
    return status;
}

/* Several rows may begin with the same part of a signature, so the whole
 * signature is compared. */
static int find_in(struct ledger_view *view, struct rows_cursor *cursor,
                   const struct signature *signature, uint64_t first,
                   struct ledger_place *out)
{
    struct bytes key, value;
    struct bytes part =
        bytes_make(signature->bytes + SIGNATURE_PART_AT, SIGNATURE_PART_SIZE);
    int status;
    while (!(status = rows_cursor_next(cursor, &key, &value))) {
        struct signature found;
        if (!bytes_begin_with(key, part))
            return ERR_NOT_FOUND;
        if (key.size != SIGNATURE_KEY_SIZE)
            return err_set(ERR_CORRUPT, "a signature's row is not readable");
        *out = ledger_place_read(key);
        if (out->slot < first)
            continue;
        status = read_signature(view, *out, &found);
        if (status == ERR_NOT_FOUND)
            continue;
        if (status || !memcmp(found.bytes, signature->bytes, 64))
            return status;
    }
    return status;
}

static bool find_in_memory(const struct ledger_branch *branch,
                           const struct signature *signature,
                           struct ledger_place *out)
{
    for (size_t i = branch->count; i > 0; i--) {
        struct executed_block *block = branch->blocks[i - 1];
        if (!recent_find(block, signature, &out->index))
            continue;
        out->slot = bank_info(block->bank)->slot;
        return true;
    }
    return false;
}

/* The index has eight bytes of a signature, the block all of them. Rows of
 * blocks that are being dropped are skipped. */
int ledger_find(struct ledger_view *view, const struct signature *signature,
                struct ledger_place *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    struct rows_cursor *cursor;
    uint64_t first;
    if (find_in_memory(view->branch, signature, out))
        return 0;
    int status = ledger_first_read(view->rows, &first);
    if (status)
        return status;
    status = rows_cursor_open(
        view->rows, TABLE_SIGNATURES,
        bytes_make(signature->bytes + SIGNATURE_PART_AT, SIGNATURE_PART_SIZE),
        &cursor);
    if (status)
        return status;
    status = find_in(view, cursor, signature, first, out);
    rows_cursor_close(cursor);
    return status;
}

/* ---- Transactions of an address ---- */

/* First come the branch's blocks, then rows. A row is for a block and holds all
 * its places, so rows come from the cursor and places from the end of the
 * buffer. */
struct ledger_walk {
    struct ledger_view *view;
    size_t blocks;     /* of the branch that are still to come, and */
    uint32_t in_block; /* places before this one in the last of them */
    struct rows_cursor *cursor;
    struct pubkey address;
    struct ledger_place before;
    uint64_t first;        /* older slots are being dropped */
    uint64_t slot;         /* of the row that was read last */
    struct buffer indexes; /* its uint32_t that are still to come */
};

/* Places before `before` alone: its slot's block may be in memory. */
static void begin_in_memory(struct ledger_walk *walk)
{
    const struct ledger_branch *branch = walk->view->branch;
    size_t at = ledger_branch_from(branch, walk->before.slot);
    bool has_slot =
        at < branch->count &&
        bank_info(branch->blocks[at]->bank)->slot == walk->before.slot;
    walk->blocks = at + has_slot;
    walk->in_block = has_slot ? walk->before.index : UINT32_MAX;
}

/* The rows begin with that of before's slot, whose later places
 * ledger_walk_next() skips. */
int ledger_walk_open(struct ledger_view *view, const struct pubkey *address,
                     struct ledger_place before, struct ledger_walk **out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint8_t start[ADDRESS_KEY_SIZE];
    struct ledger_walk *walk = mem_zero(1, sizeof(*walk));
    walk->view = view;
    walk->address = *address;
    walk->before = before;
    begin_in_memory(walk);
    int status = ledger_first_read(view->rows, &walk->first);
    if (!status)
        status = rows_cursor_open_down(
            view->rows, TABLE_ADDRESSES,
            ledger_address_key(address, before.slot, start), &walk->cursor);
    if (status) {
        free(walk);
        return status;
    }
    *out = walk;
    return 0;
}

/* Read the next older block that names the address; ERR_NOT_FOUND at the end.
 */
static int read_row(struct ledger_walk *walk)
{
    struct bytes key, value;
    int status = rows_cursor_next(walk->cursor, &key, &value);
    if (status)
        return status;
    if (!bytes_begin_with(key, pubkey_bytes(&walk->address)))
        return ERR_NOT_FOUND;
    if (key.size != ADDRESS_KEY_SIZE)
        return err_set(ERR_CORRUPT, "an address's row is not readable");
    walk->slot = u64be_read(key.data + 32);
    if (walk->slot < walk->first)
        return ERR_NOT_FOUND;
    if (walk->slot > walk->view->branch->floor_slot)
        return 0; /* in memory: shown already */
    return ledger_address_read(value, &walk->indexes);
}

static bool next_in_memory(struct ledger_walk *walk, struct ledger_place *place,
                           struct signature *signature)
{
    while (walk->blocks > 0) {
        struct executed_block *block =
            walk->view->branch->blocks[walk->blocks - 1];
        if (recent_find_address(block, &walk->address, walk->in_block,
                                &place->index)) {
            place->slot = bank_info(block->bank)->slot;
            walk->in_block = place->index;
            recent_signature(block, place->index, signature);
            return true;
        }
        walk->blocks--;
        walk->in_block = UINT32_MAX;
    }
    return false;
}

/* A place without a record is skipped: its row is ahead of the block. */
int ledger_walk_next(struct ledger_walk *walk, struct ledger_place *place,
                     struct signature *signature)
{
    if (next_in_memory(walk, place, signature))
        return 0;
    for (;;) {
        uint32_t index;
        int status = 0;
        while (!status && !walk->indexes.size)
            status = read_row(walk);
        if (status)
            return status;
        walk->indexes.size -= sizeof(index);
        memcpy(&index, walk->indexes.data + walk->indexes.size, sizeof(index));
        if (walk->slot == walk->before.slot && index >= walk->before.index)
            continue;
        *place = (struct ledger_place){walk->slot, index};
        status = read_signature(walk->view, *place, signature);
        if (status != ERR_NOT_FOUND)
            return status;
    }
}

void ledger_walk_close(struct ledger_walk *walk)
{
    if (!walk)
        return;
    rows_cursor_close(walk->cursor);
    buffer_free(&walk->indexes);
    free(walk);
}
