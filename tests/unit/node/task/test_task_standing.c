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

static void check(struct task_run run, bool is_trouble, bool is_well)
{
    assert_int_equal(task_run_is_trouble(&run), is_trouble);
    assert_int_equal(task_run_is_well(&run), is_well);
}

/* From its third end in a row on it is told of, and no longer once it has
 * worked for a minute: the starts between two ends are no news. */
static void test_ends_in_a_row_are_one_trouble(void **state)
{
    check((struct task_run){.is_backing_off = true, .ends = 2}, false, false);
    check((struct task_run){.is_running = true, .ends = 2}, false, true);
    check((struct task_run){.is_backing_off = true, .ends = 3}, true, false);
    check((struct task_run){.is_running = true, .ends = 3, .age_ms = 59999},
          true, false);
    check((struct task_run){.is_backing_off = true, .ends = 4}, true, false);
    check((struct task_run){.is_running = true, .ends = 4, .age_ms = 60000},
          false, true);
    /* It rested meanwhile, for another reason. */
    check(
        (struct task_run){
            .is_running = true, .ends = 4, .end_age_ms = 360000, .age_ms = 1},
        false, true);
    check((struct task_run){.has_failed = true}, true, false);
    check((struct task_run){0}, false, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_words_are_koiis),
        cmocka_unit_test(test_ends_in_a_row_are_one_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
