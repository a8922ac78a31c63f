/*
 * What stands as a task's duties, slot by slot.
 */
#include "round_fixture.h"
#include "test.h"

#include "base/error.h"
#include "node/task/round_duties.h"

static struct round_duty_view find(const struct round_progress *progress,
                                   uint64_t slot, enum round_action action,
                                   uint64_t round)
{
    struct round_duty_view duties[ROUND_DUTIES_MAX];
    size_t count = round_duties(&timing, progress, slot, duties);

    for (size_t i = 0; i < count; i++)
        if (duties[i].action == action && duties[i].round == round)
            return duties[i];
    fail();
    return (struct round_duty_view){0};
}

static void check(const struct round_progress *progress, uint64_t slot,
                  enum round_action action, uint64_t round,
                  const char *expected)
{
    assert_string_equal(
        round_duty_state_name(find(progress, slot, action, round).state),
        expected);
}

static struct round_duty begin(struct round_progress *progress, uint64_t slot,
                               enum round_action action, uint64_t round)
{
    struct round_duty due[ROUND_DUTIES_MAX];
    size_t count = round_due(&timing, progress, slot, due);

    for (size_t i = 0; i < count; i++)
        if (due[i].action == action && due[i].round == round) {
            round_begin(progress, &due[i]);
            return due[i];
        }
    fail();
    return (struct round_duty){0};
}

static void begin_and_end(struct round_progress *progress, uint64_t slot,
                          enum round_action action, uint64_t round,
                          enum round_result result)
{
    struct round_duty duty = begin(progress, slot, action, round);

    round_end(&timing, progress, &duty, result, slot, 0);
}

static void test_each_round_has_the_duties_of_its_age(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty_view duties[ROUND_DUTIES_MAX];

    assert_int_equal(round_duties(&timing, &progress, 999, duties), 0);
    assert_int_equal(round_duties(&timing, &progress, 1000, duties), 1);
    assert_int_equal(round_duties(&timing, &progress, 1100, duties), 4);
    assert_int_equal(round_duties(&timing, &progress, 1200, duties), 8);
    /* Rounds that failed are looked after for two more, and paid in a third. */
    assert_int_equal(round_duties(&timing, &progress, 2000, duties), 17);
}

static void test_a_duty_waits_is_open_and_passes(void **state)
{
    struct round_progress progress = fresh();

    check(&progress, 1500, ROUND_AUDIT, 4, "waiting");
    check(&progress, 1530, ROUND_AUDIT, 4, "open");
    check(&progress, 1599, ROUND_AUDIT, 4, "none");
    check(&progress, 1500, ROUND_SUBMIT, 4, "open");
    assert_int_equal(find(&progress, 1500, ROUND_AUDIT, 4).from_slot, 1530);
    assert_int_equal(find(&progress, 1500, ROUND_TASK, 5).until_slot, 1600);
}

static void test_a_duty_runs_fails_and_is_done(void **state)
{
    struct round_progress progress = fresh();
    uint64_t slot = 1510;

    struct round_duty duty = begin(&progress, slot, ROUND_TASK, 5);
    check(&progress, slot, ROUND_TASK, 5, "running");
    round_end(&timing, &progress, &duty, ROUND_FAILED, slot, 0);
    check(&progress, slot, ROUND_TASK, 5, "failed");
    assert_int_equal(find(&progress, slot, ROUND_TASK, 5).failures, 1);
    begin_and_end(&progress, 1520, ROUND_TASK, 5, ROUND_DONE);
    check(&progress, 1599, ROUND_TASK, 5, "done");
    assert_int_equal(find(&progress, 1599, ROUND_TASK, 5).done_slot, 1520);
}

static void test_what_was_tried_in_vain_is_missed(void **state)
{
    struct round_progress progress = fresh();
    uint64_t slot = find(&progress, 1500, ROUND_SUBMIT, 4).until_slot - 1;

    begin_and_end(&progress, slot, ROUND_SUBMIT, 4, ROUND_FAILED);
    check(&progress, slot, ROUND_SUBMIT, 4, "failed");
    check(&progress, slot + 1, ROUND_SUBMIT, 4, "missed");
}

/* The list of a round whose payout failed is made again in the next. */
static void test_what_was_done_in_an_earlier_round_is_open_again(void **state)
{
    struct round_progress progress = fresh();

    begin_and_end(&progress, 1510, ROUND_LIST, 3, ROUND_DONE);
    check(&progress, 1520, ROUND_LIST, 3, "done");
    check(&progress, 1601, ROUND_LIST, 3, "open");
}

static void test_a_paid_round_is_over(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty_view duties[ROUND_DUTIES_MAX];

    begin_and_end(&progress, 1599, ROUND_PAYOUT, 3, ROUND_DONE);
    size_t count = round_duties(&timing, &progress, 1600, duties);

    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(duties[i].round, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_round_has_the_duties_of_its_age),
        cmocka_unit_test(test_a_duty_waits_is_open_and_passes),
        cmocka_unit_test(test_a_duty_runs_fails_and_is_done),
        cmocka_unit_test(test_what_was_tried_in_vain_is_missed),
        cmocka_unit_test(test_what_was_done_in_an_earlier_round_is_open_again),
        cmocka_unit_test(test_a_paid_round_is_over),
    };

    return cmocka_run_group_tests_name("node/task/round_duties", tests, NULL,
                                       NULL);
}
