/*
 * Inside the node: its state, shared by all files of this room.
 */
#ifndef POND_NODE_NODE_INTERNAL_H
#define POND_NODE_NODE_INTERNAL_H

#include "net/http_client.h"
#include "net/http_server.h"
#include "node/money/journal.h"
#include "node/money/sender.h"
#include "node/money/signer.h"
#include "node/node.h"
#include "node/node_balances.h"
#include "node/node_control.h"
#include "node/node_face.h"
#include "node/node_leave.h"
#include "node/node_schedule.h"
#include "node/node_shares.h"
#include "node/parts/node_parts.h"
#include "node/slot_watch.h"
#include "node/task/task_runner.h"
#include "storage/store/store.h"

/* "NODE". */
#define NODE_MAGIC 0x4e4f4445u

/* Tasks of one node; each is a process. */
#define NODE_TASKS_MAX 64

struct choice_book;      /* owner/choice_book.h */
struct node_conditions;  /* node_conditions.h */
struct node_preferences; /* node_preferences.h */
struct node_pins;        /* node_pins.h */
struct node_reach;       /* node_reach.h */
struct node_page;        /* node_page.h */
struct node_transfers;   /* node_transfers.h */
struct node_stopped;     /* node_stopped.h */
struct node_samples;     /* node_samples.h */
struct node_catalog;     /* node_catalog.h */

/*
 * Invariants:
 *
 *  1. runners[0 .. runner_count) are alive, each of another task, in no order;
 *     a runner that is stopping is among them until it has gone.
 *  2. While is_stopping no runner is added, and no slot and no tick comes.
 *  3. open_handles counts what must close on the loop before the node is freed:
 *     its timer and its face.
 */
struct node {
    unsigned magic;
    struct node_options options; /* texts owned */
    struct folder_lock *lock;    /* on the folder */
    struct node_parts parts;
    struct node_events events;
    void *user;
    char *public_url;
    char *control_url;
    struct node_face *face;
    uint16_t face_port;
    struct node_reach *reach;
    struct node_control *control;
    struct node_page *page;
    struct node_transfers *transfers;
    struct node_stopped *stopped_coins;
    struct node_samples *samples;
    struct node_catalog *catalog;
    struct choice_book *choices;
    struct http_client *gateway_test; /* under way; NULL: none */
    struct node_notices *notices;
    struct client_slots *slots;
    struct node_leave *leave;
    struct node_schedule *schedule;
    struct node_conditions *conditions;
    struct node_preferences *preferences;
    struct node_pins *pins;
    bool has_other_accounts; /* with journals of their own (node_journals.h) */
    struct node_shares *shares;
    struct task_runner *runners[NODE_TASKS_MAX];
    size_t runner_count;
    /* A runner has been taken out, or something else is over that the end may
     * wait for (node_end.h). */
    void (*work_over)(struct node *node);

    uv_timer_t tick;
    uint64_t started_ms; /* monotonic */
    bool is_ready;
    bool is_asking_network;
    bool knows_network;     /* slots have begun, or it has failed */
    char other_genesis[64]; /* the endpoint's, where it is another */
    char genesis[64];       /* of the folder's network, base58; "": none yet */
    struct node_balance balances[NODE_KEYS];
    struct slot_watch watch;
    bool is_looking;          /* asking for the final slot */
    uint64_t heard_slot;      /* the subscription's newest; 0: none yet */
    uint64_t slot_written_ms; /* when a sure one was; 0: not yet */
    uint64_t slot_seen_ms;    /* when the newest slot came */
    uint64_t measured_slot;   /* where the average slot time begins */
    uint64_t measured_ms;
    bool wants_restart; /* it stops, to begin anew */
    bool is_stopping;
    bool is_client_open; /* while stopping: client, signer or writer not closed
                            yet */
    unsigned open_handles;
    unsigned looks; /* into the store, of an operator; it outlives them */
    void (*journals_closed)(void *user);
    void (*stopped)(void *user);
    void *stopped_user;
};

/* Do slots come in? */
bool node_is_connected(const struct node *node);

/* Prometheus text (exposition format 0.0.4), appended. The names are an
 * interface: dashboards know them. */
void node_metrics(struct node *node, struct buffer *out);

#endif
