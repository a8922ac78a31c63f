/*
 * Views: a read transaction of LMDB and a published bank that belong together.
 *
 * The disk must hold at least what lies under the bank's lowest layer, and not
 * more than the bank itself (state.h). The view of the disk is opened first. If
 * a flush and a publication in between put the pair out of step, both are taken
 * again. That window is a few microseconds wide because a flush is published as
 * soon as it is on disk.
 *
 * A view is cheap (a reader's slot in LMDB's table and a reference to a bank),
 * so each request has its own. A view that stays open keeps LMDB from reusing
 * pages that later flushes free, and keeps the layers of its bank.
 *
 * Blocks, records and indexes are read from the disk alone; only the headers of
 * empty blocks that wait for their flush come from memory (ledger_recent()).
 * Those stay in memory for some time after they are on disk
 * (LEDGER_RECENT_MAX), for views that were opened before.
 *
 * History that is being dropped is not shown in parts: all functions here use
 * the row "first" of their own snapshot.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>

/* Two conditions must hold. base_slot <= settled_slot: the table of the state
 * has what lies under the lowest layer; pending rows do not count. tip <= bank:
 * otherwise rows of a later block would show through.
 *
 * The loop ends: the second fails only between a commit and the
 * ledger_publish() that follows, and the first only until a view is newer than
 * the settling that let the base slot rise. So the tries need no limit. */
int ledger_view_open(struct ledger *ledger, struct ledger_view **out)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct rows_view *rows;
    struct bank *bank;
    for (;;) {
        struct ledger_tip tip;
        int status = rows_read(ledger->rows, &rows);
        if (status)
            return status;
        status = ledger_tip_read(rows, &tip);
        if (status) {
            rows_abort(rows);
            return status;
        }
        lock_take(&ledger->lock);
        bank = bank_retain(ledger->newest);
        uint64_t base_slot = ledger->base_slot;
        lock_give(&ledger->lock);
        if (base_slot <= tip.settled_slot && tip.slot <= bank_info(bank)->slot)
            break;
        /* Release both, or they would hold pages and layers for nothing. */
        bank_release(bank);
        rows_abort(rows);
        sched_yield();
    }
    struct ledger_view *view = mem_zero(1, sizeof(*view));
    view->magic = LEDGER_VIEW_MAGIC;
    view->ledger = ledger;
    view->rows = rows;
    view->bank = bank;
    view->base = ledger_base(rows);
    *out = view;
    return 0;
}

/* The state goes first because its cursors and values lie in the transaction.
 */
void ledger_view_close(struct ledger_view *view)
{
    if (!view)
        return;
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    state_close(view->state);
    bank_release(view->bank);
    rows_abort(view->rows);
    view->magic = 0;
    free(view);
}

const struct bank *ledger_view_bank(const struct ledger_view *view)
{
    return view->bank;
}

/* The tip that clients see: the bank's, which may be after the one on disk. */
const struct bank_info *ledger_view_tip(const struct ledger_view *view)
{
    return bank_info(view->bank);
}

/* Opened when first needed: requests for blocks and signatures need no state.
 */
struct state *ledger_view_state(struct ledger_view *view)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    if (!view->state)
        view->state = bank_open_state(view->bank, &view->base);
    return view->state;
}

const struct state_base *ledger_view_base(const struct ledger_view *view)
{
    return &view->base;
}

struct rows_view *ledger_view_rows(const struct ledger_view *view)
{
    return view->rows;
}

const struct genesis *ledger_view_genesis(const struct ledger_view *view)
{
    return view->ledger->genesis;
}

/* ---- Blocks ---- */

/* The whole block is decoded for its last hash and its number of transactions;
 * ledger_unix_ms() avoids that. out->data is without the row's prefix. */
static int read_full(struct ledger_view *view, uint64_t slot,
                     struct ledger_header *out)
{
    uint8_t key[8];
    struct bytes value;
    u64be_write(key, slot);
    int status = rows_get(view->rows, TABLE_BLOCKS,
                          bytes_make(key, sizeof(key)), &value);
    if (status)
        return status;
    struct arena arena = {0};
    struct block block;
    struct reader reader = reader_make(value);
    if (reader_u64le(&reader, &out->block_height) ||
        reader_copy(&reader, out->parent_blockhash.bytes, 32) ||
        block_decode(reader.left, &arena, &block)) {
        status = err_add(ERR_CORRUPT, "block %" PRIu64, slot);
    } else {
        out->slot = slot;
        out->parent_slot = block.parent_slot;
        out->unix_ms = block.unix_ms;
        out->blockhash = *block_blockhash(&block);
        out->transaction_count = block_transaction_count(&block);
        out->data = reader.left;
    }
    arena_free(&arena);
    return status;
}

