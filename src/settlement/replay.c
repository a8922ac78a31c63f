/*
 * Blocks come in batches. The calling thread executes a batch while others
 * check its entries, and then helps them, so that no core waits whichever of
 * the two is the longer work.
 */
#include "settlement/replay.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "settlement/bank_internal.h"
#include "settlement/ledger_internal.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Transactions in a batch: much work beside the start of a thread (some 50 µs),
 * and little memory. */
#define BATCH_TRANSACTIONS 8192
#define BATCH_BLOCKS_MAX 1024

/* An entry to check. */
struct unit {
    const struct entry *entry;
    const struct hash *previous;
    uint64_t slot;
};

struct batch {
    struct arena arena;
    struct block blocks[BATCH_BLOCKS_MAX];
    struct hash starts[BATCH_BLOCKS_MAX]; /* their parents' blockhashes */
    size_t block_count;
    size_t transaction_count;
    struct buffer units; /* struct unit[] */
    bool check_signatures;
    atomic_size_t next;           /* unit that nobody has taken */
    _Atomic uint64_t failed_slot; /* of an entry that is wrong; 0: none */
};

struct replay {
    const struct replay_options *options;
    struct replay_report *report;
    struct ledger *ledger;
    struct ledger_view *view;
    struct bank *bank;      /* the newest; one reference */
    struct state *ground;   /* all rows up to it */
    struct state_base base; /* over the ground */
    struct batch batch;
};

/* ---- The state in memory ---- */

static bool ground_get(void *user, struct bytes key, struct bytes *value)
{
    return state_get(user, key, value);
}

static void *ground_cursor_open(void *user, struct bytes start)
{
    return state_cursor_open(user, (struct bytes){0}, start);
}

static bool ground_cursor_next(void *cursor, struct bytes *key,
                               struct bytes *value)
{
    return state_cursor_next(cursor, key, value);
}

static void ground_cursor_close(void *cursor)
{
    state_cursor_close(cursor);
}

/* The bank's rows go to the ground, and the bank becomes the newest. */
static void settle(struct replay *replay, struct bank *bank)
{
    const void *position = NULL;
    struct state_change change;
    while (state_layer_next(bank_layer(bank), &position, &change)) {
        if (change.deleted)
            state_delete(replay->ground, change.key);
        else
            state_put(replay->ground, change.key, change.value);
    }
    bank_set_flushed(bank);
    bank_release(replay->bank);
    replay->bank = bank;
}

/* ---- Checking entries. Thread: any ---- */

static bool signatures_are_right(const struct entry *entry, struct arena *arena)
{
    struct transaction *transactions;
    if (entry_verify_transactions(entry, arena, &transactions))
        return false;
    for (size_t i = 0; i < entry->transaction_count; i++)
        if (!transactions[i].is_verified)
            return false;
    return true;
}

static bool entry_is_right(const struct unit *unit, bool check_signatures,
                           struct arena *arena)
{
    bool is_right =
        entry_verify(unit->entry, unit->previous) &&
        (!check_signatures || signatures_are_right(unit->entry, arena));
    arena_reset(arena);
    return is_right;
}

static void *check_units(void *user)
{
    struct batch *batch = user;
    const struct unit *units = (const struct unit *)batch->units.data;
    size_t count = batch->units.size / sizeof *units, at;
    struct arena arena = {0};
    while ((at = atomic_fetch_add(&batch->next, 1)) < count) {
        if (!entry_is_right(&units[at], batch->check_signatures, &arena)) {
            atomic_store(&batch->failed_slot, units[at].slot);
            break;
        }
    }
    arena_free(&arena);
    return NULL;
}

/* ---- Executing. Thread: the caller's ---- */

static int execute_transactions(struct bank *bank, const struct block *block)
{
    struct arena arena = {0};
    int status = 0;
    for (size_t i = 0; i < block->entry_count; i++) {
        const struct entry *entry = &block->entries[i];
        for (size_t j = 0; !status && j < entry->transaction_count; j++) {
            struct transaction transaction;
            struct bank_result result = {0};
            status =
                transaction_parse(entry->transactions[j], &arena, &transaction);
            if (!status)
                bank_execute(bank, &transaction, 0, &arena, &result);
            if (!status && !result.recorded)
                status = err_set(
                    ERR_CORRUPT,
                    "a transaction of block %" PRIu64 " can't be executed: %s",
                    block->slot, transaction_error_name(result.status.error));
            arena_reset(&arena);
        }
    }
    arena_free(&arena);
    return status;
}

