/*
 * Claims as their orderer follows them: each by the number that the node counts
 * it with (node/task/task_money.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_CLAIMS_H
#define POND_NODE_NODE_CLAIMS_H

#include "node/node_internal.h"

/* As api_world.h has them. */
int node_claims_order(struct node *node, const struct pubkey *task,
                      uint64_t *number);
int node_claims_state(struct node *node, const struct pubkey *task,
                      uint64_t number, const char **state);

#endif
