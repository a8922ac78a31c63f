/*
 * Loopback helpers of the network tests: an exchange by hand over a plain
 * socket, and a loop that runs until something happened.
 */
#ifndef POND_TESTS_NET_TEST_H
#define POND_TESTS_NET_TEST_H

#include "test.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define WAIT_MS_MAX 10000 /* then a test has failed */

static inline int raw_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = WAIT_MS_MAX / 1000};
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(peer >= 0);
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(
        connect(peer, (struct sockaddr *)&address, sizeof(address)), 0);
    return peer;
}

static inline void raw_send(int peer, const void *data, size_t size)
{
    assert_int_equal(send(peer, data, size, MSG_NOSIGNAL), size);
}

/* Send a text, read to the end of the connection, which the other side makes.
 */
static inline void raw_ask(uint16_t port, const char *text, struct buffer *out)
{
    int peer = raw_connect(port);
    ssize_t count;
    raw_send(peer, text, strlen(text));
    while ((count = recv(peer, buffer_reserve(out, 4096), 4096, 0)) > 0)
        out->size += (size_t)count;
    assert_true(count == 0 || errno == ECONNRESET);
    close(peer);
}

static inline void stop_run(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Run the loop until *flag is true. */
static inline void run_until(uv_loop_t *loop, const volatile bool *flag)
{
    uint64_t end = clock_monotonic_ms() + WAIT_MS_MAX;
    uv_timer_t tick;
    uv_timer_init(loop, &tick);
    uv_timer_start(&tick, stop_run, 10, 10);
    while (!*flag && clock_monotonic_ms() < end)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    assert_true(*flag);
}

/* Everything was let go of: the loop runs dry and closes. */
static inline void finish_loop(uv_loop_t *loop)
{
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(loop), 0);
}

#endif
