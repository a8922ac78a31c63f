/*
 * The thread has one report for the loop at most, in which later outcomes take
 * the place of earlier ones.
 */
#include "settlement/write_ahead/write_ahead_thread.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "net/inbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define WRITE_AHEAD_THREAD_MAGIC 0x57414844u

/* What the thread tells the loop. */
struct report {
    struct inbox_item item;
    bool is_underway;
    uint64_t ticket;
    int status;
    char error[ERR_TEXT_SIZE];
};

/* Nothing is to be committed. */
#define NEVER UINT64_MAX

/* 1. due_ns, is_stopping and report are under the lock.
 * 2. inbox and what follows are the loop's. */
struct write_ahead_thread {
    unsigned magic;
    struct write_ahead *ahead;
    struct write_ahead_events events;
    pthread_t thread;

    struct lock lock;
    struct lock_change changed;
    uint64_t due_ns; /* of the next commit, by the monotonic clock */
    bool is_stopping;
    struct report report;

    struct inbox *inbox;
    bool has_told;
    void (*closed)(void *user);
    void *closed_user;
};

/* ---- the thread ---- */

/* False if there is nothing to do any more. */
static bool wait_for_work(struct write_ahead_thread *thread)
{
    lock_take(&thread->lock);
    while (thread->due_ns > clock_monotonic_ns() && !thread->is_stopping)
        if (thread->due_ns == NEVER)
            lock_change_wait(&thread->changed, &thread->lock);
        else
            lock_change_wait_until(&thread->changed, &thread->lock,
                                   thread->due_ns);
    thread->due_ns = NEVER;
    bool is_last = thread->is_stopping;
    lock_give(&thread->lock);
    return !is_last;
}

static void report(struct write_ahead_thread *thread, int status)
{
    uint64_t ticket = write_ahead_durable(thread->ahead);

    lock_take(&thread->lock);
    thread->report.ticket = ticket;
    thread->report.status = status;
    if (status)
        snprintf(thread->report.error, sizeof(thread->report.error), "%s",
                 err_text());
    bool is_new = !thread->report.is_underway;
    thread->report.is_underway = true;
    lock_give(&thread->lock);
    if (is_new)
        inbox_put(thread->inbox, &thread->report.item);
}

static int commit(struct write_ahead_thread *thread)
{
    if (!write_ahead_is_waiting(thread->ahead))
        return 0;
    int status = write_ahead_commit(thread->ahead);
    report(thread, status);
    return status;
}

static void *run(void *user)
{
    struct write_ahead_thread *thread = user;
    int status = 0;

    pthread_setname_np(pthread_self(), "write-ahead");
    while (!status && wait_for_work(thread))
        status = commit(thread);
    /* What came with the order to stop. */
    if (!status)
        (void)commit(thread);
    return NULL;
}

/* ---- the loop ---- */

static void take_report(void *user, struct inbox_item *item)
{
    struct write_ahead_thread *thread = user;
    struct report *posted = INBOX_OF(item, struct report, item);

    CHECK_MAGIC(thread, WRITE_AHEAD_THREAD_MAGIC);
    lock_take(&thread->lock);
    posted->is_underway = false;
    uint64_t ticket = posted->ticket;
    int status = posted->status;
    if (status)
        err_set(status, "%s", posted->error);
    lock_give(&thread->lock);
    if (!status) {
        thread->events.durable(thread->events.user, ticket);
    } else if (!thread->has_told) {
        thread->has_told = true;
        thread->events.failed(thread->events.user, status);
    }
}

struct write_ahead_thread *
write_ahead_thread_start(struct write_ahead *ahead, uv_loop_t *loop,
                         const struct write_ahead_events *events)
{
    struct write_ahead_thread *thread = mem_zero(1, sizeof(*thread));

    thread->magic = WRITE_AHEAD_THREAD_MAGIC;
    thread->ahead = ahead;
    thread->due_ns = NEVER;
    thread->events = *events;
    thread->inbox = inbox_new(loop, take_report, thread);
    lock_init(&thread->lock);
    lock_change_init(&thread->changed);
    CHECK(!pthread_create(&thread->thread, NULL, run, thread));
    return thread;
}

void write_ahead_thread_wake(struct write_ahead_thread *thread,
                             uint64_t wait_ms)
{
    CHECK_MAGIC(thread, WRITE_AHEAD_THREAD_MAGIC);
    uint64_t due_ns = clock_monotonic_ns() + wait_ms * 1000000;

    lock_take(&thread->lock);
    if (due_ns < thread->due_ns) {
        thread->due_ns = due_ns;
        lock_change_wake_one(&thread->changed);
    }
    lock_give(&thread->lock);
}

/* ---- the end ---- */

static void inbox_gone(void *user)
{
    struct write_ahead_thread *thread = user;
    void (*closed)(void *user) = thread->closed;
    void *closed_user = thread->closed_user;

    lock_change_destroy(&thread->changed);
    lock_destroy(&thread->lock);
    thread->magic = 0;
    free(thread);
    if (closed)
        closed(closed_user);
}

int write_ahead_thread_stop(struct write_ahead_thread *thread,
                            void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(thread, WRITE_AHEAD_THREAD_MAGIC);
    lock_take(&thread->lock);
    thread->is_stopping = true;
    lock_change_wake_one(&thread->changed);
    lock_give(&thread->lock);
    CHECK(!pthread_join(thread->thread, NULL));
    thread->closed = closed;
    thread->closed_user = user;
    inbox_close(thread->inbox, inbox_gone, thread);
    int status = thread->report.status;
    return status ? err_set(status, "%s", thread->report.error) : 0;
}
