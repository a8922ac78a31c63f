/*
 * A runner beside an endpoint that the test plays itself: one task's state,
 * which the test changes, and a look at each question before it is answered. No
 * worker is started: what is looked at here is decided without one.
 */
#include "test.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/task/task_runner_internal.h"

#include <inttypes.h>
#include <stdio.h>

#define STAKE_WANTED 500

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct http_server *server;
    struct node_options options;
    struct wallet wallet;
    struct node_parts parts;
    struct task_runner *runner;
    bool is_stopped, is_client_closed;

    uint64_t stake;      /* of this node, as the endpoint says */
    const char *watched; /* a method; before its answer: */
    void (*on_watched)(struct fixture *fixture);
    unsigned blockhashes_asked, sends, states_asked;
    unsigned peers; /* who gave an address of this endpoint */
    unsigned gateways_asked, peers_asked;
    bool is_gateway_first;
    const char *account; /* the staking key's, as the endpoint answers */
    bool has_blockhash;  /* there is one to be had */
};

/* ---- the endpoint ---- */

static const struct pubkey task = {.bytes = {7}};

static void write_key_array(struct json_writer *writer, const char *name)
{
    json_name(writer, name);
    json_open_array(writer);
    for (int i = 0; i < 32; i++)
        json_write_u64(writer, 1);
    json_close_array(writer);
}

static void write_number_of(struct json_writer *writer, const char *map,
                            const struct pubkey *key, uint64_t value)
{
    json_name(writer, map);
    json_open_object(writer);
    json_field_u64(writer, PUBKEY_TEXT(key), value);
    json_close_object(writer);
}

static void write_state(struct fixture *fixture, struct json_writer *writer)
{
    static const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"total_bounty_amount", 100},
        {"bounty_amount_per_round", 10},
        {"total_stake_amount", 1},
        {"minimum_stake_amount", 5},
        {"round_time", 100},
        {"starting_slot", 0},
        {"audit_window", 40},
        {"submission_window", 40},
        {"allowed_failed_distributions", 3},
    };

    json_open_object(writer);
    json_field_bool(writer, "is_allowlisted", true);
    json_field_bool(writer, "is_active", true);
    json_field_bool(writer, "is_migrated", false);
    json_field_text(writer, "task_executable_network", "IPFS");
    json_field_text(
        writer, "task_audit_program",
        "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");
    write_key_array(writer, "task_manager");
    write_key_array(writer, "stake_pot_account");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_field_u64(writer, numbers[i].name, numbers[i].value);
    write_number_of(writer, "stake_list", &fixture->wallet.staking.pubkey,
                    fixture->stake);
    json_name(writer, "ip_address_list");
    json_open_object(writer);
    for (unsigned i = 0; i < fixture->peers; i++) {
        const struct pubkey peer = {.bytes = {9, (uint8_t)i}};
        char *url = mem_format("http://127.0.0.1:%u/peer%u",
                               (unsigned)http_server_port(fixture->server), i);

        json_field_text(writer, PUBKEY_TEXT(&peer), url);
        free(url);
    }
    json_close_object(writer);
    json_close_object(writer);
}

/* This node's and somebody else's, for round 1. */
static void write_submissions(struct fixture *fixture,
                              struct json_writer *writer)
{
    const struct pubkey keys[] = {fixture->wallet.staking.pubkey,
                                  {.bytes = {9}}};

    json_open_object(writer);
    json_name(writer, "submissions");
    json_open_object(writer);
    json_name(writer, "1");
    json_open_object(writer);
    for (int i = 0; i < 2; i++) {
        json_name(writer, PUBKEY_TEXT(&keys[i]));
        json_open_object(writer);
        json_field_text(writer, "submission_value", "bafy");
        json_field_u64(writer, "slot", 150);
        json_close_object(writer);
    }
    json_close_object(writer);
    json_close_object(writer);
    json_close_object(writer);
}

static void answer_result(struct http_exchange *exchange, const char *result)
{
    char *text =
        mem_format("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}", result);

    http_answer(exchange, 200, "application/json", bytes_text(text));
    free(text);
}

static void answer_data(struct http_exchange *exchange, struct bytes data)
{
    struct buffer base64 = {0};
    char *result;

    base64_encode(data, &base64);
    result = mem_format("{\"context\":{\"slot\":9},\"value\":"
                        "{\"data\":[\"%s\",\"base64\"]}}",
                        buffer_string(&base64));
    answer_result(exchange, result);
    free(result);
    buffer_free(&base64);
}

