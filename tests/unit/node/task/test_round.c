/*
 * The round clock's edges: what is due at which slot, and what is not.
 */
#include "round_fixture.h"
#include "test.h"

#include "base/error.h"

static bool is_due(struct round_progress *progress, uint64_t slot,
                   enum round_action action, uint64_t round)
{
    struct round_duty due[ROUND_DUTIES_MAX];
    size_t count = round_due(&timing, progress, slot, due);

    for (size_t i = 0; i < count; i++)
        if (due[i].action == action && due[i].round == round)
            return true;
    return false;
}

/* Begin and end an action that is due at a slot. */
static void run(struct round_progress *progress, uint64_t slot,
                enum round_action action, uint64_t round,
                enum round_result result, uint64_t pause)
{
    const struct round_duty duty = {
        .action = action, .round = round, .until_slot = slot + 1};

    assert_true(is_due(progress, slot, action, round));
    round_begin(progress, &duty);
    round_end(&timing, progress, &duty, result, slot, pause);
}

static void test_impossible_windows_are_refused(void **state)
{
    struct round_clock clock = timing;

    assert_ok(round_clock_check(&clock));
    clock.audit_window = 71;
    assert_int_equal(round_clock_check(&clock), ERR_INVALID);
    clock.audit_window = UINT64_MAX - 10; /* the sum would wrap */
    assert_int_equal(round_clock_check(&clock), ERR_INVALID);
    clock = timing;
    clock.submission_window = 0;
    assert_int_equal(round_clock_check(&clock), ERR_INVALID);
    clock = timing;
    clock.audit_window = 1;
    assert_int_equal(round_clock_check(&clock), ERR_INVALID);
}

static void test_slots_fall_into_rounds(void **state)
{
    struct round_moment at;

    assert_int_equal(round_at(&timing, 999, &at), ERR_RANGE);
    assert_ok(round_at(&timing, 1000, &at));
    assert_int_equal(at.round, 0);
    assert_int_equal(at.offset, 0);
    assert_ok(round_at(&timing, 1099, &at));
    assert_int_equal(at.round, 0);
    assert_int_equal(at.offset, 99);
    assert_ok(round_at(&timing, 1100, &at));
    assert_int_equal(at.round, 1);
    assert_int_equal(at.offset, 0);
    assert_string_equal(round_window_name(&timing, 1129), "submission");
    assert_string_equal(round_window_name(&timing, 1130), "audit");
    assert_string_equal(round_window_name(&timing, 1169), "audit");
    assert_string_equal(round_window_name(&timing, 1170), "rest");
}

/* What each round of the clock works on: the program's own windows. */
static void test_spans_are_the_program_s_windows(void **state)
{
    uint64_t from, until;

    assert_true(round_span(&timing, ROUND_TASK, 5, 5, &from, &until));
    assert_int_equal(from, 1500);
    assert_int_equal(until, 1600);
    assert_false(round_span(&timing, ROUND_TASK, 4, 5, &from, &until));

    assert_true(round_span(&timing, ROUND_SUBMIT, 4, 5, &from, &until));
    assert_int_equal(from, 1500);
    assert_int_equal(until, 1530 - round_landing_slots(30));
    assert_false(round_span(&timing, ROUND_SUBMIT, 5, 5, &from, &until));
    assert_false(round_span(&timing, ROUND_SUBMIT, 3, 5, &from, &until));

    assert_true(round_span(&timing, ROUND_AUDIT, 4, 5, &from, &until));
    assert_int_equal(from, 1530);
    assert_int_equal(until, 1550 - round_landing_slots(20));
    assert_true(round_span(&timing, ROUND_VOTE, 4, 5, &from, &until));
    assert_int_equal(from, 1530);
    assert_int_equal(until, 1570 - round_landing_slots(40));

    assert_true(round_span(&timing, ROUND_LIST, 3, 5, &from, &until));
    assert_int_equal(from, 1500);
    assert_true(round_span(&timing, ROUND_PAYOUT, 3, 5, &from, &until));
    assert_int_equal(from, 1570);
    assert_int_equal(until, 1600);
    /* A round that was not paid in time can be paid at once. */
    assert_true(round_span(&timing, ROUND_PAYOUT, 2, 5, &from, &until));
    assert_int_equal(from, 1500);
    /* Two failed distributions are allowed: rounds 3, 2 and 1, not 0. */
    assert_true(round_span(&timing, ROUND_LIST, 1, 5, &from, &until));
    assert_false(round_span(&timing, ROUND_LIST, 0, 5, &from, &until));
    assert_false(round_span(&timing, ROUND_LIST, 4, 5, &from, &until));
}

