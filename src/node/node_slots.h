/*
 * The node's clock: slots come from the endpoint, are judged (slot_watch.h) and
 * handed to every part that goes by them.
 */
#ifndef POND_NODE_NODE_SLOTS_H
#define POND_NODE_NODE_SLOTS_H

#include "node/node_internal.h"

/* Subscribe. Slots come from the loop, until client_unsubscribe_slots(). */
void node_slots_begin(struct node *node);

/* Ask for the final slot, once in a while, unless a question is under way or no
 * slot has come yet. */
void node_slots_look(struct node *node);

#endif
