/*
 * Whether a stake would be taken and can be paid, asked of the chain before
 * anything is sent (node/money/stake_check.h).
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_PURSE_H
#define POND_CLI_TASK_PURSE_H

#include "cli/task.h"
#include "node/money/stake_check.h"

/* What is to be staked: amount by key, which has staked so much already. */
struct cli_stake {
    const struct cli_task *task;
    struct pubkey payer, key;
    uint64_t staked, amount;
};

/* ERR_STATE with the refusal's code before its text; purse is what was found.
 */
int cli_stake_check(struct session *session, const struct cli_stake *stake,
                    struct stake_purse *purse);

/* What the node shall stake, from billionths to the task's own units, in place;
 * a token's are its mint's to say, so the endpoint is asked. is_for_it: on this
 * task, which is checked as above for what is wanting, and not on the version
 * that it has moved to. */
int cli_stake_units(struct cli *cli, const struct pubkey *task, bool is_for_it,
                    uint64_t *stake);

#endif
