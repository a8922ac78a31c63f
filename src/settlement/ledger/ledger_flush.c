/*
 * A flush has four steps. First, what the last flush left is settled. Second, a
 * large flush writes its index rows ahead. Third comes the one transaction that
 * makes the blocks durable, with their rows of the state (or pending rows),
 * blocks or run, records and tip. Fourth, when the blocks are published,
 * ledger_settle() is called. Only the third step changes what the ledger is:
 * the rows of the second mean nothing without it, and the fourth moves rows
 * that the third put on disk. So after a crash the next start finds one tip,
 * and at most has to sweep (ledger_index.c) and to settle (ledger_state.c).
 *
 * The writer keeps the tip, and the run of empty slots that ends at it, in
 * memory, so that an idle flush only writes: the run in place, the tip, and the
 * bank's own rows. Both change while the transaction is built and are put back
 * if it does not commit.
 *
 * Blocks are not verified here: the executor made or checked them, and
 * ledger_check() checks them.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"

/* Whether this empty block is one more of the run. The first block stays alone
 * because no proof of history leads to its hash. A gap ends a run because a
 * run's slots are counted and not kept. */
static bool extends_run(const struct ledger *ledger,
                        const struct bank_info *info)
{
    const struct ledger_run *run = &ledger->run;
    return ledger->has_run && run->first != ledger->root_slot &&
           info->slot == run->last + 1 &&
           info->slot - run->first < ledger_run_slots_max(ledger->genesis);
}

/* The genesis has no header. */
static int read_header(const struct ledger_block *block,
                       struct block_header *out)
{
    const struct bank_info *info = bank_info(block->bank);
    struct reader reader = reader_make(block->data);
    if (info->slot)
        return block_header_read(&reader, out);
    *out = (struct block_header){.unix_ms = info->unix_ms};
    return 0;
}

/* Extend the run by this empty block, or begin another run. The row is written
 * once it grows no more in this flush: a longer row in LMDB's place takes new
 * pages each time. */
static int flush_empty(struct ledger *ledger, const struct ledger_block *block)
{
    const struct bank_info *info = bank_info(block->bank);
    struct ledger_run *run = &ledger->run;
    struct block_header header;
    int status = read_header(block, &header);
    if (status)
        return status;
    if (!extends_run(ledger, info)) {
        *run = (struct ledger_run){
            .first = info->slot,
            .parent_slot = info->parent_slot,
            .block_height = info->block_height,
            .parent_hash = header.parent_hash,
            .parent_blockhash = info->parent_blockhash,
        };
        buffer_clear(&ledger->run_slots);
        ledger->has_run = true;
    }
    ledger_run_slot_write(&header, &ledger->run_slots);
    run->slots = buffer_view(&ledger->run_slots);
    run->last = info->slot;
    run->last_blockhash = info->blockhash;
    run->last_hash = block->hash;
    run->state_hash = info->state_hash;
    return 0;
}

/* The row begins with the block's height and its parent's blockhash, which the
 * encoded block does not have, so that a block is shown without reading its
 * parent.
 *
 * The run ends: the next empty block begins another. */
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

/* 0 for a block without transactions. */
static size_t record_count(const struct ledger_block *block)
{
    return block->records ? ledger_records_count(block->records) : 0;
}

/* The rows of a flush that don't go into its one transaction because they would
 * take too much memory there. */
struct plan {
    bool is_indexed;  /* index rows were written ahead */
    bool is_pending;  /* state rows are settled later */
    uint32_t pending; /* rows of that table so far */
};

/* Each block must stand on the tip: a caller that breaks that has lost a block,
 * so it is CHECKed. */
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
                     : flush_empty(ledger, block);
    ledger->tip.slot = info->slot;
    ledger->tip.block_hash = block->hash;
    ledger->tip.state_hash = info->state_hash;
    if (!plan->is_pending)
        ledger->tip.settled_slot = info->slot;
    return status;
}

int ledger_flush_genesis(struct ledger *ledger, struct rows_view *view,
                         struct bank *bank)
{
    const struct ledger_block block = {.bank = bank,
                                       .hash = ledger->genesis->hash};
    struct plan plan = {0};
    int status = flush_block(ledger, view, &block, &plan);
    if (!status)
        status = ledger_run_write(view, &ledger->run);
    return status ? status : ledger_state_write_header(view, bank);
}

