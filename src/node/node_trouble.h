/*
 * Inside the node: a trouble that its operator is told of when it begins
 * (owner/notice_book.h).
 */
#ifndef POND_NODE_NODE_TROUBLE_H
#define POND_NODE_NODE_TROUBLE_H

#include "node/node.h"
#include "node/owner/notice_book.h"

/* It is there, or is not. task: base58, or ""; text and facts (NULL is allowed)
 * are freed. */
void node_trouble(struct node *node, enum notice_kind kind, const char *task,
                  bool is_there, char *text, char *facts);

#endif
