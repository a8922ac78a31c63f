/* Claims: when one is sent, and when the wish for one ends. */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "node/task/task_money_internal.h"
#include "runner_fixture.h"

#include <stdlib.h>

static void open_money(struct fixture *fixture)
{
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture_run(fixture);
}

static size_t claims(const struct fixture *fixture)
{
    return fixture_sent(fixture, TASK_CLAIM_REWARD);
}

static void
test_a_claim_of_nothing_is_kept_until_there_is_something(void **state)
{
    struct fixture *fixture = *state;

    open_money(fixture);
    task_runner_claim(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 0);
    fixture->balance = 5;
    runner_ask_view(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 1);
    /* And is over then. */
    runner_ask_view(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 1);
}

static void test_a_claim_comes_by_itself_from_the_threshold_on(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.claim_threshold_roe = 10;
    fixture->balance = 9;
    open_money(fixture);
    assert_int_equal(claims(fixture), 0);
    fixture->balance = 10;
    runner_ask_view(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 1);
}

static const char *never_final(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getSignatureStatuses") != 0 ? NULL : "";
}

/* A claim of an earlier life is still under way when the operator asks. */
static void test_a_wish_is_kept_while_the_sender_is_busy(void **state)
{
    struct fixture *fixture = *state;
    struct sender *sender = fixture->parts.sender;
    struct journal_name name = {.task = fixture_task, .kind = JOURNAL_CLAIM};
    struct recipe recipe;

    open_money(fixture);
    fixture->lie = never_final;
    recipe_init(&recipe, &fixture->wallet.main.pubkey);
    assert_ok(recipe_claim(&recipe, &fixture_task, &fixture_task,
                           &fixture->wallet.staking.pubkey, &fixture_task));
    assert_ok(sender_send(sender, &name, 5, &recipe, NULL, NULL));
    while (claims(fixture) < 1)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->balance = 7;
    task_runner_claim(fixture->runner);
    fixture_settle(fixture);
    assert_true(fixture->runner->money->claim_wanted);
    assert_null(fixture->runner->error);
    fixture->lie = NULL;
    while (sender_is_sending(sender, &name))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    runner_ask_view(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 2);
    assert_false(fixture->runner->money->claim_wanted);
}

static const char *no_blockhash(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getLatestBlockhash") != 0 ? NULL : "";
}

static void test_a_wish_outlives_an_endpoint_that_is_away(void **state)
{
    struct fixture *fixture = *state;

    fixture->balance = 5;
    open_money(fixture);
    fixture->lie = no_blockhash;
    task_runner_claim(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 0);
    fixture->lie = NULL;
    runner_ask_view(fixture->runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 1);
}

#define LANDED "1000000"

/* Final in a slot that is later than every state of the task that is told. */
static const char *landed(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getSignatureStatuses") != 0
               ? NULL
               : "{\"context\":{\"slot\":" LANDED
                 "},\"value\":[{\"slot\":" LANDED
                 ",\"err\":null,\"confirmationStatus\":\"finalized\"}]}";
}

/* What a claim moved is not owed again until the task's state shows it. */
static void test_what_was_claimed_does_not_come_back_for_a_moment(void **state)
{
    struct fixture *fixture = *state;

    fixture->balance = 5;
    open_money(fixture);
    struct task_runner *runner = fixture->runner;
    assert_int_equal(task_money_claimable(runner), 5);
    fixture->lie = landed;
    task_runner_claim(runner);
    runner_ask_view(runner);
    fixture_settle(fixture);
    assert_int_equal(claims(fixture), 1);
    assert_false(runner->money->is_claiming);
    assert_int_equal(task_money_claiming(runner), 5);
    assert_int_equal(task_money_claimable(runner), 0);
    runner->view.slot = strtoull(LANDED, NULL, 10);
    assert_int_equal(task_money_claiming(runner), 0);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_claim_of_nothing_is_kept_until_there_is_something),
        TEST(test_a_claim_comes_by_itself_from_the_threshold_on),
        TEST(test_a_wish_is_kept_while_the_sender_is_busy),
        TEST(test_a_wish_outlives_an_endpoint_that_is_away),
        TEST(test_what_was_claimed_does_not_come_back_for_a_moment),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
