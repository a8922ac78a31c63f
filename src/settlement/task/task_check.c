/*
 * One walk over all rows, in their order: task by task, and within a task kind
 * by kind and round by round. The rows are summed up and compared with the
 * header when the next task begins. What a row needs (an audit its submission,
 * a vote its audit) is looked up.
 *
 * So the memory is that of one task's totals, whatever the size of the ledger,
 * and the time that of a walk and at most two look-ups a row.
 *
 * Rows come from a disk that may be damaged, so a row that does not decode is
 * reported and does not end the process, unlike in task_rows_get(). The check
 * stops at the first fault because one broken row often breaks many others.
 *
 * Sums come from task_book_count(), as in the program. So the check does not
 * show that the sizes are those of the text: tests compare them with what is
 * rendered.
 */
#include "settlement/task/task_check.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/program.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/task/task_book.h"
#include "settlement/task/task_text.h"
#include <inttypes.h>

/* The walk, and its present task.
 *
 * 1. has_task: task, header, sums and has_token are of the present task, which
 *    end_task() has not checked yet.
 * 2. last_kind and last_round are those of the row before: a round's part of
 *    the text is counted with the round's first row. */
struct check {
    const struct state *state;
    struct task_check_totals totals;
    struct buffer scratch;
    bool has_task;
    bool has_token; /* it is a KPL task */
    struct pubkey task;
    struct task_header header; /* the task's */
    struct task_header sums;   /* of the rows so far */
    enum task_row_kind last_kind;
    uint64_t last_round;
};

/* ERR_CORRUPT, naming the task. */
static int broken(const struct check *check, const char *what)
{
    return err_set(ERR_CORRUPT, "task %s: %s", PUBKEY_TEXT(&check->task), what);
}

/* An account, straight from the state: there is no bank here. */
static bool find_account(const struct state *state, const struct pubkey *key,
                         struct account *out)
{
    uint8_t row_key[ACCOUNT_KEY_SIZE];
    struct bytes row;
    account_key(key, row_key);
    return state_get(state, bytes_make(row_key, sizeof(row_key)), &row) &&
           !account_decode(row, out);
}

/* ---- A task as a whole ---- */

/* The header's totals must be those of the rows. */
static int check_totals(const struct check *check)
{
    const struct task_header *header = &check->header;
    const struct task_header *sums = &check->sums;
    if (header->total_stake != sums->total_stake)
        return broken(check, "its total stake is not the sum of its stakes");
    if (header->total_balance != sums->total_balance)
        return broken(check, "its total of claimable balances is wrong");
    if (memcmp(header->counts, sums->counts, sizeof(sums->counts)) != 0)
        return broken(check, "its numbers of rows are wrong");
    if (header->text_size != sums->text_size)
        return broken(check, "its rendered size is wrong");
    return 0;
}

/* What the pot holds: lamports, or the tokens of a KPL task. The pot must be
 * the program's, or its own authority's for tokens. */
static int find_held(const struct check *check, uint64_t *out)
{
    const struct pubkey *key = &check->header.stake_pot_account;
    struct account pot;
    struct token_record tokens;
    if (!find_account(check->state, key, &pot))
        return broken(check, "it has no stake pot");
    if (!check->has_token) {
        *out = pot.lamports;
        return pubkey_equal(&pot.owner, &KOII_TASK_PROGRAM_ID)
                   ? 0
                   : broken(check, "its stake pot is another's");
    }
    struct pubkey authority = kpl_instruction_pot_authority(key, NULL);
    if (!pubkey_equal(&pot.owner, &TOKEN_PROGRAM_ID) ||
        token_account_load(pot.data, &tokens) != TOKEN_LOADED ||
        !pubkey_equal(token_account_owner(&tokens), &authority))
        return broken(check, "its stake pot is another's");
    *out = token_account_amount(&tokens);
    return 0;
}

/* Everybody who may claim can be paid. A pot may hold more (rent, gifts); the
 * surplus is summed up so that a caller can account for every lamport. */
