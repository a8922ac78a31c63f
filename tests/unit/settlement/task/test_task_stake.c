#include "test.h"

#include "task_fixture.h"

#define KOII LAMPORTS_PER_KOII

static int setup(void **state)
{
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

static void test_stake_moves_coins_to_the_pot(void **state)
{
    struct task_fixture *f = *state;
    uint64_t pot = task_fixture_lamports(f, &f->pot);
    assert_done(task_fixture_stake(f, 0, KOII));
    assert_int_equal(task_fixture_lamports(f, &f->pot), pot + KOII);
    assert_int_equal(task_fixture_lamports(f, &f->keys[0]),
                     TASK_FIXTURE_KEY_LAMPORTS - KOII);
    assert_done(task_fixture_stake(f, 0, 5));
    assert_int_equal(task_fixture_staked(f, 0), KOII + 5);
    assert_int_equal(task_fixture_header(f).total_stake, KOII + 5);
    assert_int_equal(task_fixture_header(f).counts[TASK_COUNT_ADDRESSES], 1);
}

static void test_stake_below_the_minimum_is_refused(void **state)
{
    struct task_fixture *f = *state;
    assert_custom(task_fixture_stake(f, 0, KOII - 1), TASK_ERROR_NOT_STAKED);
    assert_done(task_fixture_stake(f, 0, KOII));
    assert_done(task_fixture_stake(f, 0, 0));
}

static void test_stake_above_what_the_account_holds_is_refused(void **state)
{
    struct task_fixture *f = *state;
    assert_refused(task_fixture_stake(f, 0, TASK_FIXTURE_KEY_LAMPORTS + 1),
                   INSTRUCTION_INSUFFICIENT_FUNDS);
    /* All but the rent: the bank refuses to leave less. */
    assert_refused(task_fixture_stake(f, 0, TASK_FIXTURE_KEY_LAMPORTS - 1),
                   INSTRUCTION_ERROR_COUNT);
    assert_done(
        task_fixture_stake(f, 0,
                           TASK_FIXTURE_KEY_LAMPORTS -
                               rent_minimum_balance(TASK_STAKING_KEY_SPACE)));
}

static void test_stake_from_an_account_of_anothers_is_refused(void **state)
{
    struct task_fixture *f = *state;
    const struct task_instruction stake = {.kind = TASK_STAKE, .amount = KOII};
    assert_refused(
        task_fixture_run(f, &stake, &(struct task_parties){.actor = f->payer}),
        INSTRUCTION_INVALID_ACCOUNT_OWNER);
    assert_refused(
        task_fixture_run(f, &stake, &(struct task_parties){.actor = f->task}),
        INSTRUCTION_INVALID_ACCOUNT_DATA);
    assert_custom(
        task_fixture_run(f, &stake,
                         &(struct task_parties){.actor = f->keys[0],
                                                .stake_pot = f->keys[1]}),
        TASK_ERROR_WRONG_STAKE_POT);
}

static void test_withdrawn_stake_becomes_claimable_at_once(void **state)
{
    struct task_fixture *f = *state;
    struct pubkey wallet = task_fixture_key(77);
    assert_done(task_fixture_stake(f, 0, KOII));
    assert_done(task_fixture_withdraw(f, 0));
    assert_int_equal(task_fixture_staked(f, 0), 0);
    assert_int_equal(task_fixture_claimable(f, 0), KOII);
    assert_done(task_fixture_claim(f, 0, &wallet));
    assert_int_equal(task_fixture_lamports(f, &wallet), KOII);
    assert_int_equal(task_fixture_claimable(f, 0), 0);
    struct task_header header = task_fixture_header(f);
    assert_int_equal(header.total_stake, 0);
    assert_int_equal(header.total_balance, 0);
    assert_int_equal(header.counts[TASK_COUNT_STAKES], 0);
}

static void test_withdrawal_without_stake_is_refused(void **state)
{
    struct task_fixture *f = *state;
    assert_custom(task_fixture_withdraw(f, 0), TASK_ERROR_NO_STAKE);
    assert_non_null(strstr(f->log, "You must stake before withdraw"));
}

static void test_recent_submission_locks_the_stake(void **state)
{
    struct task_fixture *f = *state;
    assert_done(task_fixture_stake(f, 0, KOII));
    task_fixture_to(f, 1, 0);
    assert_done(task_fixture_submit(f, 0, 0));
    assert_custom(task_fixture_withdraw(f, 0), TASK_ERROR_LOCKED);
    assert_non_null(strstr(f->log, "submission cannot withdraw"));
    task_fixture_to(f, 3, 99);
    assert_custom(task_fixture_withdraw(f, 0), TASK_ERROR_LOCKED);
    task_fixture_to(f, 4, 0);
    assert_done(task_fixture_withdraw(f, 0));
}

static void test_claim_of_nothing_is_refused(void **state)
{
    struct task_fixture *f = *state;
    assert_custom(task_fixture_claim(f, 0, &f->payer), TASK_ERROR_NO_BALANCE);
    assert_non_null(strstr(f->log, "The provided claimer account doesn't have "
                                   "any balance on task state"));
}

static void test_funds_add_to_bounty_and_pot(void **state)
{
    struct task_fixture *f = *state;
    const struct task_instruction fund = {.kind = TASK_FUND, .amount = KOII};
    uint64_t pot = task_fixture_lamports(f, &f->pot);
    assert_done(task_fixture_run(f, &fund,
                                 &(struct task_parties){.actor = f->keys[0]}));
    assert_int_equal(task_fixture_header(f).terms.total_bounty_amount,
                     101 * KOII);
    assert_int_equal(task_fixture_lamports(f, &f->pot), pot + KOII);
    assert_refused(
        task_fixture_run(f, &fund, &(struct task_parties){.actor = f->payer}),
        INSTRUCTION_INVALID_ACCOUNT_OWNER);
}

static void test_emptied_data_account_leaves_no_row(void **state)
{
    struct task_fixture *f = *state;
    assert_done(task_fixture_stake(f, 0, KOII));
    task_fixture_to(f, 1, 0);
    assert_done(task_fixture_submit(f, 0, 0));
    task_fixture_to(f, 2, 0);
    assert_done(task_fixture_upload(f, 1, 0, bytes_text("{}")));
    struct task_row upload = {.kind = TASK_ROW_UPLOAD, .key = f->keys[1]};
    assert_true(task_rows_has(bank_state(f->bank), NULL, &upload));
    const struct task_instruction fund = {
        .kind = TASK_FUND, .amount = task_fixture_lamports(f, &f->keys[1])};
    assert_done(task_fixture_run(f, &fund,
                                 &(struct task_parties){.actor = f->keys[1]}));
    assert_false(task_rows_has(bank_state(f->bank), NULL, &upload));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_stake_moves_coins_to_the_pot),
        TEST(test_stake_below_the_minimum_is_refused),
        TEST(test_stake_above_what_the_account_holds_is_refused),
        TEST(test_stake_from_an_account_of_anothers_is_refused),
        TEST(test_withdrawn_stake_becomes_claimable_at_once),
        TEST(test_withdrawal_without_stake_is_refused),
        TEST(test_recent_submission_locks_the_stake),
        TEST(test_claim_of_nothing_is_refused),
        TEST(test_funds_add_to_bounty_and_pot),
        TEST(test_emptied_data_account_leaves_no_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
