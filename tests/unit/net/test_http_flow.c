/* Answers that come bit by bit from a loop: how they arrive, how the client
 * makes them wait, and every way to end. The client is on a thread of its own,
 * by hand over a socket, so that it can be slow. */
#include "net_test.h"

#include "base/memory.h"
#include "net/http_flow.h"
#include "net/http_server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define WINDOW_BYTES 65536
#define BODY_BYTES (8u << 20)

/* What the client does; it ends with the connection. */
struct client {
    pthread_t thread;
    uint16_t port;
    const char *request;
    size_t take_most; /* then it hangs up; 0: never */
    atomic_bool may_read;
    atomic_size_t size; /* of the body, without the head */
    struct buffer body; /* the head, too */
};

struct fixture {
    uv_loop_t loop;
    struct http_server *server;
    struct http_flow *flow;
    uint64_t size;
    unsigned changes;
    bool is_there, has_changed;
    struct client client;
};

static void on_changed(void *user)
{
    struct fixture *fixture = user;

    fixture->changes++;
    fixture->has_changed = true;
}

/* On the loop. */
static void serve(void *user, struct http_exchange *exchange)
{
    struct fixture *fixture = user;

    fixture->flow =
        http_flow_new(&fixture->loop, WINDOW_BYTES, on_changed, fixture);
    http_answer_flow(exchange, 200, "x/y", fixture->size, fixture->flow);
    fixture->is_there = true;
}

static size_t size_without_head(const struct buffer *all)
{
    const uint8_t *end =
        all->size ? memmem(all->data, all->size, "\r\n\r\n", 4) : NULL;

    return end ? all->size - (size_t)(end + 4 - all->data) : 0;
}

static void *run_client(void *user)
{
    struct client *client = user;
    char room[16384];
    ssize_t got = 1;
    int peer = raw_connect(client->port);

    raw_send(peer, client->request, strlen(client->request));
    while (got > 0 && (!client->take_most ||
                       atomic_load(&client->size) < client->take_most)) {
        if (!atomic_load(&client->may_read)) {
            usleep(1000);
            continue;
        }
        got = recv(peer, room, sizeof(room), 0);
        if (got > 0)
            buffer_append(&client->body, room, (size_t)got);
        atomic_store(&client->size, size_without_head(&client->body));
    }
    close(peer);
    return NULL;
}

static void begin(struct fixture *fixture, uint64_t size, size_t take_most)
{
    const struct http_server_options options = {
        .handler = serve, .user = fixture, .loop = &fixture->loop};
    struct client *client = &fixture->client;

    fixture->size = size;
    assert_ok(http_server_start(&options, &fixture->server));
    client->port = http_server_port(fixture->server);
    client->request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    client->take_most = take_most;
    assert_int_equal(pthread_create(&client->thread, NULL, run_client, client),
                     0);
    run_until(&fixture->loop, &fixture->is_there);
}

static void finish(struct fixture *fixture)
{
    atomic_store(&fixture->client.may_read, true);
    pthread_join(fixture->client.thread, NULL);
    http_server_stop(fixture->server);
    fixture->server = NULL;
}

/* The bytes behind the head. */
static struct bytes body_of(struct fixture *fixture)
{
    struct buffer *all = &fixture->client.body;
    const char *text = buffer_string(all);
    const char *body = strstr(text, "\r\n\r\n");

    assert_non_null(body);
    return bytes_make(body + 4, all->size - (size_t)(body + 4 - text));
}

static void write_text(struct fixture *fixture, const char *text)
{
    http_flow_write(fixture->flow, bytes_text(text));
}

/* Until the client has so much. */
static void wait_for_client(struct fixture *fixture, const char *text)
{
    uint64_t end_ms = clock_monotonic_ms() + WAIT_MS_MAX;
    size_t had = 0;

    while (clock_monotonic_ms() < end_ms && had < strlen(text)) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        usleep(1000);
        had = atomic_load(&fixture->client.size);
    }
    assert_true(had >= strlen(text));
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    atomic_store(&fixture->client.may_read, true);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->server)
        finish(fixture);
    finish_loop(&fixture->loop);
    buffer_free(&fixture->client.body);
    free(fixture);
    return 0;
}

/* Each piece is there before the next is written: nothing waits for the end. */
static void test_pieces_arrive_as_they_are_written(void **state)
{
    struct fixture *fixture = *state;
    char expected[512] = "";

    begin(fixture, HTTP_SIZE_UNKNOWN, 0);
    for (int i = 0; i < 20; i++) {
        write_text(fixture, "data: x\n\n");
        strcat(expected, "9\r\ndata: x\n\n\r\n");
        while (atomic_load(&fixture->client.size) < strlen(expected))
            uv_run(&fixture->loop, UV_RUN_NOWAIT);
        if (i % 2) /* for the connection to fall asleep */
            usleep(1000);
    }
    http_flow_end(fixture->flow, 0);
    finish(fixture);
    strcat(expected, "0\r\n\r\n");
    assert_true(bytes_equal(body_of(fixture), bytes_text(expected)));
}

