/*
 * The way of a task's process on the engine node to the network: the node's
 * proxy (net/proxy.h), and the hosts that this node answers for.
 *
 * Bundles have addresses of Koii's written down: those of its storage, which
 * the storage SDK uploads to, and of K2's endpoints. On a private network none
 * of them is right. So Koii's storage is this node's store, and Koii's
 * endpoints are the endpoint of this node, as long as that is spoken to without
 * TLS; a node of a public network leaves its endpoints alone.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_KOII_NETWORK_H
#define POND_NODE_TASK_KOII_NETWORK_H

#include "node/parts/node_parts.h"
#include "node/task/task_log.h"

struct koii_network;

/* rule: which addresses the process may connect to; outlives the network. log:
 * where refused connections are noted; NULL is allowed. */
struct koii_network *koii_network_new(const struct node_parts *parts,
                                      const struct address_rule *rule,
                                      struct task_log *log);

/* Serve the listeners of the process's network, which are taken over. */
void koii_network_listen(struct koii_network *network, int lines, int http);

/* K2_NODE_URL as the process has to name it. Valid as long as the network. */
const char *koii_network_rpc_url(const struct koii_network *network);

/* "NAME=value" texts for the process's environment, NULL-ended. Likewise. */
const char *const *koii_network_environment(const struct koii_network *network);

/* Ends its connections. NULL is allowed. */
void koii_network_free(struct koii_network *network);

#endif
