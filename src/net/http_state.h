/*
 * What the modules of the HTTP server share. No other module includes this.
 *
 * The life of an exchange, on the thread of libmicrohttpd that owns the
 * connection unless said otherwise:
 *
 *   request line read    begin: target split and decoded
 *   headers, body read   READING
 *   handler called       HANDLED; answered at once, or the connection is
 *                        suspended and "parked" until the answer
 *   answer sent          complete: cleared for the connection's next request
 */
#ifndef POND_NET_HTTP_STATE_H
#define POND_NET_HTTP_STATE_H

#include "base/arena.h"
#include "base/lock.h"
#include "net/http_server.h"
#include "net/inbox.h"
#include <microhttpd.h>
#include <stdatomic.h>

#define HTTP_EXCHANGE_MAGIC 0x65786368u /* "exch" */

/* Which thread has the next move. The answering thread and the connection's
 * thread both try to leave HTTP_OPEN; the second sees what the first did. */
enum http_turn {
    HTTP_OPEN,    /* not answered; the connection's thread is still there */
    HTTP_PARKED,  /* not answered; the connection is suspended */
    HTTP_ANSWERED /* response is set; or NULL: written by others, and the
                     connection is to be closed */
};

enum http_stage { HTTP_BEGUN, HTTP_READING, HTTP_HANDLED };

/* What a handler sees as an exchange. One a connection, used again for each
 * request on it. */
struct http_exchange {
    unsigned magic;
    struct http_guests *guests; /* whose connection it is, or NULL */
    struct http_server *server;
    struct MHD_Connection *connection;
    uint64_t note;               /* the handlers', as long as the connection */
    struct buffer handover_note; /* on its way to a WebSocket */
    enum http_stage stage;
    _Atomic enum http_turn turn;

    /* libmicrohttpd's, valid during the request. */
    const char *method;
    /* Target, path, decoded parameters. */
    struct arena arena;
    const char *target;
    const char *path;
    /* Inside target. */
    struct bytes query;
    struct buffer body;
    /* Bytes of the body that were read and dropped. */
    size_t discarded;
    /* A status that answers without the handler, or 0; and the words to it, or
     * NULL. */
    unsigned refusal;
    const char *refusal_text;

    /* Where the body goes piece by piece, and how much of it has gone. */
    struct http_sink sink;
    bool has_sink;
    uint64_t sink_limit;
    uint64_t sink_bytes;
    /* Under the server's mutex. is_paused: suspended, and in server->paused by
     * the links of parked, which holds none whose body still comes, nor one
     * that is answered. */
    bool pause_wanted;
    bool is_paused;

    /* The answer's headers: name NUL value NUL ... */
    struct buffer headers;
    /* The answering thread sets it before it sets turn. */
    struct MHD_Response *response;
    unsigned status;

    /* In server->parked, under the server's mutex. */
    struct http_exchange *parked_next;
    struct http_exchange *parked_previous;
    bool in_parked;
    /* On its way to the loop. */
    struct inbox_item inbox_item;
};

/* Shared by libmicrohttpd's threads: what is written after the start is atomic
 * or under the mutex. */
struct http_server {
    struct http_server_options options;
    /* One for each thread; each has a descriptor of the listener of its own. */
    struct MHD_Daemon **daemons;
    unsigned daemon_count;
    int socket;
    uint16_t port;
    /* Exchanges in HTTP_HANDLED. */
    atomic_uint active;
    atomic_bool stopping;

    struct lock mutex; /* over what follows */
    /* While stopping: an exchange is complete. */
    struct lock_change completed;
    /* Adopted and not begun yet (http_guests.c). */
    struct http_arrival *arrivals;
    /* Taken over and not answered yet. */
    struct http_exchange *parked;
    /* Asleep: their sinks want no more of the body for now, or there is nothing
     * of the answer yet (http_flow.c). */
    struct http_exchange *paused;

    /* Requests on their way to the loop's thread; NULL without a loop. */
    struct inbox *inbox;
};

/* End the exchange with a response, which is taken over. Thread: any. */
void http_exchange_end(struct http_exchange *exchange, unsigned status,
                       struct MHD_Response *response);

/* ---- http_guests.c; thread: any ---- */

/* Whose a connection is that begins now; NULL for one that the server has
 * accepted itself. To be released with the connection. */
struct http_guests *http_guests_of(struct http_server *server, int socket);

/* The server has ended: no connection begins any more. */
void http_guests_forget(struct http_server *server);

/* ---- http_body.c; on the connection's thread ---- */

/* The head was read. False if the request must be answered at once, because its
 * body is too large to be read and dropped. */
bool http_body_begin(struct http_exchange *exchange);

/* A piece of the body came. False if the connection has to be ended. */
bool http_body_take(struct http_exchange *exchange, struct bytes piece);

/* Report the end of the body to the sink, if there is a sink, once. */
void http_body_end(struct http_exchange *exchange, int status);

/* The connection sleeps until http_body_resume(), or until the server stops:
 * then false, at once. For answers that have nothing to send yet. */
bool http_body_sleep(struct http_exchange *exchange);

/* Thread: any. When the server stops. */
void http_body_wake_all(struct http_server *server);

#endif
