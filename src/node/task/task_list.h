/*
 * Sending this node's own distribution list.
 */
#ifndef POND_NODE_TASK_TASK_LIST_H
#define POND_NODE_TASK_TASK_LIST_H

#include "node/task/duty.h"

/* Given a duty just begun, from the loop (duty_later()); ends it with
 * duty_end() or duty_fail(), perhaps before it returns. */
void task_list_begin(struct duty *duty);

/* The two halves for an errand (duty.h), with a list that the task has made:
 * upload it; and submit what was uploaded. The first ends with DONE also where
 * it came too late: task_list_is_up(), until the errand's done returns. */
void task_list_upload(struct duty *duty, const char *list);
bool task_list_is_up(const struct duty *duty);
void task_list_submit(struct duty *duty);

#endif