/* The run with the greatest first slot ≤ slot. It may end before the slot. */
static int find_run(struct ledger_view *view, uint64_t slot,
                    struct ledger_run *out)
{
    uint8_t start[8];
    struct bytes key, value;
    struct rows_cursor *cursor;
    u64be_write(start, slot);
    int status = rows_cursor_open_down(
        view->rows, TABLE_RUNS, bytes_make(start, sizeof(start)), &cursor);
    if (status)
        return status;
    status = rows_cursor_next(cursor, &key, &value);
    if (!status)
        status = ledger_run_decode(key, value, out);
    rows_cursor_close(cursor);
    return status;
}

/* An empty slot inside a run: its hashes come from running the chain again,
 * which takes at most LEDGER_RUN_HASHES_MAX hashes, some 20 ms. Times are
 * interpolated. */
static void read_in_run(const struct ledger_run *run,
                        const struct genesis *genesis, uint64_t slot,
                        struct ledger_header *out)
{
    uint64_t place = slot - run->first;
    uint64_t length = run->last - run->first;
    uint64_t span_ms = run->last_unix_ms - run->first_unix_ms;
    uint64_t per_tick = genesis->hashes_per_tick ? genesis->hashes_per_tick : 1;
    uint64_t per_slot = per_tick * genesis->ticks_per_slot;
    *out = (struct ledger_header){
        .slot = slot,
        .parent_slot = place ? slot - 1 : run->parent_slot,
        .block_height = run->block_height + place,
        .unix_ms = run->first_unix_ms + (length ? span_ms * place / length : 0),
        .parent_blockhash = run->parent_blockhash,
    };
    /* The last blockhash is known; the genesis', which is alone in its run,
     * does not come from proof of history. */
    hash_chain(&out->parent_blockhash, place * per_slot);
    out->blockhash = out->parent_blockhash;
    if (slot == run->last)
        out->blockhash = run->last_blockhash;
    else
        hash_chain(&out->blockhash, per_slot);
}

/* The disk comes first. A block that was flushed after the view was opened is
 * not in the view's snapshot but still in memory. Slots above the bank are not
 * shown even if memory has their headers. */
int ledger_header(struct ledger_view *view, uint64_t slot,
                  struct ledger_header *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    struct ledger_run run;
    uint64_t first;
    *out = (struct ledger_header){0};
    int status = ledger_first_read(view->rows, &first);
    if (status)
        return status;
    if (slot < first)
        return ERR_NOT_FOUND;
    status = read_full(view, slot, out);
    if (status != ERR_NOT_FOUND)
        return status;
    status = find_run(view, slot, &run);
    if (!status && slot <= run.last) {
        read_in_run(&run, view->ledger->genesis, slot, out);
        return 0;
    }
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (slot > bank_info(view->bank)->slot)
        return ERR_NOT_FOUND;
    return ledger_recent(view->ledger, slot, out) ? 0 : ERR_NOT_FOUND;
}

/* getSignaturesForAddress needs up to a thousand. A slot in a run costs what
 * ledger_header() costs. */
int ledger_unix_ms(struct ledger_view *view, uint64_t slot, uint64_t *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint8_t key[8];
    struct bytes value, before;
    struct ledger_header header;
    u64be_write(key, slot);
    int status = rows_get(view->rows, TABLE_BLOCKS,
                          bytes_make(key, sizeof(key)), &value);
    if (!status) {
        struct reader reader = reader_make(value);
        /* Version, slot, parent slot, parent hash and leader come first
         * (block.h). */
        if (reader_take(&reader, BLOCK_PREFIX_SIZE + 1 + 8 + 8 + 32 + 32,
                        &before) ||
            reader_u64le(&reader, out))
            return err_set(ERR_CORRUPT, "block %" PRIu64 " is cut off", slot);
        return 0;
    }
    status = ledger_header(view, slot, &header);
    *out = header.unix_ms;
    return status;
}

