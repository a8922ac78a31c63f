#include "settlement/pubsub_fixture.h"

#include "base/error.h"
#include "base/memory.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static void on_upgrade(void *user, struct http_exchange *exchange)
{
    struct pubsub_fixture *fixture = user;
    pubsub_accept(fixture->pubsub, exchange);
}

static void on_opened(void *user, struct websocket *websocket)
{
    struct pubsub_fixture *fixture = user;
    fixture->is_open = true;
}

static void note(struct pubsub_fixture *fixture, struct json_object *message,
                 size_t size)
{
    struct buffer text = {0};
    json_text(rpc_at(message, "params.result"), &text);
    buffer_format(
        &fixture->seen, "%s:%s; ",
        json_object_get_string(rpc_at(message, "params.subscription")),
        buffer_string(&text));
    buffer_free(&text);
    json_object_put(fixture->newest);
    fixture->newest = message;
    fixture->newest_size = size;
    fixture->notifications++;
}

static void on_message(void *user, struct websocket *websocket,
                       struct bytes message)
{
    struct pubsub_fixture *fixture = user;
    struct json_object *parsed;
    assert_ok(json_parse(message, &parsed));
    if (rpc_at(parsed, "method")) {
        note(fixture, parsed, message.size);
        return;
    }
    json_object_put(fixture->answer);
    fixture->answer = parsed;
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct pubsub_fixture *fixture = user;
    fixture->is_closed = true;
}

int pubsub_fixture_setup(void **state)
{
    static const struct websocket_events events = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    struct pubsub_fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct http_server_options options = {.handler = on_upgrade,
                                          .user = fixture};
    void *rpc_fixture;
    char url[64];
    rpc_fixture_setup(&rpc_fixture);
    fixture->rpc = rpc_fixture;
    const struct rpc_options rpc = {.ledger = fixture->rpc->ledger.ledger,
                                    .mempool = fixture->rpc->mempool};
    uv_loop_init(&fixture->loop);
    fixture->pubsub = pubsub_new(&fixture->loop, &rpc);
    assert_ok(http_server_start(&options, &fixture->server));
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/",
             (unsigned)http_server_port(fixture->server));
    assert_ok(websocket_connect(&fixture->loop, url, NULL, &events, fixture,
                                &fixture->websocket));
    while (!fixture->is_open)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    *state = fixture;
    return 0;
}

int pubsub_fixture_teardown(void **state)
{
    struct pubsub_fixture *fixture = *state;
    void *rpc_fixture = fixture->rpc;
    if (!fixture->is_closed)
        websocket_close(fixture->websocket);
    while (!fixture->is_closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    pubsub_close(fixture->pubsub);
    http_server_stop(fixture->server);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    json_object_put(fixture->answer);
    json_object_put(fixture->newest);
    buffer_free(&fixture->seen);
    free(fixture);
    return rpc_fixture_teardown(&rpc_fixture);
}

struct json_object *pubsub_call(struct pubsub_fixture *fixture,
                                const char *method, const char *params)
{
    struct buffer text = {0};
    buffer_format(&text,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                  "\"params\":%s}",
                  method, params);
    json_object_put(fixture->answer);
    fixture->answer = NULL;
    assert_ok(websocket_send(fixture->websocket, buffer_view(&text)));
    while (!fixture->answer && !fixture->is_closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_false(fixture->is_closed);
    buffer_free(&text);
    return fixture->answer;
}

void pubsub_subscribe(struct pubsub_fixture *fixture, const char *method,
                      const char *params)
{
    assert_non_null(rpc_at(pubsub_call(fixture, method, params), "result"));
}

void pubsub_wait(struct pubsub_fixture *fixture)
{
    unsigned before = fixture->notifications;
    while (fixture->notifications == before && !fixture->is_closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_false(fixture->is_closed);
}

void pubsub_assert_seen(struct pubsub_fixture *fixture, const char *expected)
{
    pubsub_call(fixture, "getVersion", "[]");
    assert_string_equal(buffer_string(&fixture->seen), expected);
    buffer_clear(&fixture->seen);
}
