/*
 * The routes of the operator's port that `pond` asks (node.h), once the request
 * has shown the token. Thread: the loop's.
 */
#ifndef POND_NODE_NODE_CONTROL_ROUTES_H
#define POND_NODE_NODE_CONTROL_ROUTES_H

#include "net/http_exchange.h"
#include "node/node_control.h"

/* All of it is borrowed, and outlives every request. */
struct node_control_routes {
    const char *folder;
    const struct node_control_orders *orders;
    void *user;
};

/* Answers, now or later. */
void node_control_route(const struct node_control_routes *routes,
                        struct http_exchange *exchange);

#endif
