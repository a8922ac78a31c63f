/*
 * Audits and votes, on submissions and on lists.
 */
#ifndef POND_NODE_TASK_TASK_REVIEW_H
#define POND_NODE_TASK_TASK_REVIEW_H

#include "node/task/duty.h"

/* How many submissions that are not accused a node checks, as Koii's namespace
 * wrapper does it. */
#define TASK_REVIEW_SAMPLE 5

/* Given a duty just begun, from the loop (duty_later()); ends it with
 * duty_end() or duty_fail(), perhaps before it returns. */
void task_review_begin(struct duty *duty);

#endif
