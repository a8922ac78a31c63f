/*
 * Rendering walks the rows of each map once; its memory is the text. Rows stand
 * in the order of round and key, so a round's entries lie together, and a
 * prefix finds the votes on an audit.
 *
 * The text is not kept because a task changes with every submission and is read
 * in whole far less often. Frequent readers (nodes, once a round) use the calls
 * that render a part.
 *
 * The entries of a map stand in the order of their keys' bytes, rounds in the
 * order of their numbers; clients parse them into maps.
 */
#include "settlement/task/task_render.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/task/task_text.h"

/* What is rendered. header borrows from the state, which must not change
 * meanwhile. */
struct source {
    const struct state *state;
    const struct pubkey *task;
    struct task_header header;
};

/* KPL tasks have the same rows, but kpl_render() renders them. */
static int open_source(struct source *source, const struct state *state,
                       const struct pubkey *task)
{
    const struct task_row token = {.kind = TASK_ROW_TOKEN};
    source->state = state;
    source->task = task;
    return task_header_get(state, task, &source->header) &&
                   !task_rows_has(state, task, &token)
               ? 0
               : err_set(ERR_NOT_FOUND, "there is no task %s",
                         PUBKEY_TEXT(task));
}

/* ---- Maps by key ---- */

/* Stakes or balances: base58 key to amount. */
static void write_amounts(const struct source *source,
                          struct json_writer *writer, const char *name,
                          enum task_row_kind kind)
{
    struct task_row row;
    json_name(writer, name);
    json_open_object(writer);
    struct task_rows_walk walk =
        task_rows_walk_open(source->state, source->task, kind, NULL, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        task_text_key_name(writer, &row.key);
        json_write_u64(writer, row.stake.amount);
    }
    task_rows_walk_close(&walk);
    json_close_object(writer);
}

/* Stakes without an address are left out because clients take every entry for a
 * node's URL. */
static void write_addresses(const struct source *source,
                            struct json_writer *writer)
{
    struct task_row row;
    json_name(writer, "ip_address_list");
    json_open_object(writer);
    struct task_rows_walk walk = task_rows_walk_open(
        source->state, source->task, TASK_ROW_STAKE, NULL, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        if (row.stake.ip_address.size == 0)
            continue;
        task_text_key_name(writer, &row.key);
        json_write_bytes(writer, row.stake.ip_address);
    }
    task_rows_walk_close(&walk);
    json_close_object(writer);
}

/* ---- Maps by round ---- */

/* Writes the value of a key within a round. */
typedef void write_value(const struct source *source,
                         struct json_writer *writer,
                         const struct task_row *row);

static void write_submission(const struct source *source,
                             struct json_writer *writer,
                             const struct task_row *row)
{
    task_text_submission(writer, row);
}

static void write_list(const struct source *source, struct json_writer *writer,
                       const struct task_row *row)
{
    task_text_list(writer, row);
}

/* The audit, and in it the votes, which are rows of another kind with the same
 * round and candidate. */
static void write_audit(const struct source *source, struct json_writer *writer,
                        const struct task_row *row)
{
    struct task_row vote;
    CHECK(row->kind == TASK_ROW_SUBMISSION_AUDIT ||
          row->kind == TASK_ROW_LIST_AUDIT);
    struct task_rows_walk walk = task_rows_walk_open(
        source->state, source->task,
        row->kind == TASK_ROW_SUBMISSION_AUDIT ? TASK_ROW_SUBMISSION_VOTE
                                               : TASK_ROW_LIST_VOTE,
        &row->round, &row->key);
    task_text_audit(writer, row);
    while (task_rows_walk_next(&walk, &vote))
        task_text_vote(writer, &vote);
    task_text_audit_end(writer);
    task_rows_walk_close(&walk);
}

/* A map of rounds, each a map of keys; round NULL: all rounds. No round is
 * written empty. */
static void write_rounds(const struct source *source,
                         struct json_writer *writer, const char *name,
                         enum task_row_kind kind, const uint64_t *round,
                         write_value *write)
{
    struct task_row row;
    uint64_t open_round = 0;
    bool is_open = false;
    json_name(writer, name);
    json_open_object(writer);
    struct task_rows_walk walk =
        task_rows_walk_open(source->state, source->task, kind, round, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        /* The next round begins. */
        if (is_open && row.round != open_round)
            json_close_object(writer);
        if (!is_open || row.round != open_round) {
            task_text_round_name(writer, row.round);
            json_open_object(writer);
        }
        is_open = true;
        open_round = row.round;
        task_text_key_name(writer, &row.key);
        write(source, writer, &row);
    }
    task_rows_walk_close(&walk);
    CHECK(!is_open || !round || open_round == *round);
    if (is_open)
        json_close_object(writer);
    json_close_object(writer);
}

/* The two maps of getTaskSubmissionInfo. */
static void write_submissions(const struct source *source,
                              struct json_writer *writer, const uint64_t *round)
{
    write_rounds(source, writer, "submissions", TASK_ROW_SUBMISSION, round,
                 write_submission);
    write_rounds(source, writer, "submissions_audit_trigger",
                 TASK_ROW_SUBMISSION_AUDIT, round, write_audit);
}

