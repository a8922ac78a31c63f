/* Payouts: when one is sent, by whose turn, and what a round brought. */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "node/owner/notice_book.h"
#include "runner_fixture.h"

static void open_pay(struct fixture *fixture)
{
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture->lists[0] = (struct entry){.key = fixture_peer(0), .slot = 201};
    fixture->list_count = 1;
    fixture_run(fixture);
}

/* At that slot, in round 3 of the clock. */
static void pay(struct fixture *fixture, uint64_t slot)
{
    struct duty *duty = fixture_duty(fixture, ROUND_PAYOUT);

    fixture_set_clock(fixture, slot, 3);
    duty->what.until_slot = 400;
    task_pay_begin(duty);
    fixture_settle(fixture);
}

static size_t payouts(const struct fixture *fixture)
{
    return fixture_sent(fixture, TASK_PAYOUT);
}

static const struct round_record *record(const struct fixture *fixture)
{
    return round_memory_find(runner_rounds_memory(fixture->runner->rounds), 1);
}

static void test_a_list_of_an_earlier_round_is_paid_at_once(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    /* Every submitter has had its turn. */
    pay(fixture, 310);
    assert_int_equal(payouts(fixture), 1);
    assert_int_equal(fixture->sent[0].round, 1);
    assert_true(
        pubkey_equal(&fixture->sent[0].accounts[2], &fixture->lists[0].key));
}

/* It can be voted on until the audit window has ended. */
static void test_a_list_of_this_round_waits_for_its_votes(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    fixture->lists[0].slot = 301;
    pay(fixture, 379);
    assert_int_equal(payouts(fixture), 0);
    pay(fixture, 390);
    assert_int_equal(payouts(fixture), 1);
}

static void test_nothing_is_paid_without_a_list(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    fixture->list_count = 0;
    pay(fixture, 390);
    assert_int_equal(payouts(fixture), 0);
}

static void test_a_failed_payout_waits_for_newer_lists(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    fixture->payout = "PayoutFailed";
    pay(fixture, 390);
    assert_int_equal(payouts(fixture), 0);
    assert_int_equal(record(fixture)->payout, CLIENT_PAYOUT_FAILED);
    fixture->lists[0].slot = 301;
    pay(fixture, 391);
    assert_int_equal(payouts(fixture), 1);
}

static void test_the_last_slot_of_a_round_is_too_late(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    pay(fixture, 399);
    assert_int_equal(payouts(fixture), 0);
}

static void test_a_round_nobody_submitted_to_is_over(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    fixture->submission_count = 0;
    pay(fixture, 390);
    assert_int_equal(payouts(fixture), 0);
    assert_int_equal(fixture_asked(fixture, "getTaskDistributionInfo"), 0);
}

static void test_what_a_round_brought_is_read_from_a_standing_list(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey keys[] = {fixture->wallet.staking.pubkey,
                                  fixture_peer(0)};

    open_pay(fixture);
    fixture->payout = "PayoutSuccessful";
    fixture_set_list(fixture, keys, 2, 7);
    pay(fixture, 390);
    assert_int_equal(payouts(fixture), 0);
    assert_true(record(fixture)->has_reward);
    assert_int_equal(record(fixture)->reward, 7);
}

/* Whoever was slashed is told when the list is read, and once. */
static void test_a_slash_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey own = fixture->wallet.staking.pubkey;
    struct node_parts *parts = &fixture->parts;
    struct buffer told = {0};

    assert_ok(notice_book_open(parts->journal, parts->writer, false,
                               &parts->notices));
    open_pay(fixture);
    fixture->payout = "PayoutSuccessful";
    fixture_set_list(fixture, &own, 1, -1500000000);
    pay(fixture, 390);
    pay(fixture, 391);
    assert_int_equal(record(fixture)->reward, -1500000000);
    struct json_writer writer = json_writer_make(&told);
    notice_book_write(parts->notices, 0, &writer);
    const char *text = buffer_string(&told);
    const char *first = strstr(text, "1.5 KOII was taken from your stake on");
    assert_non_null(first);
    assert_non_null(strstr(text, "\"round\":1"));
    assert_non_null(strstr(text, "\"amount\":\"1500000000\""));
    assert_null(strstr(first + 1, "1.5 KOII was taken"));
    buffer_free(&told);
    fixture_end_runner(fixture);
    fixture_connect(fixture);
    notice_book_close(parts->notices);
    parts->notices = NULL;
}

/* A list that was voted down brought nobody anything. */
static void test_a_list_that_was_voted_down_says_nothing(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey own = fixture->wallet.staking.pubkey;

    open_pay(fixture);
    fixture->payout = "PayoutSuccessful";
    fixture->lists[0].is_accused = true;
    fixture->lists[0].votes_against = 2;
    fixture->lists[0].votes_for = 1;
    fixture_set_list(fixture, &own, 1, 7);
    pay(fixture, 390);
    assert_false(record(fixture)->has_reward);
}

/* It serves another round by now: unknown, and not nothing. */
static void test_a_list_that_is_gone_leaves_the_reward_unknown(void **state)
{
    struct fixture *fixture = *state;

    open_pay(fixture);
    fixture->payout = "PayoutSuccessful";
    buffer_text(&fixture->list, "something else");
    pay(fixture, 390);
    assert_false(record(fixture)->has_reward);
    assert_int_equal(record(fixture)->payout, CLIENT_PAYOUT_SUCCESSFUL);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_list_of_an_earlier_round_is_paid_at_once),
        TEST(test_a_list_of_this_round_waits_for_its_votes),
        TEST(test_nothing_is_paid_without_a_list),
        TEST(test_a_failed_payout_waits_for_newer_lists),
        TEST(test_the_last_slot_of_a_round_is_too_late),
        TEST(test_a_round_nobody_submitted_to_is_over),
        TEST(test_what_a_round_brought_is_read_from_a_standing_list),
        TEST(test_a_slash_is_told_at_once),
        TEST(test_a_list_that_was_voted_down_says_nothing),
        TEST(test_a_list_that_is_gone_leaves_the_reward_unknown),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
