/*
 * What a task brings, for the account book (money/journal_earning.h): rewards
 * and slashes as the lists say that were carried out, and every fall of the
 * stake as the chain shows it.
 *
 * A fall is believed when two answers in a row show it. A stake that is gone
 * whole was withdrawn, unless a list has just slashed it. What this node's own
 * orders moved is noted when they are final.
 */
#ifndef POND_NODE_TASK_TASK_EARNINGS_H
#define POND_NODE_TASK_TASK_EARNINGS_H

#include "node/task/runner.h"

struct task_earnings *task_earnings_new(void);
void task_earnings_free(struct task_earnings *book);

/* A round is paid, and its list gives this node so much; negative: takes it. */
void task_earnings_paid(struct task_runner *runner, uint64_t round,
                        int64_t amount);

/* It took a penalty; reference tells those of one round apart, reason is
 * static. And it had no proof, though the task ran. */
void task_earnings_penalty(struct task_runner *runner, uint64_t round,
                           uint64_t amount, const struct hash *reference,
                           const char *reason);
void task_earnings_missed(struct task_runner *runner, uint64_t round);

/* The view is fresh. */
void task_earnings_look(struct task_runner *runner);

/* A final claim of the journal brought so much, as the chain says. */
void task_earnings_claimed(struct task_runner *runner,
                           const struct journal_entry *entry, uint64_t amount);

#endif
