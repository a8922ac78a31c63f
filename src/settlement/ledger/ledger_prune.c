/*
 * Dropping old history, in and after the flushes, a bounded number of
 * transactions at a time: so no other thread competes for the one writer, no
 * flush takes long, and a crash leaves all of a step or nothing. The oldest row
 * always goes first. The row "first" says from which slot on everything is
 * still there, because a large block goes over several flushes and must not be
 * shown in parts.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/bank_internal.h"
#include <inttypes.h>
#include <xxhash.h>

/* After a flush this many transactions, blocks and runs are dropped in addition
 * to twice what it wrote: so a backlog shrinks, and a flush stays short. */
#define BACKLOG 256

/* As many in one transaction. */
#define STEP 512

/* One step, in one write transaction. */
struct pruning {
    struct rows_view *view;
    uint64_t limit; /* slots from here on stay */
    uint64_t first; /* what the row "first" will say */
    size_t left;    /* may still be dropped in this step */
};

/* The first row of a table whose key is ≥ start. Each row takes a new cursor
 * because deleting invalidates open ones. */
static int first_row(struct rows_view *view, enum ledger_table table,
                     struct bytes start, struct bytes *key, struct bytes *value)
{
    struct rows_cursor *cursor;
    int status = rows_cursor_open(view, table, start, &cursor);
    if (status)
        return status;
    status = rows_cursor_next(cursor, key, value);
    rows_cursor_close(cursor);
    return status;
}

/* Drop the record at a place and the index rows that lead to it. Keys and
 * signature are read before anything is deleted because deleting moves rows. */
static int drop_transaction(struct rows_view *view, struct ledger_place place,
                            struct bytes row, struct bytes block)
{
    struct arena arena = {0};
    struct ledger_record record;
    uint8_t key[ADDRESS_KEY_SIZE], place_bytes[PLACE_SIZE];
    struct bytes place_key =
        ledger_place_key(place.slot, place.index, place_bytes);
    uint8_t signature[SIGNATURE_KEY_SIZE];
    int status = ledger_record_decode(row, block, &arena, &record);
    if (status)
        goto done;
    /* Before the first change, which moves the block's bytes. */
    ledger_signature_key(record.wire.data, place.slot, place.index, signature);
    status = rows_delete(view, TABLE_RECORDS, place_key);
    if (!status)
        status = rows_delete(view, TABLE_SIGNATURES,
                             bytes_make(signature, sizeof(signature)));
    if (status == ERR_NOT_FOUND)
        status = err_set(ERR_CORRUPT, "it is missing in an index");
    /* The row is the block's: the first of its transactions deletes it. */
    for (size_t i = 0; !status && i < record.result.key_count; i++) {
        status = rows_delete(
            view, TABLE_ADDRESSES,
            ledger_address_key(&record.result.keys[i], place.slot, key));
        status = status == ERR_NOT_FOUND ? 0 : status;
    }
done:
    arena_free(&arena);
    return status ? err_add(status, "transaction %u of block %" PRIu64,
                            place.index, place.slot)
                  : 0;
}

/* Drop a block's transactions, then the block, because records can't be read
 * without it. Records go from the first on, so that the next step finds the
 * rest. "first" is past the block from its first step on: a view shows all of
 * it or nothing. */
static int drop_block(struct pruning *pruning, uint64_t slot)
{
    uint8_t slot_key[8];
    struct bytes start = bytes_make(slot_key, sizeof(slot_key));
    struct bytes key, record, block;
    u64be_write(slot_key, slot);
    pruning->first = slot + 1;
    for (; pruning->left > 0; pruning->left--) {
        int status =
            first_row(pruning->view, TABLE_RECORDS, start, &key, &record);
        if (status && status != ERR_NOT_FOUND)
            return status;
        if (status || key.size != PLACE_SIZE || u64be_read(key.data) != slot) {
            pruning->left--;
            return rows_delete(pruning->view, TABLE_BLOCKS, start);
        }
        status = rows_get(pruning->view, TABLE_BLOCKS, start, &block);
        if (status || block.size < BLOCK_PREFIX_SIZE)
            return err_set(ERR_CORRUPT, "block %" PRIu64 " is cut off", slot);
        const struct ledger_place place = {slot, u32be_read(key.data + 8)};
        status = drop_transaction(pruning->view, place, record,
                                  bytes_make(block.data + BLOCK_PREFIX_SIZE,
                                             block.size - BLOCK_PREFIX_SIZE));
        if (status)
            return status;
    }
    return 0;
}

