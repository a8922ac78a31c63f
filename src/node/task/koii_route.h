/*
 * A request to the own HTTP server of a task on the engine node: passed on to
 * the port that the task was started with, in the task's own network, and its
 * answer passed back, byte for byte. What belongs to one connection alone
 * (RFC 9110, 7.6.1) is left out on both ways.
 *
 * A body that was there with its request is held whole, a larger one is sent as
 * it comes. An answer is passed on as it comes, however long it is and however
 * long it takes: a task waits for its client, and a client for its task, which
 * may be silent for some minutes.
 */
#ifndef POND_NODE_TASK_KOII_ROUTE_H
#define POND_NODE_TASK_KOII_ROUTE_H

#include "node/task/runner.h"
#include "node/task/task_runner.h"

/* As task_runner_route(). */
int koii_route_start(struct task_runner *runner, const char *request,
                     struct bytes body, const struct byte_source *coming,
                     task_runner_answer *done, void *user);

#endif
