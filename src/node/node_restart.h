/*
 * Inside the node: the order to begin anew. Its program does it
 * (node_events.restart). Thread: the loop's.
 */
#ifndef POND_NODE_NODE_RESTART_H
#define POND_NODE_NODE_RESTART_H

#include <stdbool.h>

struct node;

/* With the node's next tick, which is soon. *asks: for the passphrase, on the
 * page. ERR_UNSUPPORTED, ERR_STATE. */
int node_restart(struct node *node, bool *asks);

#endif
