/*
 * What stands beside a task as "next", slot by slot.
 */
#include "round_fixture.h"
#include "test.h"

#include "base/error.h"
#include "node/task/round_next.h"

static void check(const struct round_progress *progress, uint64_t slot,
                  enum round_action action, uint64_t round, uint64_t from,
                  uint64_t until)
{
    struct round_next next;

    assert_true(round_next(&timing, progress, slot, &next));
    assert_string_equal(round_action_name(next.action),
                        round_action_name(action));
    assert_int_equal(next.round, round);
    assert_int_equal(next.from_slot, from);
    assert_int_equal(next.until_slot, until);
}

/* Have the clock hand it out at a slot, and perhaps end it there. */
static void begin(struct round_progress *progress, uint64_t slot,
                  enum round_action action, uint64_t round, bool is_ended)
{
    struct round_duty due[ROUND_DUTIES_MAX];
    size_t count = round_due(&timing, progress, slot, due);

    for (size_t i = 0; i < count; i++) {
        if (due[i].action != action || due[i].round != round)
            continue;
        round_begin(progress, &due[i]);
        if (is_ended)
            round_end(&timing, progress, &due[i], ROUND_DONE, slot, 0);
        return;
    }
    fail();
}

static void test_before_the_first_slot_nothing_is_next(void **state)
{
    struct round_progress progress = fresh();
    struct round_next next;

    assert_false(round_next(&timing, &progress, 999, &next));
}

static void test_the_first_round_leads_to_the_first_proof(void **state)
{
    struct round_progress progress = fresh();

    check(&progress, 1000, ROUND_SUBMIT, 0, 1100, 1127);
}

static void test_what_can_still_be_done_comes_in_its_order(void **state)
{
    struct round_progress progress = fresh();

    check(&progress, 1105, ROUND_SUBMIT, 0, 1100, 1127);
    begin(&progress, 1110, ROUND_SUBMIT, 0, true);
    check(&progress, 1110, ROUND_AUDIT, 0, 1130, 1148);
    begin(&progress, 1135, ROUND_AUDIT, 0, true);
    check(&progress, 1135, ROUND_SUBMIT, 1, 1200, 1227);
}

static void test_a_window_that_was_missed_is_not_next(void **state)
{
    struct round_progress progress = fresh();

    check(&progress, 1126, ROUND_SUBMIT, 0, 1100, 1127);
    check(&progress, 1127, ROUND_AUDIT, 0, 1130, 1148);
    check(&progress, 1148, ROUND_SUBMIT, 1, 1200, 1227);
}

static void test_what_is_under_way_comes_first(void **state)
{
    struct round_progress progress = fresh();

    begin(&progress, 1105, ROUND_TASK, 1, false);
    check(&progress, 1105, ROUND_TASK, 1, 1100, 1200);
    /* It runs on into the next round, and the end of that is all that is
     * known. */
    check(&progress, 1210, ROUND_TASK, 1, 1200, 1300);
}

static void test_what_was_forgotten_is_not_taken_for_done(void **state)
{
    struct round_progress progress = fresh();

    begin(&progress, 1110, ROUND_SUBMIT, 0, true);
    /* Round 8 has the place of round 0. */
    check(&progress, 1905, ROUND_SUBMIT, 8, 1900, 1927);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_the_first_slot_nothing_is_next),
        cmocka_unit_test(test_the_first_round_leads_to_the_first_proof),
        cmocka_unit_test(test_what_can_still_be_done_comes_in_its_order),
        cmocka_unit_test(test_a_window_that_was_missed_is_not_next),
        cmocka_unit_test(test_what_is_under_way_comes_first),
        cmocka_unit_test(test_what_was_forgotten_is_not_taken_for_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
