/*
 * Inside the node: what goes wrong or happens, told to the operator
 * (owner/notice_book.h) and to a webhook. Looked for with the node's tick.
 */
#ifndef POND_NODE_NODE_NOTICES_H
#define POND_NODE_NODE_NOTICES_H

#include "node/node.h"

/* After journal and writer are open. Errors are the book's, and the webhook's
 * for its URL and secret. */
int node_notices_open(struct node *node);

/* One look: at every tick. */
void node_notices_look(struct node *node);

/* What was free on the folder's disk at the last look; false: not known yet. */
bool node_notices_disk(const struct node *node, uint64_t *bytes);

/* No look comes any more, and nothing is sent. Once, also after a failed
 * start. */
void node_notices_stop(struct node *node);

/* When the writer has closed. */
void node_notices_close(struct node *node);

#endif
