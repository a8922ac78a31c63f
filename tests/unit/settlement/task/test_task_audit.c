#include "test.h"

#include "task_fixture.h"

#define ROUND 5
#define WORK (ROUND - 1) /* the round whose work is audited in ROUND */

static int setup(void **state)
{
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    for (size_t i = 0; i < 5; i++)
        assert_done(task_fixture_stake(f, i, TASK_FIXTURE_STAKE));
    task_fixture_to(f, ROUND, 0);
    for (size_t i = 0; i < 4; i++)
        assert_done(task_fixture_submit(f, i, WORK));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

static void to_audit(struct task_fixture *f, uint64_t offset)
{
    task_fixture_to(f, ROUND, f->terms.submission_window + offset);
}

static void test_accusation_is_the_first_vote_against(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    struct task_row audit = {
        .kind = TASK_ROW_SUBMISSION_AUDIT, .round = WORK, .key = f->keys[0]};
    struct task_row vote = {.kind = TASK_ROW_SUBMISSION_VOTE,
                            .round = WORK,
                            .key = f->keys[0],
                            .voter = f->keys[1]};
    assert_true(task_rows_get(bank_state(f->bank), &f->task, &audit));
    assert_true(pubkey_equal(&audit.audit.trigger_by, &f->keys[1]));
    assert_true(task_rows_get(bank_state(f->bank), &f->task, &vote));
    assert_false(vote.vote.is_valid);
}

static void test_accusation_before_the_audit_window_is_refused(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, ROUND, f->terms.submission_window - 1);
    assert_custom(task_fixture_audit(f, 1, 0, WORK, false),
                  TASK_ERROR_WINDOW_CLOSED);
}

static void test_accusation_in_the_second_half_is_refused(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, f->terms.audit_window / 2 - 1);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    to_audit(f, f->terms.audit_window / 2);
    assert_custom(task_fixture_audit(f, 1, 2, WORK, false),
                  TASK_ERROR_WINDOW_CLOSED);
}

static void test_votes_are_taken_to_the_windows_last_slot(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    to_audit(f, f->terms.audit_window - 1);
    assert_done(task_fixture_audit(f, 2, 0, WORK, true));
    to_audit(f, f->terms.audit_window);
    assert_custom(task_fixture_audit(f, 3, 0, WORK, true),
                  TASK_ERROR_WINDOW_CLOSED);
    assert_int_equal(task_fixture_header(f).counts[TASK_COUNT_SUBMISSION_VOTES],
                     2);
}

static void test_vote_for_where_nothing_was_raised_is_refused(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_custom(task_fixture_audit(f, 1, 0, WORK, true), TASK_ERROR_NO_AUDIT);
}

static void test_nobody_votes_on_their_own(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_custom(task_fixture_audit(f, 0, 0, WORK, false),
                  TASK_ERROR_OWN_SUBMISSION);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    assert_custom(task_fixture_audit(f, 0, 0, WORK, true),
                  TASK_ERROR_OWN_SUBMISSION);
}

static void test_second_vote_is_refused(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    assert_custom(task_fixture_audit(f, 1, 0, WORK, true),
                  TASK_ERROR_DUPLICATE);
    assert_custom(task_fixture_audit(f, 1, 0, WORK, false),
                  TASK_ERROR_DUPLICATE);
}

static void test_only_what_was_submitted_is_audited(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_custom(task_fixture_audit(f, 1, 4, WORK, false),
                  TASK_ERROR_NO_SUBMISSION);
    assert_custom(task_fixture_audit(f, 1, 0, WORK - 1, false),
                  TASK_ERROR_WRONG_ROUND);
    assert_custom(task_fixture_audit(f, 1, 0, ROUND, false),
                  TASK_ERROR_WRONG_ROUND);
}

static void test_staked_key_without_submission_may_vote(void **state)
{
    struct task_fixture *f = *state;
    to_audit(f, 0);
    assert_done(task_fixture_audit(f, 4, 0, WORK, false));
    assert_custom(task_fixture_audit(f, 9, 0, WORK, false),
                  TASK_ERROR_NOT_STAKED);
}

/* ---- Lists: the same rules, on what was sent in this round ---- */

static void send_list(struct task_fixture *f, uint64_t round)
{
    const int64_t amounts[] = {1000, 1000, 1000, 1000};
    task_fixture_to(f, round, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 4));
}

static void test_list_is_accused_and_voted_on_in_its_round(void **state)
{
    struct task_fixture *f = *state;
    send_list(f, ROUND + 1);
    assert_custom(task_fixture_audit_list(f, 1, 0, WORK, false),
                  TASK_ERROR_WINDOW_CLOSED);
    task_fixture_to(f, ROUND + 1, f->terms.submission_window);
    assert_custom(task_fixture_audit_list(f, 1, 0, WORK, true),
                  TASK_ERROR_NO_AUDIT);
    assert_done(task_fixture_audit_list(f, 1, 0, WORK, false));
    assert_done(task_fixture_audit_list(f, 2, 0, WORK, true));
    assert_custom(task_fixture_audit_list(f, 0, 0, WORK, true),
                  TASK_ERROR_OWN_SUBMISSION);
    assert_int_equal(task_fixture_header(f).counts[TASK_COUNT_LIST_VOTES], 2);
}

static void test_list_of_an_earlier_round_is_no_longer_audited(void **state)
{
    struct task_fixture *f = *state;
    send_list(f, ROUND + 1);
    task_fixture_to(f, ROUND + 2, f->terms.submission_window);
    assert_custom(task_fixture_audit_list(f, 1, 0, WORK, false),
                  TASK_ERROR_WRONG_ROUND);
    assert_custom(task_fixture_audit_list(f, 1, 3, WORK, false),
                  TASK_ERROR_NO_SUBMISSION);
}

static void test_list_sent_again_starts_without_votes(void **state)
{
    struct task_fixture *f = *state;
    send_list(f, ROUND + 1);
    task_fixture_to(f, ROUND + 1, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, 1, 0, WORK, false));
    assert_done(task_fixture_audit_list(f, 2, 0, WORK, false));
    send_list(f, ROUND + 2);
    struct task_header header = task_fixture_header(f);
    assert_int_equal(header.counts[TASK_COUNT_LISTS], 1);
    assert_int_equal(header.counts[TASK_COUNT_LIST_AUDITS], 0);
    assert_int_equal(header.counts[TASK_COUNT_LIST_VOTES], 0);
    task_fixture_to(f, ROUND + 2, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, 1, 0, WORK, false));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_accusation_is_the_first_vote_against),
        TEST(test_accusation_before_the_audit_window_is_refused),
        TEST(test_accusation_in_the_second_half_is_refused),
        TEST(test_votes_are_taken_to_the_windows_last_slot),
        TEST(test_vote_for_where_nothing_was_raised_is_refused),
        TEST(test_nobody_votes_on_their_own),
        TEST(test_second_vote_is_refused),
        TEST(test_only_what_was_submitted_is_audited),
        TEST(test_staked_key_without_submission_may_vote),
        TEST(test_list_is_accused_and_voted_on_in_its_round),
        TEST(test_list_of_an_earlier_round_is_no_longer_audited),
        TEST(test_list_sent_again_starts_without_votes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
