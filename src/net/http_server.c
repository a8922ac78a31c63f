/*
 * libmicrohttpd reads requests and writes answers; this file leads each
 * connection's exchange through its life (http_state.h). libmicrohttpd's own
 * unescaping is switched off: it is lenient and cuts at an encoded NUL, so the
 * target is taken as it came and decoded by net/url.h.
 *
 * Threads: libmicrohttpd has a few, each with an epoll set and connections of
 * its own. A connection stays on one thread, so all callbacks of an exchange
 * come from there; only its answer may come from elsewhere. The mutex guards
 * the list of those that are parked and is held for a few pointer moves.
 *
 * The hard part is a late answer: see park() and http_exchange_end(), which
 * settle by one atomic exchange who wakes the connection, and stopping, which
 * must find every connection that sleeps.
 *
 * What is held for a client that means harm: CONNECTION_MEMORY_BYTES and a body
 * up to the limit for each connection, and connections up to their limit; each
 * of them for at most the idle time-out without a byte.
 */
#include "net/http_state.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/door.h"
#include "net/url.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The defaults of options that are 0 (http_server.h). */
#define BODY_LIMIT_BYTES 65536
#define CONNECTIONS_MAX 1024
#define IDLE_TIMEOUT_S 60
/* Answers under way get this long when the server stops. */
#define STOP_GRACE_MS 1000

/* The memory of a connection, for the heads of request and answer. If a request
 * needs more, libmicrohttpd answers 431 or 414 by itself. */
#define CONNECTION_MEMORY_BYTES (32u << 10)

/* A body's memory is kept for the connection's next request up to this. */
#define BODY_KEPT_BYTES 65536

/* ---- parked exchanges ---- */

/*
 * An exchange that its handler did not answer at once is parked: its
 * connection is suspended, which libmicrohttpd does not undo by itself, and it
 * stands in a list so that stopping finds it.
 */
/* Off the list, on the connection's thread. */
static void unpark(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    lock_take(&server->mutex);
    if (exchange->parked_previous)
        exchange->parked_previous->parked_next = exchange->parked_next;
    else
        server->parked = exchange->parked_next;
    if (exchange->parked_next)
        exchange->parked_next->parked_previous = exchange->parked_previous;
    exchange->in_parked = false;
    lock_give(&server->mutex);
}

/* False if the server is stopping, which must not find it suspended. */
static bool park(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    lock_take(&server->mutex);
    bool parked = !atomic_load(&server->stopping);
    /* At the front: the order doesn't matter to anybody. */
    if (parked) {
        exchange->parked_previous = NULL;
        exchange->parked_next = server->parked;
        if (server->parked)
            server->parked->parked_previous = exchange;
        server->parked = exchange;
        exchange->in_parked = true;
        /* Under the lock, so that stopping, which takes it, comes either
         * before and is seen here, or finds a connection it can resume. */
        enum http_turn turn = HTTP_OPEN;
        MHD_suspend_connection(exchange->connection);
        if (!atomic_compare_exchange_strong(&exchange->turn, &turn,
                                            HTTP_PARKED))
            MHD_resume_connection(exchange->connection);
    }
    lock_give(&server->mutex);
    return parked;
}

/* ---- an exchange's life ---- */

/* The answers that need no handler. */
static void refuse(struct http_exchange *exchange)
{
    unsigned status = exchange->refusal;
    if (exchange->refusal_text) {
        http_answer_text(exchange, status, "%s", exchange->refusal_text);
        return;
    }
    http_answer_text(exchange, status, "%s",
                     status == 413   ? "the body is too large"
                     : status == 414 ? "the target is too long"
                     : status == 503 ? "this server is stopping"
                                     : "the target can't be decoded");
}

