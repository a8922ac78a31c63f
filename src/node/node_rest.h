/*
 * Inside the node: which tasks rest, by their operator's hours
 * (node_schedule.h) and by what the owner of the machine allows
 * (node_conditions.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_REST_H
#define POND_NODE_NODE_REST_H

#include <stdint.h>

struct node;

/* Have tasks rest and go on: at every tick. now: Unix, in seconds. */
void node_rest_look(struct node *node, int64_t now);

#endif
