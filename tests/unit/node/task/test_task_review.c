/* Audits and votes on submissions and lists, by what stands on chain. */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "runner_fixture.h"

/* What the task's functions give, and how often they were called. */
static const char *verdict, *own_list;
static unsigned audits, distributions;

static const char *play(struct fixture *fixture, const char *function,
                        const char *args)
{
    if (!strcmp(function, "audit")) {
        audits++;
        return verdict;
    }
    if (!strcmp(function, "distribution")) {
        distributions++;
        return own_list;
    }
    return "null";
}

static void open_review(struct fixture *fixture)
{
    audits = distributions = 0;
    verdict = "true";
    own_list = "null";
    fixture->result = play;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture_run(fixture);
}

/* The list of peer 0 in round 1, sent in round 3. */
static void put_list(struct fixture *fixture, bool is_accused)
{
    fixture->lists[0] = (struct entry){.key = fixture_peer(0),
                                       .slot = 301,
                                       .is_accused = is_accused,
                                       .votes_against = is_accused};
    fixture->list_count = 1;
}

static void review(struct fixture *fixture, enum round_action action)
{
    task_review_begin(fixture_duty(fixture, action));
    fixture_settle(fixture);
}

/* One list verdict of this node's is sent, and it is that one. */
static void expect_list_vote(struct fixture *fixture, bool is_valid)
{
    assert_int_equal(fixture_sent(fixture, TASK_AUDIT_DISTRIBUTION), 1);
    assert_int_equal(fixture->sent[0].flag, is_valid);
    assert_true(
        pubkey_equal(&fixture->sent[0].accounts[2], &fixture->lists[0].key));
    assert_int_equal(fixture->sent[0].round, 1);
}

static char *list_of(const struct pubkey *key, int amount)
{
    return mem_format("{\"%s\":%d}", PUBKEY_TEXT(key), amount);
}

/* ---- lists ---- */

static void test_without_a_list_of_ones_own_there_is_no_vote(void **state)
{
    static const enum round_action actions[] = {ROUND_LIST_AUDIT,
                                                ROUND_LIST_VOTE};
    static const char *const nothing[] = {"null", "[5]", NULL};
    struct fixture *fixture = *state;
    struct pubkey peer = fixture_peer(0);

    open_review(fixture);
    put_list(fixture, true);
    fixture_set_list(fixture, &peer, 1, 5);
    for (size_t i = 0; i < 3; i++) {
        own_list = nothing[i];
        for (size_t a = 0; a < 2; a++)
            for (int looks = 0; looks < 5; looks++)
                review(fixture, actions[a]);
    }
    assert_int_equal(fixture->sent_count, 0);
    /* And is asked of the task a few times only. */
    assert_int_equal(distributions, VERDICT_TRIES);
}

static void test_an_accused_list_is_defended_where_it_is_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey peer = fixture_peer(0);
    char *same = list_of(&peer, 5);

    open_review(fixture);
    own_list = same;
    put_list(fixture, true);
    fixture_set_list(fixture, &peer, 1, 5);
    review(fixture, ROUND_LIST_VOTE);
    expect_list_vote(fixture, true);
    /* Once. */
    review(fixture, ROUND_LIST_VOTE);
    expect_list_vote(fixture, true);
    free(same);
}

static void test_a_list_with_another_amount_is_accused(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey peer = fixture_peer(0);
    char *other = list_of(&peer, 6);

    open_review(fixture);
    own_list = other;
    put_list(fixture, false);
    fixture_set_list(fixture, &peer, 1, 5);
    review(fixture, ROUND_LIST_AUDIT);
    expect_list_vote(fixture, false);
    free(other);
}

static void test_a_list_with_another_key_more_is_accused(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey peers[] = {fixture_peer(0), fixture_peer(1)};
    char *other = list_of(&peers[0], 5);

    open_review(fixture);
    own_list = other;
    put_list(fixture, false);
    fixture_set_list(fixture, peers, 2, 5);
    review(fixture, ROUND_LIST_AUDIT);
    expect_list_vote(fixture, false);
    free(other);
}

static void test_an_account_without_the_list_is_accused(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey peer = fixture_peer(0);
    char *own = list_of(&peer, 5);

    open_review(fixture);
    own_list = own;
    put_list(fixture, false);
    buffer_text(&fixture->list, "not a list");
    review(fixture, ROUND_LIST_AUDIT);
    expect_list_vote(fixture, false);
    free(own);
}

static const char *hide_accounts(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getAccountInfo") != 0 ? NULL : "";
}

