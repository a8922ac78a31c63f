/*
 * Which duties are begun, and the simplest of them: task() and submission().
 */
#ifndef POND_NODE_TASK_TASK_DUTY_H
#define POND_NODE_TASK_TASK_DUTY_H

#include "node/task/runner.h"

/* Start all that is due at the runner's slot. */
void task_duty_start_all(struct task_runner *runner);

/* A proof of the round before can be sent, now or within that time, the work
 * for it is done, and it has not been sent yet. */
bool task_duty_owes_proof(const struct task_runner *runner, uint64_t within_ms);

#endif