/* Origin form, "*", or the absolute form that proxies send (RFC 9112, 3.2). */
static int parse_target(struct http_exchange *exchange, const char *uri)
{
    struct bytes target = bytes_text(uri), path;
    struct buffer decoded = {0};
    struct url url;
    int status = 0;
    if (target.size && target.data[0] != '/' &&
        !bytes_equal(target, bytes_text("*"))) {
        status = url_parse(target, &url);
        if (status)
            return status;
        target = url.target.size && url.target.data[0] == '/' ? url.target
                                                              : bytes_text("/");
    }
    exchange->target = arena_text(&exchange->arena, target);
    url_split(bytes_text(exchange->target), &path, &exchange->query);
    status = url_decode(path, false, &decoded);
    if (!status)
        exchange->path = arena_text(&exchange->arena, buffer_view(&decoded));
    buffer_free(&decoded);
    if (status && exchange->server->options.any_path) {
        exchange->path = arena_text(&exchange->arena, path);
        status = 0;
    }
    return status;
}

/* The request line was read. The result is the request's context for the other
 * callbacks. */
static void *on_target(void *user, const char *uri,
                       struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_exchange *exchange = info->socket_context;
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    exchange->stage = HTTP_BEGUN;
    atomic_store(&exchange->turn, HTTP_OPEN);
    /* Handlers never see NULL, even if the target can't be parsed. */
    exchange->target = exchange->path = "";
    exchange->refusal = 0;
    exchange->refusal_text = NULL;
    exchange->discarded = 0;
    if (strlen(uri) > URL_SIZE_MAX)
        exchange->refusal = 414;
    else if (parse_target(exchange, uri))
        exchange->refusal = 400;
    return exchange;
}

/* The answer went out, or the connection broke. Memory stays with the
 * connection for its next request, unless one large body blew it up. */
static void on_complete(void *user, struct MHD_Connection *connection,
                        void **context, enum MHD_RequestTerminationCode how)
{
    struct http_server *server = user;
    struct http_exchange *exchange = *context;
    if (!exchange)
        return;
    *context = NULL;
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    if (exchange->has_sink)
        http_body_end(exchange, err_set(ERR_NETWORK, "the body broke off"));
    /* Answered, but the peer was gone when the connection resumed. */
    if (exchange->in_parked) {
        CHECK(atomic_load(&exchange->turn) == HTTP_ANSWERED);
        unpark(exchange);
    }
    /* Never queued, or queued and sent: our reference goes either way. */
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    exchange->query = (struct bytes){0};
    /* Keeps a chunk: the next request needs no malloc(). */
    arena_reset(&exchange->arena);
    buffer_clear(&exchange->headers);
    if (exchange->body.capacity > BODY_KEPT_BYTES)
        buffer_free(&exchange->body);
    buffer_clear(&exchange->body);
    /* Broke off before it was handled: not in active. */
    if (exchange->stage != HTTP_HANDLED)
        return;
    atomic_fetch_sub(&server->active, 1);
    if (atomic_load(&server->stopping)) {
        lock_take(&server->mutex);
        lock_change_wake_all(&server->completed);
        lock_give(&server->mutex);
    }
}

/* The exchange lives as long as its connection; allocating one a request would
 * be a good part of the cost of a small answer. */
static void on_connection(void *user, struct MHD_Connection *connection,
                          void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        struct http_exchange *fresh = mem_zero(1, sizeof(*fresh));
        fresh->magic = HTTP_EXCHANGE_MAGIC;
        fresh->server = user;
        fresh->connection = connection;
        fresh->guests = http_guests_of(
            fresh->server, MHD_get_connection_info(
                               connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                               ->connect_fd);
        *context = fresh;
        return;
    }
    struct http_exchange *exchange = *context;
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    arena_free(&exchange->arena);
    buffer_free(&exchange->body);
    buffer_free(&exchange->headers);
    http_guests_release(exchange->guests);
    buffer_wipe(&exchange->handover_note);
    exchange->magic = 0;
    free(exchange);
    *context = NULL;
}

/* ---- requests on their way to the loop's thread ---- */

/* On the loop's thread. The handler may answer, and then the exchange is gone.
 */
static void take_request(void *user, struct inbox_item *item)
{
    struct http_server *server = user;
    struct http_exchange *exchange =
        INBOX_OF(item, struct http_exchange, inbox_item);
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    server->options.handler(server->options.user, exchange);
}

/* ---- requests ---- */

/* The connection keeps its own reference to the response. Without one the
 * answer was written by somebody else: the connection ends. */
