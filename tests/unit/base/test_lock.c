/*
 * Locks, and waiting under them.
 */
#include "test.h"

#include "base/clock.h"
#include "base/lock.h"

#define THREADS 4
#define ROUNDS 20000

struct shared {
    struct lock lock;
    struct lock_change changed;
    unsigned count;
    unsigned waiting;
    bool is_open;
};

static void *count_up(void *user)
{
    struct shared *shared = user;

    for (int i = 0; i < ROUNDS; i++) {
        lock_take(&shared->lock);
        shared->count++;
        lock_give(&shared->lock);
    }
    return NULL;
}

static void test_one_thread_at_a_time_holds_a_lock(void **state)
{
    struct shared shared = {.lock = LOCK_INITIALIZER};
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &shared),
                         0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shared.count, THREADS * ROUNDS);
    lock_destroy(&shared.lock);
}

static void *wait_for_opening(void *user)
{
    struct shared *shared = user;

    lock_take(&shared->lock);
    shared->waiting++;
    while (!shared->is_open)
        lock_change_wait(&shared->changed, &shared->lock);
    shared->count++;
    lock_give(&shared->lock);
    return NULL;
}

static void test_a_change_wakes_all_that_wait(void **state)
{
    struct shared shared = {0};
    pthread_t threads[THREADS];
    unsigned waiting = 0;

    lock_init(&shared.lock);
    lock_change_init(&shared.changed);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, wait_for_opening, &shared), 0);
    while (waiting < THREADS) {
        lock_take(&shared.lock);
        waiting = shared.waiting;
        assert_int_equal(shared.count, 0);
        lock_give(&shared.lock);
    }
    lock_take(&shared.lock);
    shared.is_open = true;
    lock_change_wake_all(&shared.changed);
    lock_give(&shared.lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shared.count, THREADS);
    lock_change_destroy(&shared.changed);
    lock_destroy(&shared.lock);
}

static void test_a_wait_ends_at_its_time(void **state)
{
    struct shared shared = {0};
    uint64_t begun_ns = clock_monotonic_ns();

    lock_init(&shared.lock);
    lock_change_init(&shared.changed);
    lock_take(&shared.lock);
    /* Wake-ups by chance are allowed. */
    while (lock_change_wait_until(&shared.changed, &shared.lock,
                                  begun_ns + 20000000))
        continue;
    assert_true(clock_monotonic_ns() >= begun_ns + 20000000);
    /* A time that is over does not wait. */
    assert_false(lock_change_wait_until(&shared.changed, &shared.lock, 0));
    lock_give(&shared.lock);
    lock_change_destroy(&shared.changed);
    lock_destroy(&shared.lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread_at_a_time_holds_a_lock),
        cmocka_unit_test(test_a_change_wakes_all_that_wait),
        cmocka_unit_test(test_a_wait_ends_at_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
