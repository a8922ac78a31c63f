/*
 * A body's two sides meet under its lock: a thread of the server puts pieces
 * in, the loop takes them out. The loop is told through an inbox, and only of
 * what it waits for.
 *
 * The order of locks: a body's, then the server's (http_body_pause()) or the
 * inbox's.
 */
#include "node/route_body.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "net/inbox.h"

#include <stdatomic.h>
#include <stdlib.h>

/*
 * Invariants:
 *
 *  1. A body that is not coming belongs to the server's thread until it is
 *     handed over whole; a coming one is freed by the loop, after is_over.
 *  2. exchange is NULL, or can be answered once is_over.
 *  3. item is in the inbox if and only if is_queued.
 */
struct route_body {
    struct inbox_item item;
    struct route_bodies *bodies;
    struct http_exchange *exchange;
    uint64_t began_ms;
    bool is_coming;
    struct lock lock;
    /* What follows is under the lock. */
    struct buffer waiting; /* to be read */
    bool is_queued;
    bool is_paused;
    bool is_over;
    int status; /* how it ended, and why */
    char *reason;
    byte_source_done *read_done; /* a read is under way; or NULL */
    void *read_user;
    route_body_done *done; /* it is finished; or NULL */
    void *done_user;
};

struct route_bodies {
    struct route_bodies_options options;
    struct inbox *inbox;
    atomic_uint coming;
    void (*closed)(void *user);
    void *closed_user;
};

void route_body_free(struct route_body *body)
{
    if (!body)
        return;
    if (body->is_coming)
        atomic_fetch_sub(&body->bodies->coming, 1);
    lock_destroy(&body->lock);
    buffer_free(&body->waiting);
    free(body->reason);
    free(body);
}

/* ---- a thread of the server ---- */

/* Under the lock. */
static void tell(struct route_body *body)
{
    if (body->is_queued)
        return;
    body->is_queued = true;
    inbox_put(body->bodies->inbox, &body->item);
}

/* From now on the task reads it. */
static int begin_to_come(struct route_body *body)
{
    struct route_bodies *bodies = body->bodies;

    if (atomic_fetch_add(&bodies->coming, 1) >= ROUTE_BODY_COMING_MAX) {
        atomic_fetch_sub(&bodies->coming, 1);
        return err_set(ERR_BUSY,
                       "%d large bodies come already; try again later",
                       ROUTE_BODY_COMING_MAX);
    }
    body->is_coming = true;
    return 0;
}

/* Under the lock. What nobody reads is dropped. */
static void keep_piece(struct route_body *body, struct bytes piece)
{
    if (body->done)
        return;
    buffer_bytes(&body->waiting, piece);
    if (body->read_done)
        tell(body);
    if (body->is_coming && body->waiting.size >= ROUTE_BODY_WINDOW_BYTES) {
        body->is_paused = true;
        http_body_pause(body->exchange);
    }
}

static int take_piece(void *user, struct http_exchange *exchange,
                      struct bytes piece)
{
    struct route_body *body = user;
    const char *length = http_header(exchange, "Content-Length");
    bool begins = false;

    if (clock_monotonic_ms() - body->began_ms > ROUTE_BODY_TIME_MAX_MS)
        return err_set(ERR_TIMEOUT, "the body took longer than %d minutes",
                       ROUTE_BODY_TIME_MAX_MS / 60000);
    if (!body->is_coming &&
        (body->waiting.size + piece.size > ROUTE_BODY_WHOLE_MAX ||
         (length && strtoull(length, NULL, 10) > ROUTE_BODY_WHOLE_MAX))) {
        int status = begin_to_come(body);

        if (status)
            return status;
        begins = true;
    }
    lock_take(&body->lock);
    keep_piece(body, piece);
    lock_give(&body->lock);
    if (begins)
        body->bodies->options.arrived(body->bodies->options.user, exchange,
                                      body);
    return 0;
}

/* A coming body may be gone when the lock has been given back. */
static void end_coming(struct route_body *body, int status)
{
    lock_take(&body->lock);
    body->is_over = true;
    body->status = status;
    if (status) {
        body->exchange = NULL;
        body->reason = mem_text(err_text());
    }
    if (body->read_done || body->done)
        tell(body);
    lock_give(&body->lock);
}

static void end_body(void *user, struct http_exchange *exchange, int status)
{
    struct route_body *body = user;

    if (body->is_coming)
        end_coming(body, status);
    else if (status)
        route_body_free(body);
    else
        body->bodies->options.arrived(body->bodies->options.user, exchange,
                                      body);
}

