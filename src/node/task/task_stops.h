/*
 * Why a task's process stopped, for the journal (money/journal_stop.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_TASK_STOPS_H
#define POND_NODE_TASK_TASK_STOPS_H

#include "node/task/runner.h"

/* Of a process's end: memory_limit, time_limit, sandbox or crashed. */
enum task_reason task_stops_reason(const struct host_end *end);

/* It stopped. text: for people, or NULL. */
void task_stops_note(struct task_runner *runner, enum task_reason reason,
                     const char *text);

#endif
