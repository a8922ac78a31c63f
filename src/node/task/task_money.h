/*
 * What a node stakes and claims.
 */
#ifndef POND_NODE_TASK_TASK_MONEY_H
#define POND_NODE_TASK_TASK_MONEY_H

#include "node/task/runner.h"

/* Stake what is wanting; the runner's stake_ended() comes when that has ended.
 */
void task_money_stake(struct task_runner *runner);

/* What was asked for is there, whoever brought it about: this runner's sending,
 * one that was taken up after a restart, or somebody before. The wish ends, in
 * the journal too. */
void task_money_stake_done(struct task_runner *runner);

/* Claim if there is something to claim and the operator wants it. */
void task_money_look_at_claims(struct task_runner *runner);

#endif
