/*
 * UploadDistributionList and SubmitDistributionList.
 *
 * A list comes in chunks because it may be larger than a transaction, and the
 * chunks may come in any order, and twice: each lands where its number says.
 * The program reads the list only when it is sent, because parsing it at every
 * chunk would cost the square of its size. Then the program puts the list into
 * K2's envelope, which Koii's readers expect in the account. A list that can't
 * be read stays as it is, for the audits and the payout to judge.
 *
 * The row `l` of the data account says when chunks were last written, and for
 * which task and round. A list counts only if it has not changed since it was
 * sent, so that nobody can have one list audited and another one paid
 * (is_untouched() in task_payout.c). That row belongs to the account and not to
 * a task, since any task's upload can write to the account.
 *
 * Every key that submitted in the round may send a list. The payout decides
 * which list counts.
 */
#include "base/check.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/task/task_call.h"
#include <inttypes.h>

/* ---- Upload ---- */

/* Drop the account's contents if they are of another task or round, or were
 * sent. Chunks of the same list stay: the first to arrive need not be number 0.
 */
static enum instruction_error begin_upload(struct task_call *call)
{
    struct invocation *invocation = call->invocation;
    const struct loaded_account *account = invocation_account(invocation, 1);
    struct task_row row = {.kind = TASK_ROW_UPLOAD, .key = account->key};
    struct task_row_key key;
    struct buffer value = {0};
    /* The row is the account's: an upload for another task overwrites this
     * one's list. */
    bool was_there = task_rows_get(invocation->state, NULL, &row);
    bool is_same = was_there && !row.upload.is_sent &&
                   pubkey_equal(&row.upload.task, &call->book.task) &&
                   row.upload.round == call->instruction.round;
    enum instruction_error error = INSTRUCTION_OK;
    if (!is_same)
        error = invocation_resize(invocation, 1, 0);
    if (error)
        return error;
    row.upload.task = call->book.task;
    row.upload.round = call->instruction.round;
    row.upload.slot = call->slot;
    row.upload.is_sent = false;
    task_rows_key(NULL, &row, &key);
    task_rows_encode(&row, &value);
    state_put(invocation->state, bytes_make(key.bytes, key.size),
              buffer_view(&value));
    buffer_free(&value);
    return INSTRUCTION_OK;
}

/* The account's own lamports pay for its growth because nobody else signs.
 * Clients know the list's size before the first chunk and fund the account for
 * it. The bank would refuse the transaction at its end, too, without these
 * words. */
static enum instruction_error grow(struct task_call *call, uint64_t space)
{
    struct invocation *invocation = call->invocation;
    const struct loaded_account *account = invocation_account(invocation, 1);
    CHECK(!account->rendered); /* task_call_require_own() */
    if (space > account->space &&
        account->lamports < rent_minimum_balance(space)) {
        invocation_log(invocation,
                       "%s holds %" PRIu64 " and needs %" PRIu64 " for %" PRIu64
                       " bytes",
                       PUBKEY_TEXT(&account->key), account->lamports,
                       rent_minimum_balance(space), space);
        return INSTRUCTION_INSUFFICIENT_FUNDS;
    }
    /* Even a small write copies and hashes all of the account. */
    uint64_t size = space > account->space ? space : account->space;
    enum instruction_error error =
        invocation_charge(invocation, size / TASK_BYTES_PER_UNIT);
    return error || size == account->space
               ? error
               : invocation_resize(invocation, 1, size);
}

/* The round must be open: otherwise rows `l` could be made for rounds that
 * nobody will ever look at. The size is bounded by the largest chunk number,
 * 65,535 × 508 bytes, and by the rent that the account pays. */
enum instruction_error task_distribution_upload(struct task_call *call)
{
    const struct task_instruction *instruction = &call->instruction;
    struct task_round status;
    uint64_t begin = (uint64_t)instruction->chunk.number * TASK_CHUNK_DATA_SIZE;
    enum instruction_error error = task_call_require_own(call, 1);
    if (!error)
        error = task_call_require_open_round(call, instruction->round, &status);
    if (!error)
        error = begin_upload(call);
    if (!error)
        error = grow(call, begin + TASK_CHUNK_DATA_SIZE);
    if (!error)
        error = invocation_write(call->invocation, 1, begin,
                                 instruction->chunk.data);
    return error;
}

