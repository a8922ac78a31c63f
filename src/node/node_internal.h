/*
 * Inside the node: its state, shared by node.c (life and tasks), node_face.c
 * (the port open to peers), node_control.c (the operator's port) and
 * node_status.c.
 */
#ifndef POND_NODE_NODE_INTERNAL_H
#define POND_NODE_NODE_INTERNAL_H

#include "net/http_client.h"
#include "net/http_server.h"
#include "node/money/journal.h"
#include "node/money/sender.h"
#include "node/money/wallet.h"
#include "node/node.h"
#include "node/parts/node_parts.h"
#include "node/task/task_runner.h"
#include "storage/store/store.h"

/* "NODE". */
#define NODE_MAGIC 0x4e4f4445u

/* Tasks of one node; each is a process. */
#define NODE_TASKS_MAX 64

struct face;
struct control;

/*
 * Invariants:
 *
 *  1. runners[0 .. runner_count) are alive, each of another task, in no order;
 *     a runner that is stopping is among them until it has gone.
 *  2. While is_stopping no runner is added, and no slot and no tick comes.
 *  3. open_handles counts what must close on the loop before the node is freed:
 *     its timer and its face.
 *  4. main_balance is as old as the last answer, 0 before the first; nothing is
 *     decided by it.
 */
struct node {
    unsigned magic;
    struct node_options options; /* texts owned */
    char **gateways;
    struct folder_lock *lock; /* on the folder */
    struct wallet wallet;
    struct node_parts parts;
    struct node_events events;
    void *user;
    char *public_url;
    char *control_url;
    struct face *face;
    struct control *control;
    struct client_slots *slots;
    struct task_runner *runners[NODE_TASKS_MAX];
    size_t runner_count;

    uv_timer_t tick;
    bool is_ready;
    bool is_asking_balance;
    uint64_t main_balance;
    uint64_t slot_seen_ms;  /* when the newest slot came */
    uint64_t measured_slot; /* where the average slot time begins */
    uint64_t measured_ms;
    bool is_stopping;
    bool is_client_open; /* while stopping: the client has not closed yet */
    unsigned open_handles;
    void (*stopped)(void *user);
    void *stopped_user;
};

/* NULL if the task does not run here (or is stopping). Valid until it is
 * stopped. */
struct task_runner *node_runner(const struct node *node,
                                const struct pubkey *task);

/* Prometheus text (exposition format 0.0.4), appended. The names are an
 * interface: dashboards know them. */
void node_metrics(struct node *node, struct buffer *out);

/* ---- node_face.c ---- */

/* Listen; *port is the one listened on. Requests may come before this returns,
 * on the server's threads; what they ask of the node waits for the loop.
 * ERR_BUSY if the port is taken. Thread: the loop's, as all here. */
int face_start(struct node *node, struct face **out, uint16_t *port);

/* Answers what is unanswered with 503; closed is called when the loop has let
 * go of the face, which is then freed. closed may be NULL: the node is then not
 * touched any more. No task's answer may be awaited (CHECKed). */
void face_stop(struct face *face, void (*closed)(struct node *node));

/* ---- node_control.c ---- */

/* Listen, and write control.json into the node's folder: the last step of a
 * start. ERR_BUSY if the port is taken. */
int control_start(struct node *node, struct control **out);
const char *control_url(const struct control *control);
/* Stop, remove control.json, free. */
void control_stop(struct control *control);

#endif
