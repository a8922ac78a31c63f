/*
 * One write is on the pool at a time: a connection belongs to one thread, and
 * the order of writes is that of the decisions that led to them. The others
 * wait in a list, which is short: a task writes a handful of rows a round.
 */
#include "node/money/journal_writer.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_internal.h"

#include <stdlib.h>

#define MAGIC 0x4a575254u

/* A write, or several parts that are one. */
struct job {
    struct job *next;
    journal_write *write; /* NULL: its parts */
    struct job *parts, **parts_end;
    journal_written *done;
    void *user;
    int status;
    char *error; /* err_text() is the pool thread's own */
};

/*
 * Invariants:
 *
 *  1. While is_working, current is on the pool, and the only job that is not in
 *     the list. NULL: nothing is done there, and the run leads to the end.
 *  2. journal and current are touched on the pool alone then.
 *  3. gathering is the job of which parts are asked for; it is in no list.
 */
struct journal_writer {
    unsigned magic;
    uv_loop_t *loop;
    struct journal *journal;
    struct job *first, **end; /* those that wait */
    struct job *current;
    struct job *gathering; /* NULL: none */
    uv_work_t work;
    bool is_working;
    void (*closed)(void *user); /* once it is being closed */
    void *closed_user;
};

int journal_writer_open(uv_loop_t *loop, const char *path,
                        struct journal_writer **out)
{
    struct journal *journal;
    struct journal_writer *writer;
    int status = journal_open(path, &journal);

    if (status)
        return status;
    writer = mem_zero(1, sizeof(*writer));
    writer->magic = MAGIC;
    writer->loop = loop;
    writer->journal = journal;
    writer->end = &writer->first;
    writer->work.data = writer;
    *out = writer;
    return 0;
}

static void turn(struct journal_writer *writer);

/* What was refused before has its status. */
static int write_parts(struct journal *journal, const struct job *job)
{
    int status = job->status;

    if (status || !job->parts)
        return status;
    status = journal_begin(journal);
    for (struct job *part = job->parts; !status && part; part = part->next)
        status = part->write(journal, part->user);
    return journal_end(journal, status);
}

/* On a thread of the pool. Without a job it only leads back to the loop. */
static void on_pool(uv_work_t *work)
{
    struct journal_writer *writer = work->data;
    struct job *job = writer->current;

    if (!job)
        return;
    job->status = job->write ? job->write(writer->journal, job->user)
                             : write_parts(writer->journal, job);
    if (job->status && !job->error)
        job->error = mem_text(err_text());
}

static void end(struct journal_writer *writer)
{
    void (*closed)(void *user) = writer->closed;
    void *user = writer->closed_user;

    journal_close(writer->journal);
    writer->magic = 0;
    free(writer);
    closed(user);
}

static void report(const struct job *job, int status, const char *error)
{
    if (status)
        err_set(status, "%s", error);
    job->done(job->user, status);
}

static struct job *turned_round(struct job *list)
{
    struct job *result = NULL, *next;

    for (; list; list = next) {
        next = list->next;
        list->next = result;
        result = list;
    }
    return result;
}

static void report_all(struct job *job)
{
    struct job *part = job->status ? turned_round(job->parts) : job->parts;

    while (part) {
        struct job *next = part->next;

        report(part, job->status, job->error);
        free(part);
        part = next;
    }
    report(job, job->status, job->error);
    free(job->error);
    free(job);
}

static void on_done(uv_work_t *work, int status)
{
    struct journal_writer *writer = work->data;
    struct job *job = writer->current;

    writer->is_working = false;
    writer->current = NULL;
    if (!job && !writer->first) {
        end(writer);
        return;
    }
    if (job)
        report_all(job);
    if (writer->first || writer->closed)
        turn(writer);
}

/* The next one, unless one is under way. */
static void turn(struct journal_writer *writer)
{
    if (writer->is_working)
        return;
    writer->is_working = true;
    writer->current = writer->first;
    if (writer->current)
        writer->first = writer->current->next;
    if (!writer->first)
        writer->end = &writer->first;
    CHECK(!uv_queue_work(writer->loop, &writer->work, on_pool, on_done));
}

static struct job *job_new(journal_write *write, journal_written *done,
                           void *user)
{
    struct job *job = mem_zero(1, sizeof(*job));

    job->write = write;
    job->done = done;
    job->user = user;
    return job;
}

static void add(struct journal_writer *writer, struct job *job)
{
    *writer->end = job;
    writer->end = &job->next;
    turn(writer);
}

void journal_writer_run(struct journal_writer *writer, journal_write *write,
                        journal_written *done, void *user)
{
    CHECK_MAGIC(writer, MAGIC);
    CHECK(write && done);
    struct job *job = job_new(write, done, user);
    struct job *whole = writer->gathering;

    if (whole) {
        *whole->parts_end = job;
        whole->parts_end = &job->next;
    } else {
        add(writer, job);
    }
}

void journal_writer_begin(struct journal_writer *writer)
{
    CHECK_MAGIC(writer, MAGIC);
    CHECK(!writer->gathering);
    writer->gathering = job_new(NULL, NULL, NULL);
    writer->gathering->parts_end = &writer->gathering->parts;
}

void journal_writer_end(struct journal_writer *writer, int status,
                        journal_written *done, void *user)
{
    struct job *job = writer->gathering;

    CHECK_MAGIC(writer, MAGIC);
    CHECK(job && done);
    writer->gathering = NULL;
    job->status = status;
    job->error = status ? mem_text(err_text()) : NULL;
    job->done = done;
    job->user = user;
    add(writer, job);
}

void journal_writer_close(struct journal_writer *writer,
                          void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(writer, MAGIC);
    CHECK(closed && !writer->closed && !writer->gathering);
    writer->closed = closed;
    writer->closed_user = user;
    turn(writer);
}
