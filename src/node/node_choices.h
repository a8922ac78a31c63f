/*
 * Inside the node: what its operator has chosen in place of its options
 * (owner/choice_book.h).
 */
#ifndef POND_NODE_NODE_CHOICES_H
#define POND_NODE_NODE_CHOICES_H

#include "node/node_internal.h"
#include "node/owner/choice_book.h"

/* Once the journals are open: the node's options are as was chosen. Errors are
 * the journal's. Blocks. */
int node_choices_open(struct node *node);

/* NULL: as it was given. done comes once that is written down. ERR_INVALID,
 * ERR_LIMIT, ERR_NOT_FOUND for a network that nobody knows. */
int node_choices_set(struct node *node, enum choice choice, const char *value,
                     setting_written *done, void *user);

#endif