static int check_parent(const struct replay *replay, uint64_t slot,
                        uint64_t parent_slot, uint64_t unix_ms)
{
    const struct bank_info *parent = bank_info(replay->bank);
    if (parent_slot == parent->slot && slot > parent->slot &&
        unix_ms >= parent->unix_ms)
        return 0;
    return err_set(ERR_CORRUPT,
                   "block %" PRIu64 " does not follow on slot %" PRIu64, slot,
                   parent->slot);
}

static int execute_block(struct replay *replay, const struct block *block)
{
    const struct bank_block at = {.slot = block->slot,
                                  .unix_ms = block->unix_ms,
                                  .leader = block->leader};
    int status =
        check_parent(replay, block->slot, block->parent_slot, block->unix_ms);
    if (status)
        return status;
    struct bank *bank = bank_open_child(replay->bank, &replay->base, &at);
    status = execute_transactions(bank, block);
    if (!status) {
        bank_freeze(bank, block_blockhash(block));
        if (!hash_equal(&bank_info(bank)->state_hash, &block->state_hash))
            status =
                err_set(ERR_CORRUPT,
                        "block %" PRIu64 " executes to state %s, but its "
                        "leader signed %s",
                        block->slot, HASH_TEXT(&bank_info(bank)->state_hash),
                        HASH_TEXT(&block->state_hash));
    }
    if (status) {
        bank_release(bank);
        return status;
    }
    settle(replay, bank);
    replay->report->blocks++;
    return 0;
}

/* ---- Batches ---- */

static int run_batch(struct replay *replay)
{
    struct batch *batch = &replay->batch;
    pthread_t threads[REPLAY_THREADS_MAX];
    unsigned count = replay->options->threads;
    int status = 0;
    batch->check_signatures = replay->options->check_signatures;
    atomic_store(&batch->next, 0);
    for (unsigned i = 0; i < count; i++)
        CHECK(!pthread_create(&threads[i], NULL, check_units, batch));
    for (size_t i = 0; !status && i < batch->block_count; i++)
        status = execute_block(replay, &batch->blocks[i]);
    check_units(batch);
    for (unsigned i = 0; i < count; i++)
        CHECK(!pthread_join(threads[i], NULL));
    uint64_t failed_slot = atomic_load(&batch->failed_slot);
    /* The reason before what came of it. */
    if (failed_slot)
        status = err_set(ERR_CORRUPT,
                         "block %" PRIu64 ": an entry is not in its proof of "
                         "history, or a signature in it does not verify",
                         failed_slot);
    replay->report->transactions += batch->transaction_count;
    batch->block_count = batch->transaction_count = 0;
    buffer_clear(&batch->units);
    arena_reset(&batch->arena);
    return status;
}

static void add_units(struct batch *batch, const struct block *block,
                      const struct hash *start)
{
    for (size_t i = 0; i < block->entry_count; i++) {
        const struct unit unit = {&block->entries[i], start, block->slot};
        buffer_append(&batch->units, &unit, sizeof unit);
        start = &block->entries[i].hash;
    }
}

static int add_block(struct replay *replay, uint64_t slot, struct bytes row)
{
    struct batch *batch = &replay->batch;
    struct block *block = &batch->blocks[batch->block_count];
    struct hash *start = &batch->starts[batch->block_count];
    struct reader reader = reader_make(row);
    uint64_t height;
    if (reader_u64le(&reader, &height) ||
        reader_copy(&reader, start->bytes, 32) ||
        block_decode(reader.left, &batch->arena, block) ||
        block->slot != slot ||
        !block_verify_signature(reader.left, &block->leader))
        return err_set(ERR_CORRUPT, "block %" PRIu64 " is not readable", slot);
    const struct genesis *genesis = replay->ledger->genesis;
    int status =
        entries_check_ticks(block->entries, block->entry_count,
                            genesis->hashes_per_tick, genesis->ticks_per_slot);
    if (status)
        return err_add(ERR_CORRUPT, "block %" PRIu64, slot);
    add_units(batch, block, start);
    batch->block_count++;
    batch->transaction_count += block_transaction_count(block);
    bool is_full = batch->block_count == BATCH_BLOCKS_MAX ||
                   batch->transaction_count >= BATCH_TRANSACTIONS;
    return is_full ? run_batch(replay) : 0;
}

