/*
 * AuditSubmissions and AuditDistribution: accusations, and the votes on them.
 *
 * Good work needs no votes: it stands unless somebody accuses. So in the usual
 * round no audit costs a transaction, and a round's size is its submissions.
 * Once work is accused, nodes vote on it; a node votes on every accusation and
 * not only on its sample.
 *
 * An accusation is also its accuser's vote against, so that
 *
 * 1. an audit always has a vote (task_check() and commas() in task_text.c rely
 *    on that), and
 * 2. an accuser's vote always counts.
 *
 * Each key has one vote, whatever its stake: a stake above the minimum buys
 * nothing else in a task either. To outvote others somebody has to hold the
 * minimum stake that many times.
 *
 * Nothing is decided here. Distribution lists follow from the votes on
 * submissions, and the payout follows from the votes on lists and penalises
 * refuted accusations. So a vote is one row, and costs the same however many
 * votes there are.
 */
#include "base/check.h"
#include "settlement/task/task_call.h"
#include <inttypes.h>

/* What differs between the two instructions: the kinds of rows, and the word
 * for the log. */
struct audited {
    const char *what;
    enum task_row_kind entry;
    enum task_row_kind audit;
    enum task_row_kind vote;
};

static const struct audited submissions = {
    .what = "submission",
    .entry = TASK_ROW_SUBMISSION,
    .audit = TASK_ROW_SUBMISSION_AUDIT,
    .vote = TASK_ROW_SUBMISSION_VOTE,
};
static const struct audited lists = {
    .what = "distribution list",
    .entry = TASK_ROW_LIST,
    .audit = TASK_ROW_LIST_AUDIT,
    .vote = TASK_ROW_LIST_VOTE,
};

/* A submission is audited in the round after its own. A list may be sent again
 * in a later round if its payout failed, so its slot decides and not its round:
 * only lists of the present round are audited, because earlier ones were tried
 * and judged. */
static enum instruction_error check_entry(struct task_call *call,
                                          const struct audited *audited,
                                          uint64_t round,
                                          const struct pubkey *candidate)
{
    struct task_row entry = {
        .kind = audited->entry, .round = round, .key = *candidate};
    if (audited == &submissions && round + 1 != call->round)
        return task_call_fail(call, TASK_ERROR_WRONG_ROUND,
                              "an audit of round %" PRIu64 " in round %" PRIu64,
                              round, call->round);
    if (!task_rows_get(call->book.state, &call->book.task, &entry))
        return task_call_fail(call, TASK_ERROR_NO_SUBMISSION,
                              "%s has no %s for round %" PRIu64,
                              PUBKEY_TEXT(candidate), audited->what, round);
    /* list.slot < slot - offset, the round's first slot, without a subtraction
     * that could wrap. */
    if (audited == &lists && entry.list.slot + call->offset < call->slot)
        return task_call_fail(call, TASK_ERROR_WRONG_ROUND,
                              "the list was sent in an earlier round");
    return INSTRUCTION_OK;
}

/* Accusations come in the window's first half, so that the second half is left
 * for votes. A window of one slot has no first half, so such a task has no
 * audits. */
static enum instruction_error check_window(struct task_call *call,
                                           bool is_raised)
{
    const struct task_terms *terms = &call->book.header.terms;
    uint64_t begin = terms->submission_window;
    CHECK(begin + terms->audit_window <= terms->round_time);
    uint64_t end =
        begin + (is_raised ? terms->audit_window : terms->audit_window / 2);
    if (call->offset >= begin && call->offset < end)
        return INSTRUCTION_OK;
    return task_call_fail(
        call, TASK_ERROR_WINDOW_CLOSED,
        "%s in slot %" PRIu64 " of the round: possible from %" PRIu64
        " to before %" PRIu64,
        is_raised ? "a vote" : "an accusation", call->offset, begin, end);
}

/* Checked before the window because these three stay wrong whenever the vote is
 * sent again, so a client can give up. */
static enum instruction_error
check_vote(struct task_call *call, const struct task_row *vote, bool is_raised)
{
    if (pubkey_equal(&vote->key, &vote->voter))
        return task_call_fail(call, TASK_ERROR_OWN_SUBMISSION,
                              "nobody votes on what is their own");
    if (task_rows_has(call->book.state, &call->book.task, vote))
        return task_call_fail(call, TASK_ERROR_DUPLICATE,
                              "%s has voted on this",
                              PUBKEY_TEXT(&vote->voter));
    if (!is_raised && call->instruction.flag)
        return task_call_fail(call, TASK_ERROR_NO_AUDIT,
                              "nothing was raised against %s",
                              PUBKEY_TEXT(&vote->key));
    return INSTRUCTION_OK;
}

/* The voter's stake is checked first: only staked keys have a vote. */
enum instruction_error task_audit_execute(struct task_call *call)
{
    const struct audited *audited =
        call->instruction.kind == TASK_AUDIT_SUBMISSIONS ? &submissions
                                                         : &lists;
    enum instruction_error error = task_call_require_signer(call, 1);
    if (error)
        return error;
    struct task_row vote = {
        .kind = audited->vote,
        .round = call->instruction.round,
        .key = *task_call_key(call, 2),
        .voter = *task_call_key(call, 1),
    };
    struct task_row audit = {
        .kind = audited->audit, .round = vote.round, .key = vote.key};
    bool is_raised = task_rows_has(call->book.state, &call->book.task, &audit);
    error = task_call_require_stake(call, &vote.voter);
    if (!error)
        error = check_entry(call, audited, vote.round, &vote.key);
    if (!error)
        error = check_vote(call, &vote, is_raised);
    if (!error)
        error = check_window(call, is_raised);
    if (error)
        return error;
    CHECK(is_raised || !call->instruction.flag);
    if (!is_raised) {
        audit.audit.trigger_by = vote.voter;
        audit.audit.slot = call->slot;
        task_book_put(&call->book, &audit);
    }
    vote.vote.is_valid = call->instruction.flag;
    vote.vote.slot = call->slot;
    /* check_vote() has seen that the row does not exist; votes have no rounds
     * in the text. */
    task_book_add(&call->book, &vote, false);
    return task_call_close(call);
}
