#include "node/owner/stopped_book.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/owner/setting_write.h"
#include "storage/keep/retention.h"

#include <stdlib.h>

struct stopped_book {
    struct journal_writer *writer;
    struct stopped_task items[STOPPED_TASKS_MAX];
    size_t count;
};

/* ---- rows ---- */

static void task_free(struct stopped_task *task)
{
    free((char *)task->options.executable);
    free((char *)task->options.variables);
    free(task->name);
}

static struct stopped_task task_copy(const struct stopped_task *from)
{
    struct stopped_task task = *from;

    task.options.executable = mem_text(from->options.executable);
    task.options.variables = mem_text(from->options.variables);
    task.options.stake_roe = 0;
    task.name = mem_text(from->name);
    return task;
}

static void write_row(const struct stopped_task *task,
                      struct json_writer *writer)
{
    const struct node_task_options *options = &task->options;

    json_open_object(writer);
    json_field_text(writer, "name", task->name ? task->name : "");
    json_field_text(writer, "staking", PUBKEY_TEXT(&task->staking));
    json_field_u64(writer, "stopped", task->stopped_ms);
    json_field_u64(writer, "starting_slot", task->starting_slot);
    json_field_u64(writer, "round_time", task->round_time);
    json_field_u64(writer, "proofs", task->last_proof_plus_one);
    if (options->executable)
        json_field_text(writer, "executable", options->executable);
    if (options->variables)
        json_field_text(writer, "variables", options->variables);
    json_field_u64(writer, "engine", options->engine);
    json_field_bool(writer, "trusted", options->is_trusted);
    json_close_object(writer);
}

/* What is absent stays as it is; what is damaged costs the row. */
static int read_row(const char *name, struct json_object *row,
                    struct stopped_task *out)
{
    const char *text;
    uint64_t engine = 0;
    int status;

    if ((status = pubkey_parse(bytes_text(name), &out->options.task)) < 0 ||
        (status = json_get_text(row, "staking", &text)) < 0 ||
        (status = pubkey_parse(bytes_text(text), &out->staking)) < 0 ||
        (status = json_get_u64(row, "stopped", &out->stopped_ms)) < 0 ||
        (status = json_get_u64(row, "starting_slot", &out->starting_slot)) <
            0 ||
        (status = json_get_u64(row, "round_time", &out->round_time)) < 0 ||
        (status = json_get_u64(row, "proofs", &out->last_proof_plus_one)) < 0 ||
        (status = json_get_u64(row, "engine", &engine)) < 0 ||
        (status = json_get_bool(row, "trusted", &out->options.is_trusted)) < 0)
        return status;
    out->options.engine =
        engine <= NODE_ENGINE_NODE ? (enum node_engine)engine : 0;
    if (json_get_text(row, "name", &text) == 0)
        out->name = mem_text(text);
    if (json_get_text(row, "executable", &text) == 0)
        out->options.executable = mem_text(text);
    if (json_get_text(row, "variables", &text) == 0)
        out->options.variables = mem_text(text);
    err_clear();
    return 0;
}

static int find(const struct stopped_book *book, const struct pubkey *task,
                size_t *place)
{
    for (*place = 0; *place < book->count; ++*place)
        if (pubkey_equal(&book->items[*place].options.task, task))
            return 0;
    return ERR_NOT_FOUND;
}

static void take_out(struct stopped_book *book, size_t place)
{
    task_free(&book->items[place]);
    book->count--;
    memmove(book->items + place, book->items + place + 1,
            (book->count - place) * sizeof(*book->items));
}

/* ---- life ---- */

static int on_row(void *user, const char *name, struct bytes value)
{
    struct stopped_book *book = user;
    struct stopped_task task = {0};
    struct json_object *row = NULL;
    int status = json_parse(value, &row);

    if (!status)
        status = read_row(name, row, &task);
    json_object_put(row);
    if (status || book->count == STOPPED_TASKS_MAX) {
        log_warn("node", "the stopped task %s is forgotten: %s", name,
                 status ? err_text() : "there are too many");
        task_free(&task);
        return 0;
    }
    book->items[book->count++] = task;
    return 0;
}

/* The journal gives them by their ids. */
static int compare(const void *a, const void *b)
{
    const struct stopped_task *left = a, *right = b;

    return left->stopped_ms < right->stopped_ms   ? -1
           : left->stopped_ms > right->stopped_ms ? 1
                                                  : 0;
}

int stopped_book_open(struct journal *journal, struct journal_writer *writer,
                      struct stopped_book **out)
{
    struct stopped_book *book = mem_zero(1, sizeof(*book));
    int status;

    book->writer = writer;
    status = journal_setting_each(journal, JOURNAL_STOPPED, on_row, book);
    if (status) {
        stopped_book_close(book);
        return status;
    }
    qsort(book->items, book->count, sizeof(*book->items), compare);
    *out = book;
    return 0;
}

