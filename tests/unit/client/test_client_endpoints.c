/*
 * A client with two endpoints that come and go as the test tells them to.
 */
#include "client/client.h"

#include "base/error.h"
#include "net/http_server.h"
#include "settlement/bank_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOME "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY"
#define OTHER "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"

struct endpoint {
    struct test *test;
    struct http_server *server;
    const char *genesis;
    bool is_away;     /* HTTP 502 to everything */
    bool dies_at_end; /* is_away once it has said a height over 100 */
    bool has_status;  /* it knows the transaction as final */
    uint64_t slot, height;
    unsigned sends, statuses, airdrops, balances;
};

struct test {
    struct fixture chain;
    uv_loop_t loop;
    struct endpoint endpoints[2];
    struct client *client;
    struct transaction transaction;
    uv_timer_t timer;
};

static const char *result_of(struct endpoint *endpoint, const char *method,
                             char *out, size_t size)
{
    if (!strcmp(method, "getGenesisHash"))
        snprintf(out, size, "\"%s\"", endpoint->genesis);
    else if (!strcmp(method, "getSlot"))
        snprintf(out, size, "%llu", (unsigned long long)endpoint->slot);
    else if (!strcmp(method, "getBlockHeight"))
        snprintf(out, size, "%llu", (unsigned long long)endpoint->height);
    else if (!strcmp(method, "getBalance"))
        snprintf(out, size, "{\"context\":{\"slot\":1},\"value\":%u}",
                 ++endpoint->balances);
    else if (!strcmp(method, "getSignatureStatuses"))
        snprintf(out, size, "{\"context\":{\"slot\":9},\"value\":[%s]}",
                 endpoint->has_status ? "{\"slot\":8,\"err\":null,"
                                        "\"confirmationStatus\":\"finalized\"}"
                                      : "null");
    else
        snprintf(out, size, "\"text\"");
    return out;
}

static void on_request(void *user, struct http_exchange *exchange)
{
    struct endpoint *endpoint = user;
    struct json_object *call;
    const char *method;
    char result[256], answer[512];

    assert_int_equal(json_parse(http_body(exchange), &call), 0);
    assert_int_equal(json_get_text(call, "method", &method), 0);
    endpoint->sends += !strcmp(method, "sendTransaction");
    endpoint->statuses += !strcmp(method, "getSignatureStatuses");
    endpoint->airdrops += !strcmp(method, "requestAirdrop");
    snprintf(answer, sizeof(answer),
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}",
             result_of(endpoint, method, result, sizeof(result)));
    if (endpoint->is_away)
        http_answer_text(exchange, 502, "bad gateway");
    else
        http_answer(exchange, 200, "application/json", bytes_text(answer));
    if (endpoint->dies_at_end && !strcmp(method, "getBlockHeight") &&
        endpoint->height > 100)
        endpoint->is_away = true;
    json_object_put(call);
}

static void begin(struct test *test, const char *urls)
{
    assert_int_equal(client_new(&test->loop, urls, &test->client), 0);
}

/* Both of them, in this order. */
static void begin_both(struct test *test)
{
    char urls[128];

    snprintf(urls, sizeof(urls), "http://127.0.0.1:%u http://127.0.0.1:%u",
             http_server_port(test->endpoints[0].server),
             http_server_port(test->endpoints[1].server));
    begin(test, urls);
}

static int setup(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    const struct pubkey to = {{5}};

    fixture_open(&test->chain);
    test->transaction =
        fixture_transfer(&test->chain, &test->chain.keys[0], &to, 1000000);
    uv_loop_init(&test->loop);
    uv_timer_init(&test->loop, &test->timer);
    for (int i = 0; i < 2; i++) {
        struct endpoint *endpoint = &test->endpoints[i];
        const struct http_server_options options = {
            .handler = on_request, .user = endpoint, .loop = &test->loop};

        *endpoint = (struct endpoint){
            .test = test, .genesis = HOME, .slot = 1000, .height = 50};
        assert_int_equal(http_server_start(&options, &endpoint->server), 0);
    }
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;

    client_close(test->client, NULL, NULL);
    for (int i = 0; i < 2; i++)
        http_server_stop(test->endpoints[i].server);
    uv_close((uv_handle_t *)&test->timer, NULL);
    uv_run(&test->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&test->loop), 0);
    fixture_close(&test->chain);
    free(test);
    return 0;
}

static int balance(struct test *test)
{
    uint64_t value;

    return client_balance_wait(test->client, &test->chain.keys[0].pubkey,
                               &value);
}

static void test_a_call_goes_to_the_next_endpoint(void **state)
{
    struct test *test = *state;

    begin_both(test);
    assert_int_equal(balance(test), 0);
    assert_int_equal(test->endpoints[0].balances, 1);
    test->endpoints[0].is_away = true;
    assert_int_equal(balance(test), 0);
    assert_int_equal(test->endpoints[1].balances, 1);
    assert_string_equal(client_endpoint_at(test->client, 0).state, "away");
    assert_true(client_endpoint_at(test->client, 1).is_used);
    /* From now on it goes there at once. */
    unsigned before = test->endpoints[0].balances;
    assert_int_equal(balance(test), 0);
    assert_int_equal(test->endpoints[0].balances, before);
}

