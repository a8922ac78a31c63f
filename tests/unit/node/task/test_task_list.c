/* This node's own list: whether it is sent, and what goes over the wire. */
#include "test.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "runner_fixture.h"

static const char *own_list;
static char *asked_with; /* the arguments of distribution() */

static const char *play(struct fixture *fixture, const char *function,
                        const char *args)
{
    if (strcmp(function, "distribution") != 0)
        return "null";
    free(asked_with);
    asked_with = mem_text(args);
    return own_list;
}

static void open_list(struct fixture *fixture)
{
    free(asked_with);
    asked_with = NULL;
    own_list = "{\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\":7}";
    fixture->result = play;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture_run(fixture);
}

/* Once the turns of all submitters have come. */
static void list(struct fixture *fixture)
{
    struct duty *duty = fixture_duty(fixture, ROUND_LIST);

    fixture_set_clock(fixture, 325, 3);
    duty->what.until_slot = 335;
    task_list_begin(duty);
    fixture_settle(fixture);
}

static void test_a_list_is_uploaded_and_then_sent(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    list(fixture);
    assert_true(fixture_sent(fixture, TASK_UPLOAD_DISTRIBUTION_LIST) >= 1);
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
    const struct sent *last = &fixture->sent[fixture->sent_count - 1];
    assert_int_equal(last->kind, TASK_SUBMIT_DISTRIBUTION_LIST);
    assert_true(
        pubkey_equal(&last->accounts[1], &fixture->wallet.staking.pubkey));
    assert_true(
        pubkey_equal(&last->accounts[2], &fixture->runner->list_account));
    /* One list a round of the clock. */
    list(fixture);
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
}

static void test_distribution_gets_votes_stakes_and_the_bounty(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *args, *submitters, *one;
    int64_t votes;
    uint64_t stake;
    const char *key;

    fixture->submissions[1].is_accused = true;
    fixture->submissions[1].votes_for = 1;
    fixture->submissions[1].votes_against = 3;
    open_list(fixture);
    list(fixture);
    assert_ok(json_parse(bytes_text(asked_with), &args));
    submitters = json_object_array_get_idx(args, 0);
    assert_int_equal(json_object_array_length(submitters), 2);
    for (size_t i = 0; i < 2; i++) {
        one = json_object_array_get_idx(submitters, i);
        assert_ok(json_get_text(one, "publicKey", &key));
        assert_ok(json_get_i64(one, "votes", &votes));
        assert_ok(json_get_u64(one, "stake", &stake));
        if (!strcmp(key, PUBKEY_TEXT(&fixture->wallet.staking.pubkey))) {
            assert_int_equal(votes, 1);
            assert_int_equal(stake, fixture->stake);
        } else {
            assert_int_equal(votes, -2);
            assert_int_equal(stake, 0);
        }
    }
    assert_int_equal(json_object_get_int64(json_object_array_get_idx(args, 1)),
                     10);
    assert_int_equal(json_object_get_int64(json_object_array_get_idx(args, 2)),
                     1);
    json_object_put(args);
}

static void expect_nothing_sent(struct fixture *fixture)
{
    list(fixture);
    assert_int_equal(fixture->sent_count, 0);
}

static void test_a_task_without_a_list_sends_none(void **state)
{
    static const char *const nothing[] = {"null", "5", "[]", NULL};
    struct fixture *fixture = *state;

    open_list(fixture);
    for (size_t i = 0; i < 4; i++) {
        own_list = nothing[i];
        expect_nothing_sent(fixture);
    }
}

/* It is replaced, and asked again: what it was killed in is no answer. */
static void
test_a_worker_that_dies_has_not_said_that_there_is_no_list(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    own_list = NULL;
    fixture->failure = ERR_CLOSED;
    expect_nothing_sent(fixture);
    assert_non_null(fixture->runner->error);
    assert_non_null(strstr(fixture->runner->error, "the worker ended"));
}

static void test_who_did_not_submit_sends_no_list(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    fixture->submissions[0].key = fixture_peer(5);
    expect_nothing_sent(fixture);
    assert_null(asked_with);
}

static void test_enough_lists_need_no_other(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    for (uint8_t i = 0; i < 2; i++)
        fixture->lists[i] = (struct entry){.key = fixture_peer(i), .slot = 301};
    fixture->list_count = 2;
    expect_nothing_sent(fixture);
    /* One is too few. */
    fixture->list_count = 1;
    list(fixture);
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
}

static void test_a_round_that_is_paid_needs_no_list(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    fixture->payout = "PayoutSuccessful";
    expect_nothing_sent(fixture);
}

