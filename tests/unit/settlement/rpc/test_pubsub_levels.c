/*
 * Who is notified of what, and when, while one fork wins:
 *
 *   5 ─┬─ 6 ─ 7      pays in 6
 *      └─ 8 ─ 9      pays in 8
 */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "net/websocket.h"
#include "settlement/rpc/pubsub.h"
#include "settlement/rpc_fixture.h"

#include <stdio.h>

struct place {
    struct rpc_fixture *test;
    uv_loop_t loop;
    struct http_server *server;
    struct pubsub *pubsub;
    struct websocket *websocket; /* the client's */
    struct executed_block *blocks[10];
    struct transaction paid[10];
    struct buffer seen; /* what was notified of, in short */
    struct json_object *answer;
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

/* "subscription:kind of the notification and its result; " */
static void note(struct place *place, struct json_object *message)
{
    struct buffer text = {0};
    json_text(rpc_at(message, "params.result"), &text);
    buffer_format(
        &place->seen, "%s:%s; ",
        json_object_get_string(rpc_at(message, "params.subscription")),
        buffer_string(&text));
    buffer_free(&text);
}

static void on_message(void *user, struct websocket *websocket,
                       struct bytes message)
{
    struct place *place = user;
    struct json_object *parsed;
    assert_ok(json_parse(message, &parsed));
    if (rpc_at(parsed, "method")) {
        note(place, parsed);
        json_object_put(parsed);
        return;
    }
    json_object_put(place->answer);
    place->answer = parsed;
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct place *place = user;
    place->is_closed = true;
}

/* The answer to a call; what came before it was noted. */
static struct json_object *call(struct place *place, const char *method,
                                const char *params)
{
    struct buffer text = {0};
    buffer_format(&text,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                  "\"params\":%s}",
                  method, params);
    json_object_put(place->answer);
    place->answer = NULL;
    assert_ok(websocket_send(place->websocket, buffer_view(&text)));
    while (!place->answer && !place->is_closed)
        uv_run(&place->loop, UV_RUN_ONCE);
    assert_false(place->is_closed);
    buffer_free(&text);
    return place->answer;
}

static void execute(struct place *place, uint64_t slot, size_t count)
{
    struct ledger_fixture *ledger = &place->test->ledger;
    place->paid[slot] =
        ledger_fixture_transfer(ledger, 1, &rpc_fixture_target, slot * 1000000);
    place->blocks[slot] =
        ledger_fixture_execute(ledger, slot, &place->paid[slot], count);
}

static void make_forks(struct place *place)
{
    struct executed_block *root =
        executed_block_retain(place->test->ledger.newest);
    execute(place, 6, 1);
    execute(place, 7, 0);
    ledger_fixture_stand_on(&place->test->ledger, root);
    execute(place, 8, 1);
    execute(place, 9, 0);
    executed_block_release(root);
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
    make_forks(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *fixture = place->test;
    websocket_close(place->websocket);
    while (!place->is_closed)
        uv_run(&place->loop, UV_RUN_ONCE);
    pubsub_close(place->pubsub);
    http_server_stop(place->server);
    uv_run(&place->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&place->loop), 0);
    for (size_t i = 0; i < 10; i++)
        executed_block_release(place->blocks[i]);
    json_object_put(place->answer);
    buffer_free(&place->seen);
    free(place);
    return rpc_fixture_teardown(&fixture);
}

/* Subscriptions are numbered from 1 in their order. */
static void subscribe(struct place *place, const char *method,
                      const char *params)
{
    assert_non_null(rpc_at(call(place, method, params), "result"));
}

static void publish(struct place *place, enum ledger_level level, uint64_t slot)
{
    struct ledger_news news;
    assert_true(ledger_publish(place->test->ledger.ledger, level,
                               place->blocks[slot], &news));
    pubsub_published(place->pubsub, &news);
    ledger_branch_release(news.branch);
}

static void assert_seen(struct place *place, const char *expected)
{
    call(place, "getVersion", "[]");
    assert_string_equal(buffer_string(&place->seen), expected);
    buffer_clear(&place->seen);
}

static void subscribe_each(struct place *place, const char *method,
                           const char *first, const char *options)
{
    static const char *const names[] = {"processed", "confirmed", "finalized"};
    for (int level = 0; level < LEDGER_LEVELS; level++) {
        char params[256];
        snprintf(params, sizeof(params), "[%s,{\"commitment\":\"%s\"%s}]",
                 first, names[level], options);
        subscribe(place, method, params);
    }
}

/* The target has 5 million at first. */
#define ACCOUNT(slot, lamports)                                                \
    "{\"context\":{\"slot\":" slot "},\"value\":{\"data\":[\"\",\"base64\"],"  \
    "\"executable\":false,\"lamports\":" lamports                              \
    ",\"owner\":\"11111111111111111111111111111111\","                         \
    "\"rentEpoch\":18446744073709551615,\"space\":0}}; "

static void test_accounts_follow_the_winning_fork(void **state)
{
    struct place *place = *state;
    char key[64];
    snprintf(key, sizeof(key), "\"%s\"", PUBKEY_TEXT(&rpc_fixture_target));
    subscribe_each(place, "accountSubscribe", key, ",\"encoding\":\"base64\"");
    publish(place, LEDGER_PROCESSED, 7);
    assert_seen(place, "1:" ACCOUNT("6", "11000000"));
    publish(place, LEDGER_CONFIRMED, 6);
    assert_seen(place, "2:" ACCOUNT("6", "11000000"));
    /* Both are told what the account is now, because 6 has lost, and then that
     * 8 has changed it. */
    publish(place, LEDGER_CONFIRMED, 8);
    assert_seen(place, "1:" ACCOUNT("8", "13000000") /**/
                "1:" ACCOUNT("8", "13000000")        /**/
                "2:" ACCOUNT("8", "13000000")        /**/
                "2:" ACCOUNT("8", "13000000"));
    publish(place, LEDGER_FINALIZED, 8);
    assert_seen(place, "3:" ACCOUNT("8", "13000000"));
}

#define SIGNATURE(slot)                                                        \
    "{\"context\":{\"slot\":" slot "},\"value\":{\"err\":null}}; "

static void test_signatures_end_at_their_level(void **state)
{
    struct place *place = *state;
    for (int slot = 6; slot <= 8; slot += 2) {
        char text[BASE58_SIGNATURE_SIZE], key[BASE58_SIGNATURE_SIZE + 2];
        base58_signature(transaction_id(&place->paid[slot])->bytes, text);
        snprintf(key, sizeof(key), "\"%s\"", text);
        subscribe_each(place, "signatureSubscribe", key,
                       ",\"enableReceivedNotification\":true");
    }
    call(place, "signatureUnsubscribe", "[2]");
    publish(place, LEDGER_PROCESSED, 6);
    const char *received =
        "1:{\"context\":{\"slot\":6},\"value\":\"receivedSignature\"}; "
        "1:" SIGNATURE("6");
    call(place, "getVersion", "[]");
    assert_non_null(strstr(buffer_string(&place->seen), received));
    assert_non_null(strstr(buffer_string(&place->seen),
                           "3:{\"context\":{\"slot\":6},"
                           "\"value\":\"receivedSignature\"}; "));
    buffer_clear(&place->seen);
    publish(place, LEDGER_FINALIZED, 8);
    call(place, "getVersion", "[]");
    assert_non_null(strstr(buffer_string(&place->seen), "4:" SIGNATURE("8")));
    assert_non_null(strstr(buffer_string(&place->seen), "5:" SIGNATURE("8")));
    assert_non_null(strstr(buffer_string(&place->seen), "6:" SIGNATURE("8")));
    /* Of 3 nothing more is known: its transaction has lost. */
    assert_null(strstr(buffer_string(&place->seen), "3:"));
    buffer_clear(&place->seen);
}

/* Which of three levels it has reached already. */
static void test_a_late_subscriber_is_told_at_once(void **state)
{
    struct place *place = *state;
    char text[BASE58_SIGNATURE_SIZE], key[BASE58_SIGNATURE_SIZE + 2];
    publish(place, LEDGER_CONFIRMED, 6);
    base58_signature(transaction_id(&place->paid[6])->bytes, text);
    snprintf(key, sizeof(key), "\"%s\"", text);
    subscribe_each(place, "signatureSubscribe", key, "");
    assert_seen(place, "1:" SIGNATURE("6") "2:" SIGNATURE("6"));
}

/* Where in what was seen a subscription was told of a slot; NULL: nowhere. */
static const char *told(struct place *place, int subscription, int slot)
{
    char text[64];
    snprintf(text, sizeof(text), "%d:{\"context\":{\"slot\":%d}", subscription,
             slot);
    return strstr(buffer_string(&place->seen), text);
}

static void test_logs_and_blocks_come_at_their_level(void **state)
{
    struct place *place = *state;
    subscribe_each(place, "logsSubscribe", "\"all\"", "");
    subscribe(place, "blockSubscribe",
              "[\"all\",{\"commitment\":\"confirmed\","
              "\"transactionDetails\":\"none\"}]");
    publish(place, LEDGER_PROCESSED, 7);
    call(place, "getVersion", "[]");
    assert_non_null(told(place, 1, 6));
    assert_null(told(place, 2, 6));
    assert_null(told(place, 4, 6));
    buffer_clear(&place->seen);
    publish(place, LEDGER_CONFIRMED, 7);
    call(place, "getVersion", "[]");
    assert_null(told(place, 1, 6));
    assert_non_null(told(place, 2, 6));
    assert_null(told(place, 3, 6));
    assert_non_null(told(place, 4, 6));
    assert_true(told(place, 4, 6) < told(place, 4, 7));
    buffer_clear(&place->seen);
}

static void test_slots_and_roots(void **state)
{
    struct place *place = *state;
    subscribe(place, "slotSubscribe", "[]");
    subscribe(place, "rootSubscribe", "[]");
    publish(place, LEDGER_PROCESSED, 7);
    assert_seen(place, "1:{\"parent\":5,\"root\":5,\"slot\":6}; "
                       "1:{\"parent\":6,\"root\":5,\"slot\":7}; ");
    publish(place, LEDGER_CONFIRMED, 7);
    assert_seen(place, "");
    publish(place, LEDGER_FINALIZED, 6);
    assert_seen(place, "2:6; ");
    publish(place, LEDGER_FINALIZED, 7);
    assert_seen(place, "2:7; ");
}

/* The kinds of updates in what was seen, with their slots. */
static void assert_updates(struct place *place, const char *expected)
{
    struct buffer kinds = {0};
    call(place, "getVersion", "[]");
    const char *at = buffer_string(&place->seen);
    while ((at = strstr(at, "\"slot\":"))) {
        int slot = atoi(at + 7), length = 0;
        at = strstr(at, "\"type\":\"") + 8;
        while (at[length] != '"')
            length++;
        buffer_format(&kinds, "%d %.*s; ", slot, length, at);
    }
    assert_string_equal(buffer_string(&kinds), expected);
    buffer_free(&kinds);
    buffer_clear(&place->seen);
}

static void test_each_stage_of_a_slot_is_told_once(void **state)
{
    struct place *place = *state;
    subscribe(place, "slotsUpdatesSubscribe", "[]");
    pubsub_tell_stage(place->pubsub, PUBSUB_FIRST_SHRED, 6, 0, 1, NULL);
    pubsub_tell_stage(place->pubsub, PUBSUB_FIRST_SHRED, 6, 0, 2, NULL);
    pubsub_tell_stage(place->pubsub, PUBSUB_COMPLETED, 6, 0, 3, NULL);
    pubsub_tell_stage(place->pubsub, PUBSUB_CREATED, 6, 5, 4, NULL);
    assert_updates(place, "6 firstShredReceived; 6 completed; 6 createdBank; ");
    publish(place, LEDGER_PROCESSED, 7);
    assert_updates(place, "6 frozen; 7 createdBank; 7 completed; 7 frozen; ");
    publish(place, LEDGER_CONFIRMED, 6);
    assert_updates(place, "6 optimisticConfirmation; ");
    publish(place, LEDGER_FINALIZED, 6);
    assert_updates(place, "6 root; ");
    pubsub_tell_stage(place->pubsub, PUBSUB_DEAD, 8, 0, 9, "wrong signature");
    assert_seen(place, "1:{\"err\":\"wrong signature\",\"slot\":8,"
                       "\"timestamp\":9,\"type\":\"dead\"}; ");
}

static void test_votes_are_told(void **state)
{
    struct place *place = *state;
    const struct pubkey vote = {{7}};
    const struct hash hash = {{8}};
    const struct signature signature = {{9}};
    char expected[512], text[BASE58_SIGNATURE_SIZE];
    subscribe(place, "voteSubscribe", "[]");
    pubsub_tell_vote(place->pubsub, &vote, 12, &hash, &signature);
    base58_signature(signature.bytes, text);
    snprintf(expected, sizeof(expected),
             "1:{\"hash\":\"%s\",\"signature\":\"%s\",\"slots\":[12],"
             "\"timestamp\":null,\"votePubkey\":\"%s\"}; ",
             HASH_TEXT(&hash), text, PUBKEY_TEXT(&vote));
    assert_seen(place, expected);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_accounts_follow_the_winning_fork),
        TEST(test_signatures_end_at_their_level),
        TEST(test_a_late_subscriber_is_told_at_once),
        TEST(test_logs_and_blocks_come_at_their_level),
        TEST(test_slots_and_roots),
        TEST(test_each_stage_of_a_slot_is_told_once),
        TEST(test_votes_are_told),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
