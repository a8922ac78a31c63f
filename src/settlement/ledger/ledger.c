/*
 * Opening and writing.
 *
 * What one flush is: first, what the one before left is settled; then, of a
 * large one, the index rows are written ahead; then comes the one transaction
 * that makes the blocks be there, with their rows of the state (or what is
 * pending of them), blocks or run, records and tip; and when the blocks are
 * published, ledger_settle(). Only the third changes what the ledger is. What
 * the second writes means nothing without it, and what the last moves was on
 * disk with it. So wherever a crash comes, the next start finds one tip, and
 * has to sweep (ledger_index.c) and to settle (ledger_state.c) at most.
 *
 * The writer keeps the tip and the run of empty slots that ends at it in
 * memory, so that an idle flush has nothing to look for: it writes the run in
 * place, the tip, and the bank's own rows. Both change while the transaction is
 * being built and are put back if it does not commit.
 *
 * The lock is over what readers take from the writer: the newest bank and the
 * headers of blocks that are not on disk yet. Nothing is waited for under it,
 * and LMDB is not called.
 *
 * Not done here: blocks are not verified (who flushes has made them,
 * ledger_check() looks at all of them), nothing is cached but what is said
 * above (the kernel's page cache holds the rest), and there is no thread
 * (flusher.h).
 */
#include "settlement/ledger/ledger_internal.h"
#include "settlement/table/program_table.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>
#include <xxhash.h>

/* LMDB keeps tables by name, so one that is added may stand anywhere in its
 * file. The places here are what the code names them by. */
const char *const ledger_tables[TABLES + 1] = {
    [TABLE_STATE] = "state",
    [TABLE_BLOCKS] = "blocks",
    [TABLE_RUNS] = "runs",
    [TABLE_RECORDS] = "records",
    [TABLE_SIGNATURES] = "signatures",
    [TABLE_ADDRESSES] = "addresses",
    [TABLE_META] = "meta",
    [TABLE_PENDING] = "pending",
    [TABLES] = NULL,
};
_Static_assert(TABLES == 8, "a new table needs its name here");

/* ---- Flush ---- */

/* Lengthen the run by this empty block, or begin another. */
static int flush_empty(struct ledger *ledger, struct rows_view *view,
                       const struct ledger_block *block)
{
    const struct bank_info *info = bank_info(block->bank);
    struct ledger_run *run = &ledger->run;
    /* The first block stays alone: no proof of history leads to its hash. A
     * gap ends a run, since slots inside are counted and not kept. */
    if (!ledger->has_run || run->first == ledger->root_slot ||
        info->slot != run->last + 1 ||
        info->slot - run->first >= ledger_run_slots_max(ledger->genesis)) {
        *run = (struct ledger_run){
            .first = info->slot,
            .parent_slot = info->parent_slot,
            .block_height = info->block_height,
            .first_unix_ms = info->unix_ms,
            .parent_blockhash = info->parent_blockhash,
        };
        ledger->has_run = true;
    }
    run->last = info->slot;
    run->last_unix_ms = info->unix_ms;
    run->last_blockhash = info->blockhash;
    run->last_hash = block->hash;
    run->state_hash = info->state_hash;

    return ledger_run_write(view, run);
}

/* The row begins with what an encoded block does not have, its height and its
 * parent's blockhash, so that a block is shown without reading its parent.
 *
 * Ends the run: the next empty block begins another, for a run has no gaps. */
static int flush_full(struct ledger *ledger, struct rows_view *view,
                      const struct ledger_block *block, bool is_indexed)
{
    const struct bank_info *info = bank_info(block->bank);
    uint8_t key[8], *value;
    u64be_write(key, info->slot);
    int status = rows_reserve(view, TABLE_BLOCKS, bytes_make(key, sizeof(key)),
                              BLOCK_PREFIX_SIZE + block->data.size, &value);
    if (!status) {
        u64le_write(value, info->block_height);
        memcpy(value + 8, info->parent_blockhash.bytes, 32);
        memcpy(value + BLOCK_PREFIX_SIZE, block->data.data, block->data.size);
        status = ledger_records_write(view, info->slot, block->records);
    }
    if (!status && !is_indexed)
        status =
            ledger_index_write(view, info->slot, block->records, block->data);
    ledger->has_run = false;
    return status;
}

/* NULL and none are the same: a block without transactions. */
static size_t record_count(const struct ledger_block *block)
{
    return block->records ? ledger_records_count(block->records) : 0;
}

/* What of a flush does not go into its one transaction, for it would take too
 * much memory there. */
struct plan {
    bool is_indexed;  /* index rows were written ahead */
    bool is_pending;  /* state rows are settled later */
    uint32_t pending; /* rows of that table so far */
};

