/*
 * Inside the node: its runners. The orders about tasks that node.h has are
 * carried out here, too.
 */
#ifndef POND_NODE_NODE_TASKS_H
#define POND_NODE_NODE_TASKS_H

#include "node/node.h"
#include "node/task/task_runner.h"

/* NULL if the task does not run here (or is stopping). Valid until it is
 * stopped. */
struct task_runner *node_tasks_find(const struct node *node,
                                    const struct pubkey *task);

/* How it is run, and when it last sent a proof. Texts are the runner's. */
void node_tasks_describe(const struct node *node,
                         const struct task_runner *runner,
                         struct stopped_task *out);

/* Go on with the tasks of the journal. An error ends the walk. */
int node_tasks_resume(struct node *node);

/* Stop a runner that is not stopping; node->work_over() is called when it has
 * gone, never from inside. */
void node_tasks_stop(struct node *node, struct task_runner *runner);

#endif