/* The records are a map of rounds to names, so they have a walk of their own. A
 * round without a record was never tried. */
static void write_distributions(const struct source *source,
                                struct json_writer *writer,
                                const uint64_t *round)
{
    struct task_row row;
    write_rounds(source, writer, "distribution_rewards_submission",
                 TASK_ROW_LIST, round, write_list);
    write_rounds(source, writer, "distributions_audit_trigger",
                 TASK_ROW_LIST_AUDIT, round, write_audit);
    json_name(writer, "distributions_audit_record");
    json_open_object(writer);
    struct task_rows_walk walk = task_rows_walk_open(
        source->state, source->task, TASK_ROW_ROUND, round, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        if (row.status.record == TASK_RECORD_NONE)
            continue;
        task_text_round_name(writer, row.round);
        json_write_text(writer, task_text_record(row.status.record));
    }
    task_rows_walk_close(&walk);
    json_close_object(writer);
}

/* ---- The whole, and parts ---- */

/* As open_source(), without setting an error. */
bool task_render_exists(const struct state *state, const struct pubkey *task)
{
    const struct task_row token = {.kind = TASK_ROW_TOKEN};
    struct task_header header;
    return task_header_get(state, task, &header) &&
           !task_rows_has(state, task, &token);
}

/* The size follows from the header. */
int task_render_size(const struct state *state, const struct pubkey *task,
                     uint64_t *out)
{
    struct source source;
    struct buffer scratch = {0};
    int status = open_source(&source, state, task);
    if (status)
        return status;
    *out = task_text_size(&source.header, &scratch);
    CHECK(*out > source.header.text_size);
    buffer_free(&scratch);
    return 0;
}

int task_render(const struct state *state, const struct pubkey *task,
                unsigned parts, struct buffer *out)
{
    struct source source;
    int status = open_source(&source, state, task);
    if (status)
        return status;
    CHECK(parts <= TASK_RENDER_ALL);
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    task_text_head(&writer, &source.header);
    if (parts & TASK_RENDER_SUBMISSIONS)
        write_submissions(&source, &writer, NULL);
    task_text_amounts(&writer, &source.header);
    if (parts & TASK_RENDER_BALANCES)
        write_amounts(&source, &writer, "available_balances", TASK_ROW_BALANCE);
    if (parts & TASK_RENDER_STAKES) {
        write_amounts(&source, &writer, "stake_list", TASK_ROW_STAKE);
        write_addresses(&source, &writer);
    }
    task_text_windows(&writer, &source.header);
    if (parts & TASK_RENDER_DISTRIBUTIONS)
        write_distributions(&source, &writer, NULL);
    task_text_tail(&writer, &source.header);
    json_close_object(&writer);
    return 0;
}

/* The fields before the maps are a few hundred bytes, and the usual filters of
 * getProgramAccounts reach no further. Otherwise every call would render every
 * task on the chain. */
int task_render_beginning(const struct state *state, const struct pubkey *task,
                          size_t size, struct buffer *out)
{
    struct source source;
    int status = open_source(&source, state, task);
    if (status)
        return status;
    size_t before = out->size;
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    task_text_head(&writer, &source.header);
    /* Enough without the maps. */
    if (out->size - before >= size)
        return 0;
    /* The maps begin before that many bytes. */
    out->size = before;
    return task_render(state, task, TASK_RENDER_ALL, out);
}

int task_render_submissions(const struct state *state,
                            const struct pubkey *task, const uint64_t *round,
                            struct buffer *out)
{
    struct source source;
    int status = open_source(&source, state, task);
    if (status)
        return status;
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    write_submissions(&source, &writer, round);
    json_close_object(&writer);
    return 0;
}

int task_render_distributions(const struct state *state,
                              const struct pubkey *task, const uint64_t *round,
                              struct buffer *out)
{
    struct source source;
    int status = open_source(&source, state, task);
    if (status)
        return status;
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    write_distributions(&source, &writer, round);
    json_close_object(&writer);
    return 0;
}

/* null if there is no submission, as K2 answers. */
int task_render_my_submission(const struct state *state,
                              const struct pubkey *task,
                              const struct pubkey *key, uint64_t round,
                              struct buffer *out)
{
    struct source source;
    struct task_row row = {
        .kind = TASK_ROW_SUBMISSION, .round = round, .key = *key};
    int status = open_source(&source, state, task);
    if (status)
        return status;
    struct json_writer writer = json_writer_make(out);
    if (task_rows_get(state, task, &row))
        task_text_submission(&writer, &row);
    else
        json_write_null(&writer);
    return 0;
}

/* K2's words, which clients look for. */
int task_render_my_stake(const struct state *state, const struct pubkey *task,
                         const struct pubkey *key, uint64_t *out)
{
    struct source source;
    struct task_row row = {.kind = TASK_ROW_STAKE, .key = *key};
    int status = open_source(&source, state, task);
    if (status)
        return status;
    if (!task_rows_get(state, task, &row))
        return err_set(ERR_NOT_FOUND, "No stake available on this task");
    *out = row.stake.amount;
    return 0;
}
