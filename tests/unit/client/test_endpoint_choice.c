/*
 * Which endpoint is used: the rules, in made-up time.
 */
#include "client/endpoint_choice.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOME "home"

static struct endpoint_choice made(size_t count)
{
    struct endpoint_choice choice;

    endpoint_choice_init(&choice, count);
    return choice;
}

/* A whole round; 0: no answer. */
static bool round_of(struct endpoint_choice *choice, const uint64_t *slots,
                     uint64_t now_ms)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (slots[i])
            endpoint_choice_saw(choice, i, HOME, slots[i], now_ms);
        else
            endpoint_choice_lost(choice, i);
    }
    return endpoint_choice_decide(choice, true, now_ms);
}

static void test_the_first_that_answers_is_used(void **state)
{
    struct endpoint_choice choice = made(3);

    assert_false(round_of(&choice, (uint64_t[]){100, 100, 100}, 0));
    assert_int_equal(choice.current, 0);
    assert_true(round_of(&choice, (uint64_t[]){0, 101, 101}, 1));
    assert_int_equal(choice.current, 1);
    assert_true(round_of(&choice, (uint64_t[]){0, 0, 102}, 2));
    assert_int_equal(choice.current, 2);
    /* With none left it stays where it is. */
    assert_false(round_of(&choice, (uint64_t[]){0, 0, 0}, 3));
    assert_false(endpoint_choice_is_good(&choice));
}

/* Nobody waits for a silent one, unless it is preferred and not known yet. */
static void test_a_preferred_one_is_waited_for_at_the_beginning(void **state)
{
    struct endpoint_choice choice = made(3);

    endpoint_choice_saw(&choice, 1, HOME, 100, 0);
    assert_false(endpoint_choice_decide(&choice, false, 0));
    assert_false(endpoint_choice_is_good(&choice));
    endpoint_choice_lost(&choice, 0);
    assert_true(endpoint_choice_decide(&choice, false, 1));
    assert_int_equal(choice.current, 1);

    choice = made(2);
    endpoint_choice_saw(&choice, 0, HOME, 100, 0);
    assert_false(endpoint_choice_decide(&choice, false, 0));
    assert_true(endpoint_choice_is_good(&choice));
}

static void test_it_goes_back_when_the_preferred_one_is_steady(void **state)
{
    struct endpoint_choice choice = made(2);

    round_of(&choice, (uint64_t[]){100, 100}, 0);
    round_of(&choice, (uint64_t[]){0, 101}, 1000);
    assert_int_equal(choice.current, 1);
    assert_false(round_of(&choice, (uint64_t[]){110, 110}, 5000));
    /* Away for a moment: its time begins anew. */
    assert_false(round_of(&choice, (uint64_t[]){0, 115}, 10000));
    assert_false(round_of(&choice, (uint64_t[]){120, 120}, 15000));
    assert_false(round_of(&choice, (uint64_t[]){130, 130},
                          15000 + ENDPOINT_STEADY_MS - 1));
    assert_true(
        round_of(&choice, (uint64_t[]){130, 130}, 15000 + ENDPOINT_STEADY_MS));
    assert_int_equal(choice.current, 0);
}

static void test_one_that_is_behind_is_left_after_two_looks(void **state)
{
    struct endpoint_choice choice = made(2);
    const uint64_t behind = 10000 - ENDPOINT_BEHIND_SLOTS - 1;

    round_of(&choice, (uint64_t[]){10000, 10000}, 0);
    assert_false(round_of(&choice, (uint64_t[]){behind, 10000}, 1));
    assert_true(round_of(&choice, (uint64_t[]){behind, 10000}, 2));
    assert_int_equal(choice.current, 1);
    assert_int_equal(choice.seen[0].state, ENDPOINT_BEHIND);
    /* It still answers, and is better than none. */
    assert_false(round_of(&choice, (uint64_t[]){behind, 0}, 3));
    round_of(&choice, (uint64_t[]){10100, 10100}, 10);
    assert_int_equal(choice.seen[0].state, ENDPOINT_GOOD);
}

/* Of three, a single one that runs ahead makes no other look behind. */
static void test_one_liar_of_three_moves_nothing(void **state)
{
    struct endpoint_choice choice = made(3);

    for (uint64_t i = 0; i < 5; i++)
        assert_false(round_of(
            &choice, (uint64_t[]){1000 + i, 1000 + i, 1000000 + i}, i));
    assert_int_equal(choice.current, 0);
}

static void test_another_network_is_never_used(void **state)
{
    struct endpoint_choice choice = made(2);

    endpoint_choice_saw(&choice, 0, HOME, 100, 0);
    endpoint_choice_saw(&choice, 1, "other", 100000, 0);
    assert_false(endpoint_choice_decide(&choice, true, 0));
    assert_string_equal(choice.genesis, HOME);
    assert_int_equal(choice.seen[1].state, ENDPOINT_OTHER);
    for (uint64_t i = 1; i < 4; i++) {
        endpoint_choice_lost(&choice, 0);
        endpoint_choice_saw(&choice, 1, "other", 100000 + i, i);
        assert_false(endpoint_choice_decide(&choice, true, i));
    }
    assert_int_equal(choice.current, 0);
    assert_int_equal(endpoint_choice_after(&choice, 0), 0);
}

/* The node's folder knows the network: the preferred endpoint does not. */
static void test_the_network_that_is_expected_counts(void **state)
{
    struct endpoint_choice choice = made(2);

    endpoint_choice_expect(&choice, HOME);
    endpoint_choice_saw(&choice, 0, "other", 100, 0);
    endpoint_choice_saw(&choice, 1, HOME, 100, 0);
    assert_true(endpoint_choice_decide(&choice, true, 0));
    assert_int_equal(choice.current, 1);
    /* The network behind a URL may come back. */
    endpoint_choice_saw(&choice, 0, HOME, 100, 1);
    assert_false(endpoint_choice_decide(&choice, true, 1));
    assert_true(endpoint_choice_decide(&choice, true, 1 + ENDPOINT_STEADY_MS));
    assert_int_equal(choice.current, 0);
}

static void test_an_endpoint_that_does_not_say_is_believed(void **state)
{
    struct endpoint_choice choice = made(2);

    endpoint_choice_expect(&choice, HOME);
    endpoint_choice_saw(&choice, 0, "", 100, 0);
    assert_false(endpoint_choice_decide(&choice, false, 0));
    assert_true(endpoint_choice_is_good(&choice));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_answers_is_used),
        cmocka_unit_test(test_a_preferred_one_is_waited_for_at_the_beginning),
        cmocka_unit_test(test_it_goes_back_when_the_preferred_one_is_steady),
        cmocka_unit_test(test_one_that_is_behind_is_left_after_two_looks),
        cmocka_unit_test(test_one_liar_of_three_moves_nothing),
        cmocka_unit_test(test_another_network_is_never_used),
        cmocka_unit_test(test_the_network_that_is_expected_counts),
        cmocka_unit_test(test_an_endpoint_that_does_not_say_is_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
