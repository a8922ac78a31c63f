/*
 * Duties of a task on the engine node. The bundle submits, audits and lists by
 * itself, through its namespace wrapper: the node tells it when, by Koii's
 * messages (reference, 2.3), and sees on chain and in the journal what came of
 * it. Payouts are looked at by the node as for every task.
 */
#ifndef POND_NODE_TASK_KOII_DUTY_H
#define POND_NODE_TASK_KOII_DUTY_H

#include "node/task/duty.h"

/* Given a duty just begun, from the loop (duty_later()); ends it with
 * duty_end() or duty_fail(), perhaps before it returns. */
void koii_duty_begin(struct duty *duty);

/* The process has ended: whatever it was told and did not do is told the next
 * one again. */
void koii_duty_reopen(struct task_runner *runner);

#endif
