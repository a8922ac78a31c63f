/*
 * The client against an endpoint that misbehaves as the test tells it to.
 */
#include "client/client.h"

#include "base/base64.h"
#include "base/error.h"
#include "net/http_server.h"
#include "settlement/bank_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct test {
    struct fixture chain;
    uv_loop_t loop;
    struct http_server *server;
    struct client *client;
    struct transaction transaction;

    /* What the endpoint does. */
    bool answers_nothing;    /* takes requests and never answers */
    bool fails_first_send;   /* the first sendTransaction gets HTTP 502 */
    const char *send_answer; /* a whole JSON-RPC answer */
    unsigned executed_after; /* sends until there is a status; 0: never */
    uint64_t height;
    uint64_t height_step; /* added at each question */
    const char *other_answer;
    const char *kpl_account; /* what getAccountInfo says */
    unsigned account_questions, task_questions;

    unsigned sends;
    bool same_bytes; /* every send had the transaction's bytes */
    struct http_exchange *parked;
};

static void answer(struct http_exchange *exchange, const char *text)
{
    http_answer(exchange, 200, "application/json", bytes_text(text));
}

static void answer_result(struct http_exchange *exchange, const char *result)
{
    char text[512];
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}",
             result);
    answer(exchange, text);
}

static void on_send(struct test *test, struct http_exchange *exchange,
                    struct json_object *params)
{
    struct buffer wire = {0};
    const char *text =
        json_object_get_string(json_object_array_get_idx(params, 0));
    test->sends++;
    if (base64_decode(bytes_text(text), &wire) ||
        !bytes_equal(buffer_view(&wire), test->transaction.wire))
        test->same_bytes = false;
    buffer_free(&wire);
    if (test->fails_first_send && test->sends == 1)
        http_answer_text(exchange, 502, "bad gateway");
    else if (test->send_answer)
        answer(exchange, test->send_answer);
    else
        answer_result(exchange, "\"signature\"");
}

static void on_statuses(struct test *test, struct http_exchange *exchange)
{
    bool is_executed =
        test->executed_after && test->sends >= test->executed_after;
    answer_result(exchange,
                  is_executed
                      ? "{\"context\":{\"slot\":9},\"value\":[{\"slot\":8,"
                        "\"err\":null,\"confirmationStatus\":\"finalized\"}]}"
                      : "{\"context\":{\"slot\":9},\"value\":[null]}");
}

static void on_request(void *user, struct http_exchange *exchange)
{
    struct test *test = user;
    struct json_object *call, *params;
    const char *method;
    if (test->answers_nothing) {
        test->parked = exchange;
        return;
    }
    assert_int_equal(json_parse(http_body(exchange), &call), 0);
    assert_int_equal(json_get_text(call, "method", &method), 0);
    assert_int_equal(json_get_array(call, "params", &params), 0);
    if (test->kpl_account && !strcmp(method, "getAccountInfo")) {
        test->account_questions++;
        answer(exchange, test->kpl_account);
    } else if (test->other_answer) {
        test->task_questions++;
        answer(exchange, test->other_answer);
    } else if (!strcmp(method, "sendTransaction")) {
        on_send(test, exchange, params);
    } else if (!strcmp(method, "getSignatureStatuses")) {
        on_statuses(test, exchange);
    } else if (!strcmp(method, "getLatestBlockhash")) {
        char text[160];
        snprintf(text, sizeof(text),
                 "{\"context\":{\"slot\":1},\"value\":{\"blockhash\":"
                 "\"11111111111111111111111111111111\","
                 "\"lastValidBlockHeight\":%llu}}",
                 (unsigned long long)test->height + 150);
        answer_result(exchange, text);
    } else {
        char text[32];
        assert_string_equal(method, "getBlockHeight");
        snprintf(text, sizeof(text), "%llu", (unsigned long long)test->height);
        test->height += test->height_step;
        answer_result(exchange, text);
    }
    json_object_put(call);
}

static int setup(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    char url[64];
    const struct pubkey to = {{5}};
    fixture_open(&test->chain);
    test->transaction =
        fixture_transfer(&test->chain, &test->chain.keys[0], &to, 1000000);
    test->same_bytes = true;
    uv_loop_init(&test->loop);
    const struct http_server_options options = {
        .handler = on_request, .user = test, .loop = &test->loop};
    assert_int_equal(http_server_start(&options, &test->server), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             http_server_port(test->server));
    assert_int_equal(client_new(&test->loop, url, &test->client), 0);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    client_close(test->client, NULL, NULL);
    if (test->parked)
        http_answer_text(test->parked, 503, "too late");
    http_server_stop(test->server);
    uv_run(&test->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&test->loop), 0);
    fixture_close(&test->chain);
    free(test);
    return 0;
}

