/*
 * What there is to pay a task's stake with, asked of the chain.
 */
#ifndef POND_NODE_TASK_TASK_PURSE_H
#define POND_NODE_TASK_TASK_PURSE_H

#include "node/money/stake_check.h"
#include "node/task/runner.h"

/* purse is NULL where it could not be asked (status). */
typedef void task_purse_done(struct task_runner *runner, int status,
                             const struct stake_purse *purse);

/* done comes later, from the loop, and once; not while the runner stops. The
 * view must be known, and the key settled. */
void task_purse_ask(struct task_runner *runner, task_purse_done *done);

#endif
