/*
 * Payouts, and what they brought.
 */
#ifndef POND_NODE_TASK_TASK_PAY_H
#define POND_NODE_TASK_TASK_PAY_H

#include "node/task/duty.h"

/* Given a duty just begun, from the loop (duty_later()); ends it with
 * duty_end() or duty_fail(), perhaps before it returns. */
void task_pay_begin(struct duty *duty);

#endif