struct outcome {
    struct client_waiting waiting;
    char error[128];
    char log[128];
    uint64_t slot;
    uint32_t custom;
};

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct outcome *outcome = user;
    outcome->slot = sent->slot;
    outcome->custom = sent->custom;
    if (sent->error)
        snprintf(outcome->error, sizeof(outcome->error), "%s", sent->error);
    if (sent->log_count)
        snprintf(outcome->log, sizeof(outcome->log), "%s", sent->logs[0]);
    client_finish(&outcome->waiting, status);
}

static int send_it(struct test *test, uint64_t last_valid,
                   struct outcome *outcome)
{
    const struct client_send_options options = {
        .commitment = CLIENT_FINALIZED, .last_valid_block_height = last_valid};
    *outcome = (struct outcome){0};
    client_send(test->client, test->transaction.wire, &options, on_sent,
                outcome);
    return client_wait(test->client, &outcome->waiting);
}

static void test_lost_send_is_repeated_with_the_same_bytes(void **state)
{
    struct test *test = *state;
    struct outcome outcome;
    test->fails_first_send = true;
    test->executed_after = 2;
    assert_int_equal(send_it(test, 100, &outcome), 0);
    assert_int_equal(outcome.slot, 8);
    assert_int_equal(test->sends, 2);
    assert_true(test->same_bytes);
}

static void test_expired_transaction_is_reported_as_not_executed(void **state)
{
    struct test *test = *state;
    struct outcome outcome;
    test->height = 101;
    assert_int_equal(send_it(test, 100, &outcome), ERR_TIMEOUT);
    assert_non_null(strstr(err_text(), "expired"));
    assert_int_equal(outcome.slot, 0);
}

static void test_without_a_height_given_it_is_asked_for(void **state)
{
    struct test *test = *state;
    struct outcome outcome;
    test->height = 1000;
    test->height_step = 151;
    assert_int_equal(send_it(test, 0, &outcome), ERR_TIMEOUT);
    assert_true(test->height >= 1302);
}

static void test_refusal_carries_error_and_log(void **state)
{
    struct test *test = *state;
    struct outcome outcome;
    test->send_answer =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,"
        "\"message\":\"Transaction simulation failed: no\",\"data\":{\"err\":"
        "{\"InstructionError\":[0,{\"Custom\":1}]},\"logs\":[\"first\"]}}}";
    assert_int_equal(send_it(test, 100, &outcome), ERR_REMOTE);
    assert_string_equal(outcome.error,
                        "{\"InstructionError\":[0,{\"Custom\":1}]}");
    assert_string_equal(outcome.log, "first");
    assert_int_equal(outcome.custom, 1);
    assert_string_equal(err_text(), "Transaction simulation failed: no");
    assert_int_equal(test->sends, 1);
}

/* What else an endpoint puts beside its words leaves them as they are. */
static void test_a_refusal_keeps_the_endpoint_s_words(void **state)
{
    static const char *const data[] = {
        "{}",
        "{\"numSlotsBehind\":42}",
        "{\"err\":\"BlockhashNotFound\",\"logs\":null}",
        ("{\"err\":{\"InsufficientFundsForRent\":{\"account_index\":0}},"
         "\"logs\":[]}"),
        "{\"err\":{\"InstructionError\":[0,\"NewName\"]}}",
        "{\"err\":{\"InstructionError\":[0,{\"Custom\":4294967296}]}}",
        "[1]"};
    struct test *test = *state;
    struct outcome outcome;
    static char answer[300];
    test->send_answer = answer;
    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
        snprintf(answer, sizeof(answer),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,"
                 "\"message\":\"its words\",\"data\":%s}}",
                 data[i]);
        assert_int_equal(send_it(test, 100, &outcome), ERR_REMOTE);
        assert_string_equal(err_text(), "its words");
        assert_int_equal(outcome.custom, 0);
        assert_int_equal(outcome.error[0] != 0, !!strstr(data[i], "err"));
    }
}

