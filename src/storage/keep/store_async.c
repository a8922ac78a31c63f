/*
 * One kind of job, and the few things that are done in it. libuv's pool and no
 * threads of its own: the work is short but for collections, of which a caller
 * has one at a time, and the pool has four threads.
 */
#include "storage/keep/store_async.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* One thread has it at any time: the loop's or, from uv_queue_work() to
 * finished(), one of the pool. */
struct run {
    uv_work_t work;
    int (*act)(void *user);
    store_async_done *done;
    void *user;
    /* The status and its text, because err_text() is each thread's own. */
    int status;
    char error[ERR_TEXT_SIZE];
};

static void work(uv_work_t *work)
{
    struct run *run = work->data;

    run->status = run->act(run->user);
    if (run->status)
        snprintf(run->error, sizeof(run->error), "%s", err_text());
}

static void finished(uv_work_t *work, int cancelled)
{
    struct run *run = work->data;

    CHECK(!cancelled);
    if (run->status)
        err_set(run->status, "%s", run->error);
    run->done(run->user, run->status);
    free(run);
}

void store_async_run(uv_loop_t *loop, int (*act)(void *user),
                     store_async_done *done, void *user)
{
    struct run *run = mem_zero(1, sizeof(*run));

    CHECK(loop && act && done);
    run->work.data = run;
    run->act = act;
    run->done = done;
    run->user = user;
    CHECK(!uv_queue_work(loop, &run->work, work, finished));
}

/* What the functions below need in the pool; each uses a part. */
struct job {
    struct store *store;
    struct cid cid;
    struct buffer data;
    struct pin_owner owner;
    struct pubkey task;
    uint64_t round, ended, limit_bytes;
    struct collection_options options;
    struct collection_result result;
    store_async_done *done;
    store_async_got *got;
    store_async_collected *collected;
    void *user;
};

static struct job *job_new(struct store *store, void *user)
{
    struct job *job = mem_zero(1, sizeof(*job));

    CHECK(store);
    job->store = store;
    job->user = user;
    return job;
}

/* The end of jobs that report only a status. */
static void job_done(void *user, int status)
{
    struct job *job = user;

    job->done(job->user, status);
    buffer_free(&job->data);
    free(job);
}

static int get(void *user)
{
    struct job *job = user;

    return store_get(job->store, &job->cid, &job->data);
}

static void get_done(void *user, int status)
{
    struct job *job = user;

    job->got(job->user, status, buffer_view(&job->data));
    buffer_free(&job->data);
    free(job);
}

void store_async_get(uv_loop_t *loop, struct store *store,
                     const struct cid *cid, store_async_got *done, void *user)
{
    struct job *job = job_new(store, user);

    job->cid = *cid;
    job->got = done;
    store_async_run(loop, get, get_done, job);
}

static int put(void *user)
{
    struct job *job = user;
    int status = store_put(job->store, &job->cid, buffer_view(&job->data));

    return status ? status : store_sync(job->store);
}

void store_async_put(uv_loop_t *loop, struct store *store,
                     const struct cid *cid, struct bytes data,
                     store_async_done *done, void *user)
{
    struct job *job = job_new(store, user);

    job->cid = *cid;
    buffer_bytes(&job->data, data);
    job->done = done;
    store_async_run(loop, put, job_done, job);
}

static int pin(void *user)
{
    struct job *job = user;

    return pin_add_within(job->store, &job->cid, &job->owner, NULL,
                          job->limit_bytes);
}

void store_async_pin(uv_loop_t *loop, struct store *store,
                     const struct cid *root, const struct pin_owner *owner,
                     uint64_t limit_bytes, store_async_done *done, void *user)
{
    struct job *job = job_new(store, user);

    job->cid = *root;
    job->owner = *owner;
    job->limit_bytes = limit_bytes;
    job->done = done;
    store_async_run(loop, pin, job_done, job);
}

static int begin_round(void *user)
{
    struct job *job = user;
    int status = pin_round_began(job->store, &job->task, job->round,
                                 clock_unix_ms(), &job->ended);

    if (status || !job->ended)
        return status;
    return collection_run(job->store, &job->options, &job->result);
}

static void round_done(void *user, int status)
{
    struct job *job = user;

    job->collected(job->user, status, job->ended,
                   job->ended ? &job->result : NULL);
    free(job);
}

void store_async_begin_round(uv_loop_t *loop, struct store *store,
                             const struct pubkey *task, uint64_t round,
                             const struct collection_options *options,
                             store_async_collected *done, void *user)
{
    struct job *job = job_new(store, user);

    job->task = *task;
    job->round = round;
    job->options = *options;
    job->collected = done;
    store_async_run(loop, begin_round, round_done, job);
}

static int forget_task(void *user)
{
    struct job *job = user;

    return pin_task_forgotten(job->store, &job->task, NULL);
}

void store_async_forget_task(uv_loop_t *loop, struct store *store,
                             const struct pubkey *task, store_async_done *done,
                             void *user)
{
    struct job *job = job_new(store, user);

    job->task = *task;
    job->done = done;
    store_async_run(loop, forget_task, job_done, job);
}
