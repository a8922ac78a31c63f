/*
 * The server side of WebSocket: takes over connections of the HTTP server.
 *
 * The request is read and answered by the HTTP server's threads; then the
 * connection moves to the loop and the HTTP server forgets it: its limits,
 * time-outs and stop concern it no more.
 *
 * A listener on a port of its own is an http_server whose handler calls
 * websocket_server_accept() for every path that it likes.
 */
#ifndef POND_NET_WEBSOCKET_SERVER_H
#define POND_NET_WEBSOCKET_SERVER_H

#include "net/http_exchange.h"
#include "net/websocket.h"

struct websocket_server;

struct websocket_server_options {
    struct websocket_limits limits;
    struct websocket_events events;
    void *user;
    unsigned connections_max; /* 0: 1024; further ones are answered 503 */
};

/* Connections live on the loop; thread: the loop's. */
struct websocket_server *
websocket_server_new(uv_loop_t *loop,
                     const struct websocket_server_options *options);

/* Close all connections (closed is called for each) and free when the loop has
 * let go of its handles: keep the loop running until then. Stop the HTTP
 * servers that hand exchanges to it first. NULL is allowed. */
void websocket_server_close(struct websocket_server *server);

/* Answer the exchange: with 101 and the connection goes over to the loop, or
 * with 400 or 426 if the request is no WebSocket handshake. Thread: any. */
void websocket_server_accept(struct websocket_server *server,
                             struct http_exchange *exchange);

/* The same with a note (copied) that goes with the connection: what the request
 * has said that the loop's side wants to know. It is overwritten before it is
 * freed. */
void websocket_server_accept_noted(struct websocket_server *server,
                                   struct http_exchange *exchange,
                                   struct bytes note);

/* That note, or nothing. Valid until closed() returns. */
struct bytes websocket_note(const struct websocket *websocket);

#endif