static void test_accusations_end_before_the_half_of_the_window(void **state)
{
    struct round_progress progress = fresh();
    bool was_due = false;

    for (uint64_t slot = 1530; slot < 1570; slot++) {
        bool due = is_due(&progress, slot, ROUND_AUDIT, 4);

        was_due |= due;
        if (slot >= 1550 - round_landing_slots(20))
            assert_false(due);
    }
    assert_true(was_due);
    /* Votes go on after that. */
    assert_true(is_due(&progress, 1560, ROUND_VOTE, 4));
    assert_false(
        is_due(&progress, 1570 - round_landing_slots(40), ROUND_VOTE, 4));
}

static void test_a_round_before_the_first_is_never_due(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty due[ROUND_DUTIES_MAX];

    assert_int_equal(round_due(&timing, &progress, 999, due), 0);
    /* In round 0 there is nothing but its task. */
    for (uint64_t slot = 1000; slot < 1100; slot++) {
        size_t count = round_due(&timing, &progress, slot, due);

        for (size_t i = 0; i < count; i++)
            assert_int_equal(due[i].action, ROUND_TASK);
    }
}

static void test_done_is_not_due_again(void **state)
{
    struct round_progress progress = fresh();

    run(&progress, 1120, ROUND_SUBMIT, 0, ROUND_DONE, 0);
    for (uint64_t slot = 1121; slot < 1200; slot++)
        assert_false(is_due(&progress, slot, ROUND_SUBMIT, 0));
}

static void test_what_is_reopened_is_due_again_in_its_window(void **state)
{
    struct round_progress progress = fresh();
    const struct round_duty duty = {
        .action = ROUND_TASK, .round = 1, .until_slot = 1200};

    run(&progress, 1120, ROUND_SUBMIT, 0, ROUND_DONE, 0);
    round_reopen(&progress, ROUND_SUBMIT, 0);
    assert_true(is_due(&progress, 1121, ROUND_SUBMIT, 0));
    assert_false(is_due(&progress, 1130, ROUND_SUBMIT, 0));
    /* What runs ends by itself, and a round that is forgotten stays so. */
    assert_true(is_due(&progress, 1150, ROUND_TASK, 1));
    round_begin(&progress, &duty);
    round_reopen(&progress, ROUND_TASK, 1);
    assert_false(is_due(&progress, 1151, ROUND_TASK, 1));
    round_reopen(&progress, ROUND_TASK, 77);
}

static void test_running_is_not_started_twice(void **state)
{
    struct round_progress progress = fresh();
    const struct round_duty duty = {
        .action = ROUND_TASK, .round = 1, .until_slot = 1200};

    assert_true(is_due(&progress, 1150, ROUND_TASK, 1));
    round_begin(&progress, &duty);
    assert_false(is_due(&progress, 1151, ROUND_TASK, 1));
    /* Nor is its result submitted while it still runs. */
    assert_false(is_due(&progress, 1220, ROUND_SUBMIT, 1));
    round_end(&timing, &progress, &duty, ROUND_DONE, 1221, 0);
    assert_true(is_due(&progress, 1222, ROUND_SUBMIT, 1));
}

/* The pauses after failures in a row of a task of round 1. */
static void measure_pauses(const struct round_clock *clock, uint64_t *pauses,
                           size_t count)
{
    struct round_progress progress = fresh();
    struct round_duty due[ROUND_DUTIES_MAX];
    uint64_t slot = round_first_slot(clock, 1) + clock->round_time / 32 + 1;

    assert_int_equal(round_due(clock, &progress, slot, due) > 0, true);
    assert_int_equal(due[0].action, ROUND_TASK);
    for (size_t i = 0; i < count; i++) {
        const struct round_duty duty = due[0];
        uint64_t failed = slot;

        round_begin(&progress, &duty);
        round_end(clock, &progress, &duty, ROUND_FAILED, slot, 0);
        do {
            slot++;
        } while (!round_due(clock, &progress, slot, due) ||
                 due[0].action != ROUND_TASK);
        pauses[i] = slot - failed;
    }
}

