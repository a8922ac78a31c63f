#include "test.h"

#include "base/error.h"
#include "settlement/format/well_known.h"
#include "settlement/task/task_check.h"
#include "task_fixture.h"

#define WORK 1
#define KOII ((int64_t)LAMPORTS_PER_KOII)

static int setup(void **state)
{
    const int64_t amounts[] = {KOII};
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    for (size_t i = 0; i < 3; i++)
        assert_done(task_fixture_stake(f, i, KOII));
    task_fixture_to(f, WORK + 1, 0);
    for (size_t i = 0; i < 2; i++)
        assert_done(task_fixture_submit(f, i, WORK));
    task_fixture_to(f, WORK + 1, f->terms.submission_window);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    task_fixture_to(f, WORK + 2, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, WORK + 3, 0);
    assert_done(task_fixture_payout(f, WORK));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

/* A state with one changed row must not pass. */
static void expect_broken(struct task_fixture *f, const struct task_row *row,
                          struct bytes value)
{
    struct state *child = state_open_child(bank_state(f->bank));
    struct task_row_key key;
    task_rows_key(&f->task, row, &key);
    assert_ok(task_check(child, NULL));
    if (value.data)
        state_put(child, bytes_make(key.bytes, key.size), value);
    else
        state_delete(child, bytes_make(key.bytes, key.size));
    assert_int_equal(task_check(child, NULL), ERR_CORRUPT);
    state_close(child);
}

static void test_sound_state_passes_with_its_totals(void **state)
{
    struct task_fixture *f = *state;
    struct task_check_totals totals;
    assert_ok(task_check(bank_state(f->bank), &totals));
    assert_int_equal(totals.tasks, 1);
    assert_int_equal(totals.stakes, 3 * KOII);
    assert_int_equal(totals.balances, KOII);
    assert_int_equal(totals.bounties, 99 * KOII);
    assert_int_equal(totals.pot_surplus, TASK_STAKE_POT_LAMPORTS);
}

static void test_missing_rows_are_found(void **state)
{
    struct task_fixture *f = *state;
    static const enum task_row_kind kinds[] = {
        TASK_ROW_STAKE,
        TASK_ROW_BALANCE,
        TASK_ROW_SUBMISSION,
        TASK_ROW_LIST,
        TASK_ROW_SUBMISSION_AUDIT,
        TASK_ROW_SUBMISSION_VOTE,
        TASK_ROW_HEADER,
        TASK_ROW_ROUND,
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct task_row row = {.kind = kinds[i],
                               .round = WORK,
                               .key = f->keys[0],
                               .voter = f->keys[1]};
        expect_broken(f, &row, (struct bytes){0});
    }
}

static void test_changed_amounts_are_found(void **state)
{
    struct task_fixture *f = *state;
    struct task_row row = {.kind = TASK_ROW_STAKE, .key = f->keys[0]};
    uint8_t amount[8];
    u64le_write(amount, KOII + 1);
    expect_broken(f, &row, bytes_make(amount, 8));
    row.kind = TASK_ROW_BALANCE;
    expect_broken(f, &row, bytes_make(amount, 8));
    row.key = f->keys[5];
    expect_broken(f, &row, bytes_make(amount, 8));
    u64le_write(amount, 0);
    expect_broken(f, &row, bytes_make(amount, 8));
}

static void test_rows_that_do_not_decode_are_found(void **state)
{
    struct task_fixture *f = *state;
    struct task_row row = {.kind = TASK_ROW_ROUND, .round = WORK};
    expect_broken(f, &row, bytes_text("short"));
    row = (struct task_row){.kind = TASK_ROW_HEADER};
    expect_broken(f, &row, bytes_text("short"));
}

static void test_every_flipped_bit_of_a_header_number_is_found(void **state)
{
    struct task_fixture *f = *state;
    struct task_row_key key;
    struct bytes value;
    const struct task_row header = {.kind = TASK_ROW_HEADER};
    task_rows_key(&f->task, &header, &key);
    assert_true(state_get(bank_state(f->bank), bytes_make(key.bytes, key.size),
                          &value));
    /* Flags and two keys are 65 bytes; total stake is the tenth number. */
    for (size_t at = 65 + 9 * 8; at < 65 + 10 * 8; at++) {
        uint8_t copy[1024];
        assert_true(value.size <= sizeof(copy));
        memcpy(copy, value.data, value.size);
        copy[at] ^= 1;
        expect_broken(f, &header, bytes_make(copy, value.size));
    }
}

static void test_pot_that_holds_too_little_is_found(void **state)
{
    struct task_fixture *f = *state;
    struct state *child = state_open_child(bank_state(f->bank));
    struct account pot = {.lamports = 102 * KOII + KOII - 1,
                          .owner = KOII_TASK_PROGRAM_ID};
    uint8_t key[ACCOUNT_KEY_SIZE];
    struct buffer row = {0};
    account_key(&f->pot, key);
    account_encode(&pot, &row);
    state_put(child, bytes_make(key, sizeof(key)), buffer_view(&row));
    assert_int_equal(task_check(child, NULL), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "owes"));
    buffer_free(&row);
    state_close(child);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sound_state_passes_with_its_totals),
        TEST(test_missing_rows_are_found),
        TEST(test_changed_amounts_are_found),
        TEST(test_rows_that_do_not_decode_are_found),
        TEST(test_every_flipped_bit_of_a_header_number_is_found),
        TEST(test_pot_that_holds_too_little_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
