/*
 * Inside the node: what it says of itself when somebody asks whether all is as
 * it should be (page/doctor.h). What `pond doctor` finds of the machine is not
 * among it.
 */
#ifndef POND_NODE_NODE_DOCTOR_H
#define POND_NODE_NODE_DOCTOR_H

#include "base/json.h"

struct node;

/* Append its lines to an array. */
void node_doctor_examine(const struct node *node, struct json_object *items);

#endif
