#include "test.h"

#include "base/error.h"
#include "node/owner/stopped_book.h"

static void expect(const struct stopped_task *task, uint64_t slot,
                   const char *wanted)
{
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);

    stopped_task_write(task, slot, 400, &writer);
    if (!strstr(buffer_string(&out), wanted))
        fail_msg("%s lacks %s", buffer_string(&out), wanted);
    buffer_free(&out);
}

/* The proof of round 5 locks rounds 5 to 8. */
static void test_a_stake_cools_down_for_four_rounds(void **state)
{
    const struct stopped_task task = {
        .starting_slot = 1000, .round_time = 100, .last_proof_plus_one = 6};
    uint64_t round = 0, slot = 0;

    assert_true(stopped_task_unlock(&task, &round, &slot));
    assert_int_equal(round, 9);
    assert_int_equal(slot, 1900);
    expect(&task, 1899, "\"status\":\"COOLING_DOWN\"");
    expect(&task, 1890,
           "\"unlock_round\":9,\"unlock_slot\":1900,\"unlock_in_ms\":4000");
    expect(&task, 1900, "\"status\":\"STOPPED\"");
    expect(&task, 1900, "\"unlock_round\":null");
}

static void test_nothing_locks_what_sent_no_proof(void **state)
{
    const struct stopped_task fresh = {.round_time = 100},
                              unknown = {.last_proof_plus_one = 3},
                              huge = {.round_time = UINT64_MAX,
                                      .last_proof_plus_one = 3};
    uint64_t round, slot;

    assert_false(stopped_task_unlock(&fresh, &round, &slot));
    assert_false(stopped_task_unlock(&unknown, &round, &slot));
    assert_false(stopped_task_unlock(&huge, &round, &slot));
    expect(&huge, 5, "\"status\":\"STOPPED\"");
}

/* The proof of round 5 is evidence until round 8 has ended. */
static void test_evidence_is_owed_for_three_rounds(void **state)
{
    const struct stopped_task task = {
        .starting_slot = 1000, .round_time = 100, .last_proof_plus_one = 6};
    uint64_t round;

    assert_true(stopped_task_is_owed(&task, 500, 0, &round));
    assert_true(stopped_task_is_owed(&task, 1500, 0, &round));
    assert_int_equal(round, 5);
    assert_true(stopped_task_is_owed(&task, 1899, 0, &round));
    assert_int_equal(round, 8);
    assert_false(stopped_task_is_owed(&task, 1900, 0, &round));
}

static void test_evidence_of_an_unknown_clock_is_owed_for_a_day(void **state)
{
    const struct stopped_task unknown = {.stopped_ms = 1000,
                                         .last_proof_plus_one = 6},
                              fresh = {.stopped_ms = 1000, .round_time = 100};
    uint64_t round;

    assert_true(stopped_task_is_owed(&unknown, 5, 0, &round));
    assert_true(stopped_task_is_owed(&unknown, 5, 1000 + 86399999, &round));
    assert_false(stopped_task_is_owed(&unknown, 5, 1000 + 86400000, &round));
    assert_false(stopped_task_is_owed(&fresh, 5, 1000, &round));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stake_cools_down_for_four_rounds),
        cmocka_unit_test(test_nothing_locks_what_sent_no_proof),
        cmocka_unit_test(test_evidence_is_owed_for_three_rounds),
        cmocka_unit_test(test_evidence_of_an_unknown_clock_is_owed_for_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
