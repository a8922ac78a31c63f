/*
 * What the commands about a node's coins on a task work with: the keys of an
 * account, an endpoint, and what the chain says of the task.
 *
 * Thread: the main one; calls block.
 */
#ifndef POND_CLI_TASK_WORK_H
#define POND_CLI_TASK_WORK_H

#include "cli/task.h"
#include "node/money/signer.h"

#define TASK_ACCOUNT_HELP                                                      \
    "whose keys: an account of the node's folder (the one in use)"

/* Open from a task_work_open() that has returned 0 to task_work_close(); after
 * an error nothing of it is open. */
struct task_work {
    struct session session;
    struct signer *signer;
    struct pubkey task;
    struct cli_task known;
    struct pubkey staking;      /* the account's key in the task */
    uint64_t staked, claimable; /* of that key; in the task's own units */
};

/* account: of the node's folder; NULL: the one in use. Reads its keys, and
 * opens the endpoint. */
int task_work_open(struct cli *cli, const char *account,
                   struct task_work *work);

/* Look at this task from now on. */
int task_work_look(struct task_work *work, const struct pubkey *task);

/* Both, of the task that the command line names. */
int task_work_begin(struct cli *cli, const char *account,
                    struct task_work *work);

void task_work_close(struct task_work *work);

/* What a key has in a task. ERR_NOT_FOUND: there is no such task. */
struct task_coins {
    uint64_t staked, claimable;
};
int task_coins_look(struct session *session, const struct pubkey *task,
                    const struct pubkey *key, struct task_coins *out);

/* Bring what is claimable to the account's main wallet, and print the open
 * record with signature and slot; sent: into this instead, if it is not NULL.
 */
int task_work_claim(struct task_work *work, struct client_sent *sent);

/* The main key of an account, which needs no passphrase. ERR_NOT_FOUND with a
 * hint. */
int task_account_key(struct cli *cli, const char *account, struct pubkey *out);

#endif
