/*
 * From a known task to a running one.
 */
#ifndef POND_NODE_TASK_TASK_START_H
#define POND_NODE_TASK_TASK_START_H

#include "node/task/runner.h"

/* One step from loading to the worker's start; called again whenever something
 * has arrived, and by the timer where nothing will. */
void task_start_advance(struct task_runner *runner);

/* Have the task begin again with the code as it is now, at once: without the
 * pause after an end or a failed start. Runtime memory and rounds stay. */
void task_start_reload(struct task_runner *runner);

/* Once all rounds that an inactive task was worked for are over, its worker is
 * stopped. The state is then FAILED until the task is active again. Called when
 * the clock's round begins. */
void task_start_rest_if_inactive(struct task_runner *runner, uint64_t round);

/* The runner is paused: what runs ends, and begins again by itself when it is
 * not. */
void task_start_pause(struct task_runner *runner);

#endif
