/*
 * Streams over TCP: bytes in order at any pace, and the ways to an end.
 */
#include "net_test.h"

#include "base/memory.h"
#include "net/stream_tcp.h"
#include <netinet/tcp.h>

#define TRANSFER_BYTES (8u << 20)

/* The byte at a position of a transfer. */
static uint8_t pattern(size_t position)
{
    return (uint8_t)(position * 7 + position / 251);
}

struct end {
    struct stream *stream;
    uv_loop_t *loop;
    size_t done; /* bytes written or read */
    size_t refused;
    bool is_done;
    int status;
};

static void write_more(void *user, int events)
{
    struct end *end = user;
    uint8_t block[10000];

    assert_int_equal(events, STREAM_WRITABLE);
    for (;;) {
        size_t size = sizeof(block);

        if (size > TRANSFER_BYTES - end->done)
            size = TRANSFER_BYTES - end->done;
        for (size_t i = 0; i < size; i++)
            block[i] = pattern(end->done + i);
        ssize_t count = stream_write(end->stream, bytes_make(block, size));
        assert_true(count >= 0);
        end->done += (size_t)count;
        if (end->done == TRANSFER_BYTES) {
            /* What was taken still arrives. */
            stream_close(end->stream);
            end->stream = NULL;
            return;
        }
        if (!count) {
            end->refused++;
            return;
        }
    }
}

/* A little in each turn. */
static void read_some(void *user, int events)
{
    struct end *end = user;
    uint8_t block[50000];

    assert_int_equal(events, STREAM_READABLE);
    ssize_t count = stream_read(end->stream, block, sizeof(block));
    for (ssize_t i = 0; i < count; i++)
        if (block[i] != pattern(end->done + (size_t)i))
            fail_msg("byte %zu", end->done + (size_t)i);
    if (count > 0) {
        end->done += (size_t)count;
    } else if (count < 0) {
        end->status = (int)count;
        end->is_done = true;
        stream_watch(end->stream, 0);
    }
}

static void make_pair(uv_loop_t *loop, struct end *a, struct end *b)
{
    int sockets[2];

    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    *a =
        (struct end){.loop = loop, .stream = stream_tcp_take(loop, sockets[0])};
    *b =
        (struct end){.loop = loop, .stream = stream_tcp_take(loop, sockets[1])};
}

static void test_bytes_arrive_in_order_at_the_readers_pace(void **state)
{
    uv_loop_t loop;
    struct end writer, reader;

    uv_loop_init(&loop);
    make_pair(&loop, &writer, &reader);
    stream_on_ready(writer.stream, write_more, &writer);
    stream_watch(writer.stream, STREAM_WRITABLE);
    stream_on_ready(reader.stream, read_some, &reader);
    /* The other end does not read, so the writer stops somewhere. */
    while (!writer.refused)
        uv_run(&loop, UV_RUN_ONCE);
    assert_true(writer.done < TRANSFER_BYTES);
    assert_int_equal(reader.done, 0);
    stream_watch(reader.stream, STREAM_READABLE);
    run_until(&loop, &reader.is_done);
    assert_int_equal(reader.done, TRANSFER_BYTES);
    assert_int_equal(reader.status, ERR_CLOSED);
    stream_close(reader.stream);
    finish_loop(&loop);
}

static void test_a_broken_connection_is_reported_by_the_next_call(void **state)
{
    uv_loop_t loop;
    struct end a, b;

    uv_loop_init(&loop);
    make_pair(&loop, &a, &b);
    stream_close(b.stream);
    assert_int_equal(stream_write(a.stream, bytes_text("x")), ERR_NETWORK);
    stream_close(a.stream);
    stream_close(NULL);
    finish_loop(&loop);
}

static void close_at_once(void *user, int events)
{
    struct end *end = user;

    assert_false(end->is_done);
    end->is_done = true;
    stream_close(end->stream);
}

static void test_a_stream_may_be_closed_from_its_own_callback(void **state)
{
    uv_loop_t loop;
    struct end a, b;

    uv_loop_init(&loop);
    make_pair(&loop, &a, &b);
    stream_on_ready(a.stream, close_at_once, &a);
    stream_watch(a.stream, STREAM_READABLE | STREAM_WRITABLE);
    assert_int_equal(stream_write(b.stream, bytes_text("x")), 1);
    run_until(&loop, &a.is_done);
    stream_close(b.stream);
    finish_loop(&loop);
}

