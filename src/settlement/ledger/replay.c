/*
 * The calling thread executes, in order, what the reader's threads have read
 * and checked (replay_reader.h). Another thread computes the state hashes
 * (replay_sum.h): a block's stands in its child.
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
#include "settlement/bank/block_execute.h"
#include "settlement/format/block_verify.h"
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
    struct bank *bank;      /* the newest; one reference */
    struct hash hash;       /* its block's */
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
 * the reference. */
static void settle(struct replay *replay, struct bank *bank,
                   const struct hash *hash)
{
    const void *position = NULL;
    struct state_change change;
    while (state_layer_next_put(bank_layer(bank), &position, &change))
        state_put_change(replay->ground, &change);
    bank_set_durable(bank);
    bank_release(replay->bank);
    replay->bank = bank;
    replay->hash = *hash;
}

/* ---- Executing ---- */

/* For blocks and runs: slots ascend, times do not fall. header: the block's, or
 * that of the run's first. */
static int check_parent(const struct replay *replay,
                        const struct replay_piece *piece,
                        const struct block_header *header)
{
    const struct bank_info *parent = bank_info(replay->bank);
    if (!hash_equal(&piece->parent_blockhash, &parent->blockhash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " does not begin with the blockhash of "
                       "slot %" PRIu64,
                       header->slot, parent->slot);
    return block_verify_parent(header, &replay->hash, parent->slot,
                               parent->unix_ms, replay->ledger->genesis);
}

static struct bank *open_bank(const struct replay *replay,
                              const struct block_header *header)
{
    const struct bank_block at = {.slot = header->slot,
                                  .unix_ms = header->unix_ms,
                                  .leader = header->leader};
    return bank_open_child(replay->bank, &replay->base, &at);
}

/* The newest bank is to have that state. It is summed up now and not before,
 * because only now it is known what its state should be; and before its child
 * is executed, because a wrong state is the cause of what fails in the child.
 */
static int expect_state(struct replay *replay, const struct hash *state_hash)
{
    return replay_sum_add(replay->sum, replay->bank, state_hash);
}

static int execute_block(struct replay *replay,
                         const struct replay_piece *piece)
{
    const struct block_header *header = &piece->block.header;
    struct hash blockhash;
    int status = check_parent(replay, piece, header);
    if (!status)
        status = expect_state(replay, &header->parent_state_hash);
    if (status)
        return status;
    struct bank *bank = open_bank(replay, header);
    status = block_execute(bank, piece->transactions, piece->transaction_count,
                           replay->ledger->genesis);
    if (status) {
        bank_release(bank);
        return status;
    }
    block_blockhash(&piece->block, &piece->parent_blockhash,
                    replay->ledger->genesis->ticks_per_slot, &blockhash);
    bank_freeze(bank, &blockhash);
    settle(replay, bank, &piece->hash);
    replay->report->blocks++;
    replay->report->transactions += piece->transaction_count;
    return 0;
}

static int execute_run(struct replay *replay, const struct replay_piece *piece)
{
    const struct ledger_run *run = &piece->run;
    int status = check_parent(replay, piece, &piece->run_blocks[0].header);
    for (size_t i = 0; !status && i <= run->last - run->first; i++) {
        const struct ledger_run_block *block = &piece->run_blocks[i];
        status = expect_state(replay, &block->header.parent_state_hash);
        if (status)
            break;
        struct bank *bank = open_bank(replay, &block->header);
        bank_freeze(bank, &block->blockhash);
        settle(replay, bank, &block->hash);
        replay->report->empty_slots++;
    }
    return status;
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

/* The walk ends where the tables end, so only this check finds that the newest
 * block is missing. The tip has the state after it. */
static int check_tip(struct replay *replay)
{
    struct ledger_tip tip;
    const struct bank_info *info = bank_info(replay->bank);
    int status = ledger_tip_read(replay->view->rows, &tip);
    if (status)
        return status;
    if (tip.slot != info->slot || !hash_equal(&tip.block_hash, &replay->hash))
        return err_set(ERR_CORRUPT,
                       "the blocks lead to slot %" PRIu64
                       ", and not to the tip, slot %" PRIu64,
                       info->slot, tip.slot);
    return expect_state(replay, &tip.state_hash);
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
    replay->sum = replay_sum_open();
    status = execute_all(replay, reader);
    if (!status)
        status = check_tip(replay);
    /* A wrong hash is the cause of a later error, so it takes precedence. */
    if (replay_sum_finish(replay->sum))
        status = ERR_CORRUPT;
    replay_sum_close(replay->sum);
    replay_reader_close(reader);
    return status;
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
    settle(replay, bank_open_genesis(replay->ledger->genesis, &program_table),
           &replay->ledger->genesis->hash);
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
    report->slot = bank_info(replay->bank)->slot;
    bank_release(replay->bank);
    state_close(replay->ground);
err1:
    ledger_view_close(replay->view);
err0:
    free(replay);
    return status;
}
