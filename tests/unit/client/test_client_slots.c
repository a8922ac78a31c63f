/*
 * Slots from an endpoint that says what it likes.
 */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "net/http_server.h"
#include "net/websocket_server.h"

#define PORT_TRIES 100

struct fixture {
    uv_loop_t loop;
    struct http_server *rpc, *pubsub;
    struct websocket_server *server;
    struct websocket *end; /* the server's */
    struct client *client;
    struct client_slots *slots;
    uint64_t newest;
    unsigned count;
    unsigned opened;
};

/* Never answered: only notifications count here. */
static void on_rpc(void *user, struct http_exchange *exchange)
{
    http_answer_text(exchange, 503, "not now");
}

static void on_pubsub(void *user, struct http_exchange *exchange)
{
    struct fixture *fixture = user;

    websocket_server_accept(fixture->server, exchange);
}

static void on_opened(void *user, struct websocket *websocket)
{
    struct fixture *fixture = user;

    fixture->end = websocket;
    fixture->opened++;
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct fixture *fixture = user;

    if (fixture->end == websocket)
        fixture->end = NULL;
}

static void on_slot(void *user, uint64_t slot)
{
    struct fixture *fixture = user;

    assert_true(slot > fixture->newest);
    fixture->newest = slot;
    fixture->count++;
}

/* A client looks for notifications at the port after the endpoint's. */
static void listen_in_pairs(struct fixture *fixture)
{
    struct http_server_options options = {.handler = on_rpc, .user = fixture};
    int status = ERR_BUSY;

    for (int i = 0; status == ERR_BUSY && i < PORT_TRIES; i++) {
        options.handler = on_rpc;
        options.port = 0;
        assert_int_equal(http_server_start(&options, &fixture->rpc), 0);
        options.handler = on_pubsub;
        options.port = (uint16_t)(http_server_port(fixture->rpc) + 1);
        status = http_server_start(&options, &fixture->pubsub);
        if (status)
            http_server_stop(fixture->rpc);
    }
    assert_int_equal(status, 0);
}

static void wait_for(struct fixture *fixture, const unsigned *counter,
                     unsigned value)
{
    while (*counter < value)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct websocket_server_options options = {
        .events = {.opened = on_opened, .closed = on_closed}, .user = fixture};

    *state = fixture;
    uv_loop_init(&fixture->loop);
    fixture->server = websocket_server_new(&fixture->loop, &options);
    listen_in_pairs(fixture);
    char *url =
        mem_format("http://127.0.0.1:%u", http_server_port(fixture->rpc));
    assert_int_equal(client_new(&fixture->loop, url, &fixture->client), 0);
    free(url);
    fixture->slots = client_subscribe_slots(fixture->client, on_slot, fixture);
    wait_for(fixture, &fixture->opened, 1);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    client_close(fixture->client, NULL, NULL);
    http_server_stop(fixture->rpc);
    http_server_stop(fixture->pubsub);
    websocket_server_close(fixture->server);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    free(fixture);
    return 0;
}

static void say(struct fixture *fixture, const char *text)
{
    assert_int_equal(websocket_send(fixture->end, bytes_text(text)), 0);
}

static void say_slot(struct fixture *fixture, const char *slot)
{
    char *text = mem_format("{\"method\":\"slotNotification\",\"params\":"
                            "{\"result\":{\"slot\":%s}}}",
                            slot);

    say(fixture, text);
    free(text);
}

static void test_slots_only_grow(void **state)
{
    struct fixture *fixture = *state;

    say_slot(fixture, "100");
    say_slot(fixture, "99");
    say_slot(fixture, "100");
    say_slot(fixture, "0");
    say_slot(fixture, "101");
    wait_for(fixture, &fixture->count, 2);
    assert_int_equal(fixture->newest, 101);
}

static void
test_a_slot_from_far_ahead_does_not_hide_those_that_follow(void **state)
{
    struct fixture *fixture = *state;

    say_slot(fixture, "100");
    wait_for(fixture, &fixture->count, 1);
    say_slot(fixture, "18446744073709551615");
    say_slot(fixture, "1000000000000");
    say_slot(fixture, "101");
    wait_for(fixture, &fixture->count, 2);
    assert_int_equal(fixture->newest, 101);
}

static void test_a_wrong_slot_can_be_corrected(void **state)
{
    struct fixture *fixture = *state;

    say_slot(fixture, "1000000000000");
    wait_for(fixture, &fixture->count, 1);
    client_slots_continue(fixture->slots, 100);
    fixture->newest = 0;
    say_slot(fixture, "100");
    say_slot(fixture, "101");
    wait_for(fixture, &fixture->count, 2);
    assert_int_equal(fixture->newest, 101);
}

static void test_nonsense_is_passed_over(void **state)
{
    static const char *const nonsense[] = {
        "",
        "null",
        "[]",
        "{}",
        "7",
        "{\"method\":7}",
        "{\"method\":\"slotNotification\"}",
        "{\"method\":\"slotNotification\",\"params\":[]}",
        "{\"method\":\"slotNotification\",\"params\":{\"result\":null}}",
        "{\"method\":\"other\",\"params\":{\"result\":{\"slot\":50}}}",
        "{\"method\":\"slotNotification\",\"params\":{\"result\":{\"slot\":1",
    };
    static const char *const slots[] = {"-1",   "1.5", "\"7\"",
                                        "null", "{}",  "18446744073709551616",
                                        "1e30", "NaN"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
        say(fixture, nonsense[i]);
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        say_slot(fixture, slots[i]);
    say_slot(fixture, "5");
    wait_for(fixture, &fixture->count, 1);
    assert_int_equal(fixture->newest, 5);
}

static void test_a_lost_connection_is_made_anew(void **state)
{
    struct fixture *fixture = *state;

    say_slot(fixture, "5");
    wait_for(fixture, &fixture->count, 1);
    websocket_close(fixture->end);
    wait_for(fixture, &fixture->opened, 2);
    say_slot(fixture, "6");
    wait_for(fixture, &fixture->count, 2);
    assert_int_equal(fixture->newest, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_slots_only_grow),
        TEST(test_a_slot_from_far_ahead_does_not_hide_those_that_follow),
        TEST(test_a_wrong_slot_can_be_corrected),
        TEST(test_nonsense_is_passed_over),
        TEST(test_a_lost_connection_is_made_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
