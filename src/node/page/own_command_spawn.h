/*
 * Inside a command beside the node (own_command.h): the process.
 */
#ifndef POND_NODE_PAGE_OWN_COMMAND_SPAWN_H
#define POND_NODE_PAGE_OWN_COMMAND_SPAWN_H

#include "base/program_group.h"
#include "node/page/own_command.h"

/* Start this program with an order's words, and more of it as own_command.h
 * says. The streams, which stand on a loop and are not open yet, become the
 * other ends of its standard ones; they are the caller's to close, also after
 * ERR_IO. The order's input is not written. */
int own_command_spawn(const struct own_command_order *order,
                      uv_pipe_t *const streams[3], struct program_group *out);

#endif
