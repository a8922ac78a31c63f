#include "settlement/chain/block_fill.h"

#include "settlement/format/compute_budget.h"
#include "test.h"

#define MAX 8000000
#define PART ((MAX - COMPUTE_UNIT_LIMIT_MAX - 5000) / 4)
#define LEAST 40000

static void test_blocks_begin_small_and_hold_any_transaction(void **state)
{
    struct block_fill fill = block_fill_make(MAX);
    assert_int_equal(fill.units, PART);
    /* There is always room for any transaction. */
    assert_int_equal(block_fill_bound(&fill),
                     PART + COMPUTE_UNIT_LIMIT_MAX + 5000);
    assert_int_equal(block_fill_make(100).units, LEAST);
}

static void test_full_blocks_that_are_final_let_the_next_grow(void **state)
{
    struct block_fill fill = block_fill_make(MAX);
    block_fill_final(&fill, PART / 2); /* it was not full */
    assert_int_equal(fill.units, PART);
    block_fill_final(&fill, PART);
    assert_int_equal(fill.units, PART + PART / 4);
    for (int i = 0; i < 100; i++)
        block_fill_final(&fill, fill.units);
    assert_int_equal(block_fill_bound(&fill), MAX);
}

static void test_a_window_that_lost_makes_the_next_half_as_full(void **state)
{
    struct block_fill fill = block_fill_make(MAX);
    for (uint64_t slot = 0; slot < 4; slot++)
        block_fill_lost(&fill, slot);
    assert_int_equal(fill.units, PART / 2);
    for (uint64_t slot = 4; slot < 400; slot += 4)
        block_fill_lost(&fill, slot);
    assert_int_equal(fill.units, LEAST);
    block_fill_final(&fill, LEAST);
    uint64_t before = fill.units;
    block_fill_lost(&fill, 44); /* it is told late */
    assert_int_equal(fill.units, before);
    fill.units = LEAST;
    /* Once one has lost they grow more slowly. */
    block_fill_final(&fill, LEAST);
    assert_int_equal(fill.units, LEAST + LEAST / 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_begin_small_and_hold_any_transaction),
        cmocka_unit_test(test_full_blocks_that_are_final_let_the_next_grow),
        cmocka_unit_test(test_a_window_that_lost_makes_the_next_half_as_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
