/*
 * libmicrohttpd reads the request and writes the 101; then this file takes a
 * duplicate of the socket and lets libmicrohttpd forget the connection, which
 * from then on costs none of its places and does not hold up its stop.
 *
 * A connection changes threads once, through an inbox. Everything after that
 * (the list of connections, messages, closing) is the loop's thread's alone and
 * needs no lock.
 *
 * Why not a port of its own with its own parser: RPC and subscriptions are
 * asked for at the same kind of address by the same clients, and one reader of
 * HTTP requests is enough to get right.
 */
#include "net/websocket_server.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_state.h"
#include "net/inbox.h"
#include "net/stream_tcp.h"
#include "net/websocket_state.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

/* Default; each costs some kilobytes and at most the queue's limit. */
#define CONNECTIONS_MAX 1024

/* A connection on its way from libmicrohttpd's thread to the loop's. */
struct handover {
    struct inbox_item item;
    int socket;
    /* Frames that came with the request, and what was noted of it; moved into
     * the websocket. */
    struct buffer extra, note;
};

struct websocket_server {
    struct websocket_server_options options;
    uv_loop_t *loop;
    /* Handovers. */
    struct inbox *inbox;
    /* Both are the loop's thread's: closing from the call on, inbox_closed when
     * the loop has let go of it. */
    bool closing;
    bool inbox_closed;
    /* On the loop, newest first; linked through their own fields. */
    struct websocket *connections;
    /* The number of connections and handovers; libmicrohttpd's threads read
     * it. */
    atomic_uint count;
};

/* ---- on the loop's thread ---- */

/* The last of the connections and the inbox frees it: closing takes as
 * long as the slowest peer's goodbye. */
static void free_if_done(struct websocket_server *server)
{
    if (server->inbox_closed && !server->connections)
        free(server);
}

/* The very end of a connection: off the list. */
static void on_released(struct websocket *websocket, void *owner)
{
    struct websocket_server *server = owner;
    if (websocket->previous)
        websocket->previous->next = websocket->next;
    else
        server->connections = websocket->next;
    if (websocket->next)
        websocket->next->previous = websocket->previous;
    atomic_fetch_sub(&server->count, 1);
    free_if_done(server);
}

/* A connection arrives. Its first frames may have come with the request. */
static void adopt(struct websocket_server *server, struct handover *handover)
{
    struct websocket *websocket =
        websocket_new(server->loop, &server->options.limits,
                      &server->options.events, server->options.user);
    websocket->released = on_released;
    websocket->owner = server;
    websocket->next = server->connections;
    if (server->connections)
        server->connections->previous = websocket;
    server->connections = websocket;
    /* Before opening, whose first turn reads it. */
    websocket->in = handover->extra;
    websocket->note = handover->note;
    websocket_use(websocket, stream_tcp_take(server->loop, handover->socket));
    websocket_open(websocket, true);
    if (server->options.events.opened)
        server->options.events.opened(websocket->user, websocket);
}

static void take_handover(void *user, struct inbox_item *item)
{
    struct handover *handover = INBOX_OF(item, struct handover, item);
    adopt(user, handover);
    free(handover);
}

struct websocket_server *
websocket_server_new(uv_loop_t *loop,
                     const struct websocket_server_options *options)
{
    struct websocket_server *server = mem_zero(1, sizeof(*server));
    server->options = *options;
    if (!server->options.connections_max)
        server->options.connections_max = CONNECTIONS_MAX;
    server->loop = loop;
    server->inbox = inbox_new(loop, take_handover, server);
    return server;
}

static void on_inbox_closed(void *user)
{
    struct websocket_server *server = user;
    server->inbox_closed = true;
    free_if_done(server);
}

/* The user does not know of them yet, and opened must not be called from inside
 * websocket_server_close(). Their connections are closed. */
static void drop_handovers(struct websocket_server *server)
{
    struct inbox_item *item = inbox_drain(server->inbox);
    while (item) {
        struct handover *handover = INBOX_OF(item, struct handover, item);
        item = item->next;
        close(handover->socket);
        buffer_free(&handover->extra);
        buffer_wipe(&handover->note);
        free(handover);
        atomic_fetch_sub(&server->count, 1);
    }
}

