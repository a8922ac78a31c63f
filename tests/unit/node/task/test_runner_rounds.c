/* The clock of a task's rounds, and what it lets happen once. */
#include "test.h"

#include "node/task/runner_rounds.h"

static struct runner_rounds *make(void)
{
    const struct pubkey own = {{1}}, task = {{2}};

    return runner_rounds_new(&own, &task, 100);
}

static void test_slots_only_grow_until_they_are_taken_back(void **state)
{
    struct runner_rounds *rounds = make();

    assert_false(runner_rounds_advance(rounds, 100));
    assert_true(runner_rounds_advance(rounds, 110));
    assert_false(runner_rounds_advance(rounds, 109));
    assert_int_equal(runner_rounds_slot(rounds), 110);
    runner_rounds_set(rounds, 50, 0);
    assert_true(runner_rounds_advance(rounds, 51));
    runner_rounds_free(rounds);
}

static void test_a_round_begins_once_and_anew_when_forgotten(void **state)
{
    struct runner_rounds *rounds = make();

    /* Round 0 is a round like any other. */
    assert_true(runner_rounds_begin(rounds, 0));
    assert_false(runner_rounds_begin(rounds, 0));
    assert_true(runner_rounds_begin(rounds, 1));
    runner_rounds_forget(rounds);
    assert_true(runner_rounds_begin(rounds, 1));
    runner_rounds_free(rounds);
}

static void test_nothing_ends_before_two_answers_agree(void **state)
{
    struct runner_rounds *rounds = make();

    runner_rounds_count_view(rounds, true);
    assert_false(runner_rounds_end(rounds, 3));
    runner_rounds_count_view(rounds, true);
    assert_true(runner_rounds_end(rounds, 3));
    assert_false(runner_rounds_end(rounds, 3));
    assert_true(runner_rounds_end(rounds, 4));
    runner_rounds_count_view(rounds, false);
    assert_false(runner_rounds_end(rounds, 5));
    runner_rounds_count_view(rounds, true);
    assert_true(runner_rounds_end(rounds, 5));
    runner_rounds_free(rounds);
}

static void test_idle_rounds_are_those_since_the_last_active_one(void **state)
{
    struct runner_rounds *rounds = make();

    assert_int_equal(runner_rounds_idle(rounds, 7, true), 0);
    assert_int_equal(runner_rounds_idle(rounds, 8, false), 1);
    assert_int_equal(runner_rounds_idle(rounds, 9, false), 2);
    /* The clock was taken back to before the active one. */
    assert_int_equal(runner_rounds_idle(rounds, 2, false), 0);
    assert_int_equal(runner_rounds_idle(rounds, 4, false), 2);
    runner_rounds_free(rounds);
}

static void
test_a_list_of_each_kind_is_sent_in_a_round_of_the_clock(void **state)
{
    struct runner_rounds *rounds = make();

    assert_true(runner_rounds_may_list(rounds, 0, 0));
    assert_false(runner_rounds_has_listed(rounds, 0, 0));
    runner_rounds_note_list(rounds, 9, 6);
    assert_true(runner_rounds_has_listed(rounds, 9, 6));
    assert_false(runner_rounds_has_listed(rounds, 10, 6));
    assert_true(runner_rounds_may_list(rounds, 9, 6));
    assert_false(runner_rounds_may_list(rounds, 9, 5));
    assert_true(runner_rounds_may_list(rounds, 10, 5));
    /* The one in its own turn has an account of its own. */
    assert_false(runner_rounds_has_listed(rounds, 9, 7));
    assert_true(runner_rounds_may_list(rounds, 9, 7));
    runner_rounds_note_list(rounds, 9, 7);
    assert_true(runner_rounds_has_listed(rounds, 9, 7));
    assert_true(runner_rounds_may_list(rounds, 9, 6));
    runner_rounds_forget(rounds);
    assert_true(runner_rounds_may_list(rounds, 9, 5));
    runner_rounds_free(rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_only_grow_until_they_are_taken_back),
        cmocka_unit_test(test_a_round_begins_once_and_anew_when_forgotten),
        cmocka_unit_test(test_nothing_ends_before_two_answers_agree),
        cmocka_unit_test(test_idle_rounds_are_those_since_the_last_active_one),
        cmocka_unit_test(
            test_a_list_of_each_kind_is_sent_in_a_round_of_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
