/*
 * The server of the tasks on the engine node: POST /namespace-wrapper, and
 * whatever the node's port has beside it. It listens on 127.0.0.1 for tasks
 * that have this machine's network, and serves what comes in the networks of
 * the others (net/http_door.h).
 *
 * A request names its task and the secret of the task's process. So a body is
 * read from anybody who reaches the port, and nothing else is done for those
 * who don't know a secret.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_INSIDE_H
#define POND_NODE_NODE_INSIDE_H

#include "net/http_server.h"
#include "node/task/task_runner.h"

struct node_inside;

#define NODE_INSIDE_WRAPPER "/namespace-wrapper"

struct node_inside_options {
    uv_loop_t *loop;
    /* The runner of a task; NULL if it does not run here. */
    struct task_runner *(*find)(void *user, const struct pubkey *task);
    /* What serves other paths, on a thread of the server. */
    http_handler *others;
    /* What may take the body of a request to another path, before it is read;
     * likewise. */
    http_handler *others_begin;
    void *others_user;
    void *user;
};

int node_inside_start(const struct node_inside_options *options,
                      struct node_inside **out);

struct http_server *node_inside_server(const struct node_inside *inside);

/* Listen on a port of 127.0.0.1, too. ERR_BUSY: it is taken. */
int node_inside_listen(struct node_inside *inside, uint16_t port);

/* That port, where there is one, is kept for the program that takes this one's
 * place. */
int node_inside_keep(const struct node_inside *inside);

/* From the begin of another server, on its thread, for a request to
 * NODE_INSIDE_WRAPPER: takes it as one of its own. */
void node_inside_begin(struct node_inside *inside,
                       struct http_exchange *exchange);

/* Stops its server and the other one, which has handed requests over (NULL:
 * none has), and answers what is unanswered with 503. closed is called with the
 * user of the options when the loop has let go of it. NULL is allowed. */
void node_inside_stop(struct node_inside *inside, struct http_server *other,
                      void (*closed)(void *user));

#endif
