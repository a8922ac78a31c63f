/*
 * Looks at settlement endpoints before they are used: does it answer, of which
 * network is it, where is it, and how long does it take?
 *
 * Thread: the main one; calls block.
 */
#ifndef POND_CLI_NETWORK_PROBE_H
#define POND_CLI_NETWORK_PROBE_H

#include "base/error.h"
#include "cli/networks.h"

#include <stdint.h>

struct probed_endpoint {
    char *url;
    char genesis[ENDPOINT_GENESIS_SIZE]; /* base58; "": it does not say */
    uint64_t slot;
    uint64_t ping_ms;            /* of the question for the slot */
    int status;                  /* 0: it is an endpoint */
    char trouble[ERR_TEXT_SIZE]; /* else why not */
};

struct probed {
    struct probed_endpoint list[NETWORK_URLS_MAX];
    size_t count;
};

/* All of them at once; urls as in struct known_network. probed_free() it in any
 * case. ERR_INVALID and ERR_LIMIT for URLs that can't be. */
int network_probe(const char *urls, struct probed *out);
void probed_free(struct probed *probed);

/* The first that answers; NULL: none does. */
const struct probed_endpoint *probed_first(const struct probed *probed);

/* Are those that say so of one network, of this one if genesis is not ""?
 * ERR_STATE names the one that is not. */
int probed_agree(const struct probed *probed, const char *genesis);

#endif