static void test_failures_are_retried_ever_more_slowly(void **state)
{
    const uint64_t expected[6] = {1, 2, 4, 8, 16, 16};
    struct round_clock clock = timing;
    uint64_t pauses[6];

    clock.round_time = 400;
    clock.submission_window = 200;
    measure_pauses(&clock, pauses, 6);
    assert_memory_equal(pauses, expected, sizeof(expected));
}

/* Else the beginning of a round, where a list of the round before can still be
 * paid, would pass in a pause. */
static void test_pauses_are_short_where_windows_are(void **state)
{
    const uint64_t expected[4] = {1, 2, 3, 3};
    uint64_t pauses[4];

    measure_pauses(&timing, pauses, 4);
    assert_memory_equal(pauses, expected, sizeof(expected));
}

static void test_again_comes_after_its_pause(void **state)
{
    struct round_progress progress = fresh();

    run(&progress, 1131, ROUND_VOTE, 0, ROUND_AGAIN, 5);
    assert_false(is_due(&progress, 1135, ROUND_VOTE, 0));
    assert_true(is_due(&progress, 1136, ROUND_VOTE, 0));
}

static void test_a_list_has_a_new_window_each_round_until_paid(void **state)
{
    struct round_progress progress = fresh();

    run(&progress, 1210, ROUND_LIST, 0, ROUND_DONE, 0);
    assert_false(is_due(&progress, 1211, ROUND_LIST, 0));
    assert_true(is_due(&progress, 1310, ROUND_LIST, 0));
    run(&progress, 1310, ROUND_LIST, 0, ROUND_DONE, 0);
    run(&progress, 1371, ROUND_PAYOUT, 0, ROUND_DONE, 0);
    /* Paid: the round is closed for good. */
    assert_false(is_due(&progress, 1410, ROUND_LIST, 0));
    assert_false(is_due(&progress, 1440, ROUND_LIST_AUDIT, 0));
    assert_false(is_due(&progress, 1475, ROUND_PAYOUT, 0));
}

/* Its answer came when the next window was open already. */
static void test_a_late_end_leaves_the_next_window_open(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty late = {
        .action = ROUND_LIST, .round = 0, .until_slot = 1220};

    assert_true(is_due(&progress, 1210, ROUND_LIST, 0));
    round_begin(&progress, &late);
    round_end(&timing, &progress, &late, ROUND_DONE, 1305, 0);
    assert_false(is_due(&progress, 1219, ROUND_LIST, 0));
    assert_true(is_due(&progress, 1310, ROUND_LIST, 0));
}

static void test_an_end_after_its_round_was_forgotten_is_ignored(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty old = {
        .action = ROUND_TASK, .round = 1, .until_slot = 1200};

    assert_true(is_due(&progress, 1150, ROUND_TASK, 1));
    round_begin(&progress, &old);
    /* ROUND_KEPT rounds later its place belongs to another round. */
    assert_true(
        is_due(&progress, 1150 + 100 * ROUND_KEPT, ROUND_TASK, 1 + ROUND_KEPT));
    round_end(&timing, &progress, &old, ROUND_DONE, 2000, 0);
    assert_true(
        is_due(&progress, 1151 + 100 * ROUND_KEPT, ROUND_TASK, 1 + ROUND_KEPT));
    assert_int_equal(progress.rounds[1 % ROUND_KEPT].round_plus_one,
                     1 + ROUND_KEPT + 1);
}

static void test_the_shortest_rounds_still_have_room(void **state)
{
    static const struct round_clock shortest = {
        .round_time = 3, .submission_window = 1, .audit_window = 2};
    uint64_t from, until;

    assert_ok(round_clock_check(&shortest));
    assert_true(round_span(&shortest, ROUND_SUBMIT, 4, 5, &from, &until));
    assert_int_equal(until - from, 1);
    assert_true(round_span(&shortest, ROUND_AUDIT, 4, 5, &from, &until));
    assert_int_equal(until - from, 1);
    /* No rest: what was listed in a round is paid in the next. */
    assert_false(round_span(&shortest, ROUND_PAYOUT, 3, 5, &from, &until));
}

