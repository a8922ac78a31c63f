/*
 * Sending this node's own distribution list.
 */
#ifndef POND_NODE_TASK_TASK_LIST_H
#define POND_NODE_TASK_TASK_LIST_H

#include "node/task/duty.h"

/* Given a duty just begun, from the loop (duty_later()); ends it with
 * duty_end() or duty_fail(), perhaps before it returns. */
void task_list_begin(struct duty *duty);

#endif