void route_bodies_begin(struct route_bodies *bodies,
                        struct http_exchange *exchange)
{
    struct route_body *body;

    if (!http_header(exchange, "Content-Length") &&
        !http_header(exchange, "Transfer-Encoding"))
        return;
    body = mem_zero(1, sizeof(*body));
    body->bodies = bodies;
    body->exchange = exchange;
    body->began_ms = clock_monotonic_ms();
    lock_init(&body->lock);
    http_body_to(
        exchange,
        (struct http_sink){.write = take_piece, .end = end_body, .user = body},
        ROUTE_BODY_MAX);
}

/* ---- the loop ---- */

bool route_body_whole(const struct route_body *body, struct bytes *out)
{
    if (body->is_coming)
        return false;
    *out = buffer_view(&body->waiting);
    return true;
}

/* Under the lock: an ended body's exchange may be gone. */
static void resume(struct route_body *body)
{
    if (body->is_paused && !body->is_over)
        http_body_resume(body->exchange);
    body->is_paused = false;
}

static void read_body(void *user, byte_source_done *done, void *done_user)
{
    struct route_body *body = user;

    lock_take(&body->lock);
    CHECK(!body->read_done && !body->done);
    body->read_done = done;
    body->read_user = done_user;
    if (body->waiting.size || body->is_over)
        tell(body);
    lock_give(&body->lock);
}

static void cancel_read(void *user)
{
    struct route_body *body = user;

    lock_take(&body->lock);
    body->read_done = NULL;
    lock_give(&body->lock);
}

struct byte_source route_body_source(struct route_body *body)
{
    CHECK(body->is_coming);
    return (struct byte_source){
        .read = read_body, .cancel = cancel_read, .user = body};
}

void route_body_finish(struct route_body *body, route_body_done *done,
                       void *user)
{
    CHECK(body->is_coming && !body->done && done);
    lock_take(&body->lock);
    body->read_done = NULL;
    body->done = done;
    body->done_user = user;
    buffer_free(&body->waiting);
    resume(body);
    if (body->is_over)
        tell(body);
    lock_give(&body->lock);
}

/* What has come, to whoever reads. */
static void give_piece(struct route_body *body)
{
    byte_source_done *done = body->read_done;
    void *user = body->read_user;
    struct buffer piece = body->waiting;
    bool is_over = body->is_over;
    int status = is_over ? body->status : 0;

    body->read_done = NULL;
    body->waiting = (struct buffer){0};
    resume(body);
    lock_give(&body->lock);
    if (status)
        err_set(status, "%s", body->reason);
    done(user, status, buffer_view(&piece), is_over);
    buffer_free(&piece);
}

static void take_news(void *user, struct inbox_item *item)
{
    struct route_body *body = INBOX_OF(item, struct route_body, item);

    lock_take(&body->lock);
    body->is_queued = false;
    if (body->done && body->is_over) {
        lock_give(&body->lock);
        body->done(body->done_user, body->exchange);
        route_body_free(body);
    } else if (body->read_done && (body->waiting.size || body->is_over)) {
        give_piece(body);
    } else {
        lock_give(&body->lock);
    }
}

/* ---- life ---- */

struct route_bodies *
route_bodies_new(const struct route_bodies_options *options)
{
    struct route_bodies *bodies = mem_zero(1, sizeof(*bodies));

    bodies->options = *options;
    bodies->inbox = inbox_new(options->loop, take_news, bodies);
    return bodies;
}

void route_bodies_stop(struct route_bodies *bodies)
{
    struct inbox_item *next;

    for (struct inbox_item *at = inbox_drain(bodies->inbox); at; at = next) {
        next = at->next;
        take_news(bodies, at);
    }
}

static void on_closed(void *user)
{
    struct route_bodies *bodies = user;
    void (*closed)(void *user) = bodies->closed;
    void *closed_user = bodies->closed_user;

    free(bodies);
    closed(closed_user);
}

/* The servers have answered what they still had. */
void route_bodies_close(struct route_bodies *bodies, void (*closed)(void *user),
                        void *user)
{
    struct inbox_item *next;

    for (struct inbox_item *at = inbox_drain(bodies->inbox); at; at = next) {
        next = at->next;
        INBOX_OF(at, struct route_body, item)->exchange = NULL;
        take_news(bodies, at);
    }
    CHECK(!atomic_load(&bodies->coming));
    bodies->closed = closed;
    bodies->closed_user = user;
    inbox_close(bodies->inbox, on_closed, bodies);
}