/* Refused only when repeated: the first may have been executed all the same. */
static void test_refused_repetition_does_not_end_it(void **state)
{
    struct test *test = *state;
    struct outcome outcome;
    test->fails_first_send = true;
    test->executed_after = 2;
    test->send_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":"
                        "-32002,\"message\":\"already processed\"}}";
    assert_int_equal(send_it(test, 100, &outcome), 0);
}

static void test_the_code_of_an_error_is_known_after_a_wait(void **state)
{
    struct test *test = *state;
    struct json_object *result;
    test->other_answer =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,"
        "\"message\":\"Method not found\"}}";
    assert_int_equal(client_call_wait(test->client, "x", NULL, &result),
                     ERR_REMOTE);
    assert_int_equal(client_remote_code(test->client), -32601);
    test->other_answer = "nonsense";
    assert_int_equal(client_call_wait(test->client, "x", NULL, &result),
                     ERR_INVALID);
    assert_int_equal(client_remote_code(test->client), 0);
}

static void test_malformed_answers_are_errors(void **state)
{
    struct test *test = *state;
    static const char *const answers[] = {
        "",
        "[]",
        "nonsense",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"text\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"context\":{\"slot\":1},"
         "\"value\":-1}}"),
    };
    uint64_t value;
    struct client_blockhash blockhash;
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        test->other_answer = answers[i];
        assert_int_equal(client_balance_wait(
                             test->client, &test->chain.keys[0].pubkey, &value),
                         ERR_INVALID);
        assert_int_equal(client_latest_blockhash_wait(test->client, &blockhash),
                         ERR_INVALID);
    }
}

struct task_outcome {
    struct client_waiting waiting;
};

static void on_task(void *user, int status, const struct client_task *task)
{
    struct task_outcome *outcome = user;
    client_finish(&outcome->waiting, status);
}

static void test_missing_task_is_not_found(void **state)
{
    struct test *test = *state;
    struct task_outcome outcome = {0};
    test->other_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{"
                         "\"context\":{\"slot\":1},\"value\":null}}";
    client_task_state(test->client, &test->chain.keys[0].pubkey, 0, on_task,
                      &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting),
                     ERR_NOT_FOUND);
    /* As K2 says it, and another error with the same code. */
    test->other_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{"
                         "\"code\":-32602,\"message\":"
                         "\"Cannot find the task contract data\"}}";
    outcome = (struct task_outcome){0};
    client_task_state(test->client, &test->chain.keys[0].pubkey, 0, on_task,
                      &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting),
                     ERR_NOT_FOUND);
    test->other_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{"
                         "\"code\":-32602,\"message\":\"Invalid param\"}}";
    outcome = (struct task_outcome){0};
    client_task_state(test->client, &test->chain.keys[0].pubkey, 0, on_task,
                      &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting), ERR_REMOTE);
}

/* JSON that is no object: an array, a number, a text, null. */
static void test_task_state_that_is_no_object_is_refused(void **state)
{
    struct test *test = *state;
    static const char *const data[] = {"W10=", "MQ==", "ImEi", "bnVsbA=="};
    for (size_t i = 0; i < sizeof(data) / sizeof(*data); i++) {
        struct task_outcome outcome = {0};
        char text[200];
        snprintf(text, sizeof(text),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"context\":"
                 "{\"slot\":1},\"value\":{\"data\":[\"%s\",\"base64\"]}}}",
                 data[i]);
        test->other_answer = text;
        client_task_state(test->client, &test->chain.keys[0].pubkey, 0, on_task,
                          &outcome);
        assert_int_equal(client_wait(test->client, &outcome.waiting),
                         ERR_INVALID);
    }
}

struct kpl_outcome {
    struct client_waiting waiting;
    bool is_kpl;
    struct pubkey token;
    uint64_t slot, round_time;
    size_t submissions;
};

static void on_kpl_task(void *user, int status, const struct client_task *task)
{
    struct kpl_outcome *outcome = user;
    if (!status) {
        outcome->is_kpl = task->is_kpl;
        outcome->token = task->token;
        outcome->slot = task->slot;
        outcome->round_time = task->round_time;
    }
    client_finish(&outcome->waiting, status);
}

static void on_kpl_round(void *user, int status,
                         const struct client_round *round)
{
    struct kpl_outcome *outcome = user;
    outcome->submissions = status ? 99 : round->entry_count;
    client_finish(&outcome->waiting, status);
}

/* Places in the state of a KPL task without texts and maps. */
#define KPL_STATE_SIZE 264
#define KPL_TOKEN_AT 135
#define KPL_ROUND_TIME_AT 195