/* A client that does not read fills the window, and not more; then it reads,
 * and everything comes. */
static void test_a_slow_client_makes_the_writer_wait(void **state)
{
    struct fixture *fixture = *state;
    uint8_t piece[4096];
    size_t written = 0;

    atomic_store(&fixture->client.may_read, false);
    begin(fixture, BODY_BYTES, 0);
    while (written < BODY_BYTES) {
        size_t room = http_flow_room(fixture->flow);
        assert_true(room <= WINDOW_BYTES);
        if (!room) {
            /* The kernel's buffers are full by now, far before the end. */
            assert_true(written < BODY_BYTES);
            atomic_store(&fixture->client.may_read, true);
            fixture->has_changed = false;
            if (!http_flow_room(fixture->flow))
                run_until(&fixture->loop, &fixture->has_changed);
            continue;
        }
        for (size_t i = 0; i < sizeof(piece); i++)
            piece[i] = (uint8_t)((written + i) % 251);
        http_flow_write(fixture->flow, bytes_make(piece, sizeof(piece)));
        written += sizeof(piece);
    }
    assert_true(fixture->changes > 0);
    http_flow_end(fixture->flow, 0);
    finish(fixture);
    struct bytes body = body_of(fixture);
    assert_int_equal(body.size, BODY_BYTES);
    for (size_t i = 0; i < BODY_BYTES; i++)
        if (body.data[i] != i % 251)
            fail_msg("byte %zu", i);
    assert_non_null(strstr((const char *)fixture->client.body.data,
                           "Content-Length: 8388608\r\n"));
}

/* One that hangs up is told to the writer, once there is more for it. */
static void test_a_client_that_hangs_up_is_told(void **state)
{
    static const uint8_t filling[8192];
    struct fixture *fixture = *state;

    begin(fixture, HTTP_SIZE_UNKNOWN, 1);
    while (!http_flow_is_gone(fixture->flow)) {
        if (http_flow_room(fixture->flow))
            http_flow_write(fixture->flow, bytes_make(filling, 8192));
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    }
    fixture->has_changed = fixture->changes > 0;
    run_until(&fixture->loop, &fixture->has_changed);
    write_text(fixture, "nobody has this");
    http_flow_end(fixture->flow, 0);
}

/* Of an answer that announces its size, and of one in chunks. */
static void test_a_flow_that_breaks_off_is_no_whole_answer(void **state)
{
    static const uint64_t sizes[] = {100, HTTP_SIZE_UNKNOWN};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < 2; i++) {
        begin(fixture, sizes[i], 0);
        write_text(fixture, "half");
        http_flow_end(fixture->flow,
                      err_set(ERR_NETWORK, "the other side is gone"));
        finish(fixture);
        struct bytes body = body_of(fixture);
        assert_true(body.size < 100);
        assert_null(memmem(body.data, body.size, "\r\n0\r\n", 5));
        buffer_free(&fixture->client.body);
        atomic_store(&fixture->client.size, 0);
        fixture->is_there = false;
    }
}

/* It wakes the connections that sleep, or it would wait for ever. */
static void test_a_server_that_stops_ends_what_sleeps(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, HTTP_SIZE_UNKNOWN, 0);
    write_text(fixture, "one");
    wait_for_client(fixture, "one");
    http_server_stop(fixture->server);
    fixture->server = NULL;
    pthread_join(fixture->client.thread, NULL);
    assert_true(http_flow_is_gone(fixture->flow));
    write_text(fixture, "two");
    http_flow_end(fixture->flow, 0);
}

static void test_a_flow_may_be_dropped_before_it_is_an_answer(void **state)
{
    struct fixture *fixture = *state;
    struct http_flow *flow =
        http_flow_new(&fixture->loop, WINDOW_BYTES, on_changed, fixture);

    http_flow_drop(flow);
    run_until(&fixture->loop, &fixture->has_changed);
    assert_true(http_flow_is_gone(flow));
    http_flow_end(flow, 0);
    http_flow_end(
        http_flow_new(&fixture->loop, WINDOW_BYTES, on_changed, fixture), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_pieces_arrive_as_they_are_written),
        TEST(test_a_slow_client_makes_the_writer_wait),
        TEST(test_a_client_that_hangs_up_is_told),
        TEST(test_a_flow_that_breaks_off_is_no_whole_answer),
        TEST(test_a_server_that_stops_ends_what_sleeps),
        TEST(test_a_flow_may_be_dropped_before_it_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