static void test_the_first_call_finds_one_that_answers(void **state)
{
    struct test *test = *state;

    test->endpoints[0].is_away = true;
    begin_both(test);
    assert_int_equal(balance(test), 0);
    assert_int_equal(test->endpoints[0].balances, 0);
    assert_int_equal(test->endpoints[1].balances, 1);
}

static void test_without_any_a_call_fails(void **state)
{
    struct test *test = *state;

    begin(test, "http://127.0.0.1:1 http://127.0.0.1:2");
    assert_int_equal(balance(test), ERR_NETWORK);
    assert_int_equal(balance(test), ERR_NETWORK);
}

static void test_one_of_another_network_is_not_used(void **state)
{
    struct test *test = *state;

    test->endpoints[1].genesis = OTHER;
    begin_both(test);
    assert_int_equal(balance(test), 0);
    test->endpoints[0].is_away = true;
    assert_int_equal(balance(test), ERR_NETWORK);
    assert_int_equal(test->endpoints[1].balances, 0);
    assert_string_equal(client_endpoint_at(test->client, 1).state, "other");
}

static void test_the_network_that_is_expected_is_found(void **state)
{
    struct test *test = *state;

    test->endpoints[0].genesis = OTHER;
    begin_both(test);
    client_expect_genesis(test->client, HOME);
    assert_int_equal(balance(test), 0);
    assert_int_equal(test->endpoints[0].balances, 0);
    assert_int_equal(test->endpoints[1].balances, 1);
}

/* Each is another: the first may have been executed. */
static void test_an_airdrop_is_asked_for_once(void **state)
{
    struct test *test = *state;
    struct client_sent sent;

    begin_both(test);
    assert_int_equal(balance(test), 0);
    test->endpoints[0].is_away = true;
    assert_int_equal(client_airdrop_wait(test->client,
                                         &test->chain.keys[0].pubkey, 1, &sent),
                     ERR_NETWORK);
    assert_int_equal(test->endpoints[0].airdrops + test->endpoints[1].airdrops,
                     1);
}

struct outcome {
    struct client_waiting waiting;
    uint64_t slot;
};

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct outcome *outcome = user;

    outcome->slot = sent->slot;
    client_finish(&outcome->waiting, status);
}

static void begin_sending(struct test *test, struct outcome *outcome)
{
    const struct client_send_options options = {.commitment = CLIENT_FINALIZED,
                                                .last_valid_block_height = 100};

    client_send(test->client, test->transaction.wire, &options, on_sent,
                outcome);
}

static void wait_until(struct test *test, const unsigned *number,
                       unsigned least)
{
    while (*number < least)
        uv_run(&test->loop, UV_RUN_ONCE);
}

/* The endpoint takes it and is gone: the other one has it from the network. */
static void test_a_transaction_is_followed_to_the_next_endpoint(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};

    begin_both(test);
    begin_sending(test, &outcome);
    wait_until(test, &test->endpoints[0].statuses, 1);
    test->endpoints[0].is_away = true;
    test->endpoints[1].has_status = true;
    assert_int_equal(client_wait(test->client, &outcome.waiting), 0);
    assert_int_equal(outcome.slot, 8);
}

/* The first knows that its blockhash is over, and is gone before it says what
 * became of it; the second does not know of it, because it is behind. To take
 * that for an end would have the same work sent again. */
static void test_an_endpoint_that_is_behind_ends_no_transaction(void **state)
{
    struct test *test = *state;
    struct outcome outcome = {0};
    struct endpoint *first = &test->endpoints[0];
    struct endpoint *second = &test->endpoints[1];

    second->height = 90;
    begin_both(test);
    begin_sending(test, &outcome);
    wait_until(test, &first->statuses, 1);
    first->height = 101;
    first->dies_at_end = true;
    while (second->statuses < 20 && !outcome.waiting.is_done)
        uv_run(&test->loop, UV_RUN_ONCE);
    assert_true(first->is_away);
    assert_false(outcome.waiting.is_done);
    second->has_status = true;
    assert_int_equal(client_wait(test->client, &outcome.waiting), 0);
    assert_int_equal(outcome.slot, 8);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_call_goes_to_the_next_endpoint),
        CASE(test_the_first_call_finds_one_that_answers),
        CASE(test_without_any_a_call_fails),
        CASE(test_one_of_another_network_is_not_used),
        CASE(test_the_network_that_is_expected_is_found),
        CASE(test_an_airdrop_is_asked_for_once),
        CASE(test_a_transaction_is_followed_to_the_next_endpoint),
        CASE(test_an_endpoint_that_is_behind_ends_no_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
