/*
 * What a task asks of its node: the table of requests.
 */
#ifndef POND_NODE_TASK_TASK_HOST_H
#define POND_NODE_TASK_TASK_HOST_H

#include "node/reach/host_world.h"
#include "node/task/runner.h"

/* Only request is filled in; task_start.c adds the events of the worker's
 * life. */
extern const struct host_events task_host_requests;

/* The world of a task on this node: what both engines may ask. */
extern const struct host_world task_host_world;

#endif
