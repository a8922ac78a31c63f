/*
 * More stake on tasks that run, as the operator orders it: by a key, a UUID, so
 * that one order is one transaction at most (node/task/task_more.h).
 *
 * One that was under way when the node ended is taken up at the next start, as
 * the same bytes (node_transfers.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_STAKES_H
#define POND_NODE_NODE_STAKES_H

#include "node/node_internal.h"
#include "node/page/api_world.h"

/* As api_world.h has them. */
int node_stakes_order(struct node *node, const struct pubkey *task,
                      const char *key, uint64_t amount, api_done *done,
                      void *user);
int node_stakes_state(struct node *node, const struct pubkey *task,
                      const char *key, struct api_stake_state *out);

#endif
