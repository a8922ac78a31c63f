/*
 * An HTTP/1.1 server: libmicrohttpd's epoll threads, one handler for all
 * requests. Keep-alive, body limit, deferred and streamed answers (see
 * http_exchange.h), upgrade to WebSocket (see websocket_server.h).
 *
 * One handler gets all requests and distinguishes them by their paths. A
 * program that serves several things on one port calls the handler of one part
 * after another. The server binds to 127.0.0.1 unless the options say
 * otherwise: what is meant for other machines has to be opened on purpose.
 *
 * Measured cost of a POST of 150 bytes answered with 250: about 17 µs of a
 * core, two thirds of it in the kernel; two system calls.
 *
 * What it refuses by itself: a body above the limit (413), a path that is not
 * decodable (400), a target above URL_SIZE_MAX (414).
 */
#ifndef POND_NET_HTTP_SERVER_H
#define POND_NET_HTTP_SERVER_H

#include "net/http_exchange.h"
#include <uv.h>

struct http_server;

/* Called for each complete request. The rules are in http_exchange.h. */
typedef void http_handler(void *user, struct http_exchange *exchange);

struct http_server_options {
    /* IPv4 or IPv6 as text; NULL: 127.0.0.1. */
    const char *address;
    /* 0: one that is free. */
    uint16_t port;
    /* 0: 1. */
    unsigned threads;
    /* 0: 1024; further ones are closed unanswered. */
    unsigned connections_max;
    /* After this time a silent connection is closed; 0 means 60 s. */
    unsigned idle_timeout_s;
    /* Held in memory; 0: 64 KiB. */
    size_t body_limit_bytes;
    /* NULL, or called for each request before its body is read, on the server's
     * threads, also with a loop: the place to call http_body_to(). It answers
     * nothing. */
    http_handler *begin;
    http_handler *handler;
    void *user;
    /* Also hand over requests whose path can't be decoded, instead of refusing
     * them with 400: for a handler that decodes parts of the target itself. */
    bool any_path;

    /* NULL: the handler runs on the server's threads, at the same time on
     * several. Else it runs on this loop's thread, and start and stop are to
     * be called there; keep the loop running for a turn after the stop. For
     * what touches the state of that thread; it costs a change of threads and
     * back, so answer what can be answered from shared snapshots without. */
    uv_loop_t *loop;
};

/* ERR_BUSY if the port is taken. */
int http_server_start(const struct http_server_options *options,
                      struct http_server **out);

/* Keep its port for the program that takes this one's place (door_keep()), or
 * for who listens there next in this one (door_keep_here()). */
int http_server_keep(const struct http_server *server);
int http_server_keep_here(const struct http_server *server);

/* The port listened on, also where 0 was asked for. Thread: any. */
uint16_t http_server_port(const struct http_server *server);

/* Those who share a limit of connections: all that one listener has accepted.
 */
struct http_guests;
struct http_guests *http_guests_new(unsigned connections_max);
/* It goes with the last connection. NULL is allowed. */
void http_guests_release(struct http_guests *guests);

/* Serve a connection that another listener has accepted, of the task's network
 * for example, as one of guests. The socket is taken over whatever comes.
 * ERR_LIMIT: they have as many as they may have, or the server has, or it is
 * stopping.
 *
 * Thread: the one loop's that accepts for this server. Connections are told
 * apart by their descriptors, and one that libmicrohttpd refuses is closed by
 * it; another thread could accept its number again before it is crossed out. */
int http_server_adopt(struct http_server *server, int connection,
                      struct http_guests *guests);

/* Answer what is still unanswered, and what still comes, with 503, let the
 * answers under way finish for up to a second, close everything and free. No
 * other thread may hold an exchange of this server when it is called. It
 * blocks, and must not be called from inside a handler. NULL is allowed. */
void http_server_stop(struct http_server *server);

#endif
