#include "test.h"

#include "node/task/backoff.h"

static void test_waits_double_up_to_five_minutes(void **state)
{
    static const uint64_t seconds[] = {2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    struct backoff backoff = {0};

    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
        assert_int_equal(backoff_next_ms(&backoff, 1000, 2000),
                         seconds[i] * 1000);
}

static void test_five_hours_of_work_begin_the_count_anew(void **state)
{
    struct backoff backoff = {0};

    for (int i = 0; i < 6; i++)
        backoff_next_ms(&backoff, 0, 10);
    /* A millisecond less than five hours is not enough. */
    assert_int_equal(backoff_next_ms(&backoff, 0, BACKOFF_STABLE_MS - 1),
                     128000);
    assert_int_equal(backoff_next_ms(&backoff, 0, BACKOFF_STABLE_MS), 2000);
    assert_int_equal(backoff_next_ms(&backoff, 0, 1), 4000);
}

static void test_the_longest_run_of_ends_stays_at_the_limit(void **state)
{
    struct backoff backoff = {.ends = UINT32_MAX - 1};

    for (int i = 0; i < 3; i++)
        assert_int_equal(backoff_next_ms(&backoff, 5, 5), BACKOFF_MAX_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_double_up_to_five_minutes),
        cmocka_unit_test(test_five_hours_of_work_begin_the_count_anew),
        cmocka_unit_test(test_the_longest_run_of_ends_stays_at_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
