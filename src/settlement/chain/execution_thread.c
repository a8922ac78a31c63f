/*
 * One thread, because the transactions of a slot change one state in one order.
 * Other threads do all other work: those that bring transactions check
 * signatures (mempool.h), and the flusher works on the disk.
 *
 * The thread waits at one of three places, and an order wakes it from each:
 * in the mempool for a transaction, in the slot control for the end of a pause,
 * and here for the time.
 */
#include "settlement/chain/execution_thread.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/slot_control.h"
#include <pthread.h>
#include <stdlib.h>

#define EXECUTION_THREAD_MAGIC 0x45584543u

struct queued {
    struct execution_order order;
    struct queued *next;
};

/* first and last are under the lock, the execution is the thread's. */
struct execution_thread {
    unsigned magic;
    struct execution_thread_options options;
    pthread_t thread;
    struct execution *execution;
    struct lock lock;
    struct lock_change changed;
    struct queued *first, **last;
};

/* ---- Orders ---- */

/* In the order in which they came. */
static void take_orders(struct execution_thread *thread)
{
    lock_take(&thread->lock);
    struct queued *queued = thread->first;
    thread->first = NULL;
    thread->last = &thread->first;
    lock_give(&thread->lock);
    while (queued) {
        struct queued *next = queued->next;
        execution_order(thread->execution, &queued->order);
        free(queued);
        queued = next;
    }
}

void execution_thread_order(struct execution_thread *thread,
                            const struct execution_order *order)
{
    CHECK_MAGIC(thread, EXECUTION_THREAD_MAGIC);
    struct queued *queued = mem_zero(1, sizeof(*queued));
    queued->order = *order;
    lock_take(&thread->lock);
    *thread->last = queued;
    thread->last = &queued->next;
    lock_change_wake_one(&thread->changed);
    lock_give(&thread->lock);
    mempool_wake(thread->options.execution.mempool);
    if (thread->options.execution.control)
        slot_control_wake(thread->options.execution.control);
}

static void sleep_until(struct execution_thread *thread, uint64_t until_ns)
{
    lock_take(&thread->lock);
    while (!thread->first) {
        if (until_ns == UINT64_MAX)
            lock_change_wait(&thread->changed, &thread->lock);
        else if (!lock_change_wait_until(&thread->changed, &thread->lock,
                                         until_ns))
            break;
    }
    lock_give(&thread->lock);
}

/* ---- The thread ---- */

/* An error is one of the disk, or the network went where this validator can't
 * follow. */
static int step(struct execution_thread *thread, struct execution_step *out)
{
    struct flusher *flusher = thread->options.flusher;
    const struct execution_seen seen = {.now_ns = clock_monotonic_ns(),
                                        .now_ms = clock_unix_ms(),
                                        .durable_slot =
                                            flusher_durable_slot(flusher)};
    if (execution_wants_spare(thread->execution))
        execution_lend(thread->execution, flusher_block(flusher));
    return execution_step(thread->execution, &seen, out);
}

/* Pushing may wait for the disk. */
static void tell_events(struct execution_thread *thread)
{
    const struct execution_thread_events *events = &thread->options.events;
    struct execution_event event;
    while (execution_next(thread->execution, &event)) {
        if (events->happened)
            events->happened(events->user, &event);
        if (event.kind == EXECUTION_FINAL)
            flusher_push(thread->options.flusher,
                         executed_block_retain(event.block));
    }
}

static void wait_for(struct execution_thread *thread,
                     const struct execution_step *step)
{
    switch (step->act) {
    case EXECUTION_WAIT:
        mempool_wait(thread->options.execution.mempool, step->until_ns);
        break;
    case EXECUTION_SLEEP:
        sleep_until(thread, step->until_ns);
        break;
    case EXECUTION_REST:
        slot_control_wait(thread->options.execution.control);
        break;
    case EXECUTION_GO_ON:
    case EXECUTION_END:
        break;
    }
}

/* An error is reported, because otherwise the endpoint would go on answering
 * although the chain stands still. An error of the flusher, which reports it
 * itself, ends the thread, too: further blocks would only fill the memory. */
static void *run(void *user)
{
    struct execution_thread *thread = user;
    const struct execution_thread_events *events = &thread->options.events;
    struct execution_step next = {.act = EXECUTION_GO_ON};
    int status = 0;
    pthread_setname_np(pthread_self(), "execution");
    while (!flusher_has_failed(thread->options.flusher)) {
        take_orders(thread);
        status = step(thread, &next);
        if (status || next.act == EXECUTION_END)
            break;
        tell_events(thread);
        wait_for(thread, &next);
    }
    if (status) {
        err_add(status, "no further block can be executed");
        log_error("execution", "%s", err_text());
        if (events->failed)
            events->failed(events->user, status);
    }
    return NULL;
}

struct execution_thread *
execution_thread_start(const struct execution_thread_options *options)
{
    struct execution_thread *thread = mem_zero(1, sizeof(*thread));
    thread->magic = EXECUTION_THREAD_MAGIC;
    thread->options = *options;
    thread->execution = execution_new(&options->execution);
    thread->last = &thread->first;
    lock_init(&thread->lock);
    lock_change_init(&thread->changed);
    CHECK(pthread_create(&thread->thread, NULL, run, thread) == 0);
    return thread;
}

/* The slot under way ends with all its ticks, which may take long with a costly
 * proof of history. Call it before flusher_stop(). Orders that came too late
 * are dropped. */
void execution_thread_stop(struct execution_thread *thread)
{
    const struct execution_order stop = {.kind = EXECUTION_STOP};
    if (!thread)
        return;
    execution_thread_order(thread, &stop);
    CHECK(pthread_join(thread->thread, NULL) == 0);
    take_orders(thread);
    execution_free(thread->execution);
    lock_change_destroy(&thread->changed);
    lock_destroy(&thread->lock);
    thread->magic = 0;
    free(thread);
}