static int check_pot(struct check *check)
{
    const struct task_header *header = &check->header;
    uint64_t held = 0;
    int status = find_held(check, &held);
    if (status)
        return status;
    uint64_t owed = header->terms.total_bounty_amount;
    if (__builtin_add_overflow(owed, header->total_stake, &owed) ||
        __builtin_add_overflow(owed, header->total_balance, &owed) ||
        held < owed)
        return err_set(ERR_CORRUPT,
                       "task %s: its stake pot holds %" PRIu64
                       " and owes %" PRIu64,
                       PUBKEY_TEXT(&check->task), held, owed);
    if (!check->has_token)
        check->totals.pot_surplus += held - owed;
    return 0;
}

/* Instructions rely on a rendered account of the right program, and on windows
 * that fit a round. Two comparisons, because the sum of damaged numbers may
 * wrap. */
static int check_terms(const struct check *check)
{
    const struct task_terms *terms = &check->header.terms;
    struct account account;
    if (!find_account(check->state, &check->task, &account) ||
        !account.rendered ||
        !pubkey_equal(&account.owner, check->has_token ? &KPL_TASK_PROGRAM_ID
                                                       : &KOII_TASK_PROGRAM_ID))
        return broken(check, "it has no account");
    if (terms->audit_window > terms->round_time ||
        terms->submission_window > terms->round_time - terms->audit_window)
        return broken(check, "its windows are longer than its rounds");
    return 0;
}

/* Check the task that the walk has left. Totals of KPL tasks are in units of
 * other tokens and are not added. */
static int end_task(struct check *check)
{
    if (!check->has_task)
        return 0;
    CHECK(check->header.terms.round_time > 0);
    check->has_task = false;
    int status = check_terms(check);
    if (!status)
        status = check_totals(check);
    if (!status)
        status = check_pot(check);
    check->totals.tasks++;
    if (check->has_token)
        return status;
    check->totals.stakes += check->header.total_stake;
    check->totals.balances += check->header.total_balance;
    check->totals.bounties += check->header.terms.total_bounty_amount;
    return status;
}

/* task_header_get() is not used because it ends the process if the header does
 * not decode. */
static int begin_task(struct check *check, const struct pubkey *task)
{
    struct bytes value;
    struct task_row_key key;
    CHECK(!check->has_task); /* end_task() has judged the one before */
    check->task = *task;
    check->has_task = true;
    check->sums = (struct task_header){0};
    check->last_kind = TASK_ROW_HEADER;
    check->has_token = task_rows_has(
        check->state, task, &(struct task_row){.kind = TASK_ROW_TOKEN});
    task_rows_prefix(task, TASK_ROW_HEADER, NULL, NULL, &key);
    if (!state_get(check->state, bytes_make(key.bytes, key.size), &value))
        return broken(check, "it has rows and no header");
    if (task_header_decode(value, &check->header))
        return broken(check, "its header does not decode");
    return 0;
}

/* ---- Rows ---- */

/* Whether there is a row of another kind with the same round and key. */
static bool has(const struct check *check, const struct task_row *of,
                enum task_row_kind kind)
{
    struct task_row row = {.kind = kind, .round = of->round, .key = of->key};
    return task_rows_has(check->state, &check->task, &row);
}

static bool has_votes(const struct check *check, const struct task_row *audit,
                      enum task_row_kind votes)
{
    return task_rows_any(check->state, &check->task, votes, &audit->round,
                         &audit->key);
}

/* What a row needs. Dropping, voting and paying keep these invariants; the
 * count of commas relies on them. */
