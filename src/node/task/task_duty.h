/*
 * Which duties are begun, and the simplest of them: task() and submission().
 */
#ifndef POND_NODE_TASK_TASK_DUTY_H
#define POND_NODE_TASK_TASK_DUTY_H

#include "node/task/runner.h"

/* Start all that is due at the runner's slot. */
void task_duty_start_all(struct task_runner *runner);

#endif
