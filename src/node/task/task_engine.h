/*
 * Which engine a task asks for. Its metadata says so, beside its code, under
 * "engine": absent or "pond" is the one there is. A task for another engine can
 * load here by chance and then does not do what it should.
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

/* ERR_UNSUPPORTED once it is known that the task asks for another engine. */
int task_engine_check(const struct task_runner *runner);

#endif
