#include "test.h"

#include "settlement/format/well_known.h"
#include "task_fixture.h"

#define ROUND 5 /* R of most tests; work is that of ROUND - 1 */

static int setup(void **state)
{
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    for (size_t i = 0; i < 4; i++)
        assert_done(task_fixture_stake(f, i, TASK_FIXTURE_STAKE));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

static void test_submission_is_kept_without_its_padding(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, 0);
    assert_done(task_fixture_submit(f, 0, ROUND - 1));
    struct task_row row = {
        .kind = TASK_ROW_SUBMISSION, .round = ROUND - 1, .key = f->keys[0]};
    assert_true(task_rows_get(bank_state(f->bank), &f->task, &row));
    assert_true(bytes_equal(row.submission.value, bytes_text("bafyproof")));
    assert_int_equal(row.submission.slot, bank_info(f->bank)->slot);
}

static void test_last_slot_of_the_window_is_in_time(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, f->terms.submission_window - 1);
    assert_done(task_fixture_submit(f, 0, ROUND - 1));
    task_fixture_to(f, ROUND, f->terms.submission_window);
    assert_custom(task_fixture_submit(f, 1, ROUND - 1),
                  TASK_ERROR_WINDOW_CLOSED);
}

static void test_only_the_round_before_is_due(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, 0);
    assert_custom(task_fixture_submit(f, 0, ROUND), TASK_ERROR_WRONG_ROUND);
    assert_custom(task_fixture_submit(f, 0, ROUND - 2), TASK_ERROR_WRONG_ROUND);
    assert_custom(task_fixture_submit(f, 0, INT64_MAX), TASK_ERROR_WRONG_ROUND);
    assert_done(task_fixture_submit(f, 0, ROUND - 1));
}

static void test_nothing_is_due_in_the_first_round(void **state)
{
    struct task_fixture *f = *state;
    assert_custom(task_fixture_submit(f, 0, 0), TASK_ERROR_WRONG_ROUND);
    task_fixture_to(f, 1, 0);
    assert_done(task_fixture_submit(f, 0, 0));
}

static void test_second_submission_is_refused(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, 0);
    assert_done(task_fixture_submit(f, 0, ROUND - 1));
    assert_custom(task_fixture_submit(f, 0, ROUND - 1), TASK_ERROR_DUPLICATE);
}

static void test_unstaked_key_is_refused(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, 0);
    assert_custom(task_fixture_submit(f, 9, ROUND - 1), TASK_ERROR_NOT_STAKED);
}

static void test_inactive_task_takes_no_submissions(void **state)
{
    struct task_fixture *f = *state;
    struct task_instruction set = {.kind = TASK_SET_ACTIVE, .flag = false};
    struct task_parties owner = {.actor = f->payer};
    task_fixture_to(f, ROUND, 0);
    assert_done(task_fixture_run(f, &set, &owner));
    assert_custom(task_fixture_submit(f, 0, ROUND - 1), TASK_ERROR_NOT_ACTIVE);
    set.flag = true;
    assert_done(task_fixture_run(f, &set, &owner));
    assert_done(task_fixture_submit(f, 0, ROUND - 1));
}

