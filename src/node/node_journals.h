/*
 * Inside the node: the journals of its folder.
 *
 * journal.db has what the operator has set and what belongs to the folder
 * (parts.settings). Of the account that the folder was used with first it has
 * all else, too: actions, tasks, the account book. Another account has a
 * journal of its own for those (parts.journal), journal-KEY.db with the base58
 * of its main key, whatever its name becomes. An action is named by task and
 * round: two accounts in one journal would each take the other's submission for
 * its own, count its claims, and withdraw its stakes.
 */
#ifndef POND_NODE_NODE_JOURNALS_H
#define POND_NODE_NODE_JOURNALS_H

#include "node/node.h"

/* Open them; the keys are known. Errors are the journal's. Blocks. What was
 * opened before an error is closed as after a start. */
int node_journals_open(struct node *node);

/* When all writes are done, closed(node) is called, from the loop or from
 * inside. Nothing is written from then on. */
void node_journals_end(struct node *node, void (*closed)(void *user));

/* The connections for reading, last. */
void node_journals_close(struct node *node);

#endif
