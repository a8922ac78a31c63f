/*
 * fetch() of a task.
 */
#ifndef POND_NODE_TASK_TASK_FETCH_H
#define POND_NODE_TASK_TASK_FETCH_H

#include "node/task/host_ask.h"

/* fetch [{url, method, headers, body}], payload: body. */
void task_fetch_serve(struct host_ask *ask, struct json_object *params,
                      struct bytes payload);

/* fetchRead [stream], fetchCancel [stream]: node/reach/fetch_set.h. */
void task_fetch_read(struct host_ask *ask, struct json_object *params,
                     struct bytes payload);
void task_fetch_cancel(struct host_ask *ask, struct json_object *params,
                       struct bytes payload);

#endif
