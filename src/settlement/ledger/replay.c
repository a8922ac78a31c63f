/*
 * The calling thread executes, in order, what the reader's threads have read
 * and checked (replay_reader.h), on the signed state hashes, which another
 * thread checks afterwards (replay_sum.h).
 *
 * The state is one map in memory, the ground, with the present bank as a layer
 * over it. A finished block's rows go to the ground at once: there are no forks
 * and no readers, so one layer is enough, and a look-up asks at most two maps.
 * The state must fit into memory.
 *
 * A wrong hash is known only some blocks later. Until then blocks execute on
 * the wrong state and may fail because of that, so the sum's error takes
 * precedence (replay_all()).
 *
 * Only what follows from the block before is checked here: parent, time, and
 * the start of the proof of history. replay_piece.c checks the rest.
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

/* The newest bank stands on the ground alone: it is set durable as soon as its
 * rows are there. */
struct replay {
    struct replay_report *report;
    struct ledger *ledger;
    struct ledger_view *view;
    struct replay_sum *sum;
    struct leader_schedule schedule;
    struct bank *bank;      /* the newest; one reference */
    struct state *ground;   /* all rows up to bank's */
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

/* Move the bank's rows to the ground, and make the bank the newest; takes over
 * the reference. Rows about the bank itself are left out because they only
 * serve to open a bank from the disk. */
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

/* For blocks and runs: slots ascend, times do not fall. */
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

/* The sum's error is about this block or an earlier one; the bank is settled
 * all the same because the report says how far the replay came. */
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

/* The run's last state hash stands for all its banks (see replay.h), none of
 * which changes a row (CHECKed). */
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

/* Executing ends with its first error; the blocks before are summed up in any
 * case. */
static int replay_all(struct replay *replay,
                      const struct replay_options *options)
{
    struct replay_reader *reader;
    int status = replay_reader_open(replay->view, options, &reader);
    if (status)
        return status;
    replay->sum = replay_sum_open(replay->bank);
    status = execute_all(replay, reader);
    /* A wrong hash is the cause of a later error, so it takes precedence. */
    if (replay_sum_finish(replay->sum))
        status = ERR_CORRUPT;
    replay_sum_close(replay->sum);
    replay_reader_close(reader);
    return status;
}

/* The walk ends where the tables end, so only this check finds that the newest
 * block is missing. */
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

/* Begin with the genesis' bank. */
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

/* The view stays open to the end because pieces point into its rows; meanwhile
 * LMDB can't reuse freed pages. */
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
    int status = ledger_view_open(ledger, LEDGER_FINALIZED, &replay->view);
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
