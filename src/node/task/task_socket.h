/*
 * WebSockets of a task: webSocketOpen, webSocketRead, webSocketSend and
 * webSocketClose (node/reach/socket_set.h).
 */
#ifndef POND_NODE_TASK_TASK_SOCKET_H
#define POND_NODE_TASK_TASK_SOCKET_H

#include "node/task/host_ask.h"

void task_socket_open(struct host_ask *ask, struct json_object *params,
                      struct bytes payload);
void task_socket_read(struct host_ask *ask, struct json_object *params,
                      struct bytes payload);
void task_socket_send(struct host_ask *ask, struct json_object *params,
                      struct bytes payload);
void task_socket_close(struct host_ask *ask, struct json_object *params,
                       struct bytes payload);

#endif
