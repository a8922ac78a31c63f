/*
 * What the node's keys still have on tasks that were stopped: asked of the
 * chain now and then, one task after the other, because nobody else looks at
 * them.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_STOPPED_H
#define POND_NODE_NODE_STOPPED_H

#include "node/node_internal.h"

struct node_stopped;

struct node_stopped *node_stopped_new(void);
/* Once the client has closed. NULL is allowed. */
void node_stopped_free(struct node_stopped *stopped);

/* Every other second. */
void node_stopped_look(struct node *node, uint64_t now_ms);

#endif
