/*
 * A runner on its way to its worker, and what it does too late. No worker is
 * started: what is looked at here is decided without one.
 */
#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "node/task/runner_loader_internal.h"
#include "node/task/task_money_internal.h"
#include "runner_fixture.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"
#include "storage/keep/retention.h"

#define STAKE_WANTED 500

/* Without its code it gets no further than that. */
static void run_until_failed(struct fixture *fixture)
{
    while (fixture->runner->state != RUNNER_FAILED &&
           !fixture_asked(fixture, "getLatestBlockhash"))
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* ---- the stake ---- */

static int check_record(void *user, const struct journal_task *record)
{
    ++*(unsigned *)user;
    assert_int_equal(record->stake_roe, 0);
    assert_string_equal(record->executable, "/nonexistent.js");
    assert_string_equal(record->variables, "{\"A\":\"b\"}");
    return 0;
}

/* As after a restart in the middle of staking: it has landed meanwhile. */
static void test_a_stake_that_is_there_is_no_longer_wanted(void **state)
{
    struct fixture *fixture = *state;
    unsigned records = 0;

    fixture->stake = STAKE_WANTED;
    fixture_start(fixture, STAKE_WANTED);
    run_until_failed(fixture);
    assert_int_equal(fixture->runner->money->stake_wanted, 0);
    fixture_settle(fixture); /* it is written off the loop */
    assert_ok(
        journal_each_task(fixture->parts.journal, check_record, &records));
    assert_int_equal(records, 1);
}

/* The runner's newest state, as another look at it would bring it. */
static void raise_stake(struct fixture *fixture, const char *method)
{
    struct json_object *stakes;

    if (strcmp(method, "getAccountInfo") != 0)
        return;
    fixture->stake = STAKE_WANTED + 100;
    assert_ok(
        json_get_object(fixture->runner->view.state, "stake_list", &stakes));
    json_object_object_add(stakes, PUBKEY_TEXT(&fixture->wallet.staking.pubkey),
                           json_object_new_uint64(fixture->stake));
}

static bool has_complained(struct fixture *fixture, const char *what)
{
    char *folder = mem_format("%s/namespace/%s", fixture->folder,
                              fixture->runner->task_text);
    struct buffer log = {0};

    assert_ok(task_log_tail(folder, 4096, &log));
    bool is_there = strstr(buffer_string(&log), what) != NULL;
    buffer_free(&log);
    free(folder);
    return is_there;
}

static void test_a_stake_that_came_meanwhile_is_not_placed_again(void **state)
{
    struct fixture *fixture = *state;

    fixture->stake = 1;
    fixture->on_question = raise_stake;
    fixture_start(fixture, STAKE_WANTED);
    run_until_failed(fixture);
    assert_int_equal(fixture_asked(fixture, "getLatestBlockhash"), 0);
    assert_false(has_complained(fixture, "can't stake"));
    assert_int_equal(fixture->runner->money->stake_wanted, 0);
}

/* The first try was refused, and part of what it was to bring came otherwise.
 */
static void test_a_stake_sent_again_is_written_down_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct journal *journal = fixture->parts.journal;
    struct journal_entry entry = {
        .name = {.task = fixture_task, .kind = JOURNAL_STAKE},
        .amount = STAKE_WANTED,
        .transaction_size = 200,
    };

    assert_ok(journal_intend(journal, &entry));
    assert_ok(journal_settle(journal, entry.id, JOURNAL_FAILED, 1, "refused"));
    fixture->stake = 100;
    fixture->has_blockhash = true;
    fixture_start(fixture, STAKE_WANTED);
    do {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        assert_ok(journal_find(journal, &entry.name, &entry));
    } while (entry.state == JOURNAL_FAILED);
    assert_int_equal(entry.amount, STAKE_WANTED - 100);
}

static void answer_a_slot(struct fixture *fixture, uint64_t slot);

/* Nothing is sent that would be refused; and it begins with the coins. */
static void test_a_stake_without_coins_is_not_sent(void **state)
{
    struct fixture *fixture = *state;

    fixture->main_balance = 5000;
    fixture->account = fixture_rich_account;
    fixture_start(fixture, STAKE_WANTED);
    run_until_failed(fixture);
    assert_int_equal(fixture->runner->reason, TASK_REASON_NO_COINS);
    assert_non_null(strstr(fixture->runner->error, "KOII are missing"));
    assert_non_null(strstr(fixture->runner->error, "has 0.000005"));
    assert_int_equal(fixture_asked(fixture, "getLatestBlockhash"), 0);

    fixture->main_balance = 1000000000;
    fixture->runner->money->stake_after_ms = 0;
    answer_a_slot(fixture, runner_rounds_slot(fixture->runner->rounds) + 1);
    while (!fixture_asked(fixture, "getLatestBlockhash"))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->reason, TASK_REASON_NONE);
}

static void test_a_stake_below_the_minimum_is_not_sent(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture, 4);
    run_until_failed(fixture);
    assert_int_equal(fixture->runner->reason, TASK_REASON_STAKE_LOW);
    assert_non_null(
        strstr(fixture->runner->error, "stake 0.000000001 KOII more"));
    assert_int_equal(fixture_asked(fixture, "getBalance"), 0);
}

