/*
 * The hours in which this node's tasks run (owner/schedule.h): those of the
 * node, and in their place those of a task that has some of its own. Looked at
 * every other second, on the wall clock as it is then. A task outside its hours
 * has no process, and "schedule" as its reason; its stake and its rewards stay.
 *
 * Each order takes the task whose hours are meant, NULL for the node's. done
 * comes when it is written down; errors that come at once are those of
 * owner/schedule.h, and ERR_LIMIT for too many tasks with hours of their own.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_SCHEDULE_H
#define POND_NODE_NODE_SCHEDULE_H

#include "base/json.h"
#include "crypto/key.h"
#include "node/node_control.h"

struct node;
struct node_schedule;

/* Read what was set. Errors of the journal; sessions that can't be read are
 * logged, and none holds then. */
int node_schedule_open(struct node *node);
void node_schedule_close(struct node *node);

/* Whether the hours let this task run. now: Unix, in seconds. */
bool node_schedule_allows(const struct node *node, const struct pubkey *task,
                          int64_t now);

int node_schedule_add(struct node *node, const struct pubkey *task,
                      struct json_object *session, node_control_done *done,
                      void *user);
int node_schedule_remove(struct node *node, const struct pubkey *task,
                         uint64_t id, node_control_done *done, void *user);
int node_schedule_enable(struct node *node, const struct pubkey *task,
                         uint64_t id, bool is_enabled, node_control_done *done,
                         void *user);
int node_schedule_clear(struct node *node, const struct pubkey *task,
                        node_control_done *done, void *user);

/* All sessions of a holder at once, in the place of those that it has: an array
 * as schedule_read() takes it. */
int node_schedule_put(struct node *node, const struct pubkey *task,
                      struct json_object *sessions, node_control_done *done,
                      void *user);

/* A task's own hours are those of another one, too, which has none: the same
 * task's next version. Errors of writing are logged. */
void node_schedule_copy(struct node *node, const struct pubkey *from,
                        const struct pubkey *to);

/* All sessions, an array: those of owner/schedule.h, each with "task":id or
 * null. */
void node_schedule_write(const struct node *node, struct json_writer *writer);

#endif
