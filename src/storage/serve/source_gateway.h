/*
 * Trustless gateways over HTTP as sources of blocks: peers that run this
 * gateway, or any IPFS gateway (?format=raw).
 *
 * Each has the rule about the addresses that it may turn out to have; the rule
 * is asked on the socket. The sources of one rule share an HTTP client and its
 * connections.
 *
 * Thread: the loop's.
 */
#ifndef POND_STORAGE_SERVE_SOURCE_GATEWAY_H
#define POND_STORAGE_SERVE_SOURCE_GATEWAY_H

#include "net/address_rule.h"
#include "storage/serve/source.h"
#include <uv.h>

/* Where one is. Copied. */
struct source_gateway {
    /* A base URL such as "http://10.0.0.7:30017", to which
     * "/ipfs/CID?format=raw" is appended. */
    const char *url;
    /* address_rule_any for one that the operator named, the operator's rule for
     * one that a stranger named. */
    const struct address_rule *rule;
};

/* Sources for so many gateways, in an array that is theirs. ERR_INVALID for
 * what is no http or https URL, or has a query or a fragment. */
int source_gateway_open(uv_loop_t *loop, const struct source_gateway *gateways,
                        size_t count, struct source ***out);

/* No request may be under way. The loop has to run for another turn. NULL is
 * allowed. */
void source_gateway_close(struct source **sources, size_t count);

#endif