static const char *executed_in_vain(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getSignatureStatuses") != 0
               ? NULL
               : "{\"context\":{\"slot\":9},\"value\":[{\"slot\":9,\"err\":"
                 "{\"InstructionError\":[3,{\"Custom\":4}]},"
                 "\"confirmationStatus\":\"finalized\"}]}";
}

static void test_a_stake_that_the_chain_refuses_is_named(void **state)
{
    struct fixture *fixture = *state;

    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture->lie = executed_in_vain;
    fixture_start(fixture, STAKE_WANTED);
    while (fixture->runner->state != RUNNER_FAILED)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->reason, TASK_REASON_REFUSED);
    assert_non_null(strstr(fixture->runner->error, "can't stake: "));
    assert_int_equal(fixture_sent(fixture, TASK_STAKE), 1);
}

static void answer_a_slot(struct fixture *fixture, uint64_t slot)
{
    uint64_t before = fixture_asked(fixture, "getTaskAccountInfo");

    runner_want_view(fixture->runner);
    task_runner_slot(fixture->runner, slot);
    while (fixture_asked(fixture, "getTaskAccountInfo") == before ||
           fixture->runner->is_viewing)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* States come at any rate; the endpoint has no blockhash to give. */
static void test_a_stake_that_fails_is_tried_ever_more_slowly(void **state)
{
    struct fixture *fixture = *state;
    uint64_t pause_ms = 0, earlier_ms = 0;

    fixture_start(fixture, STAKE_WANTED);
    for (unsigned tries = 1; tries <= 8; tries++) {
        fixture->runner->money->stake_after_ms = 0;
        while (fixture->runner->money->stake_after_ms == 0) {
            uint64_t before_ms = clock_monotonic_ms();

            answer_a_slot(fixture,
                          runner_rounds_slot(fixture->runner->rounds) + 1);
            while (fixture->runner->state == RUNNER_STAKING)
                uv_run(&fixture->loop, UV_RUN_ONCE);
            pause_ms = fixture->runner->money->stake_after_ms - before_ms;
        }
        assert_int_equal(fixture_asked(fixture, "getLatestBlockhash"), tries);
        assert_true(pause_ms >= 2000 && pause_ms >= earlier_ms);
        assert_true(pause_ms < 80000);
        earlier_ms = pause_ms < 60000 ? pause_ms : 60000;
        /* However slow this machine is. */
        fixture->runner->money->stake_after_ms = UINT64_MAX;
        for (int i = 0; i < 5; i++)
            answer_a_slot(fixture,
                          runner_rounds_slot(fixture->runner->rounds) + 1);
        assert_int_equal(fixture_asked(fixture, "getLatestBlockhash"), tries);
        assert_int_equal(fixture->runner->state, RUNNER_LOADING);
    }
    assert_true(earlier_ms >= 60000);
}

/* ---- the code ---- */

static void look_for_code(struct fixture *fixture, unsigned peers)
{
    const struct node_task_options options = {.task = fixture_task};
    char *gateway = mem_format("http://127.0.0.1:%u/gateway",
                               (unsigned)http_server_port(fixture->server));
    const char *const gateways[] = {gateway, NULL};

    fixture->stake = 1;
    fixture->peers = peers;
    fixture->options.gateways = gateways;
    fixture->runner = task_runner_new(&fixture->parts, &options);
    run_until_failed(fixture);
    fixture->options.gateways = NULL;
    free(gateway);
}

static void test_code_is_asked_of_peers_before_gateways(void **state)
{
    struct fixture *fixture = *state;

    look_for_code(fixture, 2);
    assert_int_equal(fixture->peers_asked, 2);
    assert_int_equal(fixture->gateways_asked, 1);
    assert_false(fixture->is_gateway_first);
}

static void test_many_peers_leave_room_for_a_gateway(void **state)
{
    struct fixture *fixture = *state;

    look_for_code(fixture, 100);
    assert_true(fixture->peers_asked > 1);
    assert_int_equal(fixture->gateways_asked, 1);
}

static unsigned count_complaints(struct fixture *fixture, const char *what)
{
    char *folder = mem_format("%s/namespace/%s", fixture->folder,
                              fixture->runner->task_text);
    struct buffer log = {0};
    unsigned count = 0;

    assert_ok(task_log_tail(folder, 1 << 16, &log));
    for (const char *at = buffer_string(&log); (at = strstr(at, what));
         at += strlen(what))
        count++;
    buffer_free(&log);
    free(folder);
    return count;
}

/* Until it has failed; returns the pause after it, which is at least what the
 * runner decided. */
static uint64_t load_once_more(struct fixture *fixture)
{
    struct runner_loader *loader = fixture->runner->loader;
    uint64_t before_ms = clock_monotonic_ms();

    loader->load_after_ms = 0;
    answer_a_slot(fixture, runner_rounds_slot(fixture->runner->rounds) + 1);
    while (!loader->load_after_ms)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->state, RUNNER_FAILED);
    return loader->load_after_ms - before_ms;
}

