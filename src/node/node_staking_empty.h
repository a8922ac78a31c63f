/*
 * Coins of the staking key back to the main wallet, but for what its account
 * needs to be kept. Once the key has staked, the task program alone moves what
 * it holds, and lets it go to a stake alone: so it is staked, on a task on
 * which the key has none, withdrawn and claimed, in one transaction.
 *
 * The order's key (a UUID) gives its name in the journal, so one key is one
 * transaction at most. One that was under way when the node ended is taken up
 * at the next start, as the same bytes (node_transfers.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_STAKING_EMPTY_H
#define POND_NODE_NODE_STAKING_EMPTY_H

#include "node/node_internal.h"
#include "node/page/api_world.h"

/* As api_world.h has them. */
int node_staking_empty(struct node *node, const char *key, api_done *done,
                       void *user);
int node_staking_empty_state(struct node *node, const char *key,
                             struct api_stake_state *out);

#endif
