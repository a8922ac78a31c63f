/*
 * The part of the full verification (ledger_check.c) that is about the state:
 * the rows of the tip's bank, and all rows against the state hash.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/bank_sum.h"
#include "settlement/task/task_check.h"
#include <inttypes.h>

/* The messages of a recent block must be those of its transactions, and none
 * may be there twice. arena is reset for each record because there may be
 * millions. */
static int check_messages(struct ledger_view *view,
                          const struct ledger_header *header,
                          const struct message_set *messages,
                          struct arena *arena)
{
    struct message_set *found = message_set_new();
    int status = 0;
    for (uint32_t i = 0; !status && i < header->transaction_count; i++) {
        struct ledger_place place = {header->slot, i};
        struct ledger_record record;
        struct transaction transaction;
        struct hash hash;
        status = ledger_record(view, place, arena, &record);
        if (!status)
            status = transaction_parse(record.wire, arena, &transaction);
        if (status)
            break;
        transaction_message_hash(&transaction, &hash);
        arena_reset(arena);
        if (message_set_has(found, &hash))
            status =
                err_set(ERR_CORRUPT, "slot %" PRIu64 " has a message twice",
                        header->slot);
        else
            message_set_add(found, &hash);
    }
    message_set_freeze(found);
    if (!status && !message_set_equal(found, messages))
        status =
            err_set(ERR_CORRUPT,
                    "the messages kept of slot %" PRIu64 " are not its block's",
                    header->slot);
    message_set_release(found);
    return status ? ERR_CORRUPT : 0;
}

/* The list goes from the tip back without a gap. It must have its full length
 * or end at slot 0; otherwise blocks are missing. If the ledger began with a
 * snapshot the caller checks only later blocks. */
static bool is_linked(const struct bank *bank, size_t i,
                      const struct ledger_header *header)
{
    if (i + 1 < bank->recent_count)
        return header->parent_slot == bank->recent[i + 1].slot;
    return bank->recent_count == bank->recent_max || header->slot == 0;
}

/* The bank's own class may have only the header. The sum leaves this class out,
 * so only this check shows other rows. */
static int check_bank_rows(struct ledger_view *view)
{
    static const uint8_t prefix[] = {BANK_ROW_PREFIX};
    struct rows_cursor *cursor;
    struct bytes key, value;
    size_t count = 0;
    int status = rows_cursor_open(view->rows, TABLE_STATE,
                                  bytes_make(prefix, sizeof(prefix)), &cursor);
    if (status)
        return status;
    while (!rows_cursor_next(cursor, &key, &value) &&
           key.data[0] == BANK_ROW_PREFIX)
        count++;
    rows_cursor_close(cursor);
    if (count == 1)
        return 0;
    return err_set(ERR_CORRUPT,
                   "the state holds %zu rows of its own, and not 1", count);
}

/* The rows of recent blocks are in the state hash; that they are right is seen
 * here, by the blocks: blockhash, order, and messages. That is why those blocks
 * are never dropped (ledger_prune.c). */
static int check_recent(struct ledger_view *view)
{
    const struct bank *bank = view->branch->bank;
    uint64_t root_slot = view->ledger->root_slot;
    uint64_t first_slot;
    struct arena arena = {0};
    int status = ledger_first_read(view->rows, &first_slot);
    for (size_t i = 0; !status && i < bank->recent_count; i++) {
        struct ledger_header header;
        uint64_t slot = bank->recent[i].slot;
        /* Blocks from before a snapshot, and dropped blocks, are not here. */
        if (slot < root_slot || slot < first_slot)
            break;
        if (ledger_header(view, slot, &header) ||
            (slot != root_slot && !is_linked(bank, i, &header)) ||
            !hash_equal(&header.blockhash, &bank->recent[i].blockhash))
            status = err_set(ERR_CORRUPT,
                             "the recent blockhash of slot %" PRIu64
                             " is not its block's",
                             slot);
        else if (i < bank_info(bank)
                         ->blockhash_blocks && /* older ones keep none */
                 (slot > root_slot || slot == 0))
            status =
                check_messages(view, &header, bank->recent[i].messages, &arena);
    }
    arena_free(&arena);
    return status;
}

/* Every row of the table, also of unknown classes: a row too many changes the
 * sum. */
static int sum_rows(struct ledger_view *view, struct bank_sum *sum)
{
    struct rows_cursor *cursor;
    struct bytes key, value;
    int status =
        rows_cursor_open(view->rows, TABLE_STATE, (struct bytes){0}, &cursor);
    if (status)
        return status;
    while (!status && !rows_cursor_next(cursor, &key, &value))
        status = bank_sum_add(sum, key, value);
    rows_cursor_close(cursor);
    return status;
}

/* The sum comes first: after it the rows are known to be the signed ones, so a
 * broken invariant of a task is a
 * fault of the program and not of the disk. */
int ledger_check_state(struct ledger_view *view, struct ledger_report *report)
{
    struct bank_sum sum = {0};
    int status = sum_rows(view, &sum);
    report->rows = sum.rows;
    report->lamports = sum.lamports;
    if (!status)
        status = bank_sum_check(&sum, view->branch->bank);
    if (!status)
        status = check_recent(view);
    if (!status)
        status = check_bank_rows(view);
    return status ? status : task_check(ledger_view_state(view), NULL);
}
