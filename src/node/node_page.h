/*
 * The node behind the page's API: the functions that node/page is handed
 * (api_world.h). Thread: the loop's.
 */
#ifndef POND_NODE_NODE_PAGE_H
#define POND_NODE_NODE_PAGE_H

#include "node/node_internal.h"
#include "node/page/api_world.h"

/* node_page is the world's user. */
struct node_page;
extern const struct api_world node_page_world;

struct node_page *node_page_new(struct node *node);
/* What its folder knows of the first run: blocks. Once the journal is open. */
void node_page_open(struct node_page *page);
/* Once the journal's writer has closed: nothing is under way then. NULL is
 * allowed. */
void node_page_free(struct node_page *page);

/* What a node is called: the last part of its folder's path. The caller frees
 * it. */
char *node_page_name(const char *folder);

#endif
