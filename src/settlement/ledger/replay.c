/*
 * Executing what the reader's threads have read and checked (replay_reader.h),
 * on the state hashes that were signed, which are checked behind
 * (replay_sum.h): what is left for the calling thread is what must be done in
 * order.
 *
 * The state is one map in memory, the ground, and the bank under way a layer
 * over it. When a block is done its rows go down to the ground at once: there
 * are no forks here and no readers, so one layer is enough, and a look-up never
 * asks more than two maps. For a ledger with more state than memory this is the
 * wrong tool; a base on disk would make it slower than what it checks.
 *
 * Why a wrong hash does not end it at once: it is known only some blocks later.
 * Until then blocks execute on the wrong state and may fail for reasons of no
 * interest, so the sum is asked last and its word comes first (replay_all()).
 *
 * Everything else about a block is checked where the order does not matter
 * (replay_piece.c). Here only what follows from the block before: parent, time,
 * and where its proof of history goes on.
 */
#include "settlement/ledger/replay.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/block_execute.h"
#include "settlement/format/leader.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger/replay_reader.h"
#include "settlement/ledger/replay_sum.h"
#include "settlement/table/program_table.h"
#include <inttypes.h>
#include <stdlib.h>

/* The newest bank stands on the ground alone: it is marked as durable as soon
 * as its rows are there. */
struct replay {
    struct replay_report *report;
    struct ledger *ledger;
    struct ledger_view *view;
    struct replay_sum *sum;
    struct leader_schedule schedule;
    struct bank *bank;      /* the newest; one reference */
    struct state *ground;   /* all rows up to it */
    struct state_base base; /* over the ground */
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

/* The bank's rows go to the ground, and the bank becomes the newest. Rows about
 * itself are for who opens it from the disk: they stay behind. Takes the
 * reference over. From here on a look-up finds them there, and the layer goes
 * with the bank. */
static void settle(struct replay *replay, struct bank *bank)
{
    const void *position = NULL;
    struct state_change change;
    while (state_layer_next_put(bank_layer(bank), &position, &change))
        if (change.key.data[0] != BANK_ROW_PREFIX)
            state_put_change(replay->ground, &change);
    bank_set_durable(bank);
    bank_release(replay->bank);
    replay->bank = bank;
}

/* ---- Executing ---- */

/* Of block and run alike. Slots ascend, times do not fall. */
static int check_parent(const struct replay *replay,
                        const struct replay_piece *piece, uint64_t parent_slot,
                        uint64_t unix_ms)
{
    const struct bank_info *parent = bank_info(replay->bank);
    uint64_t slot = replay_piece_slot(piece);
    if (parent_slot == parent->slot && slot > parent->slot &&
        unix_ms >= parent->unix_ms &&
        hash_equal(&piece->parent_blockhash, &parent->blockhash))
        return 0;
    return err_set(ERR_CORRUPT,
                   "block %" PRIu64 " does not follow on slot %" PRIu64, slot,
                   parent->slot);
}

/* A transaction that can't be executed ends it before the block is summed up.
 * The sum's error is of this block or an earlier one; the rows go to the ground
 * all the same, for the caller still tells how far it came. */
static int execute_block(struct replay *replay,
                         const struct replay_piece *piece)
{
    const struct block *block = &piece->block;
    const struct bank_block at = {.slot = block->slot,
                                  .unix_ms = block->unix_ms,
                                  .leader = block->leader};
    int status =
        check_parent(replay, piece, block->parent_slot, block->unix_ms);
    if (status)
        return status;
    struct bank *bank = bank_open_child(replay->bank, &replay->base, &at);
    struct bank_changes changes;
    status = block_execute(bank, piece->transactions, piece->transaction_count,
                           replay->ledger->genesis->slot_ms);
    if (status) {
        bank_release(bank);
        return status;
    }
    bank_freeze_signed(bank, block_blockhash(block), &block->state_hash,
                       &changes);
    status = replay_sum_add(replay->sum, bank, &changes);
    settle(replay, bank);
    replay->report->blocks++;
    replay->report->transactions += piece->transaction_count;
    return status;
}

/* Times in between are not kept exactly: see replay.h. So the hash of the run's
 * last block stands for all of them, and none of its banks changes a row: the
 * CHECK says so. */
static int execute_run(struct replay *replay, const struct replay_piece *piece)
{
    const struct ledger_run *run = &piece->run;
    int status =
        check_parent(replay, piece, run->parent_slot, run->first_unix_ms);
    if (status)
        return status;
    for (uint64_t slot = run->first; slot <= run->last; slot++) {
        const struct bank_block at = {
            .slot = slot,
            .unix_ms =
                slot == run->last ? run->last_unix_ms : run->first_unix_ms,
            .leader = leader_at(&replay->schedule, slot)->identity};
        struct bank *bank = bank_open_child(replay->bank, &replay->base, &at);
        struct bank_changes changes;
        bank_freeze_signed(bank, &piece->blockhashes[slot - run->first],
                           &run->state_hash, &changes);
        CHECK(!bank_changes_count(&changes));
        bank_changes_free(&changes);
        settle(replay, bank);
        replay->report->empty_slots++;
    }
    return 0;
}

/* In the order of slots; pieces belong to the reader until the next is asked
 * for. */
static int execute_all(struct replay *replay, struct replay_reader *reader)
{
    const struct replay_piece *piece;
    int status;
    while (!(status = replay_reader_next(reader, &piece))) {
        status = piece->is_run ? execute_run(replay, piece)
                               : execute_block(replay, piece);
        if (status)
            return status;
    }
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* The first error of executing ends it; what was executed before is summed up
 * to the end in any case. */
static int replay_all(struct replay *replay,
                      const struct replay_options *options)
{
    struct replay_reader *reader;
    int status = replay_reader_open(replay->view, options, &reader);
    if (status)
        return status;
    replay->sum = replay_sum_open(replay->bank);
    status = execute_all(replay, reader);
    /* The reason before what came of it. */
    if (replay_sum_finish(replay->sum))
        status = ERR_CORRUPT;
    replay_sum_close(replay->sum);
    replay_reader_close(reader);
    return status;
}

/* The walk ends where the tables do, so a ledger whose newest block is gone is
 * found only here. */
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

/* The genesis' rows are put like a block's. Its hash is not checked: the
 * genesis file was, when the ledger was opened. */
static void begin(struct replay *replay)
{
    replay->ground = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    replay->base = (struct state_base){.user = replay->ground,
                                       .get = ground_get,
                                       .cursor_open = ground_cursor_open,
                                       .cursor_next = ground_cursor_next,
                                       .cursor_close = ground_cursor_close};
    settle(replay, bank_open_genesis(replay->ledger->genesis, &program_table));
}

/* The view stays open to the end, for pieces point into its rows: meanwhile
 * LMDB uses no freed page again, which matters to a ledger that is being
 * written. */
int ledger_replay(struct ledger *ledger, const struct replay_options *options,
                  struct replay_report *report)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct replay *replay = mem_zero(1, sizeof(*replay));
    uint64_t first;
    *report = (struct replay_report){0};
    replay->report = report;
    replay->ledger = ledger;
    replay->schedule = leader_schedule(ledger->genesis);
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
    status = replay_all(replay, options);
    if (!status)
        status = check_tip(replay);
    report->slot = bank_info(replay->bank)->slot;
    bank_release(replay->bank);
    state_close(replay->ground);
err1:
    ledger_view_close(replay->view);
err0:
    free(replay);
    return status;
}
