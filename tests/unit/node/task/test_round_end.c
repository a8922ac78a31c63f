/* How a round ended, by what an endpoint shows. */
#include "test.h"

#include "node/task/round_end.h"

static struct task_runner runner = {.own = {{7}}};

static void test_a_list_is_summed_and_read_for_this_node(void **state)
{
    static const struct task_list_entry list[] = {
        {.key = {{1}}, .amount = 5},
        {.key = {{2}}, .amount = -9},
        {.key = {{7}}, .amount = 3},
    };
    struct round_end *end = round_end_new(&runner, 4);

    round_end_take_list(end, list, 3);
    assert_true(end->has_read && end->has_mine);
    assert_int_equal(end->mine, 3);
    assert_int_equal(end->sum, 8);
    round_end_free(end);
}

static void test_amounts_of_any_size_have_a_sum(void **state)
{
    static const struct task_list_entry list[] = {
        {.key = {{1}}, .amount = INT64_MAX},
        {.key = {{2}}, .amount = INT64_MAX},
        {.key = {{3}}, .amount = 1},
        {.key = {{7}}, .amount = INT64_MIN},
    };
    struct round_end *end = round_end_new(&runner, 4);

    round_end_take_list(end, list, 4);
    assert_true(end->sum == INT64_MAX);
    assert_true(end->mine == INT64_MIN);
    round_end_free(end);
}

static void test_accusers_and_voters_count_alike(void **state)
{
    static const struct client_vote votes[] = {
        {.is_valid = false}, {.is_valid = true}, {.is_valid = true}};
    struct client_entry entry = {.votes = votes, .vote_count = 3};

    assert_int_equal(round_end_tally(&entry), 1);
    entry.vote_count = 1;
    assert_int_equal(round_end_tally(&entry), -1);
    entry.vote_count = 0;
    assert_int_equal(round_end_tally(&entry), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_summed_and_read_for_this_node),
        cmocka_unit_test(test_amounts_of_any_size_have_a_sum),
        cmocka_unit_test(test_accusers_and_voters_count_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