/* States come at any rate; the one source has no code. */
static void test_code_that_is_missing_is_tried_ever_more_slowly(void **state)
{
    static const unsigned pauses_s[] = {4, 8, 16, 32, 60, 60, 60};
    static const unsigned lines[] = {2, 3, 4, 5, 6, 6, 6};
    static const char complaint[] = "can't get the task's code";
    struct fixture *fixture = *state;

    look_for_code(fixture, 1);
    assert_int_equal(count_complaints(fixture, complaint), 1);
    for (unsigned i = 0; i < sizeof(pauses_s) / sizeof(*pauses_s); i++) {
        unsigned asked = fixture->peers_asked;
        uint64_t pause_ms = load_once_more(fixture);

        assert_true(fixture->peers_asked > asked);
        assert_true(pause_ms >= 1000 * pauses_s[i]);
        assert_true(pause_ms < 1000 * pauses_s[i] + 20000);
        assert_int_equal(count_complaints(fixture, complaint), lines[i]);
        /* However slow this machine is. */
        fixture->runner->loader->load_after_ms = UINT64_MAX;
        asked = fixture->peers_asked;
        for (int n = 0; n < 5; n++)
            answer_a_slot(fixture,
                          runner_rounds_slot(fixture->runner->rounds) + 1);
        assert_int_equal(fixture->peers_asked, asked);
        assert_int_equal(fixture->runner->state, RUNNER_FAILED);
    }
}

/* A file that comes late is there at the next try, and a later failure begins
 * with a short pause. */
static void test_a_start_that_succeeds_ends_the_pauses(void **state)
{
    struct fixture *fixture = *state;
    char *path = mem_format("%s/main.js", fixture->folder);

    fixture->stake = 1;
    fixture_start(fixture, 0);
    run_until_failed(fixture);
    struct runner_loader *loader = fixture->runner->loader;
    load_once_more(fixture);
    assert_int_equal(loader->load_backoff.ends, 2);
    assert_ok(file_replace(path, bytes_text("main"), 0600));
    free(loader->file);
    loader->file = path;
    loader->load_after_ms = 0;
    while (fixture->runner->state != RUNNER_RUNNING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(loader->load_backoff.ends, 0);
    assert_int_equal(loader->load_pause_ms, 0);
    /* Nor is it an error any more why it did not run. */
    assert_null(fixture->runner->error);
    fixture_settle(fixture);
}

/* A tick that finds it as it was leaves the time. */
static void test_it_is_known_since_when_it_is_so(void **state)
{
    struct fixture *fixture = *state;

    fixture->stake = 1;
    fixture_start(fixture, 0);
    run_until_failed(fixture);
    struct task_runner *runner = fixture->runner;
    task_runner_tick(runner, 0);
    assert_true(runner->since_ms > 0);
    runner->since_ms = 1;
    task_runner_tick(runner, 0);
    assert_int_equal(runner->since_ms, 1);
    runner->reason = TASK_REASON_VARIABLE;
    task_runner_tick(runner, 0);
    assert_true(runner->since_ms > 1);
    fixture_settle(fixture);
}

/* ---- limits ---- */

/* Its requests are made by a client of its own then, from the next start on. */
static void test_a_task_may_reach_what_others_do_not(void **state)
{
    struct fixture *fixture = *state;

    fixture->stake = 1;
    fixture_start(fixture, 0);
    struct task_runner *runner = fixture->runner;
    runner_settle_network(runner);
    assert_ptr_equal(runner->network, fixture->options.network);
    assert_ptr_equal(runner_http(runner), fixture->parts.task_http);
    task_runner_set_limits(
        runner, &(struct task_limits){.network = &address_rule_private});
    assert_ptr_equal(runner->network, fixture->options.network);
    runner_settle_network(runner);
    assert_ptr_equal(runner->network, &address_rule_private);
    assert_ptr_not_equal(runner_http(runner), fixture->parts.task_http);
    task_runner_set_limits(runner, &(struct task_limits){0});
    runner_settle_network(runner);
    assert_ptr_equal(runner_http(runner), fixture->parts.task_http);
    fixture_settle(fixture);
}

static void check_limits(const struct task_runner *runner, uint32_t cpu_percent,
                         uint64_t memory_mib, uint64_t disk_mib)
{
    assert_int_equal(runner_cpu_percent(runner), cpu_percent);
    assert_int_equal(runner_memory_bytes(runner, 77u << 20), memory_mib << 20);
    assert_int_equal(runner_disk_bytes(runner), disk_mib << 20);
}

/* In both directions: one task may need more than others, or be given less. */
static void test_own_limits_hold_in_the_place_of_the_nodes(void **state)
{
    const struct task_limits more = {{150, 600, 9}}, less = {{10, 100, 2}},
                             none = {0};
    struct fixture *fixture = *state;

    fixture->stake = 1;
    fixture_start(fixture, 0);
    struct task_runner *runner = fixture->runner;
    check_limits(runner, 0, 77, 0);
    fixture->options.task_cpu_percent = 50;
    fixture->options.worker_memory_bytes = 300u << 20;
    fixture->options.task_disk_bytes = 5u << 20;
    check_limits(runner, 50, 300, 5);
    task_runner_set_limits(runner, &more);
    check_limits(runner, 150, 600, 9);
    task_runner_set_limits(runner, &less);
    check_limits(runner, 10, 100, 2);
    /* What all tasks may take together holds in any case. */
    task_runner_set_limits(runner, &more);
    task_runner_limit(runner, 80, 400u << 20);
    check_limits(runner, 80, 400, 9);
    task_runner_set_limits(runner, &none);
    task_runner_limit(runner, 0, 0);
    check_limits(runner, 50, 300, 5);
    fixture_settle(fixture);
}

/* It needs no look at anything but its state, so only the log is spared. */
static void test_a_task_without_a_stake_is_reported_once(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture, 0);
    run_until_failed(fixture);
    for (int n = 0; n < 5; n++)
        answer_a_slot(fixture, runner_rounds_slot(fixture->runner->rounds) + 1);
    assert_int_equal(count_complaints(fixture, "it is not staked"), 1);
}

