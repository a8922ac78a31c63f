/*
 * Having the node that runs on this machine begin anew. Blocks. Thread: the
 * main one.
 */
#ifndef POND_CLI_NODE_RESTART_H
#define POND_CLI_NODE_RESTART_H

#include "cli/cli.h"

/* Order it, wait until it is back, and print in which state. ERR_TIMEOUT where
 * it does not come back, ERR_CLOSED where its process has ended. */
int node_restart_wait(struct cli *cli);

#endif
