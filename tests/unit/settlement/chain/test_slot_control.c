/*
 * Slots that are bent, asked for by one thread and waited for by another.
 */
#include "settlement/chain/slot_control.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct waiter {
    struct slot_control *control;
    pthread_t thread;
    atomic_bool has_begun;
    atomic_bool may_return; /* set before the wait is to end */
    bool was_early;
};

static void *wait_in(void *user)
{
    struct waiter *waiter = user;

    atomic_store(&waiter->has_begun, true);
    slot_control_wait(waiter->control);
    waiter->was_early = !atomic_load(&waiter->may_return);
    return NULL;
}

/* Wait in a thread until end() is called. */
static void expect_wait(struct slot_control *control,
                        void (*end)(struct slot_control *))
{
    struct waiter waiter = {.control = control};

    assert_int_equal(pthread_create(&waiter.thread, NULL, wait_in, &waiter), 0);
    while (!atomic_load(&waiter.has_begun))
        ;
    slot_control_reach(control, 5); /* ends no pause */
    atomic_store(&waiter.may_return, true);
    end(control);
    assert_int_equal(pthread_join(waiter.thread, NULL), 0);
    assert_false(waiter.was_early);
}

static void test_a_pause_is_waited_for_until_it_is_over(void **state)
{
    struct slot_control *control = slot_control_new();

    slot_control_wait(control); /* there is none */
    slot_control_pause(control);
    assert_true(slot_control_look(control).is_paused);
    expect_wait(control, slot_control_resume);
    assert_false(slot_control_look(control).is_paused);
    slot_control_wait(control);
    slot_control_free(control);
}

static void test_a_wait_for_the_end_of_a_pause_is_interrupted(void **state)
{
    struct slot_control *control = slot_control_new();

    slot_control_pause(control);
    expect_wait(control, slot_control_wake);
    /* Who was woken before the wait does not wait. */
    slot_control_wake(control);
    slot_control_wait(control);
    assert_true(slot_control_look(control).is_paused);
    slot_control_free(control);
}

static void test_the_furthest_slot_counts(void **state)
{
    struct slot_control *control = slot_control_new();

    assert_int_equal(slot_control_look(control).reach, 0);
    slot_control_reach(control, 9);
    slot_control_reach(control, 3);
    assert_int_equal(slot_control_look(control).reach, 9);
    slot_control_free(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pause_is_waited_for_until_it_is_over),
        cmocka_unit_test(test_a_wait_for_the_end_of_a_pause_is_interrupted),
        cmocka_unit_test(test_the_furthest_slot_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