/* The CHECK is the ledger's chief invariant: each block stands on the tip. A
 * caller that breaks it has lost a block, and no error could say what to do.
 *
 * What rows an empty block changed are the state's like any other's; of the
 * block itself the run is all that is kept. */
static int flush_block(struct ledger *ledger, struct rows_view *view,
                       const struct ledger_block *block, struct plan *plan)
{
    const struct bank_info *info = bank_info(block->bank);
    CHECK(info->frozen);
    CHECK(!info->slot || info->parent_slot == ledger->tip.slot);
    int status =
        plan->is_pending
            ? ledger_state_write_pending(view, block->bank, &plan->pending)
            : ledger_state_write(view, block->bank);
    if (!status)
        status = record_count(block)
                     ? flush_full(ledger, view, block, plan->is_indexed)
                     : flush_empty(ledger, view, block);
    ledger->tip.slot = info->slot;
    ledger->tip.block_hash = block->hash;
    ledger->tip.state_hash = info->state_hash;
    if (!plan->is_pending)
        ledger->tip.settled_slot = info->slot;
    return status;
}

/* Also writes ahead what is to be.
 *
 * By what is known before anything is written: rows of the state are counted
 * exactly, index rows are the most there can be, for an address that several
 * transactions name has one row.
 *
 * Only rows that land all over their tables count. Records and blocks are
 * appended, and take as many pages as they have bytes. */
static int make_plan(struct ledger *ledger, const struct ledger_block *blocks,
                     size_t count, struct plan *out)
{
    size_t index_rows = 0, state_rows = 0;
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        state_rows += state_layer_count(bank_layer(blocks[i].bank));
        if (record_count(&blocks[i]))
            index_rows += ledger_index_count(blocks[i].records);
    }
    *out = (struct plan){.is_indexed = index_rows > LEDGER_STEP_ROWS,
                         .is_pending = state_rows > LEDGER_STEP_ROWS};
    for (size_t i = 0; out->is_indexed && !status && i < count; i++)
        if (record_count(&blocks[i]))
            status = ledger_index_write_ahead(
                ledger->rows, bank_info(blocks[i].bank)->slot,
                blocks[i].records, blocks[i].data);
    return status;
}

/* The transaction that makes the blocks be there.
 *
 * The tip is put after the blocks have moved it, and pruning comes before, for
 * it must not touch what the tip needs (ledger_prune.c). With the same commit
 * the row "ahead" goes: the index rows have their blocks. */
static int flush_blocks(struct ledger *ledger, struct rows_view *view,
                        const struct ledger_block *blocks, size_t count,
                        struct plan *plan)
{
    size_t transactions = 0;
    int status = 0;
    for (size_t i = 0; !status && i < count; i++) {
        status = flush_block(ledger, view, &blocks[i], plan);
        transactions += record_count(&blocks[i]);
    }
    if (!status && count > 0) {
        ledger_prune_begin(ledger, blocks[count - 1].bank, transactions);
        status = ledger_prune(ledger, view);
    }
    if (!status)
        status = ledger_tip_write(view, &ledger->tip);
    if (!status && plan->is_indexed)
        status = ledger_index_settle(view);
    return status;
}

/* Settling comes first because the table `pending` is numbered from 0 by each
 * flush, and because the state must have the rows of the last flush before
 * those of this one are written over them.
 *
 * An error leaves tip and run as they were, so the caller could flush the same
 * blocks again; index rows that were written ahead are then written a second
 * time, with the same values. A clean end is a row in the same transaction: it
 * can't be there without the blocks. */
int ledger_flush(struct ledger *ledger, const struct ledger_block *blocks,
                 size_t count, bool clean)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct rows_view *view;
    struct ledger_tip tip_before;
    struct ledger_run run_before = ledger->run;
    bool had_run = ledger->has_run;
    struct plan plan;
    int status = ledger_settle(ledger);
    tip_before = ledger->tip;
    if (!status)
        status = make_plan(ledger, blocks, count, &plan);
    if (!status)
        status = rows_write(ledger->rows, &view);
    if (status)
        return err_add(status, "flushing the ledger");
    status = flush_blocks(ledger, view, blocks, count, &plan);
    if (!status && clean)
        status =
            rows_put(view, TABLE_META, bytes_text("clean"), bytes_text("1"));
    if (!status) {
        status = rows_commit(view);
        view = NULL;
    }
    if (status) {
        rows_abort(view);
        ledger->prune_left = 0; /* its limit was of the tip that is not there */
        ledger->tip = tip_before;
        ledger->run = run_before;
        ledger->has_run = had_run;
        return err_add(status, "flushing the ledger");
    }
    return 0;
}

/* One transaction: of state rows while some are pending, then of history.
 *
 * The tip in memory follows only when the commit is through: what readers
 * compare with is on the disk (ledger_view_open()). */