/* ---- nothing is called back from inside ---- */

static unsigned lists_given;

static void take_list(struct duty *duty)
{
    lists_given++;
    duty_end(duty, ROUND_DONE, 0);
}

static void test_a_list_that_is_there_is_given_from_the_loop(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture, 0);
    fixture_settle(fixture);
    struct duty *duty = fixture_duty(fixture, ROUND_LIST);
    round_record_begin_lists(duty_record(duty), duty->begun_in);
    duty_record(duty)->own_list = mem_text("{}");
    lists_given = 0;
    list_make(duty, take_list);
    assert_int_equal(lists_given, 0);
    fixture_settle(fixture);
    assert_int_equal(lists_given, 1);
}

/* One of them ends as soon as it begins: the journal says that it is done. */
static void test_duties_begin_from_the_loop(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = {
        .name = {.task = fixture_task, .round = 2, .kind = JOURNAL_SUBMIT},
        .transaction_size = 1};

    assert_ok(journal_intend(fixture->parts.journal, &entry));
    assert_ok(journal_settle(fixture->parts.journal, entry.id, JOURNAL_FINAL, 9,
                             NULL));
    fixture_run(fixture);
    fixture_settle(fixture);
    struct task_runner *runner = fixture->runner;
    fixture_set_clock(fixture, 330, 3);
    unsigned called = fixture->called;
    task_duty_start_all(runner);
    const struct round_step *step = &runner_rounds_progress(runner->rounds)
                                         ->rounds[2 % ROUND_KEPT]
                                         .steps[ROUND_SUBMIT];
    assert_true(step->is_running);
    assert_int_equal(fixture->called, called);
    fixture_settle(fixture);
    assert_true(step->is_done);
    assert_true(fixture->called > called);
}

static const char *give_a_proof(struct fixture *fixture, const char *function,
                                const char *args)
{
    return strcmp(function, "submission") ? "null" : "\"proof\"";
}

/* The work of round 2 is done, and in round 3 its proof is due. */
static void open_with_a_proof(struct fixture *fixture)
{
    fixture->result = give_a_proof;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture_run(fixture);
    fixture_settle(fixture);
    fixture_set_clock(fixture, 250, 2);
    task_duty_start_all(fixture->runner);
    fixture_settle(fixture);
    fixture_set_clock(fixture, 303, 3);
}

static void
test_a_task_that_is_to_rest_sends_the_proof_that_is_due(void **state)
{
    const struct task_rest rest = {TASK_REASON_SCHEDULE, "not now", false};
    struct fixture *fixture = *state;
    struct task_runner *runner;

    open_with_a_proof(fixture);
    runner = fixture->runner;
    assert_true(task_duty_owes_proof(runner, 60000));
    task_runner_pause(runner, rest, 1000);
    assert_int_equal(runner->state, RUNNER_RUNNING);
    unsigned called = fixture->called;
    fixture_set_clock(fixture, 330, 3);
    task_duty_start_all(runner);
    while (!fixture_sent(fixture, TASK_SUBMIT))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_true(fixture->called > called);
    /* No new work. */
    const struct round_step *work = &runner_rounds_progress(runner->rounds)
                                         ->rounds[3 % ROUND_KEPT]
                                         .steps[ROUND_TASK];
    assert_false(work->is_running || work->is_done);
    assert_false(task_duty_owes_proof(runner, 60000));
    task_runner_pause(runner, rest, 3000);
    assert_int_equal(runner->state, RUNNER_FAILED);
    assert_int_equal(runner->reason, TASK_REASON_SCHEDULE);
    fixture_settle(fixture);
}

static void test_a_task_that_is_to_rest_is_not_waited_for_long(void **state)
{
    const struct task_rest rest = {TASK_REASON_SCHEDULE, "not now", false};
    struct fixture *fixture = *state;

    open_with_a_proof(fixture);
    task_runner_pause(fixture->runner, rest, 1000);
    task_runner_pause(fixture->runner, rest, 60999);
    assert_int_equal(fixture->runner->state, RUNNER_RUNNING);
    task_runner_pause(fixture->runner, rest, 61000);
    assert_int_equal(fixture->runner->state, RUNNER_FAILED);
    fixture_settle(fixture);
}

