/*
 * The accounts that hold a task's distribution lists: which of them a list goes
 * to, and whether it may be written.
 *
 * An account holds one list, and a payout takes none that was written after its
 * list was sent. There are two: one for the list whose turn it is, one for
 * those that are late. Their keys are made from the staking key and the task's
 * id.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_LIST_ACCOUNT_H
#define POND_NODE_TASK_LIST_ACCOUNT_H

#include "node/task/duty.h"

/* Is the list later than in its own turn? */
bool list_account_is_late(const struct duty *duty);

/* Where the duty's list goes. Known once list_account_ask() has given 0, which
 * gives ERR_BUSY while the signing process is asked. */
const struct pubkey *list_account_of(const struct duty *duty);
int list_account_ask(struct duty *duty);

/* May it be written for this duty: no other list was begun in it in this round
 * of the clock? Errors of the journal. */
int list_account_is_free(struct duty *duty, bool *out);

/* Does it hold a list of the round of the clock before, which can still be
 * paid? Payouts take turns at the beginning of a round: such a list keeps the
 * account as long as it is early, which is half the submission window. Errors
 * of the journal. */
int list_account_is_kept(struct duty *duty, bool *out);
bool list_account_is_early(const struct duty *duty);

#endif
