/*
 * More stake on a task that is at work: an order of the operator's, which the
 * node does not make by itself.
 *
 * It has a name of its own in the journal, from the key that it was ordered
 * with (task_more_name()). So an order is one transaction at most, whatever
 * becomes of the node meanwhile; and one that was not written down was not
 * begun.
 *
 * One order a task is under way at a time.
 */
#ifndef POND_NODE_TASK_TASK_MORE_H
#define POND_NODE_TASK_TASK_MORE_H

#include "node/task/runner.h"

/* How the journal calls the order of that key, a UUID. */
void task_more_name(const struct pubkey *task, const char *key,
                    struct journal_name *out);

/* Of the runner's ending. NULL is allowed. */
void task_more_free(struct task_more *more);

#endif
