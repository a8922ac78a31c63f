/*
 * The hours in which this node's tasks run (owner/schedule.h): looked at every
 * other second, on the wall clock as it is then. A task outside its hours has
 * no process, and "schedule" as its reason; its stake and its rewards stay.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_SCHEDULE_H
#define POND_NODE_NODE_SCHEDULE_H

#include "base/json.h"
#include "node/node_control.h"

struct node;

/* Read what was set. Errors of the journal; sessions that can't be read are
 * logged, and none holds then. */
int node_schedule_open(struct node *node);

/* Whether the hours let tasks run. now: Unix, in seconds. */
bool node_schedule_allows(const struct node *node, int64_t now);

/* Add a session, or remove all. done comes when it is written down; errors are
 * those of schedule_read() and schedule_add(). */
int node_schedule_add(struct node *node, struct json_object *session,
                      node_control_done *done, void *user);
void node_schedule_clear(struct node *node, node_control_done *done,
                         void *user);

#endif
