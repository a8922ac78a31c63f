/*
 * What the control port takes beyond a task's start, stop and claim: the
 * operator's variables.
 *
 *   GET  /variables         {"variables":[{"label":text,
 *                           "used_by":[{"task":id,"variable":name}]}]}
 *   POST /variables/set     {"label":text, "value":text}
 *   POST /variables/remove  {"label":text}
 *   POST /variables/pair    {"task":id, "variable":name, "label":text}
 *   POST /variables/unpair  {"task":id, "variable":name}
 *
 * Errors are those of the parts that carry an order out.
 */
#ifndef POND_NODE_NODE_OWNER_H
#define POND_NODE_NODE_OWNER_H

#include "node/node_control.h"

/* user: the struct node. */
node_control_other node_owner_ask;

#endif
