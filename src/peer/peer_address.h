/*
 * Where a peer listens, as people write it: "host:port", "[::1]:port". One rule
 * for all who take addresses: the genesis, the list of a network's validators,
 * options, and what peers say of each other.
 *
 * Pure; any thread.
 */
#ifndef POND_PEER_PEER_ADDRESS_H
#define POND_PEER_PEER_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>

struct peer_address {
    char host[256]; /* longer than any name of a machine (RFC 1035) */
    uint16_t port;  /* not 0 */
    /* The host, an IPv4 one as it stands in IPv6; zero if it is a name. */
    struct in6_addr number;
};

/* Of names only the form is looked at. ERR_INVALID, with the text and what is
 * expected. */
int peer_address_parse(const char *text, struct peer_address *out);

/* An IPv4 address as it stands in IPv6, so that both forms are equal. */
void peer_address_map(const struct in_addr *v4, struct in6_addr *out);

#endif
