/*
 * A lock, and changes that threads wait for under it. pthread's mutex and
 * condition, with three things settled: every call is checked, time limits are
 * of the clock that never goes back (base/clock.h), and a wait ends for no
 * other reason than a wake-up, its time limit, or by chance, so waits stand in
 * a loop:
 *
 *     lock_take(&queue->lock);
 *     while (!queue->first)
 *         lock_change_wait(&queue->changed, &queue->lock);
 *     ...
 *     lock_give(&queue->lock);
 *
 * A thread that takes a lock which it holds already waits for ever.
 */
#ifndef POND_BASE_LOCK_H
#define POND_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
    pthread_mutex_t mutex;
};

/* The initial value of a lock in static memory, which needs no lock_init(). */
#define LOCK_INITIALIZER                                                       \
    {                                                                          \
        PTHREAD_MUTEX_INITIALIZER                                              \
    }

void lock_init(struct lock *lock);
/* No thread may hold the lock. */
void lock_destroy(struct lock *lock);

void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

/* What threads wait for. */
struct lock_change {
    pthread_cond_t condition;
};

void lock_change_init(struct lock_change *change);
/* No thread may wait. */
void lock_change_destroy(struct lock_change *change);

/* The lock is held at the call and at the return, and free in between. */
void lock_change_wait(struct lock_change *change, struct lock *lock);

/* False if the time at_ns of clock_monotonic_ns() has come. */
bool lock_change_wait_until(struct lock_change *change, struct lock *lock,
                            uint64_t at_ns);

/* Wake one of the threads that wait, or all of them. */
void lock_change_wake_one(struct lock_change *change);
void lock_change_wake_all(struct lock_change *change);

#endif
