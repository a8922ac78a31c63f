/*
 * A runner whose endpoint lies, lags and changes its mind. Whatever it says,
 * the node goes on, and can be stopped.
 */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "runner_fixture.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"
#include "storage/keep/retention.h"

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
    assert_int_equal(runner_rounds_round(runner->rounds), 3);
    round_memory_note_peers(runner_rounds_memory(runner->rounds),
                            &(struct client_round){.round = 1}, &runner->task);
    fixture->round_time = 300;
    see_slot(fixture, 311);
    assert_int_equal(runner->view.clock.round_time, 300);
    assert_null(round_memory_find(runner_rounds_memory(runner->rounds), 1));
    see_slot(fixture, 312);
    assert_int_equal(runner_rounds_round(runner->rounds), 1);
    fixture->round_time = 100;
    see_slot(fixture, 313);
    see_slot(fixture, 314);
    assert_int_equal(runner_rounds_round(runner->rounds), 3);
}

static int count_entry(void *user, const struct journal_entry *entry)
{
    ++*(unsigned *)user;
    return 0;
}

static unsigned entries_left(struct fixture *fixture)
{
    unsigned count = 0;

    assert_ok(journal_each(fixture->parts.journal, &fixture_task, 0,
                           count_entry, &count));
    return count;
}

/* A pin and a closed entry of round 1, which end with rounds 5 and 66. */
static void keep_something(struct fixture *fixture)
{
    const struct pin_owner owner = retention_round(&fixture_task, 1, 0);
    struct journal_entry entry = {
        .name = {.task = fixture_task, .round = 1, .kind = JOURNAL_SUBMIT},
        .transaction_size = 1};
    struct unixfs_entry file;

    assert_ok(unixfs_import_bytes(fixture->parts.store, NULL,
                                  bytes_text("evidence"), &file));
    assert_ok(pin_add(fixture->parts.store, &file.cid, &owner, NULL));
    assert_ok(journal_intend(fixture->parts.journal, &entry));
    assert_ok(journal_settle(fixture->parts.journal, entry.id, JOURNAL_FINAL, 9,
                             NULL));
}

static void assert_kept(struct fixture *fixture, bool is_kept)
{
    uint64_t bytes;

    /* Forgetting is the writer's job, and the runner does not wait for it. */
    for (int i = 0; !is_kept && entries_left(fixture) && i < 100000; i++)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(entries_left(fixture), is_kept ? 1 : 0);
    assert_ok(pin_task_bytes(fixture->parts.store, &fixture_task, &bytes));
    assert_true(is_kept ? bytes > 0 : bytes == 0);
}

static void test_nothing_ends_by_a_slot_that_is_not_sure(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    keep_something(fixture);
    fixture->parts.sure_slot = 310;
    see_slot(fixture, 310);
    see_slot(fixture, 1000000000000);
    assert_int_equal(runner_rounds_round(fixture->runner->rounds), 10000000000);
    see_slot(fixture, 1000000000001);
    assert_kept(fixture, true);
    task_runner_take_back(fixture->runner, 311);
    see_slot(fixture, 311);
    assert_kept(fixture, true);
    /* And by one that is, it does. */
    fixture->parts.sure_slot = 10000;
    see_slot(fixture, 10000);
    assert_kept(fixture, false);
}

/* Shorter rounds would make round 1 an old one. */
static void test_nothing_ends_by_windows_named_once(void **state)
{
    struct fixture *fixture = *state;

    fixture->round_time = 100000;
    fixture_run(fixture);
    keep_something(fixture);
    fixture->parts.sure_slot = 100300;
    see_slot(fixture, 100350);
    fixture->round_time = 81;
    see_slot(fixture, 100351);
    assert_int_equal(fixture->runner->view.clock.round_time, 81);
    fixture->round_time = 100000;
    see_slot(fixture, 100352);
    see_slot(fixture, 100353);
    assert_int_equal(runner_rounds_round(fixture->runner->rounds), 1);
    assert_kept(fixture, true);
    /* Named twice they are the task's. */
    fixture->round_time = 81;
    for (uint64_t slot = 100354; slot < 100358; slot++)
        see_slot(fixture, slot);
    assert_kept(fixture, false);
}

static void test_a_slot_taken_back_leaves_the_true_rounds(void **state)
{
    struct fixture *fixture = *state;
    struct task_runner *runner;
    unsigned called;

    fixture_run(fixture);
    runner = fixture->runner;
    see_slot(fixture, 310);
    see_slot(fixture, 1000000000000);
    round_memory_note_peers(runner_rounds_memory(runner->rounds),
                            &(struct client_round){.round = 9999999999},
                            &runner->task);
    task_runner_take_back(runner, 320);
    called = fixture->called;
    see_slot(fixture, 320);
    assert_int_equal(runner_rounds_slot(runner->rounds), 320);
    assert_int_equal(runner_rounds_round(runner->rounds), 3);
    assert_null(
        round_memory_find(runner_rounds_memory(runner->rounds), 9999999999));
    /* task(3) and what else is due. */
    assert_true(fixture->called > called);
    see_slot(fixture, 401);
    assert_int_equal(runner_rounds_round(runner->rounds), 4);
}

/* A duty that began by the wrong slot, and whose answer comes afterwards. */
static void take_back(struct fixture *fixture, const char *method)
{
    if (strcmp(method, "getTaskSubmissionInfo") != 0 ||
        runner_rounds_slot(fixture->runner->rounds) < 1000000)
        return;
    task_runner_take_back(fixture->runner, 320);
    task_runner_slot(fixture->runner, 320);
}

static void test_a_duty_of_a_slot_taken_back_changes_no_round(void **state)
{
    struct fixture *fixture = *state;
    struct round_memory *records;
    struct duty *duty;

    fixture_run(fixture);
    records = runner_rounds_memory(fixture->runner->rounds);
    see_slot(fixture, 310);
    fixture->on_question = take_back;
    duty = fixture_duty(fixture, ROUND_AUDIT);
    duty->what.round = 999999;
    duty->begun_in = 1000000;
    duty->what.until_slot = 100000000;
    fixture_set_clock(fixture, 100000000, 1000000);
    task_review_begin(duty);
    fixture_settle(fixture);
    assert_int_equal(runner_rounds_round(fixture->runner->rounds), 3);
    for (size_t i = 0; i < ROUND_KEPT; i++)
        assert_true(records->records[i].round_plus_one <= 4);
}

static void test_a_slot_of_the_past_changes_nothing(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    see_slot(fixture, 310);
    see_slot(fixture, 99);
    assert_int_equal(runner_rounds_slot(fixture->runner->rounds), 310);
    assert_int_equal(runner_rounds_round(fixture->runner->rounds), 3);
}

static void take_back_submissions(struct fixture *fixture, const char *method)
{
    if (!strcmp(method, "getTaskAccountInfo"))
        round_memory_note_peers(runner_rounds_memory(fixture->runner->rounds),
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
        /* As a runner made anew would see it. */
        fixture_set_clock(fixture, slot,
                          runner_rounds_round(fixture->runner->rounds));
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
        TEST(test_nothing_ends_by_a_slot_that_is_not_sure),
        TEST(test_nothing_ends_by_windows_named_once),
        TEST(test_a_slot_taken_back_leaves_the_true_rounds),
        TEST(test_a_duty_of_a_slot_taken_back_changes_no_round),
        TEST(test_a_slot_of_the_past_changes_nothing),
        TEST(test_no_list_is_made_of_submissions_taken_back),
        TEST(test_what_is_no_list_is_not_sent),
        cmocka_unit_test(test_an_endpoint_gone_mad_stops_no_node),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