/* Nobody has anything. */
static void answer_block(struct fixture *fixture,
                         struct http_exchange *exchange)
{
    if (!strncmp(http_path(exchange), "/peer", 5)) {
        fixture->peers_asked++;
    } else {
        fixture->is_gateway_first = !fixture->peers_asked;
        fixture->gateways_asked++;
    }
    http_answer_text(exchange, 404, "not here");
}

static void on_request(void *user, struct http_exchange *exchange)
{
    struct fixture *fixture = user;
    struct json_object *call;
    struct buffer data = {0};
    struct json_writer writer = json_writer_make(&data);
    const char *method;

    if (http_method_is(exchange, "GET")) {
        answer_block(fixture, exchange);
        return;
    }
    assert_ok(json_parse(http_body(exchange), &call));
    assert_ok(json_get_text(call, "method", &method));
    if (fixture->watched && !strcmp(method, fixture->watched))
        fixture->on_watched(fixture);
    if (!strcmp(method, "getTaskAccountInfo")) {
        fixture->states_asked++;
        write_state(fixture, &writer);
        answer_data(exchange, buffer_view(&data));
    } else if (!strcmp(method, "getTaskSubmissionInfo")) {
        write_submissions(fixture, &writer);
        answer_data(exchange, buffer_view(&data));
    } else if (!strcmp(method, "getTaskDistributionInfo")) {
        answer_data(exchange, bytes_text("{}"));
    } else if (!strcmp(method, "getAccountInfo")) {
        answer_result(exchange, fixture->account);
    } else if (!strcmp(method, "getLatestBlockhash") &&
               fixture->has_blockhash) {
        fixture->blockhashes_asked++;
        answer_result(exchange,
                      "{\"context\":{\"slot\":9},\"value\":{\"blockhash\":"
                      "\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\","
                      "\"lastValidBlockHeight\":150}}");
    } else {
        fixture->blockhashes_asked += !strcmp(method, "getLatestBlockhash");
        fixture->sends += !strcmp(method, "sendTransaction");
        http_answer_text(exchange, 404, "not here");
    }
    buffer_free(&data);
    json_object_put(call);
}

/* ---- the runner ---- */

static const char no_account[] = "{\"context\":{\"slot\":9},\"value\":null}";

static void open_client(struct fixture *fixture)
{
    char url[48];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             (unsigned)http_server_port(fixture->server));
    assert_ok(client_new(&fixture->loop, url, &fixture->parts.client));
    fixture->parts.sender =
        sender_new(fixture->parts.client, fixture->parts.journal);
}

static int open_parts(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct node_parts *parts = &fixture->parts;
    const struct http_server_options options = {
        .handler = on_request, .user = fixture, .loop = &fixture->loop};
    const uint8_t seeds[2][32] = {{1}, {2}};
    char path[96];

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-runner-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    keypair_from_seed(seeds[0], &fixture->wallet.main);
    keypair_from_seed(seeds[1], &fixture->wallet.staking);
    fixture->options.folder = fixture->folder;
    fixture->options.worker_path = "/nonexistent/pond-worker";
    fixture->options.network = &address_rule_loopback;
    parts->loop = &fixture->loop;
    parts->options = &fixture->options;
    parts->wallet = &fixture->wallet;
    parts->public_url = "http://127.0.0.1:1";
    parts->slot_ms = NODE_SLOT_MS_DEFAULT;
    assert_ok(http_server_start(&options, &fixture->server));
    snprintf(path, sizeof(path), "%s/journal.db", fixture->folder);
    assert_ok(journal_open(path, &parts->journal));
    assert_ok(store_open(fixture->folder, NULL, &parts->store));
    fixture->account = no_account;
    open_client(fixture);
    return 0;
}

static void on_client_closed(void *user)
{
    ((struct fixture *)user)->is_client_closed = true;
}

static void on_stopped(void *user)
{
    ((struct fixture *)user)->is_stopped = true;
}

/* As a node that ends; only what is in the journal and the store is left. */
static void end_runner(struct fixture *fixture)
{
    fixture->is_stopped = false;
    if (fixture->runner)
        task_runner_stop(fixture->runner, on_stopped, fixture);
    fixture->is_client_closed = false;
    client_close(fixture->parts.client, on_client_closed, fixture);
    while (!fixture->is_client_closed ||
           (fixture->runner && !fixture->is_stopped))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->runner = NULL;
    sender_free(fixture->parts.sender);
}

