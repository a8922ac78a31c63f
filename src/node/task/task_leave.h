/*
 * A task is left: this node takes back what it has staked there. It does no new
 * work, waits until the chain lets the stake go (four rounds after its last
 * proof), withdraws it, and claims what it is owed then.
 *
 * Each step is taken from what the chain says, and sent under a name of the
 * journal: so the wish may be uttered again after a crash, and nothing is done
 * twice. That it stands is for the node to remember.
 */
#ifndef POND_NODE_TASK_TASK_LEAVE_H
#define POND_NODE_TASK_TASK_LEAVE_H

#include "node/task/runner.h"

/* The view is fresh: take the next step. */
void task_leave_look(struct task_runner *runner);

#endif
