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

/* Append the values of all variables, the book's and those that tasks were
 * given, as a JSON object of texts: what no report may have. The caller wipes
 * it. A value that can't be opened is left out, as no task has it either. */
void node_doctor_values(const struct node *node, struct buffer *out);

#endif