static void test_jitter_is_spread_and_always_the_same(void **state)
{
    struct pubkey task = {.bytes = {9}};
    unsigned buckets[4] = {0};

    for (int i = 0; i < 400; i++) {
        struct pubkey key = {.bytes = {(uint8_t)i, (uint8_t)(i >> 8), 3}};
        uint64_t jitter = round_jitter(&key, &task, 7, ROUND_SUBMIT, 16);

        assert_true(jitter < 16);
        assert_int_equal(jitter,
                         round_jitter(&key, &task, 7, ROUND_SUBMIT, 16));
        buckets[jitter / 4]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(buckets[i], 60, 140);
}

static void test_turns_are_a_permutation_all_agree_on(void **state)
{
    struct pubkey keys[10] = {0}, task = {.bytes = {5}};
    bool seen[10] = {false};
    size_t first_of_other_round = 0, moved = 0;

    for (int i = 0; i < 10; i++)
        keys[i].bytes[0] = (uint8_t)(i + 1);
    for (int i = 0; i < 10; i++) {
        size_t turn = round_turn(&task, 3, keys, 10, &keys[i]);

        assert_true(turn < 10);
        assert_false(seen[turn]);
        seen[turn] = true;
        moved += turn != round_turn(&task, 4, keys, 10, &keys[i]);
        if (round_turn(&task, 4, keys, 10, &keys[i]) == 0)
            first_of_other_round = (size_t)i;
    }
    assert_true(moved > 0); /* another round, another order */
    assert_true(first_of_other_round < 10);
}

/* In round 5 of the clock lists of rounds 1 to 3 have a window. */
static void test_an_older_round_s_list_is_waited_for(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty due[ROUND_DUTIES_MAX];
    uint64_t slot = 1500;

    round_due(&timing, &progress, slot, due);
    assert_true(round_older_waits(&timing, &progress, ROUND_LIST, 3, slot));
    assert_false(round_older_waits(&timing, &progress, ROUND_LIST, 1, slot));
    /* Nothing waits where the window is over. */
    assert_false(
        round_older_waits(&timing, &progress, ROUND_LIST, 3, slot + 60));
    run(&progress, slot, ROUND_LIST, 2, ROUND_DONE, 0);
    assert_true(round_older_waits(&timing, &progress, ROUND_LIST, 3, slot));
    /* What keeps failing is not waited for, or nothing would be listed. */
    for (int i = 0; i < ROUND_TRIES; i++) {
        assert_true(round_older_waits(&timing, &progress, ROUND_LIST, 3, slot));
        run(&progress, slot, ROUND_LIST, 1, ROUND_FAILED, 0);
        slot += 1u << i;
    }
    assert_false(round_older_waits(&timing, &progress, ROUND_LIST, 3, slot));
}

static void test_failures_of_a_round_before_are_forgotten(void **state)
{
    struct round_progress progress = fresh();
    struct round_duty due[ROUND_DUTIES_MAX];
    uint64_t slot = 1500;

    round_due(&timing, &progress, slot, due);
    run(&progress, slot, ROUND_LIST, 1, ROUND_DONE, 0);
    for (int i = 0; i < ROUND_TRIES; i++) {
        run(&progress, slot, ROUND_LIST, 2, ROUND_FAILED, 0);
        slot += 1u << i;
    }
    assert_false(round_older_waits(&timing, &progress, ROUND_LIST, 3, slot));
    round_due(&timing, &progress, 1600, due);
    assert_true(round_older_waits(&timing, &progress, ROUND_LIST, 3, 1600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_impossible_windows_are_refused),
        cmocka_unit_test(test_slots_fall_into_rounds),
        cmocka_unit_test(test_spans_are_the_program_s_windows),
        cmocka_unit_test(test_accusations_end_before_the_half_of_the_window),
        cmocka_unit_test(test_a_round_before_the_first_is_never_due),
        cmocka_unit_test(test_done_is_not_due_again),
        cmocka_unit_test(test_what_is_reopened_is_due_again_in_its_window),
        cmocka_unit_test(test_running_is_not_started_twice),
        cmocka_unit_test(test_failures_are_retried_ever_more_slowly),
        cmocka_unit_test(test_pauses_are_short_where_windows_are),
        cmocka_unit_test(test_again_comes_after_its_pause),
        cmocka_unit_test(test_a_list_has_a_new_window_each_round_until_paid),
        cmocka_unit_test(test_a_late_end_leaves_the_next_window_open),
        cmocka_unit_test(test_an_end_after_its_round_was_forgotten_is_ignored),
        cmocka_unit_test(test_the_shortest_rounds_still_have_room),
        cmocka_unit_test(test_jitter_is_spread_and_always_the_same),
        cmocka_unit_test(test_turns_are_a_permutation_all_agree_on),
        cmocka_unit_test(test_an_older_round_s_list_is_waited_for),
        cmocka_unit_test(test_failures_of_a_round_before_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