static void test_what_is_urgent_ends_a_task_at_once(void **state)
{
    const struct task_rest rest = {TASK_REASON_MEMORY, "too much", true};
    struct fixture *fixture = *state;

    open_with_a_proof(fixture);
    task_runner_pause(fixture->runner, rest, 1000);
    assert_int_equal(fixture->runner->state, RUNNER_FAILED);
    fixture_settle(fixture);
}

/* What waits for its turn of the loop goes with the runner. */
static void test_a_runner_stops_before_its_duties_begin(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    fixture_set_clock(fixture, 340, 3);
    task_duty_start_all(fixture->runner);
    assert_true(fixture->runner->pending > 1);
    fixture_end_runner(fixture);
    fixture_connect(fixture);
}

/* ---- duties that are late ---- */

static unsigned calls_before; /* into the task */

static struct duty *begin(struct fixture *fixture, enum round_action action)
{
    calls_before = fixture->called;
    return fixture_duty(fixture, action);
}

static const char *watched; /* the method before whose answer it happens */

static void pass_window(struct fixture *fixture, const char *method)
{
    if (!strcmp(method, watched))
        fixture_set_clock(fixture, 321, 3);
}

static void on_late_call(void *user, const struct host_result *result)
{
    fail();
}

static void test_a_late_call_is_refused(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    struct duty *duty = begin(fixture, ROUND_TASK);
    fixture_set_clock(fixture, 321, 3);
    assert_int_equal(duty_call(duty, "task", "[1]", on_late_call, duty),
                     ERR_TIMEOUT);
    assert_int_equal(fixture->called, calls_before);
    duty_end(duty, ROUND_DONE, 0);
}

static void on_list(struct duty *duty)
{
    fail();
}

static void test_a_late_list_is_not_computed(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    watched = "getTaskAccountInfo";
    fixture->on_question = pass_window;
    free(fixture->runner->error);
    fixture->runner->error = NULL;
    list_make(begin(fixture, ROUND_LIST), on_list);
    fixture_settle(fixture);
    assert_int_equal(runner_rounds_slot(fixture->runner->rounds), 321);
    assert_int_equal(fixture->called, calls_before);
    assert_null(fixture->runner->error);
}

static void test_a_late_audit_is_not_begun(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    watched = "getTaskSubmissionInfo";
    fixture->on_question = pass_window;
    free(fixture->runner->error);
    fixture->runner->error = NULL;
    task_review_begin(begin(fixture, ROUND_AUDIT));
    fixture_settle(fixture);
    assert_int_equal(runner_rounds_slot(fixture->runner->rounds), 321);
    assert_int_equal(fixture->called, calls_before);
    assert_null(fixture->runner->error);
}

/* ---- callbacks of rounds that are over ---- */

/* While the endpoint is asked about round 1, the round that takes its place
 * gets what is known of it. */
static void begin_newer_round(struct fixture *fixture, const char *method)
{
    if (strcmp(method, "getTaskSubmissionInfo") != 0 &&
        strcmp(method, "getTaskDistributionInfo") != 0)
        return;
    struct round_record *newer = round_memory_get(
        runner_rounds_memory(fixture->runner->rounds), 1 + ROUND_KEPT);
    free(newer->own_list);
    newer->own_list = mem_text("{\"newer\":1}");
    newer->payout = CLIENT_PAYOUT_FAILED;
    strcpy(newer->submission, "newer");
    fixture_set_clock(fixture, 100 * (3 + ROUND_KEPT), 3 + ROUND_KEPT);
}

static void check_newer_round(struct fixture *fixture)
{
    const struct round_record *newer = round_memory_find(
        runner_rounds_memory(fixture->runner->rounds), 1 + ROUND_KEPT);

    assert_non_null(newer);
    assert_string_equal(newer->own_list, "{\"newer\":1}");
    assert_int_equal(newer->payout, CLIENT_PAYOUT_FAILED);
    assert_string_equal(newer->submission, "newer");
    assert_int_equal(newer->peer_count, 0);
    assert_int_equal(newer->submissions.count, 0);
    assert_int_equal(newer->lists.count, 0);
}

static void test_a_late_callback_leaves_a_newer_round_as_it_is(void **state)
{
    static void (*const begins[])(struct duty * duty) = {
        [ROUND_AUDIT] = task_review_begin,
        [ROUND_VOTE] = task_review_begin,
        [ROUND_LIST] = task_list_begin,
        [ROUND_LIST_AUDIT] = task_review_begin,
        [ROUND_LIST_VOTE] = task_review_begin,
        [ROUND_PAYOUT] = task_pay_begin};
    struct fixture *fixture = *state;

    fixture->submissions[0] = (struct entry){
        .key = fixture_peer(1), .value = "a", .slot = 110, .is_accused = true};
    fixture->submission_count = 1;
    fixture->lists[0] =
        (struct entry){.key = fixture_peer(1), .slot = 305, .is_accused = true};
    fixture->list_count = 1;
    fixture->payout = "PayoutSuccessful";
    for (int action = ROUND_AUDIT; action <= ROUND_PAYOUT; action++) {
        fixture_end_runner(fixture);
        fixture_connect(fixture);
        fixture_start(fixture, 0);
        fixture_settle(fixture);
        fixture->on_question = begin_newer_round;
        begins[action](begin(fixture, (enum round_action)action));
        fixture_settle(fixture);
        check_newer_round(fixture);
        fixture->on_question = NULL;
    }
}