static int settle_step(struct ledger *ledger)
{
    struct rows_view *view;
    struct ledger_tip tip = ledger->tip;
    bool is_settled = tip.settled_slot == tip.slot;
    int status = rows_write(ledger->rows, &view);
    if (status)
        return status;
    if (is_settled)
        status = ledger_prune(ledger, view);
    else
        status = ledger_state_settle(view, &is_settled);
    if (!status && is_settled && tip.settled_slot != tip.slot) {
        tip.settled_slot = tip.slot;
        status = ledger_tip_write(view, &tip);
    }
    if (status) {
        rows_abort(view);
        return status;
    }
    status = rows_commit(view);
    if (!status)
        ledger->tip = tip;
    return status;
}

/* State first, then history; each step is a transaction, so a reader that opens
 * a view in between sees some of it, which is as good. */
int ledger_settle(struct ledger *ledger)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    int status = 0;
    while (!status && (ledger->tip.settled_slot != ledger->tip.slot ||
                       ledger->prune_left > 0))
        status = settle_step(ledger);
    return status ? err_add(status, "settling the ledger's state") : 0;
}

/* ---- Opening ---- */

/* A new ledger: the genesis' rows, and slot 0 as a run of its own.
 *
 * Clean, for nothing was told to anybody before. */
static int write_genesis(struct ledger *ledger)
{
    struct bank *bank = bank_open_genesis(ledger->genesis, &program_table);
    struct rows_view *view;
    int status = rows_write(ledger->rows, &view);
    if (status)
        goto err0;
    struct ledger_block block = {.bank = bank, .hash = ledger->genesis->hash};
    struct plan plan = {0};
    status = flush_block(ledger, view, &block, &plan);
    if (!status)
        status = rows_put(view, TABLE_META, bytes_text("genesis"),
                          bytes_make(ledger->genesis->hash.bytes, 32));
    if (!status)
        status =
            rows_put(view, TABLE_META, bytes_text("clean"), bytes_text("1"));
    if (!status)
        status = ledger_version_write(view);
    if (!status)
        status = ledger_tip_write(view, &ledger->tip);
    if (status)
        goto err1;
    status = rows_commit(view);
    goto err0;

err1:
    rows_abort(view);
err0:
    bank_release(bank);
    return status;
}

/* In this order: whether it is a new one, whether it is this network's, whether
 * this program can read it. The genesis row is the last of an import to be
 * written (ledger_transfer.c), so a folder without it is empty or not finished.
 */
static int check_genesis(struct ledger *ledger, struct rows_view *view,
                         bool *is_new)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("genesis"), &value);
    *is_new = status == ERR_NOT_FOUND;
    /* What has a tip is not new: it must not be written over. */
    if (*is_new && !rows_get(view, TABLE_META, bytes_text("tip"), &value))
        return err_set(ERR_CORRUPT, "the ledger doesn't know its genesis");
    if (*is_new)
        return 0;
    if (status)
        return status;
    if (!bytes_equal(value, bytes_make(ledger->genesis->hash.bytes, 32)))
        return err_set(ERR_STATE,
                       "this ledger belongs to another network: its genesis "
                       "is not %s",
                       HASH_TEXT(&ledger->genesis->hash));
    const uint8_t version = LEDGER_VERSION;
    if (rows_get(view, TABLE_META, bytes_text("version"), &value) ||
        !bytes_equal(value, bytes_make(&version, 1)))
        return err_set(ERR_STATE, "another version of Pond wrote this ledger");
    return 0;
}

/* There are pending rows exactly while the tip is not settled. Nothing else
 * would show that a bit of settled_slot has changed: with no rows to move,
 * settling only puts it right. */
static int check_pending(struct rows_view *view, const struct ledger_tip *tip)
{
    uint64_t pending;
    int status = rows_count(view, TABLE_PENDING, &pending);
    if (!status && (pending > 0) != (tip->settled_slot != tip->slot))
        status = err_set(ERR_CORRUPT,
                         "%" PRIu64 " pending rows do not fit a tip at slot "
                         "%" PRIu64 ", settled up to %" PRIu64,
                         pending, tip->slot, tip->settled_slot);
    return status;
}

/* The newest run is taken up again only if it ends at the tip: behind a full
 * block the next empty one begins a run of its own. */
static int load_tip(struct ledger *ledger, struct rows_view *view)
{
    struct bytes key, value;
    int status = ledger_tip_read(view, &ledger->tip);
    if (!status)
        status = check_pending(view, &ledger->tip);
    if (status)
        return status;
    status = ledger_root_read(view, &ledger->root_slot);
    if (status)
        return status;
    ledger->was_clean =
        !rows_get(view, TABLE_META, bytes_text("clean"), &value);

    struct rows_cursor *cursor;
    status =
        rows_cursor_open_down(view, TABLE_RUNS, (struct bytes){0}, &cursor);
    if (status)
        return status;
    if (!rows_cursor_next(cursor, &key, &value)) {
        status = ledger_run_decode(key, value, &ledger->run);
        ledger->has_run = !status && ledger->run.last == ledger->tip.slot;
    }
    rows_cursor_close(cursor);
    return status;
}