static enum MHD_Result queue_response(struct http_exchange *exchange)
{
    if (!exchange->response)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(
        exchange->connection, exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return result;
}

/*
 * The request is complete: have it handled. Three ways out: answered by now
 * (queue it), not yet (park it), or not to be handled at all (refuse it). With
 * a loop it is parked before the loop's thread learns of it, so that this
 * thread is done with the exchange by then.
 */
static enum MHD_Result handle(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->stage = HTTP_HANDLED;
    /* Before looking at stopping: then either this sees it set, or stopping
     * sees this one counted. */
    atomic_fetch_add(&server->active, 1);
    if (atomic_load(&server->stopping))
        exchange->refusal = 503;
    if (exchange->refusal) {
        if (exchange->has_sink)
            http_body_end(exchange,
                          err_set(ERR_CANCELLED, "the server is stopping"));
        refuse(exchange);
        return queue_response(exchange);
    }
    bool to_loop = server->options.loop && !exchange->has_sink;
    if (exchange->has_sink)
        http_body_end(exchange, 0);
    else if (!to_loop)
        server->options.handler(server->options.user, exchange);
    if (atomic_load(&exchange->turn) == HTTP_ANSWERED)
        return queue_response(exchange);
    if (!park(exchange)) {
        exchange->refusal = 503;
        refuse(exchange);
        return queue_response(exchange);
    }
    if (to_loop)
        inbox_put(server->inbox, &exchange->inbox_item);
    return MHD_YES;
}

/* libmicrohttpd calls this once with the head, once for each piece of the body,
 * once with *size 0 at its end, and once more after a suspension. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *data,
                                  size_t *size, void **context)
{
    struct http_server *server = user;
    struct http_exchange *exchange = *context;
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    switch (exchange->stage) {
    case HTTP_BEGUN:
        exchange->method = method;
        if (server->options.begin && !exchange->refusal)
            server->options.begin(server->options.user, exchange);
        /* Answered before the body is read: the connection is closed after it.
         */
        if (!http_body_begin(exchange))
            return handle(exchange);
        exchange->stage = HTTP_READING;
        return MHD_YES;
    case HTTP_READING:
        if (!*size)
            return handle(exchange);
        /* No answer can be queued while a body still comes: only ending the
         * connection is left. */
        if (!http_body_take(exchange, bytes_make(data, *size)))
            return MHD_NO;
        /* This says to libmicrohttpd that all was taken. */
        *size = 0;
        return MHD_YES;
    case HTTP_HANDLED:
        /* Resumed. */
        if (exchange->in_parked)
            unpark(exchange);
        CHECK(atomic_load(&exchange->turn) == HTTP_ANSWERED);
        return queue_response(exchange);
    }
    return MHD_NO;
}

/* Called for paths and parameters; on_target() has taken them already. */
static size_t keep_escapes(void *user, struct MHD_Connection *connection,
                           char *text)
{
    return strlen(text);
}

/* libmicrohttpd's own words: about clients that break off, mostly. */
static void on_log(void *user, const char *format, va_list arguments)
{
    char line[256];
    vsnprintf(line, sizeof(line), format, arguments);
    line[strcspn(line, "\n")] = 0;
    log_debug("http", "%s", line);
}

/* ---- start and stop ---- */

/* All options of libmicrohttpd. STRICT_FOR_CLIENT refuses what an RFC forbids a
 * client to send, instead of guessing. */
static struct MHD_Daemon *start_daemon(struct http_server *server, int listener,
                                       unsigned connections_max)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
            MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        NULL, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_complete, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_CONNECTION_LIMIT, connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, server->options.idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

/* Each closes its listener. */
static void stop_daemons(struct http_server *server)
{
    while (server->daemon_count)
        MHD_stop_daemon(server->daemons[--server->daemon_count]);
}

/* A daemon for each thread does what a pool of libmicrohttpd's does, but for
 * one thing: a pool shuts the listener down at its end (0.9.75,
 * MHD_stop_daemon()), and with it what is kept for the next program
 * (http_server_keep()). The limit of connections is shared out in the same way.
 */
