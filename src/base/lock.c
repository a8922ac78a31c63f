/*
 * An error of pthread here is a mistake of the program (a lock that was never
 * made, or is given back by another thread), and never one of its input: hence
 * CHECK.
 */
#include "base/lock.h"

#include "base/check.h"

#include <errno.h>
#include <time.h>

void lock_init(struct lock *lock)
{
    CHECK(!pthread_mutex_init(&lock->mutex, NULL));
}

void lock_destroy(struct lock *lock)
{
    CHECK(!pthread_mutex_destroy(&lock->mutex));
}

void lock_take(struct lock *lock)
{
    CHECK(!pthread_mutex_lock(&lock->mutex));
}

void lock_give(struct lock *lock)
{
    CHECK(!pthread_mutex_unlock(&lock->mutex));
}

/* A clock that is set back, or forward, must not change how long a wait is. */
void lock_change_init(struct lock_change *change)
{
    pthread_condattr_t attributes;

    CHECK(!pthread_condattr_init(&attributes));
    CHECK(!pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    CHECK(!pthread_cond_init(&change->condition, &attributes));
    CHECK(!pthread_condattr_destroy(&attributes));
}

void lock_change_destroy(struct lock_change *change)
{
    CHECK(!pthread_cond_destroy(&change->condition));
}

void lock_change_wait(struct lock_change *change, struct lock *lock)
{
    CHECK(!pthread_cond_wait(&change->condition, &lock->mutex));
}

bool lock_change_wait_until(struct lock_change *change, struct lock *lock,
                            uint64_t at_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(at_ns / 1000000000),
                                   .tv_nsec = (long)(at_ns % 1000000000)};
    int error =
        pthread_cond_timedwait(&change->condition, &lock->mutex, &until);

    CHECK(!error || error == ETIMEDOUT);
    return !error;
}

void lock_change_wake_one(struct lock_change *change)
{
    CHECK(!pthread_cond_signal(&change->condition));
}

void lock_change_wake_all(struct lock_change *change)
{
    CHECK(!pthread_cond_broadcast(&change->condition));
}
