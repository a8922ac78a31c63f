/*
 * A node's options as it keeps them: the caller's memory may go as soon as
 * node_start() has returned.
 */
#ifndef POND_NODE_NODE_OPTIONS_COPY_H
#define POND_NODE_NODE_OPTIONS_COPY_H

#include "node/parts/node_options.h"

/* With the defaults of what is 0 or NULL. All texts are copies. */
void node_options_copy(const struct node_options *from,
                       struct node_options *to);
void node_options_free(struct node_options *options);

#endif