/* A run goes as a whole because it is one row. */
static int drop_run(struct pruning *pruning, const struct ledger_run *run)
{
    uint8_t key[8];
    u64be_write(key, run->first);
    pruning->first = run->last + 1;
    pruning->left--;
    return rows_delete(pruning->view, TABLE_RUNS, bytes_make(key, sizeof(key)));
}

/* Drop the oldest block or run; *more: it was older than the limit. A run that
 * the limit cuts stays whole, and so does all after it. */
static int drop_oldest(struct pruning *pruning, bool *more)
{
    struct bytes block_key, run_key, value;
    uint64_t slot = UINT64_MAX;
    struct ledger_run run = {.first = UINT64_MAX};
    *more = false;
    int status = first_row(pruning->view, TABLE_BLOCKS, (struct bytes){0},
                           &block_key, &value);
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (!status && block_key.size != 8)
        return err_set(ERR_CORRUPT, "a block's key is not readable");
    if (!status)
        slot = u64be_read(block_key.data);
    status = first_row(pruning->view, TABLE_RUNS, (struct bytes){0}, &run_key,
                       &value);
    if (!status)
        status = ledger_run_decode(run_key, value, &run);
    if (status && status != ERR_NOT_FOUND)
        return status;

    if (run.first < slot && run.last < pruning->limit) {
        *more = true;
        return drop_run(pruning, &run);
    }
    if (slot < run.first && slot < pruning->limit) {
        *more = true;
        return drop_block(pruning, slot);
    }
    return 0;
}

void ledger_keep(struct ledger *ledger, uint64_t slots)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    ledger->keep_slots = slots;
}

/* Slots from here on stay. The blocks whose hashes the state keeps always stay
 * because ledger_check() needs them. At least 1: the caller has checked that
 * more slots have passed than are kept. */
static uint64_t limit_of(const struct ledger *ledger, const struct bank *bank)
{
    CHECK(bank->recent_count > 0);
    uint64_t limit = ledger->tip.slot - ledger->keep_slots + 1;
    uint64_t oldest = bank->recent[bank->recent_count - 1].slot;
    return oldest < limit ? oldest : limit;
}

/* What an earlier flush did not drop is found again as the oldest rows. */
void ledger_prune_begin(struct ledger *ledger, const struct bank *bank,
                        size_t transactions)
{
    ledger->prune_left = 0;
    if (!ledger->keep_slots || ledger->tip.slot < ledger->keep_slots)
        return;
    ledger->prune_limit = limit_of(ledger, bank);
    ledger->prune_left = BACKLOG + 2 * transactions;
}

/* prune_left falls by the whole step, however much was used, because it only
 * bounds the work after one flush. On an error the caller aborts, and nothing
 * is dropped. */
int ledger_prune(struct ledger *ledger, struct rows_view *view)
{
    if (!ledger->prune_left)
        return 0;
    size_t step = ledger->prune_left < STEP ? ledger->prune_left : STEP;
    struct pruning pruning = {
        .view = view, .limit = ledger->prune_limit, .left = step};
    bool more = true;
    int status = ledger_first_read(view, &pruning.first);
    uint64_t first_before = pruning.first;
    while (!status && more && pruning.left > 0)
        status = drop_oldest(&pruning, &more);
    /* The tip's own row stays because the chain goes on from it. */
    CHECK(status || pruning.first <= ledger->tip.slot);
    if (!status && pruning.first != first_before)
        status = ledger_first_write(view, pruning.first);
    ledger->prune_left = more ? ledger->prune_left - step : 0;
    return status ? err_add(status, "dropping old history") : 0;
}
