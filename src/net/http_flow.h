/*
 * The body of an answer that comes bit by bit, from a loop: what another server
 * sends is passed on as it comes, and no faster than the client takes it.
 *
 *     flow = http_flow_new(loop, window, on_changed, me);
 *     http_answer_flow(exchange, 200, "text/plain", HTTP_SIZE_UNKNOWN, flow);
 *     http_flow_write(flow, piece);     // while http_flow_room() is not 0
 *     http_flow_end(flow, 0);
 *
 * Thread: the loop's, which made it, but for http_answer_flow(): the one that
 * owns the exchange.
 */
#ifndef POND_NET_HTTP_FLOW_H
#define POND_NET_HTTP_FLOW_H

#include "net/http_exchange.h"
#include <uv.h>

struct http_flow;

/* There is room again, after there was none; or nobody wants the rest, because
 * the client is gone, or because the answer has no body. From the loop; never
 * after http_flow_end(). */
typedef void http_flow_changed(void *user);

/* window_bytes wait for the client at most, if the writer keeps to
 * http_flow_room(). */
struct http_flow *http_flow_new(uv_loop_t *loop, size_t window_bytes,
                                http_flow_changed *changed, void *user);

/* How much may be written now. What is written beyond it is taken all the same.
 */
size_t http_flow_room(const struct http_flow *flow);

/* Nobody wants the rest: write no more, and end it. */
bool http_flow_is_gone(const struct http_flow *flow);

/* It does not become an answer after all: from then on it is gone. */
void http_flow_drop(struct http_flow *flow);

/* Keep it for an answer that can't begin yet, also beyond its end; then let it
 * go, an answer or not. */
void http_flow_keep(struct http_flow *flow);
void http_flow_let_go(struct http_flow *flow);

/* Copied. */
void http_flow_write(struct http_flow *flow, struct bytes bytes);

/* That was all; or, with a status, it broke off, and so does the connection.
 * The flow is not to be used after it. Also where it never became an answer. */
void http_flow_end(struct http_flow *flow, int status);

/* The answer of that exchange; once. size: of the whole body, or
 * HTTP_SIZE_UNKNOWN. As http_answer_stream(). */
void http_answer_flow(struct http_exchange *exchange, unsigned status,
                      const char *type, uint64_t size, struct http_flow *flow);

#endif
