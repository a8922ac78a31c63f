/*
 * Keeps secrets out of a task's log, which people send to each other when
 * something is wrong: the values of the task's variables, and secret keys.
 *
 * A secret key is known by itself: 64 bytes, as a JSON array or in base58, of
 * which the second half is the public key of the first. So a signature, which
 * is as long, stays readable.
 *
 * What a task takes apart, or codes in another way, is not found: this is
 * against mistakes, not against the task.
 *
 * No I/O. Thread: any, one at a time.
 */
#ifndef POND_NODE_TASK_LOG_HIDE_H
#define POND_NODE_TASK_LOG_HIDE_H

#include "base/buffer.h"

/* Bytes. Shorter values are words ("true", a port), and hiding those would take
 * more from the log than it keeps from others. */
#define LOG_HIDE_SIZE_MIN 8
/* A task has a handful of variables. */
#define LOG_HIDE_VALUES_MAX 64

/* Zeros: no value is hidden. */
struct log_hide {
    struct buffer values[LOG_HIDE_VALUES_MAX];
    size_t count;
};

/* From now on these values, in place of those of before: variables is the JSON
 * object of texts that the task gets. Beyond the limits values stay readable.
 */
void log_hide_values(struct log_hide *hide, const char *variables);

/* Append the text with "[hidden]" in place of secrets. */
void log_hide_write(const struct log_hide *hide, struct bytes text,
                    struct buffer *out);

/* Wiped. It can be used again. */
void log_hide_free(struct log_hide *hide);

#endif
