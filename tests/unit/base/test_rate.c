#include "base/rate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_burst_then_the_rate(void **state)
{
    struct rate rate = rate_make(10, 30, 1000);
    assert_true(rate_take(&rate, 1000, 30));
    assert_false(rate_take(&rate, 1000, 1));
    assert_false(rate_take(&rate, 1099, 1));
    assert_true(rate_take(&rate, 1100, 1));
    assert_false(rate_take(&rate, 1100, 1));
    assert_true(rate_take(&rate, 2100, 10));
}

static void test_bucket_does_not_overflow(void **state)
{
    struct rate rate = rate_make(UINT32_MAX, UINT32_MAX, 0);
    assert_true(rate_take(&rate, UINT64_MAX, UINT32_MAX));
    assert_false(rate_take(&rate, UINT64_MAX, 1));
}

static void test_clock_that_goes_back_gives_nothing(void **state)
{
    struct rate rate = rate_make(10, 10, 1000);
    assert_true(rate_take(&rate, 1000, 10));
    assert_false(rate_take(&rate, 0, 1));
    assert_false(rate_take(&rate, 1000, 1));
}

static void test_forced_amount_empties_the_bucket(void **state)
{
    struct rate rate = rate_make(10, 10, 0);
    assert_true(rate_force(&rate, 0, 4));
    assert_false(rate_force(&rate, 0, 7));
    assert_false(rate_take(&rate, 0, 1));
    assert_true(rate_take(&rate, 100, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_the_rate),
        cmocka_unit_test(test_bucket_does_not_overflow),
        cmocka_unit_test(test_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(test_forced_amount_empties_the_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
