/*
 * Between HTTP and the worker's "route" call (runtime/host/host.h): a request
 * to a task's routes as the call's argument, and its result as an answer. The
 * bodies travel beside both.
 *
 * Thread: the one that owns the exchange.
 */
#ifndef POND_NODE_ROUTE_FORM_H
#define POND_NODE_ROUTE_FORM_H

#include "net/http_flow.h"

/* Append the request as JSON. target: what the task is to see of the request's
 * target, still encoded. is_coming: the body is, while the task is asked. */
void route_form_request(struct http_exchange *exchange, const char *target,
                        bool is_coming, struct buffer *out);

/* Answer the exchange with what the task gave. rest: where the body comes from
 * in place of body, which is made the answer or dropped; or NULL. ERR_INVALID,
 * ERR_NOT_FOUND or ERR_RANGE: the task gave no HTTP answer, and the exchange is
 * unanswered. */
int route_form_answer(struct http_exchange *exchange, const char *head,
                      struct bytes body, struct http_flow *rest);

#endif