void stopped_book_close(struct stopped_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->count; i++)
        task_free(&book->items[i]);
    free(book);
}

/* ---- changes ---- */

/* The worst is a task that is not offered for a start, or is offered though it
 * runs: which the start refuses. */
static void on_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

void stopped_book_remove(struct stopped_book *book, const struct pubkey *task)
{
    struct pubkey_text name = pubkey_text(task); /* it may be the row's own */
    size_t place;

    if (find(book, task, &place) < 0)
        return;
    take_out(book, place);
    setting_write(book->writer, JOURNAL_STOPPED, name.text, (struct bytes){0},
                  on_written, NULL);
}

void stopped_book_put(struct stopped_book *book,
                      const struct stopped_task *task)
{
    struct buffer row = {0};
    struct json_writer writer = json_writer_make(&row);
    size_t place;

    if (find(book, &task->options.task, &place) == 0)
        take_out(book, place);
    else if (book->count == STOPPED_TASKS_MAX)
        stopped_book_remove(book, &book->items[0].options.task);
    book->items[book->count++] = task_copy(task);
    write_row(task, &writer);
    setting_write(book->writer, JOURNAL_STOPPED,
                  PUBKEY_TEXT(&task->options.task), buffer_view(&row),
                  on_written, NULL);
    buffer_free(&row);
}

void stopped_book_note(struct stopped_book *book, const struct pubkey *task,
                       const struct stopped_task *coins)
{
    size_t place;

    if (find(book, task, &place) < 0)
        return;
    book->items[place].has_coins = true;
    book->items[place].stake = coins->stake;
    book->items[place].claimable = coins->claimable;
    book->items[place].is_kpl = coins->is_kpl;
    book->items[place].token = coins->token;
}

/* ---- questions ---- */

const struct stopped_task *stopped_book_find(const struct stopped_book *book,
                                             const struct pubkey *task)
{
    size_t place;

    return find(book, task, &place) < 0 ? NULL : &book->items[place];
}

const struct stopped_task *stopped_book_at(const struct stopped_book *book,
                                           size_t place)
{
    return place < book->count ? &book->items[place] : NULL;
}

bool stopped_task_unlock(const struct stopped_task *task, uint64_t *round,
                         uint64_t *slot)
{
    uint64_t slots;

    if (!task->round_time || !task->last_proof_plus_one)
        return false;
    if (__builtin_add_overflow(task->last_proof_plus_one,
                               STOPPED_LOCK_ROUNDS - 1, round) ||
        __builtin_mul_overflow(*round, task->round_time, &slots) ||
        __builtin_add_overflow(task->starting_slot, slots, slot))
        return false;
    return true;
}

/* A day is more than three rounds of most tasks. */
#define OWED_MS 86400000u

bool stopped_task_is_owed(const struct stopped_task *task, uint64_t slot,
                          uint64_t unix_ms, uint64_t *round)
{
    *round = 0;
    if (!task->last_proof_plus_one)
        return false;
    if (!task->round_time)
        return unix_ms < task->stopped_ms ||
               unix_ms - task->stopped_ms < OWED_MS;
    if (slot > task->starting_slot)
        *round = (slot - task->starting_slot) / task->round_time;
    return *round < task->last_proof_plus_one ||
           *round - task->last_proof_plus_one < RETENTION_ROUNDS_MIN;
}

/* Koii's names for the two. */
void stopped_task_write(const struct stopped_task *task, uint64_t slot,
                        uint64_t slot_ms, struct json_writer *writer)
{
    uint64_t round, unlock_slot;
    bool is_locked =
        stopped_task_unlock(task, &round, &unlock_slot) && slot < unlock_slot;

    json_open_object(writer);
    json_field_text(writer, "task", PUBKEY_TEXT(&task->options.task));
    json_field_text(writer, "name", task->name ? task->name : "");
    json_field_text(writer, "state", "stopped");
    json_field_text(writer, "status", is_locked ? "COOLING_DOWN" : "STOPPED");
    json_field_text(writer, "staking", PUBKEY_TEXT(&task->staking));
    json_field_u64(writer, "stopped", task->stopped_ms);
    if (is_locked) {
        json_field_u64(writer, "unlock_round", round);
        json_field_u64(writer, "unlock_slot", unlock_slot);
        json_field_u64(writer, "unlock_in_ms",
                       (unlock_slot - slot) > UINT64_MAX / slot_ms
                           ? UINT64_MAX
                           : (unlock_slot - slot) * slot_ms);
    } else {
        json_field_null(writer, "unlock_round");
        json_field_null(writer, "unlock_slot");
        json_field_null(writer, "unlock_in_ms");
    }
    if (task->has_coins) {
        if (task->is_kpl)
            json_field_text(writer, "token", PUBKEY_TEXT(&task->token));
        json_field_u64(writer, "stake", task->stake);
        json_field_u64(writer, "claimable", task->claimable);
    }
    json_close_object(writer);
}