static int start_daemons(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    unsigned threads = options->threads;
    server->daemons = mem_zero(threads, sizeof(*server->daemons));
    for (unsigned i = 0; i < threads; i++) {
        unsigned share = options->connections_max / threads +
                         (i < options->connections_max % threads ? 1 : 0);
        int listener = fcntl(server->socket, F_DUPFD_CLOEXEC, 0);
        if (listener < 0)
            return err_errno("can't start the HTTP server");
        /* The listener is not closed where this fails: libmicrohttpd may have
         * closed it already, and another file may have its number by now. */
        struct MHD_Daemon *daemon =
            start_daemon(server, listener, share ? share : 1);
        if (!daemon)
            return err_errno("can't start the HTTP server");
        server->daemons[server->daemon_count++] = daemon;
    }
    return 0;
}

/* When no thread of libmicrohttpd is left. */
static void free_server(struct http_server *server)
{
    http_guests_forget(server);
    lock_change_destroy(&server->completed);
    lock_destroy(&server->mutex);
    free(server->daemons);
    free((char *)server->options.address);
    free(server);
}

static void set_defaults(struct http_server_options *options)
{
    options->address =
        mem_text(options->address ? options->address : "127.0.0.1");
    if (!options->threads)
        options->threads = 1;
    if (!options->connections_max)
        options->connections_max = CONNECTIONS_MAX;
    if (!options->idle_timeout_s)
        options->idle_timeout_s = IDLE_TIMEOUT_S;
    if (!options->body_limit_bytes)
        options->body_limit_bytes = BODY_LIMIT_BYTES;
}

/* Listener first: the caller learns of a taken port before any thread exists.
 */
int http_server_start(const struct http_server_options *options,
                      struct http_server **out)
{
    struct http_server *server = mem_zero(1, sizeof(*server));
    CHECK(options->handler);
    server->options = *options;
    set_defaults(&server->options);
    lock_init(&server->mutex);
    lock_change_init(&server->completed);
    /* Opened here and not by libmicrohttpd, which would not say why it failed
     * nor which port it got for 0. */
    server->port = server->options.port;
    int status =
        door_listen(server->options.address, &server->port, &server->socket);
    if (status) {
        free_server(server);
        return status;
    }
    if (options->loop)
        server->inbox = inbox_new(options->loop, take_request, server);
    status = start_daemons(server);
    if (status) {
        /* Some of its threads may serve already. */
        http_server_stop(server);
        return status;
    }
    *out = server;
    return 0;
}

int http_server_keep(const struct http_server *server)
{
    return door_keep(server->socket);
}

int http_server_keep_here(const struct http_server *server)
{
    return door_keep_here(server->socket);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

/* 503 for all that sleep. Those that were answered meanwhile go their way. */
static void refuse_parked(struct http_server *server)
{
    /* Under the lock: the connections' threads take themselves out of the
     * list, and can't before it is left. Resuming does not take it. */
    lock_take(&server->mutex);
    for (struct http_exchange *exchange = server->parked; exchange;
         exchange = exchange->parked_next) {
        if (atomic_load(&exchange->turn) == HTTP_ANSWERED)
            continue;
        exchange->refusal = 503;
        refuse(exchange);
    }
    lock_give(&server->mutex);
}

/* Each completion wakes once stopping is set; completions before that are seen
 * in active. The slow ones are cut off. */
static void wait_until_idle(struct http_server *server)
{
    uint64_t deadline_ns = clock_monotonic_ns() + STOP_GRACE_MS * 1000000ull;
    lock_take(&server->mutex);
    while (atomic_load(&server->active))
        if (!lock_change_wait_until(&server->completed, &server->mutex,
                                    deadline_ns))
            break;
    lock_give(&server->mutex);
}

/* First stopping is set under the lock, then the parked exchanges end, then the
 * active ones. After each step no new one of its kind can begin. */
void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    /* MHD_quiesce_daemon() is not used: in 0.9.75 it and the epoll thread both
     * remove the listener from the epoll set, and the second to do so aborts.
     * New requests get 503 until the daemon is stopped. */
    lock_take(&server->mutex);
    atomic_store(&server->stopping, true);
    lock_give(&server->mutex);
    refuse_parked(server);
    http_body_wake_all(server);
    wait_until_idle(server);
    stop_daemons(server);
    close(server->socket);
    if (server->inbox)
        inbox_close(server->inbox, NULL, NULL);
    free_server(server);
}
