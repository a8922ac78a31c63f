/*
 * Where keys have a stake, or coins to claim: looked for in the states of all
 * tasks on chain, native ones and those of KPL.
 *
 *   {"items":[{"key","task","name","token":mint or null,"stake","claimable"}]}
 *
 * Amounts are decimal texts of base units; "items" has at most
 * NODE_STAKE_SEARCH_MAX. Names are strangers' and may be anything; they are
 * cut.
 *
 * Thread: the loop's of the client.
 */
#ifndef POND_NODE_NODE_STAKE_SEARCH_H
#define POND_NODE_NODE_STAKE_SEARCH_H

#include "crypto/key.h"
#include "node/page/api_world.h"

#define NODE_STAKE_SEARCH_MAX 1000

/* answered comes once, from the loop; when the client is closed, too. The keys
 * are copied. */
void node_stake_search(struct client *client, const struct pubkey *keys,
                       size_t count, api_answered *answered, void *user);

#endif