/* An unpaid list of an earlier round is paid, not made anew; a failed one is.
 */
static void test_a_list_is_made_anew_where_its_payout_failed(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    fixture->lists[0] = (struct entry){.key = fixture_peer(0), .slot = 201};
    fixture->list_count = 1;
    expect_nothing_sent(fixture);
    fixture->payout = "PayoutFailed";
    list(fixture);
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
}

/* The same list of round 1, a round of the clock later than its turn. */
static void list_late(struct fixture *fixture)
{
    struct duty *duty = fixture_duty(fixture, ROUND_LIST);

    fixture_set_clock(fixture, 425, 4);
    duty->begun_in = 4;
    duty->what.until_slot = 435;
    task_list_begin(duty);
    fixture_settle(fixture);
}

static void test_a_late_list_has_an_account_of_its_own(void **state)
{
    struct fixture *fixture = *state;

    open_list(fixture);
    runner_rounds_note_list(fixture->runner->rounds, 4, 2);
    list_late(fixture);
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
    const struct sent *last = &fixture->sent[fixture->sent_count - 1];
    assert_true(
        pubkey_equal(&last->accounts[2], &fixture->runner->late_list_account));
    assert_false(pubkey_equal(&fixture->runner->late_list_account,
                              &fixture->runner->list_account));
}

/* The account holds what was uploaded before a restart: only the journal knows
 * of it. A chunk of an earlier round of the clock is none of this one's. */
static void test_a_list_begun_before_a_restart_keeps_the_account(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry chunk = {.name = {.task = fixture_task,
                                           .round = 0,
                                           .kind = JOURNAL_UPLOAD,
                                           .target = {.bytes = {8}}},
                                  .transaction_size = 100};

    open_list(fixture);
    chunk.name.part = 2u << 16; /* of round 4 of the clock, as the duty */
    assert_ok(journal_intend(fixture->parts.journal, &chunk));
    list_late(fixture);
    assert_int_equal(fixture->sent_count, 0);
    assert_ok(journal_settle(fixture->parts.journal, chunk.id, JOURNAL_FAILED,
                             420, NULL));
    chunk.name.part = 1u << 16; /* of round 3 */
    assert_ok(journal_intend(fixture->parts.journal, &chunk));
    runner_rounds_forget(fixture->runner->rounds);
    list_late(fixture);
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
}

/* Looks whether a list is to be made early in the window. */
static unsigned look_early(struct fixture *fixture)
{
    unsigned asked = fixture_asked(fixture, "getTaskDistributionInfo");
    struct duty *duty = fixture_duty(fixture, ROUND_LIST);

    fixture_set_clock(fixture, 305, 3);
    task_list_begin(duty);
    fixture_settle(fixture);
    return fixture_asked(fixture, "getTaskDistributionInfo") - asked;
}

static void test_a_list_that_can_be_paid_keeps_its_account(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry list_before = {
        .name = {.task = fixture_task, .round = 0, .kind = JOURNAL_LIST},
        .transaction_size = 100};

    open_list(fixture);
    assert_int_equal(look_early(fixture), 1);
    assert_ok(journal_intend(fixture->parts.journal, &list_before));
    assert_ok(journal_settle(fixture->parts.journal, list_before.id,
                             JOURNAL_FINAL, 220, NULL));
    assert_int_equal(look_early(fixture), 0);
    struct round_record *record =
        round_memory_get(runner_rounds_memory(fixture->runner->rounds), 0);
    record->payout = CLIENT_PAYOUT_SUCCESSFUL;
    assert_int_equal(look_early(fixture), 1);
    record->payout = CLIENT_PAYOUT_NONE;
    list(fixture); /* half the window has passed */
    assert_int_equal(fixture_sent(fixture, TASK_SUBMIT_DISTRIBUTION_LIST), 1);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_list_is_uploaded_and_then_sent),
        TEST(test_distribution_gets_votes_stakes_and_the_bounty),
        TEST(test_a_task_without_a_list_sends_none),
        TEST(test_a_worker_that_dies_has_not_said_that_there_is_no_list),
        TEST(test_who_did_not_submit_sends_no_list),
        TEST(test_enough_lists_need_no_other),
        TEST(test_a_round_that_is_paid_needs_no_list),
        TEST(test_a_list_is_made_anew_where_its_payout_failed),
        TEST(test_a_late_list_has_an_account_of_its_own),
        TEST(test_a_list_begun_before_a_restart_keeps_the_account),
        TEST(test_a_list_that_can_be_paid_keeps_its_account),
    };

    crypto_init();
    log_configure("quiet");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(asked_with);
    return failed;
}
