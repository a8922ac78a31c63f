/*
 * What open pages are told of a task as it happens: entries of the account
 * book, ends of rounds, duties (page/live.h has the forms).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_TASK_SAID_H
#define POND_NODE_TASK_TASK_SAID_H

#include "node/money/journal_earning.h"
#include "node/parts/node_parts.h"
#include "node/task/round.h"

/* An entry that was written: on "money". */
void task_said_entry(const struct node_parts *parts,
                     const struct journal_earning *earning);

/* How a round ended: its brief (task_rounds.h), on "task/ID". */
void task_said_round(const struct node_parts *parts, const struct pubkey *task,
                     const char *brief);

/* A duty ended, done or failed: on "task/ID". */
void task_said_duty(const struct node_parts *parts, const struct pubkey *task,
                    const struct round_duty *duty, bool is_done, uint64_t slot);

#endif
