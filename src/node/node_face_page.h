/*
 * What the node's port shows of the node itself (node.h has the routes):
 * answered on the loop's thread, from memory.
 */
#ifndef POND_NODE_NODE_FACE_PAGE_H
#define POND_NODE_NODE_FACE_PAGE_H

#include "node/node_face.h"

#define NODE_FACE_NODES "/nodes/"
#define NODE_FACE_REGISTER "/register-node/"

/* GET /tasks, /nodes/<id> and /metrics; POST /register-node/<id>. The exchange
 * is answered when they return. */
void node_face_page_tasks(const struct node_face_view *view, void *user,
                          struct http_exchange *exchange);
void node_face_page_nodes(const struct node_face_view *view, void *user,
                          struct http_exchange *exchange);
void node_face_page_metrics(const struct node_face_view *view, void *user,
                            struct http_exchange *exchange);
void node_face_page_register(const struct node_face_view *view, void *user,
                             struct http_exchange *exchange);

#endif
