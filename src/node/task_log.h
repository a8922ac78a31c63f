/*
 * The log of one task, <node folder>/namespace/<task id>/task.log: one line an
 * event with its time, as Koii's node keeps it. At 5 MiB the file is moved to
 * task.log.1 (replacing the one before), so a task can't fill the disk.
 */
#ifndef POND_NODE_TASK_LOG_H
#define POND_NODE_TASK_LOG_H

#include "base/buffer.h"
#include "base/log.h"

#define TASK_LOG_SIZE_MAX (5u << 20)

struct task_log;

/* Open the file in folder, which must be there; made or appended to. */
int task_log_open(const char *folder, struct task_log **out);
void task_log_close(struct task_log *log); /* NULL is allowed */

/* Failures to write are not reported: a full disk must not stop a task. */
void task_log_line(struct task_log *log, enum log_level level,
                   const char *text);

/* Append the last size_max bytes, beginning with a whole line. */
int task_log_tail(const char *folder, size_t size_max, struct buffer *out);

#endif