static void test_unsigned_submission_is_refused(void **state)
{
    struct task_fixture *f = *state;
    struct buffer data = {0};
    struct task_instruction submit = {
        .kind = TASK_SUBMIT, .round = ROUND - 1, .value = bytes_text("x")};
    assert_int_equal(task_instruction_build(&submit, &data), 0);
    struct account_meta accounts[3] = {{f->task, false, true},
                                       {f->keys[0], false, true},
                                       {CLOCK_SYSVAR_ID, false, false}};
    struct instruction one = {KOII_TASK_PROGRAM_ID, accounts, 3,
                              buffer_view(&data)};
    task_fixture_to(f, ROUND, 0);
    assert_refused(task_fixture_execute(f, &one, 1),
                   INSTRUCTION_MISSING_REQUIRED_SIGNATURE);
    accounts[1].signer = true;
    accounts[0].writable = false;
    assert_refused(task_fixture_execute(f, &one, 1),
                   INSTRUCTION_INVALID_ARGUMENT);
    accounts[0].writable = true;
    one.account_count = 1;
    assert_refused(task_fixture_execute(f, &one, 1),
                   INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS);
    one.account_count = 3;
    accounts[0].key = f->keys[3];
    assert_refused(task_fixture_execute(f, &one, 1),
                   INSTRUCTION_INVALID_ACCOUNT_DATA);
    accounts[0].key = f->leader;
    assert_refused(task_fixture_execute(f, &one, 1),
                   INSTRUCTION_INCORRECT_PROGRAM_ID);
    buffer_free(&data);
}

static void test_submissions_fix_no_seed(void **state)
{
    static const struct hash none;
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, 0);
    assert_done(task_fixture_submit(f, 0, ROUND - 1));
    struct task_round round = task_fixture_round(f, ROUND - 1);
    assert_true(hash_equal(&round.seed, &none));
}

static void test_full_task_refuses_and_takes_again_after_dropping(void **state)
{
    struct task_fixture *f = *state;
    struct task_fixture small;
    /* Room for the header and some submissions of one round. */
    task_fixture_open(&small);
    f = &small;
    f->terms.allowed_failed_distributions = 0;
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot, 2700));
    for (size_t i = 0; i < 8; i++)
        assert_done(task_fixture_stake(f, i, TASK_FIXTURE_STAKE));
    task_fixture_to(f, 1, 0);
    size_t taken = 0;
    while (taken < 8 && transaction_status_ok(task_fixture_submit(f, taken, 0)))
        taken++;
    assert_true(taken > 0 && taken < 8);
    assert_refused(task_fixture_submit(f, taken, 0),
                   INSTRUCTION_ACCOUNT_DATA_TOO_SMALL);
    /* Round 0 is dropped when R - 3 > 0. */
    task_fixture_to(f, 4, 0);
    assert_done(task_fixture_submit(f, taken, 3));
    task_fixture_close(&small);
}

static void test_rows_of_closed_rounds_go_as_new_ones_come(void **state)
{
    struct task_fixture *f = *state;
    const uint64_t round0 = 0;
    for (uint64_t round = 0; round < 12; round++) {
        task_fixture_to(f, round + 1, 0);
        for (size_t i = 0; i < 4; i++)
            assert_done(task_fixture_submit(f, i, round));
    }
    /* R = 12; kept: R - 3 - 2 failed distributions = 7 and later. */
    assert_false(task_rows_any(bank_state(f->bank), &f->task,
                               TASK_ROW_SUBMISSION, &round0, NULL));
    const uint64_t kept = 7;
    assert_true(task_rows_any(bank_state(f->bank), &f->task,
                              TASK_ROW_SUBMISSION, &kept, NULL));
    const uint64_t gone = 6;
    assert_false(task_rows_any(bank_state(f->bank), &f->task,
                               TASK_ROW_SUBMISSION, &gone, NULL));
    assert_int_equal(task_fixture_header(f).counts[TASK_COUNT_SUBMISSIONS],
                     5 * 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_submission_is_kept_without_its_padding),
        TEST(test_last_slot_of_the_window_is_in_time),
        TEST(test_only_the_round_before_is_due),
        TEST(test_nothing_is_due_in_the_first_round),
        TEST(test_second_submission_is_refused),
        TEST(test_unstaked_key_is_refused),
        TEST(test_inactive_task_takes_no_submissions),
        TEST(test_unsigned_submission_is_refused),
        TEST(test_submissions_fix_no_seed),
        TEST(test_full_task_refuses_and_takes_again_after_dropping),
        TEST(test_rows_of_closed_rounds_go_as_new_ones_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
