/*
 * A request's body on its way to its taker: gathered in memory up to the
 * server's limit, or handed on piece by piece to a sink.
 *
 * A sink that can't keep up pauses: the connection is suspended, libmicrohttpd
 * reads no more of it, and the client waits. Pausing and going on may be wanted
 * by two threads at the same moment. The server's mutex decides: the thread
 * that goes on either finds the connection suspended and wakes it, or takes
 * back the wish to suspend it. A server that stops wakes all of them.
 *
 * A body that is refused is still read for a while and dropped, because closing
 * with bytes unread would reset the connection and destroy the answer before
 * the client has seen it.
 */
#include "net/http_state.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* How much of a refused request is still read. */
#define DISCARD_BYTES (4u << 20)

void http_body_to(struct http_exchange *exchange, struct http_sink sink,
                  uint64_t limit_bytes)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    CHECK(exchange->stage == HTTP_BEGUN && !exchange->has_sink);
    CHECK(sink.write && sink.end);
    exchange->sink = sink;
    exchange->has_sink = true;
    exchange->sink_limit = limit_bytes;
    exchange->sink_bytes = 0;
    exchange->pause_wanted = false;
}

/* Each sink gets its end once, in every case. */
void http_body_end(struct http_exchange *exchange, int status)
{
    if (!exchange->has_sink)
        return;
    exchange->has_sink = false;
    exchange->sink.end(exchange->sink.user, exchange, status);
}

/* ---- pausing ---- */

void http_body_pause(struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    CHECK(exchange->stage == HTTP_READING && exchange->has_sink);
    lock_take(&exchange->server->mutex);
    exchange->pause_wanted = true;
    lock_give(&exchange->server->mutex);
}

/* Under the mutex. */
static void wake(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    if (exchange->parked_previous)
        exchange->parked_previous->parked_next = exchange->parked_next;
    else
        server->paused = exchange->parked_next;
    if (exchange->parked_next)
        exchange->parked_next->parked_previous = exchange->parked_previous;
    exchange->is_paused = false;
    MHD_resume_connection(exchange->connection);
}

void http_body_resume(struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    struct http_server *server = exchange->server;
    lock_take(&server->mutex);
    exchange->pause_wanted = false;
    if (exchange->is_paused)
        wake(exchange);
    lock_give(&server->mutex);
}

/* Under the mutex. */
static void sleep_now(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->is_paused = true;
    exchange->parked_previous = NULL;
    exchange->parked_next = server->paused;
    if (server->paused)
        server->paused->parked_previous = exchange;
    server->paused = exchange;
    MHD_suspend_connection(exchange->connection);
}

bool http_body_sleep(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    lock_take(&server->mutex);
    bool sleeps = !atomic_load(&server->stopping);
    if (sleeps)
        sleep_now(exchange);
    lock_give(&server->mutex);
    return sleeps;
}

/* Has the client gone, or said all it will say? */
static bool is_at_end(const struct http_exchange *exchange)
{
    uint8_t byte;
    int socket = MHD_get_connection_info(exchange->connection,
                                         MHD_CONNECTION_INFO_CONNECTION_FD)
                     ->connect_fd;
    ssize_t size = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return !size || (size < 0 && errno != EAGAIN && errno != EINTR);
}

/* After a piece, on the connection's thread. libmicrohttpd does not see an end
 * that was there when it read the last bytes, until the connection has been
 * silent for its time limit; but it looks anew after a sleep. Of a body in
 * chunks libmicrohttpd hands on all that it has read already, suspended or not;
 * suspending twice would break its lists. */
static void pause_if_wanted(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    lock_take(&server->mutex);
    if (exchange->pause_wanted && !exchange->is_paused &&
        !atomic_load(&server->stopping)) {
        exchange->pause_wanted = false;
        sleep_now(exchange);
    } else if (!exchange->is_paused && !atomic_load(&server->stopping) &&
               is_at_end(exchange)) {
        sleep_now(exchange);
        wake(exchange);
    }
    lock_give(&server->mutex);
}

/* No connection may sleep when libmicrohttpd is stopped; none pauses once
 * stopping is set. */
void http_body_wake_all(struct http_server *server)
{
    lock_take(&server->mutex);
    while (server->paused)
        wake(server->paused);
    lock_give(&server->mutex);
}

/* ---- pieces ---- */

/* How a sink's refusal reads in HTTP. */
static unsigned refusal_of(int status)
{
    switch (status) {
    case ERR_LIMIT:
        return 413;
    case ERR_FULL:
        return 507;
    case ERR_INVALID:
        return 400;
    case ERR_BUSY:
        return 503;
    case ERR_TIMEOUT:
        return 408;
    default:
        return 500;
    }
}

static void refuse_body(struct http_exchange *exchange, int status)
{
    exchange->refusal = refusal_of(status);
    exchange->refusal_text =
        arena_text(&exchange->arena, bytes_text(err_text()));
    http_body_end(exchange, status);
}

static void give_to_sink(struct http_exchange *exchange, struct bytes piece)
{
    /* sink_bytes never exceeds the limit: no overflow. */
    if (piece.size > exchange->sink_limit - exchange->sink_bytes) {
        refuse_body(exchange, err_set(ERR_LIMIT, "the body is too large"));
        return;
    }
    exchange->sink_bytes += piece.size;
    int status = exchange->sink.write(exchange->sink.user, exchange, piece);
    if (status)
        refuse_body(exchange, status);
    else
        pause_if_wanted(exchange);
}

/* The value of Content-Length, or 0 without one. It is a hint only: the bytes
 * are counted as they come. */
static uint64_t announced_bytes(const struct http_exchange *exchange)
{
    const char *length = http_header(exchange, "Content-Length");
    return length ? strtoull(length, NULL, 10) : 0;
}

bool http_body_begin(struct http_exchange *exchange)
{
    uint64_t announced = announced_bytes(exchange);
    uint64_t limit = exchange->has_sink
                         ? exchange->sink_limit
                         : exchange->server->options.body_limit_bytes;
    if (announced > limit && !exchange->refusal) {
        err_set(ERR_LIMIT, "the body is too large");
        refuse_body(exchange, ERR_LIMIT);
    }
    return !exchange->refusal || announced <= DISCARD_BYTES;
}

bool http_body_take(struct http_exchange *exchange, struct bytes piece)
{
    size_t limit = exchange->server->options.body_limit_bytes;
    if (!exchange->refusal && exchange->has_sink) {
        give_to_sink(exchange, piece);
        return true;
    }
    /* The body never has more than the limit: no overflow. */
    if (!exchange->refusal && piece.size > limit - exchange->body.size)
        exchange->refusal = 413;
    if (!exchange->refusal) {
        buffer_bytes(&exchange->body, piece);
        return true;
    }
    exchange->discarded += piece.size;
    return exchange->discarded <= DISCARD_BYTES;
}

struct bytes http_body(const struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return buffer_view(&exchange->body);
}