static int close_parts(void **state)
{
    struct fixture *fixture = *state;
    int status;

    end_runner(fixture);
    http_server_stop(fixture->server);
    journal_close(fixture->parts.journal);
    store_close(fixture->parts.store);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

/* As node_start_task() does it. */
static void start(struct fixture *fixture, uint64_t stake_wanted)
{
    const struct node_task_options options = {.task = task,
                                              .stake_roe = stake_wanted,
                                              .executable = "/nonexistent.js",
                                              .variables = "{\"A\":\"b\"}"};
    const struct journal_task record = {.task = task,
                                        .stake_roe = stake_wanted,
                                        .executable = options.executable,
                                        .variables = options.variables};

    assert_ok(journal_task_put(fixture->parts.journal, &record));
    fixture->runner = task_runner_new(&fixture->parts, &options);
}

/* Without its code it gets no further than that. */
static void run_until_failed(struct fixture *fixture)
{
    while (fixture->runner->state != RUNNER_FAILED &&
           !fixture->blockhashes_asked)
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
static void test_a_stake_that_is_there_is_wanted_no_more(void **state)
{
    struct fixture *fixture = *state;
    unsigned records = 0;

    fixture->stake = STAKE_WANTED;
    start(fixture, STAKE_WANTED);
    run_until_failed(fixture);
    assert_int_equal(fixture->runner->stake_wanted, 0);
    assert_ok(
        journal_each_task(fixture->parts.journal, check_record, &records));
    assert_int_equal(records, 1);
}

/* The runner's newest state, as another look at it would bring it. */
static void raise_stake(struct fixture *fixture)
{
    struct json_object *stakes;

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
    bool is_there;

    assert_ok(task_log_tail(folder, 4096, &log));
    is_there = strstr(buffer_string(&log), what) != NULL;
    buffer_free(&log);
    free(folder);
    return is_there;
}

static void test_a_stake_that_came_meanwhile_is_not_placed_again(void **state)
{
    struct fixture *fixture = *state;

    fixture->stake = 1;
    fixture->watched = "getAccountInfo";
    fixture->on_watched = raise_stake;
    start(fixture, STAKE_WANTED);
    run_until_failed(fixture);
    assert_int_equal(fixture->blockhashes_asked, 0);
    assert_false(has_complained(fixture, "can't stake"));
    assert_int_equal(fixture->runner->stake_wanted, 0);
}

/* The first try was refused, and part of what it was to bring came otherwise.
 */
static void test_a_stake_sent_again_is_written_down_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct journal *journal = fixture->parts.journal;
    struct journal_entry entry = {
        .name = {.task = task, .kind = JOURNAL_STAKE},
        .amount = STAKE_WANTED,
        .transaction_size = 200,
    };

    assert_ok(journal_intend(journal, &entry));
    assert_ok(journal_settle(journal, entry.id, JOURNAL_FAILED, 1, "refused"));
    fixture->stake = 100;
    fixture->has_blockhash = true;
    start(fixture, STAKE_WANTED);
    do {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        assert_ok(journal_find(journal, &entry.name, &entry));
    } while (entry.state == JOURNAL_FAILED);
    assert_int_equal(entry.amount, STAKE_WANTED - 100);
}

static void answer_a_slot(struct fixture *fixture, uint64_t slot)
{
    uint64_t before = fixture->states_asked;

    runner_want_view(fixture->runner);
    task_runner_slot(fixture->runner, slot);
    while (fixture->states_asked == before || fixture->runner->is_viewing)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* States come at any rate; the endpoint has no blockhash to give. */
static void test_a_stake_that_fails_is_tried_ever_more_slowly(void **state)
{
    struct fixture *fixture = *state;
    uint64_t pause_ms = 0, earlier_ms = 0;

    start(fixture, STAKE_WANTED);
    for (unsigned tries = 1; tries <= 8; tries++) {
        fixture->runner->stake_after_ms = 0;
        while (fixture->runner->stake_after_ms == 0) {
            uint64_t before_ms = clock_monotonic_ms();

            answer_a_slot(fixture, fixture->runner->slot + 1);
            while (fixture->runner->state == RUNNER_STAKING)
                uv_run(&fixture->loop, UV_RUN_ONCE);
            pause_ms = fixture->runner->stake_after_ms - before_ms;
        }
        assert_int_equal(fixture->blockhashes_asked, tries);
        assert_true(pause_ms >= 2000 && pause_ms >= earlier_ms);
        assert_true(pause_ms < 80000);
        earlier_ms = pause_ms < 60000 ? pause_ms : 60000;
        /* However slow this machine is. */
        fixture->runner->stake_after_ms = UINT64_MAX;
        for (int i = 0; i < 5; i++)
            answer_a_slot(fixture, fixture->runner->slot + 1);
        assert_int_equal(fixture->blockhashes_asked, tries);
        assert_int_equal(fixture->runner->state, RUNNER_LOADING);
    }
    assert_true(earlier_ms >= 60000);
}

/* ---- the code ---- */

static void look_for_code(struct fixture *fixture, unsigned peers)
{
    const struct node_task_options options = {.task = task};
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

/* ---- duties that are late ---- */

/* Runs as far as it is asked to, without a worker: a call into the task would
 * end the test. */
static struct duty *begin(struct fixture *fixture, enum round_action action)
{
    struct duty *duty = mem_zero(1, sizeof(*duty));
    struct task_runner *runner = fixture->runner;

    runner->state = RUNNER_RUNNING;
    runner->worker_is_ready = true;
    runner->slot = 310;
    *duty =
        (struct duty){.runner = runner,
                      .what = {.action = action, .round = 1, .until_slot = 320},
                      .begun_in = 3};
    return duty;
}

static void pass_window(struct fixture *fixture)
{
    fixture->runner->slot = 321;
}

static void run_until_answered(struct fixture *fixture)
{
    while (fixture->runner->pending)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void on_late_call(void *user, const struct worker_result *result)
{
    fail();
}

static void test_a_late_call_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct duty *duty;

    start(fixture, 0);
    run_until_answered(fixture);
    duty = begin(fixture, ROUND_TASK);
    pass_window(fixture);
    assert_int_equal(duty_call(duty, "task", "[1]", on_late_call, duty),
                     ERR_TIMEOUT);
    fixture->runner->worker_is_ready = false;
    duty_end(duty, ROUND_DONE, 0);
}

static void on_list(struct duty *duty)
{
    fail();
}

static void test_a_late_list_is_not_computed(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, 0);
    run_until_answered(fixture);
    fixture->watched = "getTaskAccountInfo";
    fixture->on_watched = pass_window;
    free(fixture->runner->error);
    fixture->runner->error = NULL;
    runner_make_list(begin(fixture, ROUND_LIST), on_list);
    run_until_answered(fixture);
    assert_int_equal(fixture->runner->slot, 321);
    assert_null(fixture->runner->error);
}

static void test_a_late_audit_is_not_begun(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, 0);
    run_until_answered(fixture);
    fixture->watched = "getTaskSubmissionInfo";
    fixture->on_watched = pass_window;
    free(fixture->runner->error);
    fixture->runner->error = NULL;
    duty_review(begin(fixture, ROUND_AUDIT));
    run_until_answered(fixture);
    assert_int_equal(fixture->runner->slot, 321);
    assert_null(fixture->runner->error);
}

/* ---- a list's upload ---- */

static int take_open(void *user, const struct journal_entry *entry)
{
    *(struct journal_entry *)user = *entry;
    return 0;
}

/* In a new life: begin to send a list of some chunks, all of one letter. Until
 * one is under way, whose entry it gives, or the duty has ended. */
static bool send_list_of(struct fixture *fixture, char letter,
                         struct journal_entry *out)
{
    char text[1200];
    struct runner_round *round;
    struct duty *duty;

    end_runner(fixture);
    open_client(fixture);
    start(fixture, 0);
    run_until_answered(fixture);
    duty = begin(fixture, ROUND_LIST);
    memset(text, letter, sizeof(text));
    text[sizeof(text) - 1] = 0;
    round = runner_round(fixture->runner, 1);
    round->own_list = mem_text(text);
    round->list_round = duty->begun_in;
    fixture->sends = 0;
    duty_list(duty);
    *out = (struct journal_entry){0};
    while (fixture->runner->pending) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        if (!fixture->sends)
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
    fixture->account =
        "{\"context\":{\"slot\":9},\"value\":{\"lamports\":1000000000,"
        "\"owner\":\"Koiitask22222222222222222222222222222222222\","
        "\"executable\":false,\"data\":[\"\",\"base64\"]}}";
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

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, open_parts, close_parts)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_stake_that_is_there_is_wanted_no_more),
        TEST(test_a_stake_that_came_meanwhile_is_not_placed_again),
        TEST(test_a_stake_sent_again_is_written_down_as_it_is),
        TEST(test_a_stake_that_fails_is_tried_ever_more_slowly),
        TEST(test_code_is_asked_of_peers_before_gateways),
        TEST(test_many_peers_leave_room_for_a_gateway),
        TEST(test_a_late_call_is_refused),
        TEST(test_a_late_list_is_not_computed),
        TEST(test_a_late_audit_is_not_begun),
        TEST(test_an_upload_goes_on_with_the_same_list_only),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
