/*
 * What the commands about tasks share: reading a task from the command line,
 * and those of its keys that every instruction needs but no user knows.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_H
#define POND_CLI_TASK_H

#include "cli/session.h"

/* The first argument as a task's address: base58, or the key file that was
 * written when the task was created. ERR_INVALID with a hint. */
int cli_task_key(struct cli *cli, struct pubkey *out);

/* The pot and (if not NULL) the manager of a task, from its state on chain.
 * ERR_NOT_FOUND: there is no task of this address. */
int cli_task_pot(struct session *session, const struct pubkey *task,
                 struct pubkey *stake_pot, struct pubkey *manager);

/* Give the node an order to all its tasks, at that path of its control port, and
 * print what became of each. ERR_REMOTE, once all are printed, if some refused.
 */
int cli_task_all(struct cli *cli, const char *path);

#endif
