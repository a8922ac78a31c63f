/*
 * The bodies of requests to a task's routes, on their way from the server's
 * threads to the loop.
 *
 * A small body is gathered and handed over whole. A larger one is handed over
 * while it comes, as a byte source (base/byte_source.h) that the task reads:
 * what waits to be read is at most ROUTE_BODY_WINDOW_BYTES, and its client
 * waits meanwhile. Of those, all tasks together have ROUTE_BODY_COMING_MAX at a
 * time; one more is answered with 503. None takes longer than
 * ROUTE_BODY_TIME_MAX_MS (408), and none is larger than ROUTE_BODY_MAX (413).
 *
 * An answer can't begin before the body has ended (net/http_exchange.h). So who
 * has an answer earlier says so by route_body_finish(), the rest is dropped as
 * it comes, and the exchange is given back then.
 */
#ifndef POND_NODE_ROUTE_BODY_H
#define POND_NODE_ROUTE_BODY_H

#include "base/byte_source.h"
#include "net/http_exchange.h"
#include <uv.h>

struct route_body;
struct route_bodies;

/* A JSON head takes 16 MiB (runtime/wire/message.h), and text grows as it is
 * escaped. */
#define ROUTE_BODY_WHOLE_MAX (2u << 20)
#define ROUTE_BODY_WINDOW_BYTES (256u << 10)
#define ROUTE_BODY_COMING_MAX 16
/* What the folder of a task may hold by default. */
#define ROUTE_BODY_MAX (1ull << 30)
/* As an answer to a task's own request may take. */
#define ROUTE_BODY_TIME_MAX_MS (15 * 60 * 1000)

struct route_bodies_options {
    uv_loop_t *loop;
    /* Thread: the server's. A body is whole, or there is some of it: it is for
     * the loop from here on. */
    void (*arrived)(void *user, struct http_exchange *exchange,
                    struct route_body *body);
    void *user;
};

struct route_bodies *
route_bodies_new(const struct route_bodies_options *options);

/* From the server's begin: takes the request's body, if it announces one.
 * Thread: the server's. */
void route_bodies_begin(struct route_bodies *bodies,
                        struct http_exchange *exchange);

/* ---- Thread: the loop's ---- */

/* The whole body, valid as long as it is; false: it is coming. */
bool route_body_whole(const struct route_body *body, struct bytes *out);

/* Of one that is coming; until route_body_finish(). */
struct byte_source route_body_source(struct route_body *body);

/* Nobody reads any more of it. done is called from the loop once the body has
 * ended; exchange NULL: it is answered already, or its client is gone. The body
 * is freed after that. */
typedef void route_body_done(void *user, struct http_exchange *exchange);
void route_body_finish(struct route_body *body, route_body_done *done,
                       void *user);

/* Of a whole one; NULL is allowed. */
void route_body_free(struct route_body *body);

/* Before the servers stop: calls done for the bodies that have ended. */
void route_bodies_stop(struct route_bodies *bodies);

/* After the servers have stopped, and with them all bodies: calls done for the
 * others, which all have to be finished; closed when the loop has let go of
 * it. */
void route_bodies_close(struct route_bodies *bodies, void (*closed)(void *user),
                        void *user);

#endif
