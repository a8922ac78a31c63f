/*
 * Whom to ask for evidence or code: peers, whose addresses strangers put on
 * chain, and the gateways that the operator has configured.
 *
 * The gateways keep places, up to half of all: everybody can stake with a dead
 * address, and many of those must not leave a node without what it needs.
 *
 * Texts and rules are borrowed. Thread: the loop's.
 */
#ifndef POND_NODE_REACH_SOURCE_LIST_H
#define POND_NODE_REACH_SOURCE_LIST_H

#include "node/parts/node_parts.h"
#include "storage/serve/remote.h"

struct source_list {
    /* In order of preference: peers, then gateways. */
    struct source_gateway items[REMOTE_SOURCES_MAX];
    size_t count;
    /* Places that are not the gateways'. */
    size_t peers_max;
};

/* Empty, with places kept for the gateways of the options. */
void source_list_init(struct source_list *list, const struct node_parts *parts);

/* Add a peer: each once, this node itself never, and only where the operator's
 * rule lets it. url NULL is passed over. False when there is no place left. */
bool source_list_add_peer(struct source_list *list,
                          const struct node_parts *parts, const char *url);

/* After the peers: the operator's gateways. */
void source_list_add_gateways(struct source_list *list,
                              const struct node_parts *parts);

#endif