/* ---- Submit ---- */

/* The account must hold a list of this task and round, and sign: somebody else
 * could change a list in their account, and then it would not count. */
static enum instruction_error check_data_account(struct task_call *call)
{
    uint64_t round = call->instruction.round;
    struct task_row upload = {.kind = TASK_ROW_UPLOAD,
                              .key = *task_call_key(call, 2)};
    enum instruction_error error = task_call_require_own(call, 2);
    if (error)
        return error;
    if (task_rows_get(call->book.state, NULL, &upload) &&
        pubkey_equal(&upload.upload.task, &call->book.task) &&
        upload.upload.round == round)
        return INSTRUCTION_OK;
    return task_call_fail(call, TASK_ERROR_WRONG_DATA_ACCOUNT,
                          "%s holds no list of this task for round %" PRIu64,
                          PUBKEY_TEXT(&upload.key), round);
}

/* A round's lists come two rounds after it at the earliest because its
 * submissions are audited in the round between. Lists must come in the
 * submission window of the present round, so that all of them are there when
 * their audits begin. */
static enum instruction_error check_due(struct task_call *call, uint64_t round,
                                        const struct pubkey *submitter)
{
    struct task_row submission = {
        .kind = TASK_ROW_SUBMISSION, .round = round, .key = *submitter};
    if (call->round < 2 || round > call->round - 2)
        return task_call_fail(call, TASK_ERROR_WRONG_ROUND,
                              "a list for round %" PRIu64 " in round %" PRIu64,
                              round, call->round);
    if (call->offset >= call->book.header.terms.submission_window)
        return task_call_fail(call, TASK_ERROR_WINDOW_CLOSED,
                              "the submission window is over");
    if (!task_rows_has(call->book.state, &call->book.task, &submission))
        return task_call_fail(call, TASK_ERROR_NO_SUBMISSION,
                              "%s submitted nothing for round %" PRIu64,
                              PUBKEY_TEXT(submitter), round);
    return INSTRUCTION_OK;
}

/* The votes on a list go when the list is sent again: they were about other
 * bytes. The sender pays for the walk over them, which happens once a round at
 * most. */
static enum instruction_error remove_votes(struct task_call *call,
                                           const struct task_row *list)
{
    struct task_row vote = {
        .kind = TASK_ROW_LIST_VOTE, .round = list->round, .key = list->key};
    struct task_row audit = {
        .kind = TASK_ROW_LIST_AUDIT, .round = list->round, .key = list->key};
    enum instruction_error error = INSTRUCTION_OK;
    if (!task_rows_has(call->book.state, &call->book.task, &audit))
        return INSTRUCTION_OK; /* without an audit there are no votes */
    while (!error &&
           task_rows_find_from(call->book.state, &call->book.task, &vote) &&
           vote.round == list->round && pubkey_equal(&vote.key, &list->key)) {
        error = invocation_charge(call->invocation, TASK_UNITS_ROW_FOUND +
                                                        TASK_UNITS_ROW_WRITTEN);
        task_book_remove(&call->book, &vote);
    }
    task_book_remove(&call->book, &audit);
    return error;
}

/* Fix the seed of the order in which lists are tried, with the first list: the
 * blockhash of the newest block before the present round began, or of the
 * oldest known block if that block is no longer known.
 *
 * All keys that may send lists have submitted by then: the submission window
 * closed at least an audit window before the round began. So nobody can make
 * keys that come first, and the sender of the first list can't choose among
 * seeds by waiting. A payout that fails clears the seed, so that the next lists
 * have another order. */
