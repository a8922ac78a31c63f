/*
 * The operator's port (node.h has the routes), and control.json, which says
 * where it is.
 *
 * What is ordered is carried out by functions that the owner hands over, on the
 * thread of the loop. So the port knows nothing of a node.
 */
#ifndef POND_NODE_NODE_CONTROL_H
#define POND_NODE_NODE_CONTROL_H

#include "base/json.h"
#include "node/page/api_world.h"
#include "node/parts/node_options.h"
#include "page/page_guard.h"
#include <uv.h>

/* Where a node's page is looked for. */
#define NODE_CONTROL_PORT 30019

struct node_control;

/* How an order ended, from the loop. */
typedef void node_control_done(void *user, int status);

/* The same with JSON text to be answered, which is taken over; empty is {}. */
typedef void node_control_answered(void *user, int status,
                                   struct buffer *answer);

/* An order (POST) with its object, or a question (GET) with the fields of its
 * query as texts. */
struct node_control_request {
    const char *path;
    bool is_question;
    struct json_object *body;
    /* What comes later is reported by one of them, with user. */
    node_control_done *done;
    node_control_answered *answered;
    void *user;
};

/* 0 with the answer's JSON appended; or 0 and *is_later: done or answered comes
 * once, from the loop. ERR_NOT_FOUND for a path that there is not. */
typedef int node_control_other(void *user,
                               const struct node_control_request *request,
                               struct buffer *answer, bool *is_later);

/* Each returns 0 or an ERR_* with its text, and must not keep what it is
 * handed. After a start's or a stop's 0 done is called, once and later. */
struct node_control_orders {
    int (*start)(void *user, const struct node_task_options *task,
                 node_control_done *done, void *done_user);
    int (*stop)(void *user, const struct pubkey *task, node_control_done *done,
                void *done_user);
    int (*claim)(void *user, const struct pubkey *task);
    int (*reload)(void *user, const struct pubkey *task);
    /* The status as JSON, appended. */
    void (*status)(void *user, struct buffer *out);
    /* Prometheus text, appended. */
    void (*metrics)(void *user, struct buffer *out);
    /* Everything else (node_owner.h), or NULL. */
    node_control_other *other;
};

/* Carry out an order, or answer a question: start, stop, claim, reload, and
 * what other has. What the order gave; *is_later: done or answered comes. */
int node_control_ask(const struct node_control_orders *orders, void *user,
                     const struct node_control_request *request,
                     struct buffer *answer, bool *is_later);

/* The same of what a POST to path orders. 0, perhaps with an answer appended;
 * what the order gave, ERR_INVALID for
 * a body that is not such JSON, or ERR_NOT_FOUND for another path or a field
 * that is missing. *is_later: done comes, with what the order gave. */
int node_control_order(const struct node_control_orders *orders, void *user,
                       const char *path, struct bytes body,
                       struct buffer *answer, node_control_done *done,
                       node_control_answered *answered, void *done_user,
                       bool *is_later);

/* The loop, the orders, the world and folder outlive the port; the rest is
 * copied. */
struct node_control_options {
    uv_loop_t *loop;
    const char *folder;
    uint16_t port; /* 0: that of the last start, else NODE_CONTROL_PORT, else
                      the next that is free */
    struct page_guard guard;
    const struct api_world *world; /* of the page's API, with world_user */
    void *world_user;
    /* Why the node carries out no orders but the page's; NULL: it does. Then
     * there are no orders and no keys, and the page's API has the areas of a
     * first run alone. A constant. */
    const char *waits_for;
    const char *public_url;
    struct pubkey main, staking;
    const struct node_control_orders *orders;
    void *user;
};

/* Listen, and write control.json into the folder: the last step of a start.
 * ERR_BUSY if the port is taken. Thread: the loop's, as all here. */
int node_control_start(const struct node_control_options *options,
                       struct node_control **out);
const char *node_control_url_of(const struct node_control *control);
/* A link that connects a browser to the page: once, within ten minutes. Wipe
 * and free it. */
char *node_control_link(struct node_control *control);
/* Its port and its file are kept for the program that takes this one's place.
 */
int node_control_keep(struct node_control *control);
/* Its port is kept for the one that follows in this process. */
int node_control_keep_here(const struct node_control *control);
/* Tell open pages that the node goes: "stop" or "restart". From then on each
 * request is answered with 503. */
void node_control_say_bye(struct node_control *control, const char *reason);
/* Send a message to the pages that watch a topic (page/live.h). */
void node_control_say(struct node_control *control, const char *topic,
                      struct bytes message);
/* Stop, remove control.json; then closed (NULL is allowed) comes, from the
 * loop, when nothing of it is left. Answers that the world still owes have come
 * by now. */
void node_control_stop(struct node_control *control, void (*closed)(void *user),
                       void *user);

#endif