/* Decide what is written ahead or pending, and write ahead.
 *
 * State rows are counted exactly. Index rows are an upper bound because an
 * address that several transactions name has one row. Records and blocks are
 * appended, and don't count. */
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

/* The header is of the newest bank alone. */
static int write_header(struct rows_view *view, const struct bank *bank,
                        struct plan *plan)
{
    return plan->is_pending
               ? ledger_state_write_header_pending(view, bank, &plan->pending)
               : ledger_state_write_header(view, bank);
}

/* Whether the run goes on with that block; NULL: there is none. */
static bool will_grow(const struct ledger *ledger,
                      const struct ledger_block *next)
{
    return next && !record_count(next) &&
           extends_run(ledger, bank_info(next->bank));
}

/* The contents of the transaction that makes the blocks durable.
 *
 * Pruning comes before the tip is written because it must not touch what the
 * tip needs (ledger_prune.c). The row "ahead" goes with the same commit: the
 * index rows have their blocks. */
static int flush_blocks(struct ledger *ledger, struct rows_view *view,
                        const struct ledger_block *blocks, size_t count,
                        struct plan *plan)
{
    size_t transactions = 0;
    int status = 0;
    for (size_t i = 0; !status && i < count; i++) {
        const struct ledger_block *next = i + 1 < count ? &blocks[i + 1] : NULL;
        status = flush_block(ledger, view, &blocks[i], plan);
        if (!status && ledger->has_run && !will_grow(ledger, next))
            status = ledger_run_write(view, &ledger->run);
        transactions += record_count(&blocks[i]);
    }
    if (!status && count > 0)
        status = write_header(view, blocks[count - 1].bank, plan);
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

/* Settling comes first because each flush numbers the table `pending` from 0,
 * and because the rows of the last flush must be in the state before those of
 * this one.
 *
 * An error leaves tip and run as they were, so the caller can flush the same
 * blocks again; index rows that were written ahead are then written again, with
 * the same values. The row of a clean end is in the same transaction as the
 * blocks. */
int ledger_flush(struct ledger *ledger, const struct ledger_block *blocks,
                 size_t count, bool clean)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct rows_view *view;
    struct ledger_tip tip_before;
    struct buffer slots_before = {0};
    struct ledger_run run_before = ledger->run;
    bool had_run = ledger->has_run;
    struct plan plan;
    buffer_bytes(&slots_before, buffer_view(&ledger->run_slots));
    int status = ledger_settle(ledger);
    tip_before = ledger->tip;
    if (!status)
        status = make_plan(ledger, blocks, count, &plan);
    if (!status)
        status = rows_write(ledger->rows, &view);
    if (status) {
        buffer_free(&slots_before);
        return err_add(status, "flushing the ledger");
    }
    status = flush_blocks(ledger, view, blocks, count, &plan);
    if (!status && clean)
        status =
            rows_put(view, TABLE_META, bytes_text("clean"), bytes_text("1"));
    if (!status) {
        status = rows_commit(view);
        view = NULL;
    }
    if (!status)
        atomic_store(&ledger->durable_slot, ledger->tip.slot);
    if (status) {
        rows_abort(view);
        ledger->prune_left = 0; /* the limit was for the new tip */
        ledger->tip = tip_before;
        buffer_clear(&ledger->run_slots);
        buffer_bytes(&ledger->run_slots, buffer_view(&slots_before));
        ledger->run = run_before;
        ledger->run.slots = buffer_view(&ledger->run_slots);
        ledger->has_run = had_run;
    }
    buffer_free(&slots_before);
    return status ? err_add(status, "flushing the ledger") : 0;
}

/* One transaction: it moves state rows while some are pending, and then drops
 * history.
 *
 * The tip in memory changes after the commit because readers compare with the
 * disk (ledger_view_open()). */
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

/* Each step is a transaction; a reader that opens a view in between is fine. */
int ledger_settle(struct ledger *ledger)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    int status = 0;
    while (!status && (ledger->tip.settled_slot != ledger->tip.slot ||
                       ledger->prune_left > 0))
        status = settle_step(ledger);
    return status ? err_add(status, "settling the ledger's state") : 0;
}
