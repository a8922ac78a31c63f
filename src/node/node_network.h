/*
 * Inside the node: which network its folder belongs to.
 *
 * A network is known by the hash of its genesis, not by its URL: an endpoint
 * can move, and another network can take its address. The first one that a
 * folder is used with is written down. With another one nothing is done: the
 * journal's actions, the rounds and the pins in the folder are of the first.
 */
#ifndef POND_NODE_NODE_NETWORK_H
#define POND_NODE_NODE_NETWORK_H

#include "node/node.h"

/* Read what is written down. Errors are the journal's. Blocks. */
int node_network_open(struct node *node);

/* Ask the endpoint, unless it has answered: at every tick. Slots begin when the
 * network is the folder's (node_slots.h); events.failed() is called, once, when
 * it is another. An endpoint that does not know the question is believed. */
void node_network_look(struct node *node);

#endif
