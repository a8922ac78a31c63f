/*
 * Evidence that a task puts and gets.
 */
#ifndef POND_NODE_TASK_TASK_STORAGE_H
#define POND_NODE_TASK_TASK_STORAGE_H

#include "node/task/host_ask.h"

/* storagePut [description], payload: the files; storageGet [cid, path]. */
void task_storage_put(struct host_ask *ask, struct json_object *params,
                      struct bytes payload);
void task_storage_get(struct host_ask *ask, struct json_object *params,
                      struct bytes payload);

#endif
