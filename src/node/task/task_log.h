/*
 * The log of one task, <node folder>/namespace/<task id>/task.log: one line an
 * event with its time, as Koii's node keeps it. At 5 MiB the file is moved to
 * task.log.1 (replacing the one before), so a task can't fill the disk.
 *
 * Thread: the loop's for a log that is open; task_log_tail() reads the file by
 * its name, from any.
 */
#ifndef POND_NODE_TASK_TASK_LOG_H
#define POND_NODE_TASK_TASK_LOG_H

#include "base/buffer.h"
#include "base/log.h"

#define TASK_LOG_SIZE_MAX (5u << 20)

struct task_log;

/* Open the file in folder, which must be there; made or appended to. ERR_IO and
 * the like; the task runs without a log then. */
int task_log_open(const char *folder, struct task_log **out);
void task_log_close(struct task_log *log); /* NULL is allowed */

/* From now on the values of these variables do not come into it, and never do
 * secret keys (log_hide.h). variables: a JSON object of texts. */
void task_log_hide(struct task_log *log, const char *variables);

/* Failures to write are not reported: a full disk must not stop a task. */
void task_log_line(struct task_log *log, enum log_level level,
                   const char *text);

/* A piece of the output of a task of the engine node, as Koii's node keeps it:
 * "[11/30/2026, 2:01:08 AM] " before it, and before what came from stderr
 * "ERROR: " if there is the word in it, else "WARNING: ". The time is UTC.
 * Control characters but tab and line break are left out. */
void task_log_output(struct task_log *log, bool is_error, struct bytes text);

/* Append the last size_max bytes, beginning with a whole line. The file may be
 * written meanwhile. ERR_IO if it can not be read, or there is none. */
int task_log_tail(const char *folder, size_t size_max, struct buffer *out);

#endif
