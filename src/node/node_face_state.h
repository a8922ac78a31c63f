/*
 * Inside the open port: its state, shared by
 *
 *     node_face_task.c   what a task's routes, or Koii's storage, answer
 *     node_face.c        the other answers, threads and life
 */
#ifndef POND_NODE_NODE_FACE_STATE_H
#define POND_NODE_NODE_FACE_STATE_H

#include "net/http_server.h"
#include "net/inbox.h"
#include "node/node_face.h"
#include "node/route_body.h"

#define NODE_FACE_TASK_PREFIX "/task/"
/* Koii's first task has a path of its own. */
#define NODE_FACE_ATTENTION_PREFIX "/attention"
#define NODE_FACE_ATTENTION_TASK "Attention22222222222222222222222222222222222"

/* A task's answer that came before the body had ended. */
struct early_answer {
    int status;
    char *head; /* or NULL */
    struct buffer body;
    struct http_flow *rest; /* in place of body; kept */
    char *reason;           /* of a failure */
};

/* A request on its way through the loop. It holds the exchange and must answer
 * it once, whatever happens; then it is freed. */
struct question {
    struct inbox_item item; /* on its way to the loop */
    struct question *next;  /* in waiting */
    struct node_face *face;
    struct http_exchange *exchange;
    /* For a task: what was asked, and in the form of its routes. Taken before
     * the loop has the question, because the client of a body that still comes
     * may go at any time, and the exchange with it. Else NULL. */
    char *target;
    struct buffer request;
    /* Which of them has its body; both NULL: it has none that was taken. */
    struct node_upload *upload;
    struct route_body *body;
    struct early_answer early;
};

/*
 * Invariants:
 *
 *  1. A question is in the inbox, or in waiting, or in the hands of answer():
 *     so each exchange has one owner.
 *  2. waiting is touched on the loop's thread alone.
 */
struct node_face {
    struct store *store;
    const struct node_face_view *view;
    void *user;
    struct http_server *server;
    struct node_inside *inside;
    bool has_bare_tasks;
    struct node_uploads *uploads;
    struct route_bodies *bodies;
    unsigned open;            /* what the loop has to let go of yet */
    struct inbox *inbox;      /* what has arrived */
    struct question *waiting; /* for a task's answer; loop's thread */
    void (*closed)(void *user);
};

void node_face_free_question(struct question *question);

/* An answer of the node's own, at once or when the body has ended. Ends the
 * question. */
void node_face_answer_message(struct question *question, unsigned code,
                              const char *message);

/* Ends a question whose exchange the server has answered. */
void node_face_drop(struct question *question);

/* A request to a task: its form, on the server's thread; and its answer, on the
 * loop's. */
void node_face_read_request(struct question *question);
void node_face_answer_task(struct question *question);

/* Is the target, as it was sent, the alias of the task that was Koii's
 * first? */
bool node_face_is_attention(const char *target);

#endif
