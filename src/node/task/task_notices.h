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

/* What the chain says of proofs was read, or a round has ended. An accusation
 * of this node's is told, the newest alone, and lasts until its round is over.
 */
void task_notices_accused(struct task_runner *runner);

/* The operator has stopped the task: what is a trouble only while it works has
 * ended. */
void task_notices_over(struct task_runner *runner);

#endif