static int option_of(int socket, int level, int name)
{
    int value = 0;
    socklen_t size = sizeof(value);

    assert_int_equal(getsockopt(socket, level, name, &value, &size), 0);
    return value;
}

static void test_a_tuned_connection_has_small_buffers_and_a_time(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct sockaddr_storage other;
    uv_loop_t loop;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    uv_loop_init(&loop);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    int peer = raw_connect(ntohs(address.sin_port));
    int connection = accept(listener, NULL, NULL);
    struct stream *stream = stream_tcp_take(&loop, connection);
    stream_tcp_tune(stream, 32768, 20);
    assert_int_equal(option_of(connection, SOL_SOCKET, SO_SNDBUF), 32768);
    assert_int_equal(option_of(connection, SOL_SOCKET, SO_RCVBUF), 32768);
    assert_int_equal(option_of(connection, IPPROTO_TCP, TCP_USER_TIMEOUT),
                     20000);
    assert_int_equal(option_of(connection, IPPROTO_TCP, TCP_KEEPIDLE) +
                         3 * option_of(connection, IPPROTO_TCP, TCP_KEEPINTVL),
                     10 + 12);
    assert_true(stream_tcp_address(stream, &other));
    size = sizeof(address);
    getsockname(peer, (struct sockaddr *)&address, &size);
    assert_memory_equal(&other, &address, size);
    stream_close(stream);
    close(peer);
    close(listener);
    finish_loop(&loop);
}

/* ---- connecting ---- */

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 5), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return listener;
}

static void on_opened(void *user, int status)
{
    struct end *end = user;

    end->is_done = true;
    end->status = status;
}

static int try_to_connect(const struct address_rule *rule, const char *host,
                          uint16_t port)
{
    uv_loop_t loop;
    struct end end = {0};

    uv_loop_init(&loop);
    assert_ok(stream_tcp_connect(&loop, rule, host, port, on_opened, &end,
                                 &end.stream));
    assert_false(end.is_done);
    run_until(&loop, &end.is_done);
    stream_close(end.stream);
    finish_loop(&loop);
    return end.status;
}

static void test_a_connection_is_held_to_the_rule(void **state)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "127.1",
                                        "0x7f000001", "0.0.0.0"};
    uint16_t port;
    int listener = listen_somewhere(&port);

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        assert_int_equal(try_to_connect(&address_rule_private, hosts[i], port),
                         ERR_DENIED);
    assert_int_equal(accept(listener, NULL, NULL), -1);
    assert_int_equal(try_to_connect(&address_rule_loopback, "127.1", port), 0);
    assert_int_equal(try_to_connect(&address_rule_any, "localhost", port), 0);
    close(listener);
}

static void test_nobody_there_is_a_network_error(void **state)
{
    uint16_t port;
    int listener = listen_somewhere(&port);

    close(listener);
    assert_int_equal(try_to_connect(&address_rule_any, "127.0.0.1", port),
                     ERR_NETWORK);
    assert_int_equal(
        try_to_connect(&address_rule_any, "no-such-host.invalid", 1),
        ERR_NETWORK);
}

/* At each point of the way; nothing is called afterwards, and nothing leaks. */
static void test_giving_up_is_possible_at_any_time(void **state)
{
    uint16_t port;
    int listener = listen_somewhere(&port);

    for (int turns = 0; turns < 4; turns++) {
        uv_loop_t loop;
        struct end end = {0};

        uv_loop_init(&loop);
        assert_ok(stream_tcp_connect(&loop, &address_rule_any, "localhost",
                                     port, on_opened, &end, &end.stream));
        for (int i = 0; i < turns && !end.is_done; i++)
            uv_run(&loop, UV_RUN_ONCE);
        end.is_done = false;
        stream_close(end.stream);
        finish_loop(&loop);
        assert_false(end.is_done);
    }
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_arrive_in_order_at_the_readers_pace),
        cmocka_unit_test(test_a_broken_connection_is_reported_by_the_next_call),
        cmocka_unit_test(test_a_stream_may_be_closed_from_its_own_callback),
        cmocka_unit_test(test_a_tuned_connection_has_small_buffers_and_a_time),
        cmocka_unit_test(test_a_connection_is_held_to_the_rule),
        cmocka_unit_test(test_nobody_there_is_a_network_error),
        cmocka_unit_test(test_giving_up_is_possible_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