static int check_row(const struct check *check, const struct task_row *row)
{
    switch (row->kind) {
    case TASK_ROW_STAKE:
    case TASK_ROW_BALANCE:
        return row->stake.amount ? 0 : broken(check, "an amount of 0 is kept");
    case TASK_ROW_SUBMISSION:
        return has(check, row, TASK_ROW_ROUND)
                   ? 0
                   : broken(check, "a submission's round has no record");
    case TASK_ROW_LIST:
        return has(check, row, TASK_ROW_SUBMISSION)
                   ? 0
                   : broken(check, "a list's sender submitted nothing");
    case TASK_ROW_SUBMISSION_AUDIT:
        return has(check, row, TASK_ROW_SUBMISSION) &&
                       has_votes(check, row, TASK_ROW_SUBMISSION_VOTE)
                   ? 0
                   : broken(check, "an audit has no submission or no vote");
    case TASK_ROW_LIST_AUDIT:
        return has(check, row, TASK_ROW_LIST) &&
                       has_votes(check, row, TASK_ROW_LIST_VOTE)
                   ? 0
                   : broken(check, "an audit has no list or no vote");
    case TASK_ROW_SUBMISSION_VOTE:
        return has(check, row, TASK_ROW_SUBMISSION_AUDIT) &&
                       !pubkey_equal(&row->key, &row->voter)
                   ? 0
                   : broken(check, "a vote has no audit or is one's own");
    case TASK_ROW_LIST_VOTE:
        return has(check, row, TASK_ROW_LIST_AUDIT) &&
                       !pubkey_equal(&row->key, &row->voter)
                   ? 0
                   : broken(check, "a vote has no audit or is one's own");
    case TASK_ROW_ROUND:
    case TASK_ROW_HEADER:
    case TASK_ROW_TOKEN:
    case TASK_ROW_UPLOAD:
        break;
    }
    return 0;
}

/* Count the round's part of the text with its first row. */
static void count_round(struct check *check, const struct task_row *row)
{
    CHECK(check->has_task);
    if (row->kind == check->last_kind && row->round == check->last_round)
        return;
    check->last_kind = row->kind;
    check->last_round = row->round;
    if (task_book_groups(row->kind))
        check->sums.text_size += task_text_round_size(row->round);
}

/* The data account must be a task program's: an account that is emptied takes
 * its row along (forget_if_empty() in task_stake.c). */
static int check_upload(struct check *check, const struct task_row *row)
{
    struct account account;
    if (find_account(check->state, &row->key, &account) &&
        (pubkey_equal(&account.owner, &KOII_TASK_PROGRAM_ID) ||
         pubkey_equal(&account.owner, &KPL_TASK_PROGRAM_ID)))
        return 0;
    return err_set(ERR_CORRUPT, "the data account %s is gone",
                   PUBKEY_TEXT(&row->key));
}

/* The rows of data accounts lie among the tasks', by the key of the account. */
static int check_next(struct check *check, struct bytes key, struct bytes value)
{
    struct pubkey task;
    struct task_row row;
    int status = task_rows_decode(key, value, &task, &row);
    if (status)
        return status;
    /* The row of a data account belongs to no task. */
    if (row.kind == TASK_ROW_UPLOAD)
        return check_upload(check, &row);
    if (!check->has_task || !pubkey_equal(&task, &check->task)) {
        status = end_task(check);
        if (!status)
            status = begin_task(check, &task);
    }
    if (status || row.kind == TASK_ROW_HEADER || row.kind == TASK_ROW_TOKEN)
        return status;
    count_round(check, &row);
    task_book_count(&check->sums, &row, true, &check->scratch);
    return check_row(check, &row);
}

int task_check(const struct state *state, struct task_check_totals *totals)
{
    static const uint8_t prefix = TASK_ROW_PREFIX;
    struct check check = {.state = state};
    struct bytes key;
    struct bytes value;
    int status = 0;
    struct state_cursor *cursor =
        state_cursor_open(state, bytes_make(&prefix, 1), (struct bytes){0});
    while (!status && state_cursor_next(cursor, &key, &value))
        status = check_next(&check, key, value);
    if (!status)
        status = end_task(&check);
    if (!status && totals)
        *totals = check.totals;
    state_cursor_close(cursor);
    buffer_free(&check.scratch);
    return status;
}
