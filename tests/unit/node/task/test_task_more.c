/* More stake, as the operator orders it: what is sent, and what is refused. */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "node/task/task_more.h"
#include "runner_fixture.h"

#define KEY "0b9f2a86-1c1d-4f6e-8a52-6f0f5d1f1c11"
#define OTHER_KEY "0b9f2a86-1c1d-4f6e-8a52-6f0f5d1f1c12"

struct order {
    bool is_done;
    int status;
};

static void on_ordered(void *user, int status)
{
    struct order *order = user;

    assert_false(order->is_done);
    order->is_done = true;
    order->status = status;
}

static void open_task(struct fixture *fixture)
{
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture_run(fixture);
}

/* As far as the sender, or to a refusal. */
static int stake_more(struct fixture *fixture, const char *key, uint64_t amount)
{
    struct order order = {0};
    int status = task_runner_stake_more(fixture->runner, key, amount,
                                        on_ordered, &order);

    if (status)
        return status;
    assert_false(order.is_done);
    while (!order.is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    return order.status;
}

static size_t stakes(const struct fixture *fixture)
{
    return fixture_sent(fixture, TASK_STAKE);
}

static void test_more_is_staked_by_a_task_that_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry;
    struct journal_name name;
    const char *failure;
    uint64_t amount;

    open_task(fixture);
    assert_ok(stake_more(fixture, KEY, 7));
    assert_int_equal(fixture->runner->state, RUNNER_RUNNING);
    assert_ok(
        task_runner_staking_more(fixture->runner, KEY, &amount, &failure));
    assert_int_equal(amount, 7);
    assert_null(failure);
    fixture_settle(fixture);
    assert_int_equal(stakes(fixture), 1);
    task_more_name(&fixture_task, KEY, &name);
    assert_ok(journal_find(fixture->parts.journal, &name, &entry));
    assert_int_equal(entry.state, JOURNAL_FINAL);
    assert_int_equal(entry.amount, 7);
    assert_int_equal(fixture->runner->state, RUNNER_RUNNING);
}

static void test_one_order_is_under_way_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct order order = {0};

    open_task(fixture);
    assert_ok(
        task_runner_stake_more(fixture->runner, KEY, 7, on_ordered, &order));
    assert_int_equal(task_runner_stake_more(fixture->runner, OTHER_KEY, 7,
                                            on_ordered, &order),
                     ERR_BUSY);
    fixture_settle(fixture);
    assert_true(order.is_done);
    assert_ok(stake_more(fixture, OTHER_KEY, 7));
    fixture_settle(fixture);
    assert_int_equal(stakes(fixture), 2);
}

static void test_coins_that_are_missing_are_said_before(void **state)
{
    struct fixture *fixture = *state;
    const char *failure;
    uint64_t amount;

    open_task(fixture);
    fixture->main_balance = 1000000;
    assert_int_equal(stake_more(fixture, KEY, 2000000000), ERR_STATE);
    assert_non_null(strstr(err_text(), "KOII are missing"));
    fixture_settle(fixture);
    assert_int_equal(stakes(fixture), 0);
    assert_int_equal(
        task_runner_staking_more(fixture->runner, KEY, &amount, &failure),
        ERR_NOT_FOUND);
    /* The same order again, with the coins. */
    fixture->main_balance = 1000000000000;
    assert_ok(stake_more(fixture, KEY, 2000000000));
    fixture_settle(fixture);
    assert_int_equal(stakes(fixture), 1);
}

static void test_nothing_is_put_on_a_stake_that_is_taken_back(void **state)
{
    struct fixture *fixture = *state;

    open_task(fixture);
    assert_int_equal(
        task_runner_stake_more(fixture->runner, KEY, 0, on_ordered, NULL),
        ERR_INVALID);
    task_runner_leave(fixture->runner, true);
    assert_int_equal(
        task_runner_stake_more(fixture->runner, KEY, 7, on_ordered, NULL),
        ERR_STATE);
    assert_non_null(strstr(err_text(), "taken back"));
}

static void test_a_task_that_ends_answers_what_was_ordered(void **state)
{
    struct fixture *fixture = *state;
    struct order order = {0};

    open_task(fixture);
    assert_ok(
        task_runner_stake_more(fixture->runner, KEY, 7, on_ordered, &order));
    fixture_end_runner(fixture);
    fixture_connect(fixture);
    assert_true(order.is_done);
    assert_int_equal(order.status, ERR_CANCELLED);
    assert_int_equal(stakes(fixture), 0);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_more_is_staked_by_a_task_that_goes_on),
        TEST(test_one_order_is_under_way_at_a_time),
        TEST(test_coins_that_are_missing_are_said_before),
        TEST(test_nothing_is_put_on_a_stake_that_is_taken_back),
        TEST(test_a_task_that_ends_answers_what_was_ordered),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