/* Each connection says goodbye on its own time (GOODBYE_MS at most); the last
 * to end frees the server. */
void websocket_server_close(struct websocket_server *server)
{
    if (!server)
        return;
    CHECK(!server->closing);
    server->closing = true;
    drop_handovers(server);
    for (struct websocket *websocket = server->connections; websocket;
         websocket = websocket->next)
        websocket_say_goodbye(websocket, WSLAY_CODE_GOING_AWAY);
    inbox_close(server->inbox, on_inbox_closed, server);
}

/* ---- on libmicrohttpd's threads ---- */

/* The 101 was sent. libmicrohttpd closes its descriptor when this module asks
 * it to. This module owns the duplicate, which stays open. */
static void on_upgrade(void *user, struct MHD_Connection *connection,
                       void *context, const char *extra, size_t extra_size,
                       MHD_socket socket, struct MHD_UpgradeResponseHandle *urh)
{
    struct websocket_server *server = user;
    struct handover *handover = mem_zero(1, sizeof(*handover));
    struct http_exchange *exchange = context;
    int off = 0;
    /* A second descriptor of the connection stays open when libmicrohttpd
     * closes the first. */
    handover->socket = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (handover->socket < 0) {
        log_warn("websocket", "a connection was dropped: %s", strerror(errno));
        free(handover);
        MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
        return;
    }
    /* libmicrohttpd may have left the socket corked after the 101. */
    setsockopt(handover->socket, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
    buffer_append(&handover->extra, extra, extra_size);
    handover->note = exchange->handover_note;
    exchange->handover_note = (struct buffer){0};
    atomic_fetch_add(&server->count, 1);
    inbox_put(server->inbox, &handover->item);
    MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
}

/* Connection is a list in practice ("keep-alive, Upgrade"). */
static bool header_has_token(const struct http_exchange *exchange,
                             const char *name, const char *token)
{
    const char *value = http_header(exchange, name);
    return value && websocket_handshake_has_token(bytes_text(value), token);
}

/* True if the request asks for a WebSocket, whether its handshake is valid or
 * not. */
static bool asks_for_upgrade(const struct http_exchange *exchange)
{
    return header_has_token(exchange, "Upgrade", "websocket") &&
           header_has_token(exchange, "Connection", "upgrade");
}

struct bytes websocket_note(const struct websocket *websocket)
{
    return buffer_view(&websocket->note);
}

void websocket_server_accept_noted(struct websocket_server *server,
                                   struct http_exchange *exchange,
                                   struct bytes note)
{
    buffer_bytes(&exchange->handover_note, note);
    websocket_server_accept(server, exchange);
}

/* 426 asks the client for an upgrade or another version (RFC 9110, 15.5.22 and
 * RFC 6455, 4.2.2). The limit is checked here, before the 101, and can be
 * passed by as many as are in this function at the same moment. */
void websocket_server_accept(struct websocket_server *server,
                             struct http_exchange *exchange)
{
    char accept[WEBSOCKET_ACCEPT_SIZE];
    const char *version = http_header(exchange, "Sec-WebSocket-Version");
    const char *key = http_header(exchange, "Sec-WebSocket-Key");
    if (!asks_for_upgrade(exchange) || !version || strcmp(version, "13") != 0) {
        http_answer_header(exchange, "Upgrade", "websocket");
        http_answer_header(exchange, "Sec-WebSocket-Version", "13");
        http_answer_text(exchange, 426, "this is a WebSocket address");
    } else if (!http_method_is(exchange, "GET") || !key ||
               websocket_handshake_accept(key, accept)) {
        http_answer_text(exchange, 400, "the WebSocket handshake is broken");
    } else if (atomic_load(&server->count) >= server->options.connections_max) {
        http_answer_text(exchange, 503, "too many WebSocket connections");
    } else {
        struct MHD_Response *response =
            MHD_create_response_for_upgrade(on_upgrade, server);
        CHECK(response);
        http_answer_header(exchange, "Upgrade", "websocket");
        http_answer_header(exchange, "Sec-WebSocket-Accept", accept);
        http_exchange_end(exchange, 101, response);
    }
}
