/*
 * Which engine a task runs on: pond-worker, or the system's node.
 *
 * The operator's word counts first. Where that is "auto" the task's metadata
 * says it, beside its code, under "engine". A task that says nothing runs in
 * pond-worker; and if it there asks for what only Node has, it is started once
 * more, in node, and stays there.
 */
#ifndef POND_NODE_TASK_TASK_ENGINE_H
#define POND_NODE_TASK_TASK_ENGINE_H

#include "node/reach/source_list.h"
#include "node/task/runner.h"

/* Read the metadata, once a runner, beside the start of its worker: it may take
 * long to come and is not there for every task. What asks for another engine
 * ends the worker. */
void task_engine_ask(struct task_runner *runner,
                     const struct source_list *sources);

/* A call into pond-worker has ended: if it says that the task needs node, and
 * the operator has not said otherwise, the task goes there. True if it does. */
bool task_engine_look(struct task_runner *runner,
                      const struct host_result *result);

/* ERR_UNSUPPORTED once it is known that the task asks for an engine that there
 * is not. */
int task_engine_check(const struct task_runner *runner);

#endif
