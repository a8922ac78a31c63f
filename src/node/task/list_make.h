/*
 * This node's own distribution list of a round: to be sent, or to compare
 * others with.
 */
#ifndef POND_NODE_TASK_LIST_MAKE_H
#define POND_NODE_TASK_LIST_MAKE_H

#include "node/task/duty.h"

/* Compute the list of the duty's round, or take the one there is; next(duty) is
 * called from the loop then, never from inside. The list stands in the round's
 * record (own_list), which stays NULL where the task makes none. After an error
 * the duty has failed, and next is not called. */
void list_make(struct duty *duty, void (*next)(struct duty *duty));

#endif
