/*
 * A runner whose endpoint lies, lags and changes its mind. Whatever it says,
 * the node goes on, and can be stopped.
 */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "runner_fixture.h"

#include <inttypes.h>

static void see_slot(struct fixture *fixture, uint64_t slot)
{
    runner_want_view(fixture->runner);
    task_runner_slot(fixture->runner, slot);
    fixture_settle(fixture);
}

/* Rounds that were 3 are 1 of a sudden, and 3 again. */
static void test_other_windows_begin_the_rounds_anew(void **state)
{
    struct fixture *fixture = *state;

    fixture->result = NULL;
    fixture_run(fixture);
    struct task_runner *runner = fixture->runner;
    see_slot(fixture, 310);
    assert_int_equal(runner->rounds.round, 3);
    round_memory_note_peers(&runner->rounds.records,
                            &(struct client_round){.round = 1}, &runner->task);
    fixture->round_time = 300;
    see_slot(fixture, 311);
    assert_int_equal(runner->view.clock.round_time, 300);
    assert_null(round_memory_find(&runner->rounds.records, 1));
    see_slot(fixture, 312);
    assert_int_equal(runner->rounds.round, 1);
    fixture->round_time = 100;
    see_slot(fixture, 313);
    see_slot(fixture, 314);
    assert_int_equal(runner->rounds.round, 3);
}

static void test_a_slot_of_the_past_changes_nothing(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    see_slot(fixture, 310);
    see_slot(fixture, 99);
    assert_int_equal(fixture->runner->rounds.slot, 310);
    assert_int_equal(fixture->runner->rounds.round, 3);
}

static void take_back_submissions(struct fixture *fixture, const char *method)
{
    if (!strcmp(method, "getTaskAccountInfo"))
        round_memory_note_peers(&fixture->runner->rounds.records,
                                &(struct client_round){.round = 1},
                                &fixture_task);
}

/* Another duty reads them between this one's two questions. */
static void test_no_list_is_made_of_submissions_taken_back(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    unsigned called = fixture->called;
    fixture->on_question = take_back_submissions;
    task_list_begin(fixture_duty(fixture, ROUND_LIST));
    fixture_settle(fixture);
    assert_true(fixture_asked(fixture, "getTaskAccountInfo") > 1);
    assert_int_equal(fixture->called, called);
    assert_int_equal(fixture->sent_count, 0);
}

/* A worker is another process, and what it gives need be no list. */
static const char *give_no_list(struct fixture *fixture, const char *function,
                                const char *args)
{
    return !strcmp(function, "distribution") ? "[5]" : "null";
}

static void test_what_is_no_list_is_not_sent(void **state)
{
    struct fixture *fixture = *state;

    fixture->result = give_no_list;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture_run(fixture);
    task_list_begin(fixture_duty(fixture, ROUND_LIST));
    fixture_settle(fixture);
    assert_int_equal(fixture->sent_count, 0);
}

/* ---- all at once ---- */

static struct random madness;

static uint64_t any(uint64_t bound)
{
    return random_below(&madness, bound);
}

static const char *say_anything(struct fixture *fixture, const char *method)
{
    static const char *const lies[] = {
        "",
        "null",
        "5",
        "-1",
        "1e300",
        "18446744073709551615",
        "[]",
        "{}",
        "\"\"",
        "[[[[[]]]]]",
        "{\"context\":{\"slot\":9},\"value\":null}",
        "{\"context\":{\"slot\":9},\"value\":[]}",
        "{\"context\":{\"slot\":9},\"value\":{\"data\":[]}}",
        "{\"context\":{\"slot\":9},\"value\":{\"data\":[\"\",\"base64\"]}}",
        /* {} and [] */
        "{\"context\":{\"slot\":9},\"value\":{\"data\":[\"e30=\",\"base64\"]}}",
        "{\"context\":{\"slot\":9},\"value\":{\"data\":[\"W10=\",\"base64\"]}}",
        "{\"context\":{\"slot\":9},\"value\":[null,null,5,{\"slot\":-1}]}",
        "{\"context\":{\"slot\":9},\"value\":{\"lamports\":0,\"owner\":\"1\","
        "\"executable\":false,\"data\":[\"AAAA\",\"base64\"]}}",
        "{\"meta\":{\"preBalances\":[],\"postBalances\":[]},\"transaction\":"
        "{\"message\":{\"accountKeys\":[null,5]}}}",
    };
    static const uint64_t round_times[] = {80,  81,   100,           100,
                                           100, 1000, UINT64_MAX / 2};

    for (size_t i = 0; i < FIXTURE_ENTRIES_MAX; i++) {
        struct entry *lists = &fixture->lists[i];

        *lists = (struct entry){.key = fixture_peer((uint8_t)any(20)),
                                .slot = any(1000),
                                .is_accused = any(2),
                                .votes_for = (unsigned)any(3),
                                .votes_against = (unsigned)any(3)};
        fixture->submissions[i] = *lists;
        fixture->submissions[i].value = any(9) ? "bafy" : "";
    }
    if (any(2))
        fixture->submissions[0].key = fixture->wallet.staking.pubkey;
    fixture->submission_count = any(FIXTURE_ENTRIES_MAX);
    fixture->list_count = any(FIXTURE_ENTRIES_MAX);
    fixture->stake = any(3) ? 100 : any(10);
    fixture->balance = any(3) * 1000;
    fixture->is_inactive = !any(20);
    fixture->payout = any(2)   ? NULL
                      : any(2) ? "PayoutSuccessful"
                               : "PayoutFailed";
    if (!any(30))
        fixture->round_time =
            round_times[any(sizeof(round_times) / sizeof(round_times[0]))];
    return any(4) ? NULL : lies[any(sizeof(lies) / sizeof(lies[0]))];
}

static const char *give_anything(struct fixture *fixture, const char *function,
                                 const char *args)
{
    static const char *const values[] = {
        "null",
        "true",
        "false",
        "5",
        "[]",
        "{}",
        "\"\"",
        "\"bafy\"",
        NULL,
        "{\"1\":5}",
        "{\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\":-7}"};

    return values[any(sizeof(values) / sizeof(values[0]))];
}

/* Slots jump, stand and go back. All entries name round 1, so the clock is led
 * through that round again and again. */
static void go_mad(uint64_t seed)
{
    void *state = NULL;
    uint64_t slot = 100;

    assert_int_equal(fixture_open(&state), 0);
    struct fixture *fixture = state;
    madness = random_make(seed);
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture->options.claim_threshold_roe = 1;
    fixture->result = give_anything;
    fixture_run(fixture);
    fixture->lie = say_anything;
    for (int i = 0; i < 60; i++) {
        slot += any(12);
        if (!any(20))
            slot -= any(slot);
        fixture->runner->rounds.slot =
            slot; /* as a runner made anew would see it */
        runner_want_view(fixture->runner);
        task_runner_slot(fixture->runner, slot + 1);
        for (uint64_t turns = any(20); turns > 0; turns--)
            uv_run(&fixture->loop, UV_RUN_NOWAIT);
        fixture->sent_count = 0;
    }
    assert_int_equal(fixture_close(&state), 0);
}

static void test_an_endpoint_gone_mad_stops_no_node(void **state)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        print_message("# seed %" PRIu64 "\n", seed);
        go_mad(seed);
    }
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_other_windows_begin_the_rounds_anew),
        TEST(test_a_slot_of_the_past_changes_nothing),
        TEST(test_no_list_is_made_of_submissions_taken_back),
        TEST(test_what_is_no_list_is_not_sent),
        cmocka_unit_test(test_an_endpoint_gone_mad_stops_no_node),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