/* Times in between are not kept exactly: see replay.h. */
static int add_run(struct replay *replay, const struct ledger_run *run)
{
    const struct genesis *genesis = replay->ledger->genesis;
    uint64_t per_tick = genesis->hashes_per_tick ? genesis->hashes_per_tick : 1;
    struct hash hash = run->parent_blockhash;
    int status = run_batch(replay);
    if (!status)
        status = check_parent(replay, run->first, run->parent_slot,
                              run->first_unix_ms);
    if (status)
        return status;
    for (uint64_t slot = run->first; slot <= run->last; slot++) {
        const struct bank_block at = {
            .slot = slot,
            .unix_ms =
                slot == run->last ? run->last_unix_ms : run->first_unix_ms,
            .leader = genesis->validators[0].identity};
        struct bank *bank = bank_open_child(replay->bank, &replay->base, &at);
        hash_chain(&hash, per_tick * genesis->ticks_per_slot);
        bank_freeze(bank, &hash);
        if (slot == run->last)
            bank->info.state_hash = run->state_hash;
        settle(replay, bank);
        replay->report->empty_slots++;
    }
    if (!hash_equal(&hash, &run->last_blockhash))
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " does not lead to its last blockhash",
                       run->first);
    return 0;
}

/* ---- The walk ---- */

/* Both tables in the order of slots. The genesis' own run comes first. */
static int walk(struct replay *replay, struct rows_cursor *blocks,
                struct rows_cursor *runs)
{
    struct bytes block_key, block, run_key, run_value;
    struct ledger_run run;
    int has_block = rows_cursor_next(blocks, &block_key, &block);
    int has_run = rows_cursor_next(runs, &run_key, &run_value);
    int status = 0;
    while (!status && (!has_block || !has_run)) {
        if ((!has_block && block_key.size != 8) ||
            (!has_run && run_key.size != 8))
            return err_set(ERR_CORRUPT, "a slot's key is not readable");
        if (!has_block && (has_run || bytes_compare(block_key, run_key) < 0)) {
            status = add_block(replay, u64be_read(block_key.data), block);
            has_block = rows_cursor_next(blocks, &block_key, &block);
            continue;
        }
        status = ledger_run_decode(run_key, run_value, &run);
        if (!status && run.last > 0)
            status = add_run(replay, &run);
        has_run = rows_cursor_next(runs, &run_key, &run_value);
    }
    return status ? status : run_batch(replay);
}

static int replay_all(struct replay *replay)
{
    struct rows_cursor *blocks, *runs;
    struct rows_view *rows = replay->view->rows;
    int status =
        rows_cursor_open(rows, TABLE_BLOCKS, (struct bytes){0}, &blocks);
    if (status)
        return status;
    status = rows_cursor_open(rows, TABLE_RUNS, (struct bytes){0}, &runs);
    if (!status) {
        status = walk(replay, blocks, runs);
        rows_cursor_close(runs);
    }
    rows_cursor_close(blocks);
    return status;
}

static int check_tip(const struct replay *replay)
{
    struct ledger_tip tip;
    const struct bank_info *info = bank_info(replay->bank);
    int status = ledger_tip_read(replay->view->rows, &tip);
    if (status)
        return status;
    if (tip.slot != info->slot ||
        !hash_equal(&tip.state_hash, &info->state_hash))
        return err_set(ERR_CORRUPT,
                       "the blocks lead to slot %" PRIu64
                       ", and not to the tip, slot %" PRIu64,
                       info->slot, tip.slot);
    return 0;
}

static void begin(struct replay *replay)
{
    replay->ground = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    replay->base = (struct state_base){.user = replay->ground,
                                       .get = ground_get,
                                       .cursor_open = ground_cursor_open,
                                       .cursor_next = ground_cursor_next,
                                       .cursor_close = ground_cursor_close};
    settle(replay, bank_open_genesis(replay->ledger->genesis));
}

int ledger_replay(struct ledger *ledger, const struct replay_options *options,
                  struct replay_report *report)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    CHECK(options->threads > 0 && options->threads <= REPLAY_THREADS_MAX);
    struct replay *replay = mem_zero(1, sizeof *replay);
    uint64_t first;
    *report = (struct replay_report){0};
    replay->options = options;
    replay->report = report;
    replay->ledger = ledger;
    int status = ledger_view_open(ledger, &replay->view);
    if (status)
        goto err0;
    status = ledger_first_slot(replay->view, &first);
    if (!status && first > 0)
        status = err_set(ERR_STATE,
                         "the ledger's history begins with slot %" PRIu64
                         ", and only the genesis' state is known",
                         first);
    if (status)
        goto err1;
    begin(replay);
    status = replay_all(replay);
    if (!status)
        status = check_tip(replay);
    report->slot = bank_info(replay->bank)->slot;
    bank_release(replay->bank);
    state_close(replay->ground);
    buffer_free(&replay->batch.units);
    arena_free(&replay->batch.arena);
err1:
    ledger_view_close(replay->view);
err0:
    free(replay);
    return status;
}