/* The same round, whose lists are made anew in the next round of the clock. */
static void begin_next_lists(struct fixture *fixture, const char *method)
{
    if (strcmp(method, "getTaskDistributionInfo") != 0)
        return;
    fixture_set_clock(fixture, 401, 4);
    struct round_record *round =
        round_memory_get(runner_rounds_memory(fixture->runner->rounds), 1);
    round->list_round = 4;
    free(round->own_list);
    round->own_list = mem_text("{\"next\":1}");
}

static void test_a_late_callback_leaves_the_next_lists_as_they_are(void **state)
{
    static const enum round_action actions[] = {ROUND_LIST_AUDIT,
                                                ROUND_LIST_VOTE};
    struct fixture *fixture = *state;

    fixture->lists[0] =
        (struct entry){.key = fixture_peer(1), .slot = 305, .is_accused = true};
    fixture->list_count = 1;
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        const struct round_record *round;

        fixture_end_runner(fixture);
        fixture_connect(fixture);
        fixture_start(fixture, 0);
        fixture_settle(fixture);
        fixture->on_question = begin_next_lists;
        free(fixture->runner->error);
        fixture->runner->error = NULL;
        task_review_begin(begin(fixture, actions[i]));
        fixture_settle(fixture);
        round =
            round_memory_find(runner_rounds_memory(fixture->runner->rounds), 1);
        assert_null(fixture->runner->error);
        assert_int_equal(round->list_round, 4);
        assert_string_equal(round->own_list, "{\"next\":1}");
        assert_int_equal(round->lists.count, 0);
        fixture->on_question = NULL;
    }
}

/* ---- a task that is not active ---- */

static unsigned new_work; /* calls of task() and submission() */

static const char *count_new_work(struct fixture *fixture, const char *function,
                                  const char *args)
{
    new_work += !strcmp(function, "task") || !strcmp(function, "submission");
    return "null";
}

static void see_slot(struct fixture *fixture, uint64_t slot)
{
    runner_want_view(fixture->runner);
    task_runner_slot(fixture->runner, slot);
    fixture_settle(fixture);
}

static void test_an_inactive_task_gets_no_new_work(void **state)
{
    struct fixture *fixture = *state;

    new_work = 0;
    fixture->result = count_new_work;
    fixture_run(fixture);
    struct task_runner *runner = fixture->runner;
    for (uint64_t slot = 100; slot < 300; slot += 9)
        see_slot(fixture, slot);
    assert_true(new_work > 1);
    fixture->is_inactive = true;
    see_slot(fixture, 300);
    see_slot(fixture, 301); /* the first of which it is known */
    new_work = 0;
    unsigned looks = fixture_asked(fixture, "getTaskDistributionInfo");
    for (uint64_t slot = 302; slot < 500; slot += 9)
        see_slot(fixture, slot);
    assert_int_equal(new_work, 0);
    /* What was submitted before is still listed and paid. */
    assert_true(fixture_asked(fixture, "getTaskDistributionInfo") > looks);
    assert_int_equal(runner->state, RUNNER_RUNNING);
    /* When nothing of it is left the worker goes. */
    for (uint64_t slot = 500; runner->state == RUNNER_RUNNING; slot += 50)
        see_slot(fixture, slot);
    assert_int_equal(runner->state, RUNNER_FAILED);
    while (runner_worker_is_there(runner->worker))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(runner->state, RUNNER_FAILED);
    assert_true(runner_rounds_round(runner->rounds) - 3 <= ROUND_KEPT + 1);
    fixture->is_inactive = false;
    runner_ask_view(runner);
    while (runner->state != RUNNER_RUNNING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_true(runner_worker_is_there(runner->worker));
}

/* ---- a list's upload ---- */

static int take_open(void *user, const struct journal_entry *entry)
{
    *(struct journal_entry *)user = *entry;
    return 0;
}

/* Transactions are taken, and nothing is heard of them. */
static const char *never_final(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getSignatureStatuses") != 0 ? NULL : "";
}

/* In a new life: begin to send a list of some chunks, all of one letter. Until
 * one is under way, whose entry it gives, or the duty has ended. */
static bool send_list_of(struct fixture *fixture, char letter,
                         struct journal_entry *out)
{
    char text[1200];

    fixture_end_runner(fixture);
    fixture_connect(fixture);
    fixture_start(fixture, 0);
    fixture_settle(fixture);
    struct duty *duty = begin(fixture, ROUND_LIST);
    memset(text, letter, sizeof(text));
    text[sizeof(text) - 1] = 0;
    struct round_record *round =
        round_memory_get(runner_rounds_memory(fixture->runner->rounds), 1);
    round->own_list = mem_text(text);
    round->list_round = duty->begun_in;
    fixture->sent_count = 0;
    fixture->lie = never_final;
    task_list_begin(duty);
    *out = (struct journal_entry){0};
    while (fixture->runner->pending) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        if (!fixture->sent_count)
            continue;
        assert_ok(journal_each_open(fixture->parts.journal, take_open, out));
        if (out->id)
            return true;
    }
    return false;
}

