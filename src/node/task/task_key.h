/*
 * By which key a node stakes, submits and votes in a task.
 *
 * Koii's node has one staking key for all its tasks, and hands its secret to
 * each of them: existing bundles sign with it, and find their own submissions
 * by it. A task that had it could take the stakes and rewards of all others. So
 * a task of the engine node has a staking key for itself, which is made from
 * the node's, and may have its secret: what it can move with that is its own
 * stake and its own rewards. A task of the engine pond never sees a secret, and
 * uses the node's staking key.
 *
 * Where a stake is, decides: one that was placed by the node's staking key
 * stays with that, and such a task gets the secret only if its operator trusts
 * it.
 */
#ifndef POND_NODE_TASK_TASK_KEY_H
#define POND_NODE_TASK_TASK_KEY_H

#include "node/task/runner.h"

/* Choose runner->own by what the view says; again with each view until the key
 * is settled, which is before anything is staked or started. ERR_BUSY: the
 * signer has not said yet which key that is; nothing was changed. */
int task_key_choose(struct task_runner *runner);
int task_key_settle(struct task_runner *runner);

/* Which key the task may have the secret of. ERR_DENIED: none, and what its
 * operator can do about it. */
int task_key_for_task(const struct task_runner *runner, struct signer_key *out);

#endif
