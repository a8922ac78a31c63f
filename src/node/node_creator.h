/*
 * What the node's wallet orders as the creator of a task: looked at on chain,
 * judged, and sent as every order by a key is (node_transfers.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_CREATOR_H
#define POND_NODE_NODE_CREATOR_H

#include "node/node_internal.h"
#include "node/page/api_world.h"

/* As order_as_creator() of api_world.h. It counts as one of the node's looks
 * (node_internal.h). */
int node_creator_order(struct node *node, const char *key,
                       const struct creator_order *order,
                       api_creator_ordered *done, void *user);

#endif