/* The first key ≥ from of a table whose keys are slots. */
static int next_key(struct ledger_view *view, enum ledger_table table,
                    uint64_t from, uint64_t *out)
{
    uint8_t start[8];
    struct bytes key, value;
    struct rows_cursor *cursor;
    u64be_write(start, from);
    int status = rows_cursor_open(view->rows, table,
                                  bytes_make(start, sizeof(start)), &cursor);
    if (status)
        return status;
    status = rows_cursor_next(cursor, &key, &value);
    if (!status && key.size != 8)
        status = err_set(ERR_CORRUPT, "a slot's key has %zu bytes", key.size);
    if (!status)
        *out = u64be_read(key.data);
    rows_cursor_close(cursor);
    return status;
}

/* Past the disk there are only empty slots that wait for a flush, at most
 * LEDGER_RECENT_MAX slots back. ledger_recent() skips places that are empty or
 * older. */
static int next_recent(struct ledger_view *view, uint64_t from, uint64_t *out)
{
    uint64_t newest = bank_info(view->bank)->slot;
    struct ledger_header header;
    if (newest >= LEDGER_RECENT_MAX && from <= newest - LEDGER_RECENT_MAX)
        from = newest - LEDGER_RECENT_MAX + 1;
    for (; from <= newest; from++) {
        if (ledger_recent(view->ledger, from, &header)) {
            *out = from;
            return 0;
        }
    }
    return ERR_NOT_FOUND;
}

/* If a run has the slot, that is the answer; otherwise it is the lesser of the
 * next keys of the two tables. Blocks in memory come last because they are
 * newer than the disk's. */
int ledger_next_slot(struct ledger_view *view, uint64_t from, uint64_t *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint64_t best = UINT64_MAX, at, first;
    struct ledger_run run;
    int status = ledger_first_read(view->rows, &first);
    if (status)
        return status;
    if (from < first)
        from = first;
    status = find_run(view, from, &run);
    if (!status && from <= run.last) {
        *out = from;
        return 0;
    }
    if (status && status != ERR_NOT_FOUND)
        return status;
    static const enum ledger_table slot_tables[] = {TABLE_BLOCKS, TABLE_RUNS};
    for (size_t i = 0; i < 2; i++) {
        status = next_key(view, slot_tables[i], from, &at);
        if (status && status != ERR_NOT_FOUND)
            return status;
        if (!status && at < best)
            best = at;
    }
    if (best == UINT64_MAX)
        return next_recent(view, from, out);
    *out = best;
    return 0;
}

/* Slot 0, or the snapshot's that the ledger began with, or a later one if
 * history was dropped. */
int ledger_first_slot(struct ledger_view *view, uint64_t *out)
{
    return ledger_next_slot(view, 0, out);
}

/* ---- Transactions ---- */

/* A record without its block is corrupt; a missing record is only not found
 * because index rows may be ahead (ledger_index.c). */
int ledger_record(struct ledger_view *view, struct ledger_place place,
                  struct arena *arena, struct ledger_record *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint8_t key[PLACE_SIZE], slot_key[8];
    struct bytes value, block;
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

/* The index has eight bytes of a signature, the block all of them. Rows of
 * blocks that are being dropped are skipped. */
int ledger_find(struct ledger_view *view, const struct signature *signature,
                struct ledger_place *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    struct rows_cursor *cursor;
    uint64_t first;
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

/* A row is for a block and holds all its places, so rows come from the cursor
 * and places from the end of the buffer. */
struct ledger_walk {
    struct ledger_view *view;
    struct rows_cursor *cursor;
    struct pubkey address;
    struct ledger_place before;
    uint64_t first;        /* older slots are being dropped */
    uint64_t slot;         /* of the row that was read last */
    struct buffer indexes; /* its uint32_t that are still to come */
};

/* Begins with the row of before's slot, whose later places ledger_walk_next()
 * skips. */
int ledger_walk_open(struct ledger_view *view, const struct pubkey *address,
                     struct ledger_place before, struct ledger_walk **out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint8_t start[ADDRESS_KEY_SIZE];
    struct ledger_walk *walk = mem_zero(1, sizeof(*walk));
    walk->view = view;
    walk->address = *address;
    walk->before = before;
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
    return ledger_address_read(value, &walk->indexes);
}

/* A place without a record is skipped: its row is ahead of the block. */
int ledger_walk_next(struct ledger_walk *walk, struct ledger_place *place,
                     struct signature *signature)
{
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
