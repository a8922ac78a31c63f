/*
 * What a task's runner tells the operator by itself, at once
 * (owner/notice_book.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_TASK_NOTICES_H
#define POND_NODE_TASK_TASK_NOTICES_H

#include "node/task/runner.h"

/* So many rounds in a row without a proof are no chance. */
#define TASK_NOTICES_MISSED_MANY 3

/* A round is over, whose proof was sent, or was not although the task ran. Each
 * round counts once, in their order. Told is the first of a row, and once more
 * when there are many; a proof ends it. */
void task_notices_proof(struct task_runner *runner, uint64_t round,
                        bool was_sent);

#endif
