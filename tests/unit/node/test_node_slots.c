/*
 * A node whose endpoint is wrong about the slot: at first, or of a sudden. It
 * finds back by itself.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "net/websocket_server.h"
#include "node/node_internal.h"
#include "node/node_slots.h"

#include <inttypes.h>

#define PORT_TRIES 100
#define ABSURD UINT64_C(1000000000000)

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct http_server *rpc, *pubsub;
    struct websocket_server *server;
    struct websocket *end; /* the server's */
    struct node *node;
    uint64_t final;      /* what getSlot gives */
    unsigned lies_first; /* so many times it gives another */
    unsigned looks;
    bool is_stopped;
};

static void on_rpc(void *user, struct http_exchange *exchange)
{
    struct fixture *fixture = user;
    struct json_object *call;
    const char *method;
    char *text;

    assert_ok(json_parse(http_body(exchange), &call));
    assert_ok(json_get_text(call, "method", &method));
    if (!strcmp(method, "getGenesisHash")) {
        http_answer(exchange, 200, "application/json",
                    bytes_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                               "\"11111111111111111111111111111111\"}"));
    } else if (!strcmp(method, "getSlot") &&
               strstr(json_object_to_json_string(call), "finalized")) {
        fixture->looks++;
        text = mem_format(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%" PRIu64 "}",
            fixture->looks <= fixture->lies_first ? ABSURD : fixture->final);
        http_answer(exchange, 200, "application/json", bytes_text(text));
        free(text);
    } else {
        http_answer_text(exchange, 503, "not now");
    }
    json_object_put(call);
}

static void on_pubsub(void *user, struct http_exchange *exchange)
{
    struct fixture *fixture = user;

    websocket_server_accept(fixture->server, exchange);
}

static void on_opened(void *user, struct websocket *websocket)
{
    ((struct fixture *)user)->end = websocket;
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    ((struct fixture *)user)->end = NULL;
}

/* A client looks for notifications at the port after the endpoint's. */
static void listen_in_pairs(struct fixture *fixture)
{
    struct http_server_options options = {.user = fixture,
                                          .loop = &fixture->loop};
    int status = ERR_BUSY;

    for (int i = 0; status == ERR_BUSY && i < PORT_TRIES; i++) {
        options.handler = on_rpc;
        options.port = 0;
        assert_ok(http_server_start(&options, &fixture->rpc));
        options.handler = on_pubsub;
        options.port = (uint16_t)(http_server_port(fixture->rpc) + 1);
        status = http_server_start(&options, &fixture->pubsub);
        if (status)
            http_server_stop(fixture->rpc);
    }
    assert_ok(status);
}

static void start(struct fixture *fixture)
{
    char *url =
        mem_format("http://127.0.0.1:%u", http_server_port(fixture->rpc));
    const struct node_options options = {
        .folder = fixture->folder,
        .rpc_url = url,
        .listen_address = "127.0.0.1",
        .worker_path = "/nonexistent/pond-worker",
    };

    assert_ok(node_start(&fixture->loop, &options, NULL, NULL, &fixture->node));
    free(url);
    while (!fixture->end)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void on_stopped(void *user)
{
    ((struct fixture *)user)->is_stopped = true;
}

static void stop(struct fixture *fixture)
{
    fixture->is_stopped = false;
    node_stop(fixture->node, on_stopped, fixture);
    while (!fixture->is_stopped || fixture->end)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct websocket_server_options options = {
        .events = {.opened = on_opened, .closed = on_closed}, .user = fixture};

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-slots-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    fixture->server = websocket_server_new(&fixture->loop, &options);
    listen_in_pairs(fixture);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    int status;

    stop(fixture);
    http_server_stop(fixture->rpc);
    http_server_stop(fixture->pubsub);
    websocket_server_close(fixture->server);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

static void say_slot(struct fixture *fixture, uint64_t slot)
{
    char *text = mem_format("{\"method\":\"slotNotification\",\"params\":"
                            "{\"result\":{\"slot\":%" PRIu64 "}}}",
                            slot);

    assert_ok(websocket_send(fixture->end, bytes_text(text)));
    free(text);
}

/* The node asks every other second; here as soon as it may. */
static void look_until(struct fixture *fixture, uint64_t slot)
{
    while (fixture->node->parts.slot != slot) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        node_slots_look(fixture->node);
    }
}

static void test_a_first_slot_that_is_absurd_hides_no_true_one(void **state)
{
    struct fixture *fixture = *state;

    fixture->final = 500;
    start(fixture);
    say_slot(fixture, ABSURD);
    look_until(fixture, 500);
    say_slot(fixture, 532);
    while (fixture->node->parts.slot != 532)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->node->parts.sure_slot, 0);
}

static void test_a_first_slot_that_is_too_low_hides_no_true_one(void **state)
{
    struct fixture *fixture = *state;

    fixture->final = 50000000;
    start(fixture);
    say_slot(fixture, 1);
    look_until(fixture, 50000000);
    say_slot(fixture, 50000032);
    while (fixture->node->parts.slot != 50000032)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* It said so twice in a row, and to the subscription. */
static void test_a_slot_that_was_believed_is_taken_back(void **state)
{
    struct fixture *fixture = *state;

    fixture->final = 500;
    fixture->lies_first = 2;
    start(fixture);
    say_slot(fixture, ABSURD);
    look_until(fixture, ABSURD);
    assert_int_equal(fixture->node->parts.sure_slot, 0);
    look_until(fixture, 500);
    say_slot(fixture, 532);
    while (fixture->node->parts.slot != 532)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void wait_until_written(struct fixture *fixture, uint64_t slot)
{
    uint64_t written = 0;

    while (journal_number_get(fixture->node->parts.journal, "slot", &written) <
               0 ||
           written != slot) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        node_slots_look(fixture->node);
    }
}

/* What was sure is known to the next life, which then needs no ten seconds. */
static void test_a_restarted_node_knows_where_the_chain_was(void **state)
{
    struct fixture *fixture = *state;

    fixture->final = 500;
    start(fixture);
    say_slot(fixture, 500);
    look_until(fixture, 500);
    /* As if the looks had agreed for so long. */
    fixture->node->watch.since.ms -= SLOT_WATCH_PROOF_MS;
    wait_until_written(fixture, 500);
    stop(fixture);
    fixture->final = 510;
    fixture->looks = 0;
    start(fixture);
    say_slot(fixture, 510);
    look_until(fixture, 510);
    assert_int_equal(fixture->node->parts.sure_slot, 510);
    stop(fixture);
    /* Not possible in that time: to be gone by, and not sure. */
    fixture->final = ABSURD;
    start(fixture);
    say_slot(fixture, ABSURD);
    look_until(fixture, ABSURD);
    assert_int_equal(fixture->node->parts.sure_slot, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_first_slot_that_is_absurd_hides_no_true_one),
        TEST(test_a_first_slot_that_is_too_low_hides_no_true_one),
        TEST(test_a_slot_that_was_believed_is_taken_back),
        TEST(test_a_restarted_node_knows_where_the_chain_was),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
