/*
 * Inside the node: what its operator wants of it (owner/preference.h), kept in
 * the journal's file. What holds stands in the node's options, where its parts
 * read it.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_PREFERENCES_H
#define POND_NODE_NODE_PREFERENCES_H

#include "node/node_control.h"
#include "node/owner/preference.h"

struct node;
struct node_preferences;

/* Read what was kept, and take the node's options. Errors of the journal. What
 * can't be read is logged, and the defaults hold. Blocks. */
int node_preferences_open(struct node *node);
/* When the writer has closed; also after a failed start. */
void node_preferences_close(struct node *node);

/* Borrowed until the next change. */
const struct preferences *node_preferences_get(const struct node *node);

/* preferences_change(), and its errors. done comes when it is written down, and
 * it holds from then on. */
int node_preferences_change(struct node *node, struct json_object *changes,
                            node_control_done *done, void *user);

/* {…preferences_write(), "version":text} */
void node_preferences_write(const struct node *node,
                            struct json_writer *writer);

#endif
