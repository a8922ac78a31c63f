/*
 * What a node stakes and claims.
 */
#ifndef POND_NODE_TASK_TASK_MONEY_H
#define POND_NODE_TASK_TASK_MONEY_H

#include "node/money/stake_check.h"
#include "node/task/runner.h"

/* What the others below take: stake_roe is to be staked, 0 for nothing. */
struct task_money *task_money_new(uint64_t stake_roe);
void task_money_free(struct task_money *money);

/* More is to be staked than is there; and the pause after the last failure is
 * over. */
bool task_money_is_stake_wanting(const struct task_runner *runner);
bool task_money_may_stake(struct task_runner *runner);

/* What the task says of a stake of so much more, for stake_check.h. The view
 * must be known. */
struct stake_order task_money_order(const struct task_runner *runner,
                                    uint64_t amount);

/* Whether the task takes what is wanting: stake_check_task(), with
 * runner->reason. The view must be known. */
int task_money_check_stake(struct task_runner *runner);

/* The last try was refused before anything was sent, for want of coins, or by
 * the chain: runner->reason says which. */
bool task_money_is_refused(const struct task_runner *runner);

/* Stake what is wanting; the runner's stake_ended() comes when that has ended.
 */
void task_money_stake(struct task_runner *runner);

/* Send a stake of an amount that was checked, under a name in the journal; done
 * comes with the runner as its user, unless this fails. */
int task_money_send_stake(struct task_runner *runner,
                          const struct stake_purse *purse,
                          const struct journal_name *name, uint64_t amount,
                          sender_done *done);

/* What was asked for is there: by this runner's sending, by one that was taken
 * up after a restart, or from before. The wish ends, in the journal, too. */
void task_money_stake_done(struct task_runner *runner);

/* The name of the next stake, claim or withdrawal: the last one's again if that
 * never came to its end. */
int task_money_next_name(const struct task_runner *runner,
                         enum journal_kind kind, struct journal_name *out);

/* The operator wants a claim of what there is, or will be. */
void task_money_claim(struct task_runner *runner);
bool task_money_wants_claim(const struct task_runner *runner);
/* The number of the claim after the one that is under way, if any. */
int task_money_claim_number(const struct task_runner *runner, uint64_t *number);

/* Is it known, or not to be had, what the claims brought that are final? */
bool task_money_is_settled(const struct task_runner *runner);

/* What a claim moves that was sent and is not final; 0: there is none. And what
 * the task owes beside it. */
uint64_t task_money_claiming(const struct task_runner *runner);
uint64_t task_money_claimable(const struct task_runner *runner);

/* Claim if there is something to claim and the operator wants it. */
void task_money_look_at_claims(struct task_runner *runner);

#endif