/* Read the bank the disk holds and publish it.
 *
 * The state's hash stands in the bank's header among the rows and in the tip,
 * which are written together; where they differ, a part of the file is older
 * than the other. That all rows give that hash is for ledger_check() to see: it
 * costs a walk through the state. */
static int load_bank(struct ledger *ledger)
{
    struct rows_view *view;
    struct bank *bank;
    int status = rows_read(ledger->rows, &view);
    if (status)
        return status;
    struct state_base base = ledger_base(view);
    status = bank_open_base(&base, &program_table, &bank);
    if (status) {
        rows_abort(view);
        return err_add(status, "the ledger's state");
    }
    const struct bank_info *info = bank_info(bank);
    if (info->slot != ledger->tip.slot ||
        !hash_equal(&info->state_hash, &ledger->tip.state_hash))
        status = err_set(ERR_CORRUPT,
                         "the state is that of slot %" PRIu64
                         ", hash %s, but the ledger's tip is slot %" PRIu64
                         ", hash %s",
                         info->slot, HASH_TEXT(&info->state_hash),
                         ledger->tip.slot, HASH_TEXT(&ledger->tip.state_hash));
    else if (info->blockhash_blocks !=
             genesis_blockhash_blocks(ledger->genesis))
        status = err_set(
            ERR_CORRUPT,
            "blockhashes are good for %" PRIu64
            " blocks in the state, and for %" PRIu64 " in the genesis",
            info->blockhash_blocks, genesis_blockhash_blocks(ledger->genesis));
    else
        ledger_publish(ledger, bank, ledger->tip.slot);
    bank_release(bank);
    rows_abort(view);
    return status;
}

/* What is in meta. Nothing is settled yet, so the state must not be looked at.
 */
static int load(struct ledger *ledger)
{
    struct rows_view *view;
    bool is_new;
    int status = rows_read(ledger->rows, &view);
    if (status)
        return status;
    status = check_genesis(ledger, view, &is_new);
    if (!status && is_new) {
        rows_abort(view);
        status = write_genesis(ledger);
        if (!status)
            status = rows_read(ledger->rows, &view);
        if (status)
            return status;
    }
    if (!status)
        status = load_tip(ledger, view);
    rows_abort(view);
    return status;
}

/* From now on an end without ledger_flush(.clean) is not an orderly one.
 *
 * It costs a synced commit at each start; without it a crash right after the
 * start would look like an orderly end. */
static int clear_clean(struct ledger *ledger)
{
    struct rows_view *view;
    int status = rows_write(ledger->rows, &view);
    if (status)
        return status;
    status = rows_delete(view, TABLE_META, bytes_text("clean"));
    if (status && status != ERR_NOT_FOUND) {
        rows_abort(view);
        return status;
    }
    return rows_commit(view);
}

/* The order matters. Sweeping needs the tip; settling must come before the bank
 * is read from the state; and "clean" goes last, when everything that could
 * fail has not: a start that was refused leaves an orderly end an orderly end.
 */
int ledger_open(const char *path, const struct genesis *genesis,
                struct ledger **out)
{
    struct ledger *ledger = mem_zero(1, sizeof(*ledger));
    ledger->magic = LEDGER_MAGIC;
    ledger->genesis = genesis;
    lock_init(&ledger->lock);
    const struct rows_options options = {.tables = ledger_tables};
    int status = rows_open(path, &options, &ledger->rows);
    if (!status)
        status = load(ledger);
    if (!status)
        status = ledger_index_sweep(ledger->rows, ledger->tip.slot);
    if (!status)
        status = ledger_settle(ledger);
    if (!status)
        status = load_bank(ledger);
    if (!status && ledger->was_clean)
        status = clear_clean(ledger);
    if (status) {
        ledger_close(ledger);
        return err_add(status, "ledger %s", path);
    }
    *out = ledger;
    return 0;
}

/* Nothing is written: who wants an orderly end flushes with clean before. Views
 * must be closed, for LMDB takes their memory away. */
void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    bank_release(ledger->newest);
    rows_close(ledger->rows);
    lock_destroy(&ledger->lock);
    ledger->magic = 0;
    free(ledger);
}

const struct genesis *ledger_genesis(const struct ledger *ledger)
{
    return ledger->genesis;
}

bool ledger_was_clean(const struct ledger *ledger)
{
    return ledger->was_clean;
}

const struct hash *ledger_tip_hash(const struct ledger *ledger)
{
    return &ledger->tip.block_hash;
}
