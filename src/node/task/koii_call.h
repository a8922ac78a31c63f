/*
 * POST /namespace-wrapper: what a task on the engine node asks of its node
 * (reference, 2.4). The methods that both engines have are those of the world
 * (node/reach/host_world.h); here are the others, and those whose arguments
 * differ.
 */
#ifndef POND_NODE_TASK_KOII_CALL_H
#define POND_NODE_TASK_KOII_CALL_H

#include "node/task/runner.h"

/* args: [method, ...parameters], borrowed. request_id: by which the runner's
 * worker answers (runner_worker_take_request()). */
void koii_call_serve(struct task_runner *runner, uint64_t request_id,
                     struct json_object *args);

#endif