static void test_an_account_that_cant_be_read_is_not_accused(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey peer = fixture_peer(0);
    char *own = list_of(&peer, 5);

    open_review(fixture);
    own_list = own;
    put_list(fixture, false);
    fixture->lie = hide_accounts;
    for (int looks = 0; looks < 5; looks++)
        review(fixture, ROUND_LIST_AUDIT);
    assert_int_equal(fixture->sent_count, 0);
    free(own);
}

/* Its audit was in the round of the clock in which it was sent. */
static void test_a_list_of_an_earlier_round_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey peer = fixture_peer(0);
    char *other = list_of(&peer, 6);

    open_review(fixture);
    own_list = other;
    put_list(fixture, true);
    fixture->lists[0].slot = 299;
    fixture_set_list(fixture, &peer, 1, 5);
    review(fixture, ROUND_LIST_AUDIT);
    review(fixture, ROUND_LIST_VOTE);
    assert_int_equal(fixture->sent_count, 0);
    free(other);
}

/* ---- submissions ---- */

static void expect_audits(struct fixture *fixture, size_t count, bool is_valid)
{
    assert_int_equal(fixture_sent(fixture, TASK_AUDIT_SUBMISSIONS), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fixture->sent[i].flag, is_valid);
}

static void test_a_sample_is_audited_and_the_false_is_accused(void **state)
{
    struct fixture *fixture = *state;

    open_review(fixture);
    for (uint8_t i = 0; i < 12; i++)
        fixture->submissions[i] = (struct entry){
            .key = fixture_peer(i), .value = "bafy", .slot = 150};
    fixture->submission_count = 12;
    verdict = "false";
    review(fixture, ROUND_AUDIT);
    assert_int_equal(audits, TASK_REVIEW_SAMPLE);
    expect_audits(fixture, TASK_REVIEW_SAMPLE, false);
    /* Nobody is accused twice. */
    review(fixture, ROUND_AUDIT);
    assert_int_equal(audits, TASK_REVIEW_SAMPLE);
    expect_audits(fixture, TASK_REVIEW_SAMPLE, false);
}

static void test_few_submissions_are_all_audited_but_not_ones_own(void **state)
{
    struct fixture *fixture = *state;

    open_review(fixture);
    review(fixture, ROUND_AUDIT);
    assert_int_equal(audits, 1);
    /* What stands needs no word. */
    assert_int_equal(fixture->sent_count, 0);
}

static void test_an_accused_submission_is_voted_on(void **state)
{
    static const struct {
        const char *verdict;
        bool is_valid;
    } votes[] = {{"true", true}, {"false", false}, {"null", true}, {"5", true}};

    for (size_t i = 0; i < sizeof(votes) / sizeof(votes[0]); i++) {
        void *inner = NULL;
        struct fixture *fixture;

        assert_int_equal(fixture_open(&inner), 0);
        fixture = inner;
        open_review(fixture);
        verdict = votes[i].verdict;
        fixture->submissions[1].is_accused = true;
        review(fixture, ROUND_VOTE);
        expect_audits(fixture, 1, votes[i].is_valid);
        review(fixture, ROUND_VOTE);
        expect_audits(fixture, 1, votes[i].is_valid);
        assert_int_equal(audits, 1);
        assert_int_equal(fixture_close(&inner), 0);
    }
}

static void test_a_task_that_throws_votes_on_nobody(void **state)
{
    struct fixture *fixture = *state;

    open_review(fixture);
    verdict = NULL;
    fixture->submissions[1].is_accused = true;
    for (int looks = 0; looks < 5; looks++)
        review(fixture, ROUND_VOTE);
    assert_int_equal(audits, VERDICT_TRIES);
    assert_int_equal(fixture->sent_count, 0);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_list_of_ones_own_there_is_no_vote),
        TEST(test_an_accused_list_is_defended_where_it_is_the_same),
        TEST(test_a_list_with_another_amount_is_accused),
        TEST(test_a_list_with_another_key_more_is_accused),
        TEST(test_an_account_without_the_list_is_accused),
        TEST(test_an_account_that_cant_be_read_is_not_accused),
        TEST(test_a_list_of_an_earlier_round_is_left_alone),
        TEST(test_a_sample_is_audited_and_the_false_is_accused),
        TEST(test_few_submissions_are_all_audited_but_not_ones_own),
        cmocka_unit_test(test_an_accused_submission_is_voted_on),
        TEST(test_a_task_that_throws_votes_on_nobody),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
