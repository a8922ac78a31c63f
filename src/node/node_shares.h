/*
 * Inside the node: what all tasks may take together of processors and memory
 * (owner/task_share.h), by what the owner of the machine allows
 * (node_conditions.h).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_SHARES_H
#define POND_NODE_NODE_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;
struct node_shares;

struct node_shares *node_shares_new(void);
void node_shares_free(struct node_shares *shares);

/* At every tick. now_ms: monotonic. */
void node_shares_look(struct node *node, uint64_t now_ms);

/* Whether the task of node->runners[place] rests for its memory. */
bool node_shares_rest(const struct node *node, size_t place);

#endif
