/*
 * The thread that executes and makes blocks (execution.h), sleeps in between,
 * and hands what is final to the flusher.
 *
 * If the proof of history is idle (genesis: hashes_per_tick 0), the thread
 * sleeps through a slot without transactions and makes its ticks at the end, so
 * an idle chain costs almost nothing.
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTION_THREAD_H
#define POND_SETTLEMENT_CHAIN_EXECUTION_THREAD_H

#include "settlement/chain/execution.h"

struct execution_thread;
struct flusher;

/* Called on the execution's thread, with no lock held. They may give orders. */
struct execution_thread_events {
    /* See execution.h; an event of kind FINAL comes before the flusher gets
     * the block. */
    void (*happened)(void *user, const struct execution_event *event);
    /* The thread ends; err_text() says why. */
    void (*failed)(void *user, int status);
    void *user;
};

struct execution_thread_options {
    struct execution_options execution;
    struct flusher *flusher;
    struct execution_thread_events events;
};

struct execution_thread *
execution_thread_start(const struct execution_thread_options *options);

/* Takes the order's data over, and never waits. Thread: any. */
void execution_thread_order(struct execution_thread *thread,
                            const struct execution_order *order);

/* Order EXECUTION_STOP, and end the thread when it is done. No event comes
 * afterwards. NULL is allowed. */
void execution_thread_stop(struct execution_thread *thread);

#endif
