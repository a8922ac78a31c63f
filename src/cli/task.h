/*
 * What the commands about tasks share.
 */
#ifndef POND_CLI_TASK_H
#define POND_CLI_TASK_H

#include "cli/session.h"

/* The first argument as a task's address. */
int cli_task_key(struct cli *cli, struct pubkey *out);

/* The pot and (if not NULL) the manager of a task. ERR_NOT_FOUND. */
int cli_task_pot(struct session *session, const struct pubkey *task,
                 struct pubkey *stake_pot, struct pubkey *manager);

#endif
