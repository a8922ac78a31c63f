/*
 * SubmitTask must be cheap because each node sends one in each round. It reads
 * the header, the stake and the round's record, and writes one row and the
 * header; it walks no rows. bench/bench_task_program.c measures that with 10
 * and with 10,000 participants.
 *
 * K2 rewrites the task's whole text with each submission. Here the only limit
 * is the space that the creator paid for.
 *
 * The submission itself is not checked. It is text of up to 512 bytes, in
 * practice a CID; audits decide whether it names good work.
 */
#include "base/check.h"
#include "settlement/task/task_call.h"
#include <inttypes.h>

/* Make the round's record with the first submission; true if this is the first.
 * The record has no seed yet (task_distribution.c) because keys may still join.
 */
static bool open_round(struct task_call *call, uint64_t round)
{
    struct task_row row = {.kind = TASK_ROW_ROUND, .round = round};
    CHECK(round < call->round);
    if (task_rows_has(call->book.state, &call->book.task, &row))
        return false;
    row.status = (struct task_round){.tried_round = TASK_ROUND_NEVER};
    task_book_add(&call->book, &row, true);
    return true;
}

/* First comes what a node can't change now (the task is inactive, the stake is
 * too small). A round is submitted in the submission window of the round after
 * it, so that all submissions are there when their audits begin. */
static enum instruction_error check(struct task_call *call,
                                    const struct task_row *row)
{
    const struct task_header *header = &call->book.header;
    if (!header->is_active)
        return task_call_fail(call, TASK_ERROR_NOT_ACTIVE,
                              "the task is not active");
    enum instruction_error error = task_call_require_stake(call, &row->key);
    if (error)
        return error;
    if (row->round + 1 != call->round)
        return task_call_fail(call, TASK_ERROR_WRONG_ROUND,
                              "a submission for round %" PRIu64
                              " in round %" PRIu64,
                              row->round, call->round);
    if (call->offset >= header->terms.submission_window)
        return task_call_fail(call, TASK_ERROR_WINDOW_CLOSED,
                              "the submission window ended %" PRIu64
                              " slots ago",
                              call->offset - header->terms.submission_window);
    if (task_rows_has(call->book.state, &call->book.task, row))
        return task_call_fail(call, TASK_ERROR_DUPLICATE,
                              "%s has submitted for round %" PRIu64,
                              PUBKEY_TEXT(&row->key), row->round);
    return INSTRUCTION_OK;
}

enum instruction_error task_submission_execute(struct task_call *call)
{
    enum instruction_error error = task_call_require_signer(call, 1);
    if (error)
        return error;
    struct task_row row = {
        .kind = TASK_ROW_SUBMISSION,
        .round = call->instruction.round,
        .key = *task_call_key(call, 1),
    };
    CHECK(row.round <= INT64_MAX); /* so that round + 1 does not overflow */
    error = check(call, &row);
    if (error)
        return error;
    row.submission.slot = call->slot;
    row.submission.value = call->instruction.value;
    /* check() has seen that the row does not exist. */
    bool is_first = open_round(call, row.round);
    task_book_add(&call->book, &row, is_first);
    return task_call_close(call);
}
