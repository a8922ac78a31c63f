/* Who uses more than its share rests, and no longer than it has to. */
#include "runtime/wire/cpu_share.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A process that uses all it can get, looked at every 100 ms: what it got. */
static uint64_t run_greedily(uint32_t percent, uint64_t seconds)
{
    struct cpu_share share = cpu_share_make(percent, 1000);
    uint64_t used_ms = 0;
    bool is_resting = false;
    for (uint64_t i = 1; i <= seconds * 10; i++) {
        used_ms += is_resting ? 0 : 100;
        is_resting = cpu_share_look(&share, 1000 + i * 100, used_ms);
    }
    return used_ms;
}

static void test_a_greedy_process_gets_its_share(void **state)
{
    static const uint32_t shares[] = {1, 10, 30, 75, 99};
    for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
        uint64_t used_ms = run_greedily(shares[i], 100);
        uint64_t fair_ms = shares[i] * 1000;
        assert_in_range(used_ms, fair_ms, fair_ms + CPU_SHARE_BURST_MS + 200);
    }
}

static void test_without_a_limit_nobody_rests(void **state)
{
    assert_int_equal(run_greedily(0, 10), 10000);
}

/* A share of two processors, used by threads. */
static void test_a_share_may_be_more_than_one_processor(void **state)
{
    struct cpu_share share = cpu_share_make(200, 0);
    assert_false(cpu_share_look(&share, 1000, 2000));
    assert_false(cpu_share_look(&share, 2000, 4000));
    assert_true(cpu_share_look(&share, 3000, 9000));
}

static void test_a_sleeper_saves_up_no_more_than_the_burst(void **state)
{
    struct cpu_share share = cpu_share_make(10, 0);
    assert_false(cpu_share_look(&share, 1000000, 0));
    assert_true(cpu_share_look(&share, 1000100, CPU_SHARE_BURST_MS + 100));
}

static void test_another_share_holds_from_then_on(void **state)
{
    struct cpu_share share = cpu_share_make(0, 0);
    assert_false(cpu_share_look(&share, 1000, 90000));
    /* Nothing of before is owed, and nothing more is saved up. */
    cpu_share_change(&share, 50, 100000, 90000);
    assert_false(cpu_share_look(&share, 101000, 91000));
    assert_true(cpu_share_look(&share, 102000, 92001));
    /* A smaller one is not paid for with the larger one's time. */
    cpu_share_change(&share, 10, 110000, 92001);
    assert_true(cpu_share_look(&share, 110100, 92600));
    cpu_share_change(&share, 0, 110100, 92600);
    assert_false(cpu_share_look(&share, 110200, 99000));
}

static void test_time_that_shrinks_counts_as_none(void **state)
{
    struct cpu_share share = cpu_share_make(10, 0);
    assert_false(cpu_share_look(&share, 1000, 400));
    assert_false(cpu_share_look(&share, 2000, 100));
    assert_false(cpu_share_look(&share, 3000, 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_greedy_process_gets_its_share),
        cmocka_unit_test(test_without_a_limit_nobody_rests),
        cmocka_unit_test(test_a_share_may_be_more_than_one_processor),
        cmocka_unit_test(test_a_sleeper_saves_up_no_more_than_the_burst),
        cmocka_unit_test(test_another_share_holds_from_then_on),
        cmocka_unit_test(test_time_that_shrinks_counts_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
