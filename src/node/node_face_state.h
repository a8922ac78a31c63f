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

#define NODE_FACE_TASK_PREFIX "/task/"
/* Koii's first task has a path of its own. */
#define NODE_FACE_ATTENTION_PREFIX "/attention"
#define NODE_FACE_ATTENTION_TASK "Attention22222222222222222222222222222222222"

/* A request on its way through the loop. It holds the exchange and must answer
 * it once, whatever happens; then it is freed. */
struct question {
    struct inbox_item item; /* on its way to the loop */
    struct question *next;  /* in waiting */
    struct node_face *face;
    struct http_exchange *exchange;
    struct node_upload *upload; /* has its body; NULL: the exchange has it */
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
    struct node_uploads *uploads;
    unsigned open;            /* what the loop has to let go of yet */
    struct inbox *inbox;      /* what has arrived */
    struct question *waiting; /* for a task's answer; loop's thread */
    void (*closed)(void *user);
};

void node_face_free_question(struct question *question);

/* A request to a task, on the loop's thread. */
void node_face_answer_task(struct question *question);

/* Is the target, as it was sent, the alias of the task that was Koii's
 * first? */
bool node_face_is_attention(const char *target);

#endif
