#include "test.h"

#include "settlement/format/task_distribution_list.h"
#include "task_fixture.h"

#define WORK 4
#define LISTED (WORK + 2)

static int setup(void **state)
{
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    for (size_t i = 0; i < 3; i++)
        assert_done(task_fixture_stake(f, i, TASK_FIXTURE_STAKE));
    task_fixture_to(f, WORK, 0);
    assert_done(task_fixture_submit(f, 0, WORK - 1));
    task_fixture_to(f, WORK + 1, 0);
    for (size_t i = 0; i < 2; i++)
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

static struct transaction_status upload_chunk(struct task_fixture *f,
                                              size_t key, uint64_t round,
                                              uint16_t number, uint8_t fill)
{
    uint8_t data[TASK_CHUNK_DATA_SIZE];
    memset(data, fill, sizeof(data));
    return task_fixture_run(
        f,
        &(struct task_instruction){.kind = TASK_UPLOAD_DISTRIBUTION_LIST,
                                   .round = round,
                                   .chunk.number = number,
                                   .chunk.data =
                                       bytes_make(data, sizeof(data))},
        &(struct task_parties){.data_account = f->keys[key]});
}

static struct account find(struct task_fixture *f, size_t key)
{
    struct account account;
    uint8_t row_key[ACCOUNT_KEY_SIZE];
    struct bytes row;
    account_key(&f->keys[key], row_key);
    assert_true(state_get(bank_state(f->bank),
                          bytes_make(row_key, sizeof(row_key)), &row));
    assert_int_equal(account_decode(row, &account), 0);
    return account;
}

static void test_chunks_land_in_any_order(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, LISTED, 0);
    assert_done(upload_chunk(f, 0, WORK, 2, 'c'));
    assert_int_equal(find(f, 0).space, 3 * 508);
    assert_int_equal(find(f, 0).data.data[0], 0);
    assert_done(upload_chunk(f, 0, WORK, 0, 'a'));
    struct account account = find(f, 0);
    assert_int_equal(account.space, 3 * 508);
    assert_int_equal(account.data.data[0], 'a');
    assert_int_equal(account.data.data[507], 'a');
    assert_int_equal(account.data.data[508], 0);
    assert_int_equal(account.data.data[3 * 508 - 1], 'c');
}

static void test_upload_for_another_round_clears_the_account(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, LISTED, 0);
    assert_done(upload_chunk(f, 0, WORK, 3, 'd'));
    assert_done(upload_chunk(f, 0, WORK - 1, 0, 'a'));
    assert_int_equal(find(f, 0).space, 508);
    assert_custom(task_fixture_submit_list(f, 0, WORK),
                  TASK_ERROR_WRONG_DATA_ACCOUNT);
    assert_done(task_fixture_submit_list(f, 0, WORK - 1));
}

static void test_growth_has_to_be_paid_for(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, LISTED, 0);
    /* 100 KOII pay for 10 MiB and more; chunk 20000 would need 10.2 MB. */
    const struct task_instruction fund = {
        .kind = TASK_FUND,
        .amount =
            task_fixture_lamports(f, &f->keys[0]) - rent_minimum_balance(508)};
    assert_done(task_fixture_run(f, &fund,
                                 &(struct task_parties){.actor = f->keys[0]}));
    assert_done(upload_chunk(f, 0, WORK, 0, 'a'));
    assert_refused(upload_chunk(f, 0, WORK, 1, 'b'),
                   INSTRUCTION_INSUFFICIENT_FUNDS);
    assert_refused(upload_chunk(f, 1, WORK, 65535, 'b'),
                   INSTRUCTION_INSUFFICIENT_FUNDS);
}

static void test_data_account_must_be_the_programs_and_sign(void **state)
{
    struct task_fixture *f = *state;
    const struct task_instruction chunk = {
        .kind = TASK_UPLOAD_DISTRIBUTION_LIST, .round = WORK};
    task_fixture_to(f, LISTED, 0);
    assert_refused(
        task_fixture_run(f, &chunk,
                         &(struct task_parties){.data_account = f->payer}),
        INSTRUCTION_INVALID_ACCOUNT_OWNER);
    assert_refused(
        task_fixture_run(f, &chunk,
                         &(struct task_parties){.data_account = f->task}),
        INSTRUCTION_INVALID_ACCOUNT_DATA);
}

static void test_rounds_without_work_take_no_upload(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, LISTED, 0);
    assert_custom(upload_chunk(f, 0, LISTED, 0, 'a'), TASK_ERROR_NO_SUBMISSION);
    task_fixture_to(f, WORK + 6, 0);
    assert_custom(upload_chunk(f, 0, WORK, 0, 'a'), TASK_ERROR_ROUND_CLOSED);
}

static void test_lists_are_due_from_the_second_round_after(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {1};
    assert_done(task_fixture_upload(f, 0, WORK, bytes_text("{}")));
    assert_custom(task_fixture_submit_list(f, 0, WORK), TASK_ERROR_WRONG_ROUND);
    task_fixture_to(f, LISTED, f->terms.submission_window - 1);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED, f->terms.submission_window);
    assert_custom(task_fixture_list(f, 1, WORK, amounts, 1),
                  TASK_ERROR_WINDOW_CLOSED);
}

static void test_only_submitters_send_lists(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {1};
    task_fixture_to(f, LISTED, 0);
    assert_custom(task_fixture_list(f, 2, WORK, amounts, 1),
                  TASK_ERROR_NO_SUBMISSION);
    assert_done(task_fixture_list(f, 1, WORK, amounts, 1));
}

static void test_one_list_a_key_and_round(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {1};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    assert_custom(task_fixture_list(f, 0, WORK, amounts, 1),
                  TASK_ERROR_DUPLICATE);
    task_fixture_to(f, LISTED + 1, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
}

static void test_paid_round_takes_no_more_lists(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {1};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED + 1, 0);
    assert_done(task_fixture_payout(f, WORK));
    assert_custom(task_fixture_list(f, 1, WORK, amounts, 1),
                  TASK_ERROR_ROUND_CLOSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_chunks_land_in_any_order),
        TEST(test_upload_for_another_round_clears_the_account),
        TEST(test_growth_has_to_be_paid_for),
        TEST(test_data_account_must_be_the_programs_and_sign),
        TEST(test_rounds_without_work_take_no_upload),
        TEST(test_lists_are_due_from_the_second_round_after),
        TEST(test_only_submitters_send_lists),
        TEST(test_one_list_a_key_and_round),
        TEST(test_paid_round_takes_no_more_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
