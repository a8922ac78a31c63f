/*
 * Inside the node: what goes wrong or happens, told to the operator
 * (owner/notice_book.h) and to a webhook. Looked for with the node's tick.
 */
#ifndef POND_NODE_NODE_NOTICES_H
#define POND_NODE_NODE_NOTICES_H

#include "node/node.h"
#include "node/owner/webhook.h"

/* After journal and writer are open. Errors are the book's, and the webhook's
 * for its URL and secret. */
int node_notices_open(struct node *node);

/* The webhook, or what it gets, is another one now (owner/choice_book.h). */
void node_notices_send_anew(struct node *node);
/* NULL: none is set. */
const struct webhook *node_notices_webhook(const struct node *node);
/* Errors of webhook_test(); ERR_STATE: none is set. */
int node_notices_test(struct node *node, webhook_tested *done, void *user);

/* One look: at every tick. */
void node_notices_look(struct node *node);

/* Part of a look: its tasks. */
void node_notices_look_at_tasks(struct node *node);

/* What was free on the folder's disk at the last look; false: not known yet. */
bool node_notices_disk(const struct node *node, uint64_t *bytes);

/* No look comes any more, and nothing is sent. Once, also after a failed
 * start. */
void node_notices_stop(struct node *node);

/* When the writer has closed. */
void node_notices_close(struct node *node);

#endif
