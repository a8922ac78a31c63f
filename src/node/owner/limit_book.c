#include "node/owner/limit_book.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/owner/setting_write.h"

#include <stdlib.h>

struct entry {
    struct pubkey task;
    struct task_limits limits;
};

/*
 * Invariants:
 *
 *  1. items[0 .. count) are of different tasks, each with a limit at least.
 *  2. What is here is written down, or on its way there.
 */
struct limit_book {
    struct journal_writer *writer;
    struct entry items[LIMIT_BOOK_TASKS_MAX];
    size_t count;
};

static struct entry *find(struct limit_book *book, const struct pubkey *task)
{
    for (size_t i = 0; i < book->count; i++)
        if (pubkey_equal(&book->items[i].task, task))
            return &book->items[i];
    return NULL;
}

/* The order of them means nothing. */
static void put(struct limit_book *book, const struct pubkey *task,
                const struct task_limits *limits)
{
    struct entry *place = find(book, task);

    if (task_limits_are_empty(limits)) {
        if (place)
            *place = book->items[--book->count];
        return;
    }
    CHECK(place || book->count < LIMIT_BOOK_TASKS_MAX);
    if (!place)
        place = &book->items[book->count++];
    *place = (struct entry){*task, *limits};
}

/* ---- what is kept ---- */

static int take_row(struct limit_book *book, const char *name,
                    struct bytes value)
{
    struct json_object *tree = NULL;
    struct task_limits limits = {0};
    struct pubkey task;
    int status = pubkey_parse(bytes_text(name), &task);

    if (!status)
        status = json_parse(value, &tree);
    if (!status)
        status = task_limits_take(tree, &limits, NULL);
    if (!status && book->count == LIMIT_BOOK_TASKS_MAX)
        status = err_set(ERR_LIMIT, "too many tasks have limits");
    if (!status)
        put(book, &task, &limits);
    json_object_put(tree);
    return status;
}

static int on_row(void *user, const char *name, struct bytes value)
{
    if (take_row(user, name, value))
        log_error("node", "the limits of task %.60s can't be read: %s", name,
                  err_text());
    return 0;
}

int limit_book_open(struct journal *journal, struct journal_writer *writer,
                    struct limit_book **out)
{
    struct limit_book *book = mem_zero(1, sizeof(*book));
    int status = journal_setting_each(journal, JOURNAL_LIMITS, on_row, book);

    if (status) {
        limit_book_close(book);
        return status;
    }
    book->writer = writer;
    *out = book;
    return 0;
}

void limit_book_close(struct limit_book *book)
{
    free(book);
}

/* ---- changes ---- */

/* A change on its way, and what holds again if it can't be written. */
struct change {
    struct limit_book *book;
    struct entry before;
    limit_book_done *done;
    void *user;
};

static void on_written(void *user, int status)
{
    struct change *change = user;

    if (status)
        put(change->book, &change->before.task, &change->before.limits);
    change->done(change->user, status);
    free(change);
}

int limit_book_put(struct limit_book *book, const struct pubkey *task,
                   const struct task_limits *limits, limit_book_done *done,
                   void *user)
{
    bool is_empty = task_limits_are_empty(limits);
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    if (!is_empty && !find(book, task) && book->count == LIMIT_BOOK_TASKS_MAX)
        return err_set(ERR_LIMIT,
                       "%d tasks have limits of their own: unset those of "
                       "tasks that are gone",
                       LIMIT_BOOK_TASKS_MAX);
    struct change *change = mem_zero(1, sizeof(*change));

    *change =
        (struct change){book, {*task, limit_book_of(book, task)}, done, user};
    put(book, task, limits);
    json_open_object(&writer);
    task_limits_write(limits, &writer);
    json_close_object(&writer);
    setting_write(book->writer, JOURNAL_LIMITS, PUBKEY_TEXT(task),
                  is_empty ? (struct bytes){0} : buffer_view(&text), on_written,
                  change);
    buffer_free(&text);
    return 0;
}

static void on_copied(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

void limit_book_copy(struct limit_book *book, const struct pubkey *from,
                     const struct pubkey *to)
{
    struct task_limits limits = limit_book_of(book, from);

    if (!task_limits_are_empty(&limits) && !find(book, to) &&
        limit_book_put(book, to, &limits, on_copied, NULL))
        log_warn("node", "%s", err_text());
}

/* ---- questions ---- */

struct task_limits limit_book_of(const struct limit_book *book,
                                 const struct pubkey *task)
{
    for (size_t i = 0; book && i < book->count; i++)
        if (pubkey_equal(&book->items[i].task, task))
            return book->items[i].limits;
    return (struct task_limits){0};
}

void limit_book_write(const struct limit_book *book, struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < book->count; i++) {
        json_open_object(writer);
        json_field_text(writer, "task", PUBKEY_TEXT(&book->items[i].task));
        task_limits_write(&book->items[i].limits, writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}
