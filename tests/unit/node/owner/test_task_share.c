#include "test.h"

#include "node/owner/task_share.h"

#define MIB(n) ((uint64_t)(n) << 20)

/* Each wants so much of a processor, and gets what its limit lets it have. */
static void work(struct task_share *tasks, const uint32_t *wants, size_t count,
                 uint32_t percent, unsigned looks)
{
    for (unsigned look = 0; look < looks; look++) {
        for (size_t i = 0; i < count; i++) {
            uint32_t limit = tasks[i].cpu_percent;

            tasks[i].is_at_work = true;
            tasks[i].used_percent =
                limit && wants[i] > limit ? limit : wants[i];
        }
        task_share_cpu(tasks, count, percent);
    }
}

static uint32_t sum(const struct task_share *tasks, size_t count)
{
    uint32_t all = 0;

    for (size_t i = 0; i < count; i++)
        all += tasks[i].cpu_percent;
    return all;
}

static void test_greedy_tasks_get_equal_parts(void **state)
{
    static const uint32_t wants[] = {400, 400, 400};
    struct task_share tasks[3] = {0};

    work(tasks, wants, 3, 150, 5);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tasks[i].cpu_percent, 50);
}

static void test_what_sleepers_leave_is_the_others(void **state)
{
    static const uint32_t wants[] = {0, 2, 400, 0};
    static const uint32_t woken[] = {400, 400, 400, 0};
    struct task_share tasks[4] = {0};

    work(tasks, wants, 4, 100, 10);
    assert_in_range(tasks[2].cpu_percent, 80, 90);
    assert_in_range(sum(tasks, 4), 97, 100);
    /* They get their part back. */
    work(tasks, woken, 4, 100, 3);
    assert_in_range(tasks[0].cpu_percent, 30, 34);
    assert_in_range(tasks[2].cpu_percent, 30, 34);
}

static void test_limits_never_come_to_more_than_all_may_take(void **state)
{
    uint32_t seed = 7;
    struct task_share tasks[40] = {0};

    for (unsigned round = 0; round < 2000; round++) {
        uint32_t wants[40];

        for (size_t i = 0; i < 40; i++) {
            seed = seed * 1664525 + 1013904223;
            wants[i] = (seed >> 16) % 3 ? 0 : (seed >> 8) % 300;
        }
        work(tasks, wants, 40, 60 + seed % 400, 1);
        assert_in_range(sum(tasks, 40), 1, 60 + seed % 400);
    }
}

static void test_one_that_is_to_begin_has_a_limit_too(void **state)
{
    struct task_share tasks[2] = {{.is_at_work = true, .used_percent = 50},
                                  {0}};

    task_share_cpu(tasks, 2, 60);
    assert_int_equal(tasks[0].cpu_percent, 60);
    assert_int_equal(tasks[1].cpu_percent, 30);
    task_share_cpu(tasks, 2, 0);
    assert_int_equal(tasks[0].cpu_percent, 0);
    assert_int_equal(tasks[1].cpu_percent, 0);
}

static void test_the_largest_rests_and_comes_back_with_room(void **state)
{
    struct task_share tasks[3] = {
        {.bytes = MIB(100)}, {.bytes = MIB(150)}, {.bytes = MIB(60)}};

    task_share_memory(tasks, 3, MIB(310), 0);
    assert_false(tasks[0].rests || tasks[1].rests || tasks[2].rests);
    tasks[0].bytes = MIB(120);
    task_share_memory(tasks, 3, MIB(310), 1000);
    assert_true(tasks[1].rests);
    assert_false(tasks[0].rests || tasks[2].rests);
    /* Its process takes a moment to end, for which nobody else has to go. */
    task_share_memory(tasks, 3, MIB(310), 3000);
    assert_false(tasks[0].rests || tasks[2].rests);
    tasks[1].bytes = 0;
    /* Not before there is room, and not before its time. */
    task_share_memory(tasks, 3, MIB(310), 61000);
    assert_true(tasks[1].rests);
    tasks[0].bytes = MIB(95);
    task_share_memory(tasks, 3, MIB(310), 60999);
    assert_true(tasks[1].rests);
    task_share_memory(tasks, 3, MIB(310), 61000);
    assert_false(tasks[1].rests);
}

static void test_one_that_took_more_than_all_is_tried_again(void **state)
{
    struct task_share task = {.bytes = MIB(900)};

    task_share_memory(&task, 1, MIB(200), 5);
    assert_true(task.rests);
    task.bytes = 0;
    task_share_memory(&task, 1, MIB(200), 60005);
    assert_false(task.rests);
}

static void test_without_a_limit_nobody_rests(void **state)
{
    struct task_share task = {.bytes = MIB(900)};

    task_share_memory(&task, 1, MIB(200), 5);
    assert_true(task.rests);
    task_share_memory(&task, 1, 0, 6);
    assert_false(task.rests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greedy_tasks_get_equal_parts),
        cmocka_unit_test(test_what_sleepers_leave_is_the_others),
        cmocka_unit_test(test_limits_never_come_to_more_than_all_may_take),
        cmocka_unit_test(test_one_that_is_to_begin_has_a_limit_too),
        cmocka_unit_test(test_the_largest_rests_and_comes_back_with_room),
        cmocka_unit_test(test_one_that_took_more_than_all_is_tried_again),
        cmocka_unit_test(test_without_a_limit_nobody_rests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