/* getAccountInfo's answer with that state in an account of the program. */
static void kpl_account(const char *owner, size_t size, char out[1024])
{
    uint8_t data[KPL_STATE_SIZE] = {
        [KPL_TOKEN_AT] = 7, [KPL_ROUND_TIME_AT] = 60};
    struct buffer text = {0};
    base64_encode(bytes_make(data, size), &text);
    snprintf(out, 1024,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"context\":"
             "{\"slot\":5},\"value\":{\"data\":[\"%s\",\"base64\"],"
             "\"owner\":\"%s\",\"lamports\":1,\"executable\":false}}}",
             buffer_string(&text), owner);
    buffer_free(&text);
}

/* An endpoint knows native tasks by its task methods, and says null of others.
 * It is asked once. */
static void test_kpl_task_is_read_from_its_account(void **state)
{
    struct test *test = *state;
    struct kpl_outcome outcome = {0};
    const struct pubkey *task = &test->chain.keys[0].pubkey;
    char text[1024];
    kpl_account("KPLTRVs6jA7QTthuJH2cEmyCEskFbSV2xpZw46cganN", KPL_STATE_SIZE,
                text);
    test->kpl_account = text;
    test->other_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{"
                         "\"context\":{\"slot\":1},\"value\":null}}";
    client_task_state(test->client, task, 0, on_kpl_task, &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting), 0);
    assert_true(outcome.is_kpl);
    assert_int_equal(outcome.token.bytes[0], 7);
    assert_int_equal(outcome.slot, 5);
    assert_int_equal(outcome.round_time, 60);
    outcome = (struct kpl_outcome){.submissions = 99};
    client_task_submissions(test->client, task, 1, on_kpl_round, &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting), 0);
    assert_int_equal(outcome.submissions, 0);
    assert_int_equal(test->task_questions, 1);
    assert_int_equal(test->account_questions, 2);
}

static void test_account_that_is_no_kpl_task_is_no_task(void **state)
{
    struct test *test = *state;
    struct kpl_outcome outcome = {0};
    const struct pubkey *task = &test->chain.keys[0].pubkey;
    char text[1024];
    kpl_account("11111111111111111111111111111111", KPL_STATE_SIZE, text);
    test->kpl_account = text;
    test->other_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{"
                         "\"context\":{\"slot\":1},\"value\":null}}";
    client_task_state(test->client, task, 0, on_kpl_task, &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting),
                     ERR_NOT_FOUND);
    kpl_account("KPLTRVs6jA7QTthuJH2cEmyCEskFbSV2xpZw46cganN", 100, text);
    outcome = (struct kpl_outcome){0};
    client_task_state(test->client, task, 0, on_kpl_task, &outcome);
    assert_int_equal(client_wait(test->client, &outcome.waiting), ERR_INVALID);
}

static void on_json(void *user, int status, struct json_object *result)
{
    *(int *)user = status;
}

static void on_client_closed(void *user)
{
    *(bool *)user = true;
}

static void test_close_ends_what_is_under_way_from_the_loop(void **state)
{
    struct test *test = *state;
    int status = 0;
    struct outcome outcome = {0};
    const struct client_send_options options = {.last_valid_block_height = 1};
    test->answers_nothing = true;
    client_call(test->client, "getSlot", NULL, on_json, &status);
    client_send(test->client, test->transaction.wire, &options, on_sent,
                &outcome);
    while (!test->parked)
        uv_run(&test->loop, UV_RUN_ONCE);
    bool is_closed = false;
    client_close(test->client, on_client_closed, &is_closed);
    test->client = NULL;
    /* No callback comes from inside. */
    assert_int_equal(status, 0);
    assert_false(outcome.waiting.is_done || is_closed);
    while (!is_closed)
        uv_run(&test->loop, UV_RUN_ONCE);
    assert_int_equal(status, ERR_CANCELLED);
    assert_true(outcome.waiting.is_done);
    assert_int_equal(outcome.waiting.status, ERR_CANCELLED);
}

/* A callback that hears that its call was cancelled may begin another. A client
 * that is closing cancels that one as well, and closes. */
struct stubborn {
    struct client *client;
    unsigned left;
    int status;
};

static void ask_again(void *user, int status, struct json_object *result)
{
    struct stubborn *stubborn = user;
    stubborn->status = status;
    if (stubborn->left) {
        stubborn->left--;
        client_call(stubborn->client, "getSlot", NULL, ask_again, stubborn);
    }
}

