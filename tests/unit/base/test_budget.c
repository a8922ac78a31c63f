#include "test.h"

#include "base/budget.h"
#include "base/error.h"

static void test_what_is_taken_must_fit(void **state)
{
    struct budget budget = {.name = "these", .limit_bytes = 100};

    assert_ok(budget_take(&budget, 60));
    assert_int_equal(budget_take(&budget, 41), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "these hold 60 bytes"));
    assert_int_equal(budget_take(&budget, UINT64_MAX), ERR_LIMIT);
    assert_ok(budget_take(&budget, 40));
    assert_int_equal(budget_left(&budget), 0);
    budget_give(&budget, 100);
    assert_ok(budget_take(&budget, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_taken_must_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
