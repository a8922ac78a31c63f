/* Payouts: when one is sent, by whose turn, and what a round brought. */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "node/owner/notice_book.h"
#include "node/task/task_notices.h"
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

static void open_notices(struct fixture *fixture)
{
    struct node_parts *parts = &fixture->parts;

    assert_ok(notice_book_open(parts->journal, parts->writer, false,
                               &parts->notices));
}

static void close_notices(struct fixture *fixture)
{
    fixture_end_runner(fixture);
    fixture_connect(fixture);
    notice_book_close(fixture->parts.notices);
    fixture->parts.notices = NULL;
}

/* Whoever was slashed is told when the list is read, and once. */
static void test_a_slash_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey own = fixture->wallet.staking.pubkey;
    struct buffer told = {0};

    open_notices(fixture);
    open_pay(fixture);
    fixture->payout = "PayoutSuccessful";
    fixture_set_list(fixture, &own, 1, -1500000000);
    pay(fixture, 390);
    pay(fixture, 391);
    assert_int_equal(record(fixture)->reward, -1500000000);
    struct json_writer writer = json_writer_make(&told);
    notice_book_write(fixture->parts.notices, 0, &writer);
    const char *text = buffer_string(&told);
    const char *first = strstr(text, "1.5 KOII was taken from your stake on");
    assert_non_null(first);
    assert_non_null(strstr(text, "\"round\":1"));
    assert_non_null(strstr(text, "\"amount\":\"1500000000\""));
    assert_null(strstr(first + 1, "1.5 KOII was taken"));
    buffer_free(&told);
    close_notices(fixture);
}

/* Look at the votes on the proofs of round 1. */
static void look_at_votes(struct fixture *fixture)
{
    struct duty *duty = fixture_duty(fixture, ROUND_VOTE);

    fixture_set_clock(fixture, 250, 2);
    duty->begun_in = 2;
    duty->what.until_slot = 280;
    task_review_begin(duty);
    fixture_settle(fixture);
}

/* "n:open " of each accusation that was told. */
static void assert_accused(struct fixture *fixture, const char *expected)
{
    struct buffer json = {0}, shown = {0};
    struct json_writer writer = json_writer_make(&json);
    struct json_object *tree, *list, *facts;

    notice_book_write(fixture->parts.notices, 0, &writer);
    assert_ok(json_parse(buffer_view(&json), &tree));
    assert_ok(json_get_array(tree, "notifications", &list));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *notice = json_object_array_get_idx(list, i);
        const char *kind;
        uint64_t count;
        bool is_open;

        assert_ok(json_get_text(notice, "kind", &kind));
        if (strcmp(kind, "accused") != 0)
            continue;
        assert_ok(json_get_object(notice, "facts", &facts));
        assert_ok(json_get_u64(facts, "n", &count));
        assert_ok(json_get_bool(notice, "open", &is_open));
        buffer_format(&shown, "%d:%s ", (int)count, is_open ? "open" : "over");
    }
    assert_string_equal(buffer_string(&shown), expected);
    json_object_put(tree);
    buffer_free(&json);
    buffer_free(&shown);
}

static void begin_anew(struct fixture *fixture)
{
    close_notices(fixture);
    open_notices(fixture);
    fixture_run(fixture);
}

/* A node that begins anew reads its rounds again, and has nothing to tell. */
static void test_an_accusation_lasts_until_its_round_is_paid(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey own = fixture->wallet.staking.pubkey;
    size_t mine = 0;

    open_notices(fixture);
    open_pay(fixture);
    while (!pubkey_equal(&fixture->submissions[mine].key, &own))
        assert_true(++mine < fixture->submission_count);
    look_at_votes(fixture);
    assert_accused(fixture, "");
    fixture->submissions[mine].is_accused = true;
    fixture->submissions[mine].votes_against = 1;
    look_at_votes(fixture);
    assert_accused(fixture, "1:open ");
    fixture->submissions[mine].votes_against = 3;
    look_at_votes(fixture);
    assert_accused(fixture, "3:open ");
    begin_anew(fixture);
    fixture_set_clock(fixture, 310, 3);
    task_notices_accused(fixture->runner);
    assert_accused(fixture, "3:open ");
    pay(fixture, 310);
    assert_true(record(fixture)->is_accused);
    assert_accused(fixture, "3:open ");
    fixture->payout = "PayoutSuccessful";
    fixture_set_list(fixture, &own, 1, -7);
    pay(fixture, 390);
    assert_accused(fixture, "3:over ");
    begin_anew(fixture);
    pay(fixture, 390);
    assert_true(record(fixture)->is_accused);
    assert_accused(fixture, "3:over ");
    close_notices(fixture);
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
        TEST(test_an_accusation_lasts_until_its_round_is_paid),
        TEST(test_a_list_that_was_voted_down_says_nothing),
        TEST(test_a_list_that_is_gone_leaves_the_reward_unknown),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
