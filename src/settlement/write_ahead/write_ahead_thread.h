/*
 * The thread that brings a validator's votes and blocks to disk, for a program
 * with a loop. What is put while a commit is under way shares the next one, and
 * so does what may wait with what may not.
 *
 * Thread: the loop's.
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_WRITE_AHEAD_THREAD_H
#define POND_SETTLEMENT_WRITE_AHEAD_WRITE_AHEAD_THREAD_H

#include "settlement/write_ahead/write_ahead.h"
#include <uv.h>

struct write_ahead_thread;

/* From the loop, never from inside a call. */
struct write_ahead_events {
    /* Everything up to that ticket is durable. Tickets rise from call to call,
     * and not every one of them is told. */
    void (*durable)(void *user, uint64_t ticket);
    /* The disk failed; err_text() says how. Nothing becomes durable any more:
     * the validator must end. Called once. */
    void (*failed)(void *user, int status);
    void *user;
};

/* ahead is borrowed until the thread is closed. */
struct write_ahead_thread *
write_ahead_thread_start(struct write_ahead *ahead, uv_loop_t *loop,
                         const struct write_ahead_events *events);

/* Something was put, and is to be committed now, or with what is put in the
 * next wait_ms. To be called once after the puts of one turn of the loop, so
 * that they share a commit. */
void write_ahead_thread_wake(struct write_ahead_thread *thread,
                             uint64_t wait_ms);

/* Commit what is queued, which is waited for, and call no event any more.
 * Returns what the last commit returned, with its text. closed (NULL is
 * allowed) is called from the loop when nothing of it is left. */
int write_ahead_thread_stop(struct write_ahead_thread *thread,
                            void (*closed)(void *user), void *user);

#endif
