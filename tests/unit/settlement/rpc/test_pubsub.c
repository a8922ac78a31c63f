/* Notifications of blocks over a WebSocket, and what one of them may hold. */
#include "test.h"

#include "base/memory.h"
#include "net/http_server.h"
#include "net/websocket.h"
#include "settlement/bank_fixture.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc/pubsub.h"
#include "settlement/rpc/pubsub_internal.h"
#include "settlement/rpc_fixture.h"

#include <stdio.h>

/* A memo of quotes: each takes four bytes in a block's JSON, because the log
 * escapes it, and JSON the log. */
#define MEMO_SIZE 900
#define LARGE_COUNT ((8u << 20) / (4 * MEMO_SIZE) + 1)

struct place {
    struct rpc_fixture *test;
    uv_loop_t loop;
    struct http_server *server;
    struct pubsub *pubsub;
    struct websocket *websocket; /* the client's */
    struct json_object *newest;  /* the last text that came */
    size_t newest_size;
    unsigned texts;
    bool is_open, is_closed;
};

static void on_upgrade(void *user, struct http_exchange *exchange)
{
    struct place *place = user;

    pubsub_accept(place->pubsub, exchange);
}

static void on_opened(void *user, struct websocket *websocket)
{
    struct place *place = user;

    place->is_open = true;
}

static void on_message(void *user, struct websocket *websocket,
                       struct bytes message)
{
    struct place *place = user;

    json_object_put(place->newest);
    assert_ok(json_parse(message, &place->newest));
    place->newest_size = message.size;
    place->texts++;
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct place *place = user;

    place->is_closed = true;
}

static void wait_for_text(struct place *place)
{
    unsigned before = place->texts;

    while (place->texts == before && !place->is_closed)
        uv_run(&place->loop, UV_RUN_ONCE);
    assert_false(place->is_closed);
}

static int setup(void **state)
{
    static const struct websocket_events events = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    struct place *place = mem_zero(1, sizeof(*place));
    struct http_server_options options = {.handler = on_upgrade, .user = place};
    void *fixture;
    char url[64];

    rpc_fixture_setup(&fixture);
    place->test = fixture;
    const struct rpc_options rpc = {.ledger = place->test->ledger.ledger,
                                    .mempool = place->test->mempool};
    uv_loop_init(&place->loop);
    place->pubsub = pubsub_new(&place->loop, &rpc);
    assert_ok(http_server_start(&options, &place->server));
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/",
             (unsigned)http_server_port(place->server));
    assert_ok(websocket_connect(&place->loop, url, NULL, &events, place,
                                &place->websocket));
    while (!place->is_open)
        uv_run(&place->loop, UV_RUN_ONCE);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *fixture = place->test;

    if (!place->is_closed)
        websocket_close(place->websocket);
    while (!place->is_closed)
        uv_run(&place->loop, UV_RUN_ONCE);
    pubsub_close(place->pubsub);
    http_server_stop(place->server);
    uv_run(&place->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&place->loop), 0);
    json_object_put(place->newest);
    free(place);
    return rpc_fixture_teardown(&fixture);
}

static void subscribe(struct place *place, const char *details)
{
    char text[256];

    snprintf(text, sizeof(text),
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"blockSubscribe\","
             "\"params\":[\"all\",{\"transactionDetails\":\"%s\","
             "\"maxSupportedTransactionVersion\":0}]}",
             details);
    assert_ok(websocket_send(place->websocket, bytes_text(text)));
    wait_for_text(place);
    assert_non_null(rpc_at(place->newest, "result"));
}

/* The next block, with that many memos; then the notification of it. */
static void make_block(struct place *place, unsigned count)
{
    struct ledger_fixture *ledger = &place->test->ledger;
    const struct keypair *payer = &ledger->chain.keys[1];
    struct transaction *memos = mem_zero(count, sizeof(*memos));
    uint8_t memo[MEMO_SIZE];

    memset(memo, '"', sizeof(memo));
    for (unsigned i = 0; i < count; i++) {
        const struct instruction instruction = {
            .program = MEMO_PROGRAM_ID, .data = bytes_make(memo, sizeof(memo))};

        /* So that none is another's message. */
        memo[0] = (uint8_t)('a' + i % 26);
        memo[1] = (uint8_t)('a' + i / 26 % 26);
        memo[2] = (uint8_t)('a' + i / 676);
        memos[i] = fixture_make(&ledger->chain, &payer, 1, &instruction, 1,
                                &bank_info(ledger->tip)->blockhash);
    }
    ledger_fixture_block(ledger, bank_info(ledger->tip)->slot + 1, memos,
                         count);
    free(memos);
    struct ledger_branch *tip =
        ledger_tip_branch(ledger->ledger, LEDGER_FINALIZED);
    const struct ledger_news news = {(1u << LEDGER_LEVELS) - 1, tip};
    pubsub_published(place->pubsub, &news);
    ledger_branch_release(tip);
    wait_for_text(place);
}

static void assert_at(struct place *place, const char *path,
                      const char *expected)
{
    struct buffer text = {0};

    json_text(rpc_at(place->newest, path), &text);
    assert_string_equal(buffer_string(&text), expected);
    buffer_free(&text);
}

/* Silence would be taken for a block that did not come, and the text itself
 * would drop its reader. */
static void test_a_block_too_large_for_its_reader_is_an_error(void **state)
{
    struct place *place = *state;

    subscribe(place, "full");
    make_block(place, 3);
    assert_at(place, "params.result.value.err", "null");
    assert_int_equal(
        json_object_array_length(
            rpc_at(place->newest, "params.result.value.block.transactions")),
        3);
    make_block(place, LARGE_COUNT);
    assert_at(place, "params.result.value.err", "\"BlockStoreError\"");
    assert_at(place, "params.result.value.block", "null");
    assert_true(place->newest_size < 1000);
    make_block(place, 1);
    assert_at(place, "params.result.value.err", "null");
}

static void test_the_same_block_comes_with_fewer_details(void **state)
{
    struct place *place = *state;

    subscribe(place, "signatures");
    make_block(place, LARGE_COUNT);
    assert_at(place, "params.result.value.err", "null");
    assert_int_equal(
        json_object_array_length(
            rpc_at(place->newest, "params.result.value.block.signatures")),
        LARGE_COUNT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_too_large_for_its_reader_is_an_error),
        TEST(test_the_same_block_comes_with_fewer_details),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