static void test_calls_begun_while_closing_are_cancelled_too(void **state)
{
    struct test *test = *state;
    struct stubborn stubborn = {.client = test->client, .left = 3};
    bool is_closed = false;
    test->answers_nothing = true;
    client_call(test->client, "getSlot", NULL, ask_again, &stubborn);
    client_close(test->client, on_client_closed, &is_closed);
    test->client = NULL;
    assert_int_equal(stubborn.left, 3);
    while (!is_closed)
        uv_run(&test->loop, UV_RUN_ONCE);
    assert_int_equal(stubborn.left, 0);
    assert_int_equal(stubborn.status, ERR_CANCELLED);
}

static void on_any_slot(void *user, uint64_t slot)
{
    ++*(unsigned *)user;
}

static void on_u64(void *user, int status, uint64_t value)
{
    ++*(unsigned *)user;
}

static void on_sent_count(void *user, int status,
                          const struct client_sent *sent)
{
    ++*(unsigned *)user;
}

/* At each turn of everything that can be under way: each callback comes once,
 * none from inside, no slot comes afterwards, and the loop runs dry. */
static void test_a_client_closes_at_any_time(void **state)
{
    struct test *test = *state;
    const struct client_send_options options = {.last_valid_block_height = 1};
    test->other_answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}";
    for (int turns = 0; turns < 12; turns++) {
        unsigned calls = 0, slots = 0, before;
        bool is_closed = false;
        struct client *client;
        assert_int_equal(
            client_new(&test->loop, client_url(test->client), &client), 0);
        client_subscribe_slots(client, on_any_slot, &slots);
        client_slot(client, CLIENT_PROCESSED, on_u64, &calls);
        client_send(client, test->transaction.wire, &options, on_sent_count,
                    &calls);
        client_airdrop(client, &test->chain.keys[0].pubkey, 1, on_sent_count,
                       &calls);
        for (int i = 0; i < turns; i++)
            uv_run(&test->loop, UV_RUN_NOWAIT);
        before = calls;
        client_close(client, on_client_closed, &is_closed);
        assert_int_equal(calls, before);
        assert_false(is_closed);
        slots = 0;
        while (!is_closed)
            uv_run(&test->loop, UV_RUN_ONCE);
        assert_int_equal(calls, 3);
        assert_int_equal(slots, 0);
    }
}

static void test_unreachable_endpoint_is_a_network_error(void **state)
{
    uv_loop_t loop;
    struct client *client;
    uint64_t slot;
    uv_loop_init(&loop);
    /* Port 1 is reserved and no program listens there. */
    assert_int_equal(client_new(&loop, "http://127.0.0.1:1", &client), 0);
    assert_int_equal(client_slot_wait(client, CLIENT_PROCESSED, &slot),
                     ERR_NETWORK);
    client_close(client, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_urls_that_are_no_endpoint_are_refused(void **state)
{
    struct client *client;
    uv_loop_t loop;
    uv_loop_init(&loop);
    assert_int_equal(client_new(&loop, "ws://127.0.0.1:1", &client),
                     ERR_INVALID);
    assert_int_equal(client_new(&loop, "127.0.0.1:1", &client), ERR_INVALID);
    uv_loop_close(&loop);
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_lost_send_is_repeated_with_the_same_bytes),
        TEST(test_expired_transaction_is_reported_as_not_executed),
        TEST(test_without_a_height_given_it_is_asked_for),
        TEST(test_refusal_carries_error_and_log),
        TEST(test_a_refusal_keeps_the_endpoint_s_words),
        TEST(test_refused_repetition_does_not_end_it),
        TEST(test_the_code_of_an_error_is_known_after_a_wait),
        TEST(test_malformed_answers_are_errors),
        TEST(test_missing_task_is_not_found),
        TEST(test_kpl_task_is_read_from_its_account),
        TEST(test_account_that_is_no_kpl_task_is_no_task),
        TEST(test_task_state_that_is_no_object_is_refused),
        TEST(test_close_ends_what_is_under_way_from_the_loop),
        TEST(test_calls_begun_while_closing_are_cancelled_too),
        TEST(test_a_client_closes_at_any_time),
        cmocka_unit_test(test_unreachable_endpoint_is_a_network_error),
        cmocka_unit_test(test_urls_that_are_no_endpoint_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
