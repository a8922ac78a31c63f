/*
 * Inside the node: its end, which is one for a node that is stopped and for one
 * whose start has failed. Thread: the loop's.
 */
#ifndef POND_NODE_NODE_END_H
#define POND_NODE_NODE_END_H

struct node;

/* Nothing new begins, and what there is comes to its end; then the node is
 * freed, and node->stopped is called unless it is NULL: from the loop. Once. */
void node_end(struct node *node);

/* Something that the end may wait for is over. */
void node_end_go_on(struct node *node);

#endif