static void end(struct fixture *fixture, const struct journal_entry *entry)
{
    assert_ok(journal_settle(fixture->parts.journal, entry->id, JOURNAL_FINAL,
                             9, NULL));
}

static void test_an_upload_goes_on_with_the_same_list_only(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry;

    fixture->stake = 5;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    assert_true(send_list_of(fixture, 'a', &entry));
    assert_int_equal(entry.name.kind, JOURNAL_UPLOAD);
    assert_int_equal(entry.name.part, 0);
    end(fixture, &entry);
    assert_true(send_list_of(fixture, 'a', &entry));
    assert_int_equal(entry.name.part, 1);
    /* It may still land. */
    assert_false(send_list_of(fixture, 'b', &entry));
    assert_true(send_list_of(fixture, 'a', &entry));
    assert_int_equal(entry.name.part, 1);
    end(fixture, &entry);
    assert_true(send_list_of(fixture, 'b', &entry));
    assert_int_equal(entry.name.part, 0);
    end(fixture, &entry);
    /* The first is no longer there. */
    assert_true(send_list_of(fixture, 'a', &entry));
    assert_int_equal(entry.name.part, 0);
}

/* ---- the engine ---- */

/* A folder with one file in the node's store; its CID's text. */
static void put_file(struct fixture *fixture, const char *name,
                     const char *text, char *out, size_t size)
{
    struct store *store = fixture->parts.store;
    struct unixfs_directory *folder = unixfs_directory_new(store, NULL);
    struct unixfs_entry file, root;
    struct pin_owner owner = retention_user();

    assert_ok(unixfs_import_bytes(store, NULL, bytes_text(text), &file));
    assert_ok(unixfs_directory_add(folder, bytes_text(name), &file));
    assert_ok(unixfs_directory_finish(folder, &root));
    assert_ok(pin_add(store, &root.cid, &owner, name));
    unixfs_directory_free(folder);
    snprintf(out, size, "%.79s", CID_TEXT(&root.cid));
}

static void test_a_task_for_another_engine_does_not_run(void **state)
{
    struct fixture *fixture = *state;
    char program[80], metadata[80];

    put_file(fixture, "main.js", "main", program, sizeof(program));
    put_file(fixture, "metadata.json", "{\"engine\":\"deno\"}", metadata,
             sizeof(metadata));
    fixture->program = program;
    fixture->metadata = metadata;
    fixture->stake = 100;
    fixture_start_from_store(fixture);
    while (!fixture->runner->loader->engine_is_missing)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    /* A worker that had begun ends, and none begins again. */
    while (fixture->runner->state != RUNNER_FAILED)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_false(runner_worker_is_there(fixture->runner->worker));
    assert_non_null(
        strstr(fixture->runner->error, "an engine that there is not"));
}

static void start_with_metadata(struct fixture *fixture, const char *text)
{
    static char program[80], metadata[80];

    put_file(fixture, "main.js", "main", program, sizeof(program));
    put_file(fixture, "metadata.json", text, metadata, sizeof(metadata));
    fixture->program = program;
    fixture->metadata = metadata;
    fixture->stake = 100;
    fixture_start_from_store(fixture);
}

/* There is none here, which the operator reads. */
static void test_metadata_leads_to_the_engine_node(void **state)
{
    struct fixture *fixture = *state;

    start_with_metadata(fixture, "{\"engine\":\"node\"}");
    while (!fixture->runner->error ||
           !strstr(fixture->runner->error, "--node-program"))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->engine, NODE_ENGINE_NODE);
    assert_int_equal(fixture->runner->state, RUNNER_FAILED);
}

/* The operator's word counts before the author's. */
static void test_the_operator_says_the_engine(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.engine = NODE_ENGINE_POND;
    start_with_metadata(fixture, "{\"engine\":\"node\"}");
    while (fixture->runner->state != RUNNER_RUNNING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture_settle(fixture);
    assert_int_equal(fixture->runner->engine, NODE_ENGINE_POND);
}

static void test_metadata_that_names_no_other_engine_stops_nothing(void **st)
{
    static const char *const texts[] = {"{\"engine\":\"pond\"}", "{}", "[",
                                        "{\"engine\":null}"};
    struct fixture *fixture = *st;
    char program[80], metadata[80];

    put_file(fixture, "main.js", "main", program, sizeof(program));
    fixture->program = program;
    fixture->stake = 100;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        put_file(fixture, "metadata.json", texts[i], metadata,
                 sizeof(metadata));
        fixture->metadata = metadata;
        if (i) {
            fixture_end_runner(fixture);
            fixture_connect(fixture);
        }
        fixture_start_from_store(fixture);
        while (fixture->runner->state != RUNNER_RUNNING)
            uv_run(&fixture->loop, UV_RUN_ONCE);
        fixture_settle(fixture);
        assert_false(fixture->runner->loader->engine_is_missing);
    }
}

