/*
 * A buffer under a lock between a loop and the connection's thread. A reader
 * that finds it empty puts its connection to sleep, and the next write wakes
 * it. Sleeping is that of bodies that come (http_body.c), so a server that
 * stops wakes it, too.
 *
 * Both sides hold the flow; the one that leaves last frees it. Locks are taken
 * in one order: the flow's, then the server's.
 */
#include "net/http_flow.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/http_state.h"
#include "net/inbox.h"

#include <stdlib.h>

/*
 * Invariants, under the lock:
 *
 *  1. exchange is set exactly while libmicrohttpd has the answer.
 *  2. is_told: the item is in the inbox, which is there while the writer is.
 */
struct http_flow {
    struct lock lock;
    size_t window_bytes;
    struct buffer waiting;
    struct http_exchange *exchange;
    bool is_ended, is_gone, is_told;
    int status; /* of the end */
    unsigned holders;
    struct inbox *inbox;
    struct inbox_item item;
    http_flow_changed *changed; /* these two: of the loop alone */
    void *user;
};

/* With the lock, which is given. */
static void leave(struct http_flow *flow)
{
    bool is_last = --flow->holders == 0;

    lock_give(&flow->lock);
    if (!is_last)
        return;
    lock_destroy(&flow->lock);
    buffer_free(&flow->waiting);
    free(flow);
}

/* Under the lock. */
static void tell(struct http_flow *flow)
{
    if (flow->is_ended || flow->is_told)
        return;
    flow->is_told = true;
    inbox_put(flow->inbox, &flow->item);
}

/* ---- the loop ---- */

static void take_change(void *user, struct inbox_item *item)
{
    struct http_flow *flow = user;

    lock_take(&flow->lock);
    flow->is_told = false;
    lock_give(&flow->lock);
    flow->changed(flow->user);
}

struct http_flow *http_flow_new(uv_loop_t *loop, size_t window_bytes,
                                http_flow_changed *changed, void *user)
{
    struct http_flow *flow = mem_zero(1, sizeof(*flow));

    CHECK(window_bytes && changed);
    lock_init(&flow->lock);
    flow->window_bytes = window_bytes;
    flow->changed = changed;
    flow->user = user;
    flow->holders = 1;
    flow->inbox = inbox_new(loop, take_change, flow);
    return flow;
}

size_t http_flow_room(const struct http_flow *flow)
{
    struct http_flow *own = (struct http_flow *)(uintptr_t)flow;

    lock_take(&own->lock);
    size_t waiting = own->waiting.size;
    lock_give(&own->lock);
    return waiting < flow->window_bytes ? flow->window_bytes - waiting : 0;
}

bool http_flow_is_gone(const struct http_flow *flow)
{
    struct http_flow *own = (struct http_flow *)(uintptr_t)flow;

    lock_take(&own->lock);
    bool is_gone = own->is_gone;
    lock_give(&own->lock);
    return is_gone;
}

void http_flow_drop(struct http_flow *flow)
{
    lock_take(&flow->lock);
    CHECK(!flow->exchange);
    flow->is_gone = true;
    tell(flow);
    lock_give(&flow->lock);
}

void http_flow_keep(struct http_flow *flow)
{
    lock_take(&flow->lock);
    flow->holders++;
    lock_give(&flow->lock);
}

void http_flow_let_go(struct http_flow *flow)
{
    lock_take(&flow->lock);
    leave(flow);
}

void http_flow_write(struct http_flow *flow, struct bytes bytes)
{
    lock_take(&flow->lock);
    CHECK(!flow->is_ended);
    if (!flow->is_gone)
        buffer_bytes(&flow->waiting, bytes);
    if (flow->exchange)
        http_body_resume(flow->exchange);
    lock_give(&flow->lock);
}

/* The inbox goes first: nothing is told any more. */
void http_flow_end(struct http_flow *flow, int status)
{
    lock_take(&flow->lock);
    CHECK(!flow->is_ended);
    flow->is_ended = true;
    flow->status = status;
    inbox_close(flow->inbox, NULL, NULL);
    if (flow->exchange)
        http_body_resume(flow->exchange);
    leave(flow);
}

/* ---- the connection's thread ---- */

/* The writer learns when half of the window is free again. */
static size_t take(struct http_flow *flow, char *into, size_t room)
{
    size_t size = flow->waiting.size < room ? flow->waiting.size : room;
    bool was_full = flow->waiting.size >= flow->window_bytes / 2;

    memcpy(into, flow->waiting.data, size);
    buffer_consume(&flow->waiting, size);
    if (was_full && flow->waiting.size < flow->window_bytes / 2)
        tell(flow);
    return size;
}

/* 0 says to libmicrohttpd: not now; the connection sleeps, or there is
 * something by now. */
static ssize_t flow_read(void *user, uint64_t position, char *into, size_t room)
{
    struct http_flow *flow = user;
    ssize_t result = 0;

    lock_take(&flow->lock);
    if (flow->waiting.size)
        result = (ssize_t)take(flow, into, room);
    else if (flow->is_ended)
        result = flow->status ? MHD_CONTENT_READER_END_WITH_ERROR
                              : MHD_CONTENT_READER_END_OF_STREAM;
    else if (!http_body_sleep(flow->exchange))
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    lock_give(&flow->lock);
    return result;
}

/* The answer has gone, or broke off. */
static void flow_release(void *user)
{
    struct http_flow *flow = user;

    lock_take(&flow->lock);
    flow->exchange = NULL;
    flow->is_gone = true;
    tell(flow);
    leave(flow);
}

void http_answer_flow(struct http_exchange *exchange, unsigned status,
                      const char *type, uint64_t size, struct http_flow *flow)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    lock_take(&flow->lock);
    CHECK(!flow->exchange && !flow->is_gone);
    flow->exchange = exchange;
    flow->holders++;
    lock_give(&flow->lock);
    if (type)
        http_answer_header(exchange, "Content-Type", type);
    struct MHD_Response *response = MHD_create_response_from_callback(
        size, HTTP_STREAM_BLOCK_BYTES, flow_read, flow, flow_release);
    CHECK(response); /* it fails for want of memory only */
    http_exchange_end(exchange, status, response);
}
