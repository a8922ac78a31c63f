#include "test.h"

#include "base/error.h"
#include "node/task/task_standing.h"

static void test_the_words_are_koiis(void **state)
{
    static const struct {
        struct task_standing standing;
        const char *name;
    } cases[] = {
        {{0}, "PRE_SUBMISSION"},
        {{true, true, 10, 1, false, 0}, "PRE_SUBMISSION"},
        {{true, true, 10, 1, false, 1}, "WARMING_UP"},
        {{true, true, 10, 1, false, 2}, "WARMING_UP"},
        {{true, true, 10, 1, false, 3}, "ACTIVE"},
        {{true, true, 10, 10, false, 3}, "ACTIVE"},
        {{true, true, 9, 10, false, 3}, "COMPLETE"},
        {{true, true, 9, 10, true, 3}, "ERROR"},
        {{true, false, 9, 10, true, 3}, "BLACKLISTED"},
        {{false, false, 0, 0, true, 0}, "ERROR"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(task_standing_name(&cases[i].standing),
                            cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_words_are_koiis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