/* ---- what its metadata asks for ---- */

/* Nothing is staked on what can't run. */
static void test_a_task_waits_for_its_variables(void **state)
{
    struct fixture *fixture = *state;
    struct buffer out = {0};

    start_with_metadata(
        fixture, "{\"requirementsTags\":[{\"type\":\"CPU\",\"value\":\"4\"},"
                 "{\"type\":\"TASK_VARIABLE\",\"value\":\"USER\"},"
                 "{\"type\":\"TASK_VARIABLE\",\"value\":\"USER\"},"
                 "{\"type\":\"GLOBAL_VARIABLE\",\"value\":\"TOKEN\"},"
                 "{\"type\":\"TASK_VARIABLE\"}, 5]}");
    while (fixture->runner->state != RUNNER_FAILED)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->reason, TASK_REASON_VARIABLE);
    assert_non_null(strstr(fixture->runner->error, "USER, TOKEN"));
    assert_false(runner_worker_is_there(fixture->runner->worker));
    struct json_writer writer = json_writer_make(&out);
    task_runner_status(fixture->runner, &writer);
    assert_non_null(
        strstr(buffer_string(&out), "\"missing\":[\"USER\",\"TOKEN\"]"));
    buffer_free(&out);
}

static void test_variables_of_the_order_are_enough(void **state)
{
    struct fixture *fixture = *state;

    fixture->variables = "{\"USER\":\"me\"}";
    start_with_metadata(fixture,
                        "{\"requirementsTags\":[{\"type\":\"TASK_VARIABLE\","
                        "\"value\":\"USER\"}]}");
    while (fixture->runner->state != RUNNER_RUNNING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->reason, TASK_REASON_NONE);
    fixture_settle(fixture);
}

static void test_a_task_for_orca_does_not_run(void **state)
{
    struct fixture *fixture = *state;

    start_with_metadata(fixture, "{\"requirementsTags\":[{\"type\":\"ADDON\","
                                 "\"value\":\"ORCA_TASK\"}]}");
    while (fixture->runner->state != RUNNER_FAILED)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->reason, TASK_REASON_ADDON);
}

/* This node's address is one that its peers may not connect to. */
static void test_a_task_for_the_internet_wants_an_address_there(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.network = &address_rule_public;
    start_with_metadata(fixture, "{\"requirementsTags\":[{\"type\":\"ADDON\","
                                 "\"value\":\"REQUIRE_INTERNET\"}]}");
    while (fixture->runner->state != RUNNER_FAILED)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->runner->reason, TASK_REASON_UNREACHABLE);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_stake_that_is_there_is_no_longer_wanted),
        TEST(test_a_stake_that_came_meanwhile_is_not_placed_again),
        TEST(test_a_stake_without_coins_is_not_sent),
        TEST(test_a_stake_below_the_minimum_is_not_sent),
        TEST(test_a_stake_that_the_chain_refuses_is_named),
        TEST(test_a_stake_sent_again_is_written_down_as_it_is),
        TEST(test_a_stake_that_fails_is_tried_ever_more_slowly),
        TEST(test_code_is_asked_of_peers_before_gateways),
        TEST(test_many_peers_leave_room_for_a_gateway),
        TEST(test_code_that_is_missing_is_tried_ever_more_slowly),
        TEST(test_a_start_that_succeeds_ends_the_pauses),
        TEST(test_a_task_without_a_stake_is_reported_once),
        TEST(test_a_list_that_is_there_is_given_from_the_loop),
        TEST(test_duties_begin_from_the_loop),
        TEST(test_a_task_that_is_to_rest_sends_the_proof_that_is_due),
        TEST(test_a_task_that_is_to_rest_is_not_waited_for_long),
        TEST(test_what_is_urgent_ends_a_task_at_once),
        TEST(test_a_runner_stops_before_its_duties_begin),
        TEST(test_a_late_call_is_refused),
        TEST(test_a_late_list_is_not_computed),
        TEST(test_a_late_audit_is_not_begun),
        TEST(test_a_late_callback_leaves_a_newer_round_as_it_is),
        TEST(test_a_late_callback_leaves_the_next_lists_as_they_are),
        TEST(test_an_inactive_task_gets_no_new_work),
        TEST(test_an_upload_goes_on_with_the_same_list_only),
        TEST(test_a_task_for_another_engine_does_not_run),
        TEST(test_metadata_leads_to_the_engine_node),
        TEST(test_the_operator_says_the_engine),
        TEST(test_metadata_that_names_no_other_engine_stops_nothing),
        TEST(test_it_is_known_since_when_it_is_so),
        TEST(test_a_task_may_reach_what_others_do_not),
        TEST(test_own_limits_hold_in_the_place_of_the_nodes),
        TEST(test_a_task_waits_for_its_variables),
        TEST(test_variables_of_the_order_are_enough),
        TEST(test_a_task_for_orca_does_not_run),
        TEST(test_a_task_for_the_internet_wants_an_address_there),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