static void fix_seed(struct task_call *call, struct task_round *status)
{
    static const struct hash none;
    const struct environment *environment = call->invocation->environment;
    uint64_t round_begin = call->slot - call->offset;
    size_t at = 0;
    if (!hash_equal(&status->seed, &none))
        return;
    CHECK(environment->recent_count > 0);
    while (at + 1 < environment->recent_count &&
           environment->recent[at].slot >= round_begin)
        at++;
    struct task_row row = {.kind = TASK_ROW_ROUND,
                           .round = call->instruction.round};
    status->seed = environment->recent[at].blockhash;
    row.status = *status;
    task_book_put(&call->book, &row);
}

/* Put the uploaded list into its envelope. False if the account stays as it is
 * because it is not writable or can't pay for the size (which is logged), or on
 * an error. */
static bool write_envelope(struct task_call *call,
                           const struct buffer *envelope,
                           enum instruction_error *error)
{
    struct invocation *invocation = call->invocation;
    const struct loaded_account *account = invocation_account(invocation, 2);
    if (!invocation_is_writable(invocation, 2) ||
        account->lamports < rent_minimum_balance(envelope->size)) {
        invocation_log(invocation,
                       "the list stays as it was uploaded: its envelope needs "
                       "a writable account with %" PRIu64,
                       rent_minimum_balance(envelope->size));
        return false;
    }
    *error =
        invocation_charge(invocation, envelope->size / TASK_BYTES_PER_UNIT);
    if (!*error)
        *error = invocation_resize(invocation, 2, envelope->size);
    if (!*error)
        *error = invocation_write(invocation, 2, 0, buffer_view(envelope));
    return !*error;
}

static enum instruction_error normalise(struct task_call *call)
{
    struct task_row upload = {.kind = TASK_ROW_UPLOAD,
                              .key = *task_call_key(call, 2)};
    struct bytes data = invocation_data(call->invocation, 2);
    struct buffer text = {0}, envelope = {0}, value = {0};
    struct task_row_key key;
    enum instruction_error error =
        invocation_charge(call->invocation, data.size / TASK_BYTES_PER_UNIT);
    if (error ||
        task_list_text(data, &call->book.task, call->instruction.round, &text))
        goto done;
    task_list_build_text(&call->book.task, call->instruction.round,
                         buffer_view(&text), &envelope);
    if (!write_envelope(call, &envelope, &error))
        goto done;
    CHECK(task_rows_get(call->book.state, NULL, &upload));
    upload.upload.is_sent = true;
    task_rows_key(NULL, &upload, &key);
    task_rows_encode(&upload, &value);
    state_put(call->book.state, bytes_make(key.bytes, key.size),
              buffer_view(&value));
done:
    buffer_free(&text);
    buffer_free(&envelope);
    buffer_free(&value);
    return error;
}

/* A key sends one list a round. A second one in the same round would replace
 * what others have audited; one in a later round is a new attempt after a
 * payout that failed. */
enum instruction_error task_distribution_submit(struct task_call *call)
{
    struct task_round status;
    uint64_t round_begin = call->slot - call->offset;
    struct task_row row = {
        .kind = TASK_ROW_LIST,
        .round = call->instruction.round,
        .key = *task_call_key(call, 1),
    };
    enum instruction_error error = task_call_require_signer(call, 1);
    if (!error)
        error = check_due(call, row.round, &row.key);
    if (!error)
        error = task_call_require_open_round(call, row.round, &status);
    if (!error)
        error = check_data_account(call);
    if (error)
        return error;
    CHECK(round_begin <= call->slot);
    if (task_rows_get(call->book.state, &call->book.task, &row)) {
        if (row.list.slot >= round_begin)
            return task_call_fail(call, TASK_ERROR_DUPLICATE,
                                  "%s has sent a list in this round",
                                  PUBKEY_TEXT(&row.key));
        error = remove_votes(call, &row);
        if (error)
            return error;
    }
    error = normalise(call);
    if (error)
        return error;
    fix_seed(call, &status);
    /* After this slot the data account may not change (is_untouched()). */
    row.list.slot = call->slot;
    row.list.data_account = *task_call_key(call, 2);
    task_book_put(&call->book, &row);
    return task_call_close(call);
}
