/*
 * Which addresses a task may reach through the node. Pure.
 *
 * The rule is applied to the address that a socket is about to connect to,
 * after name resolution and for every redirect anew: a name that resolves to
 * something else the second time ("DNS rebinding") changes nothing.
 *
 * Not public are all ranges of IANA's special-purpose address registries
 * (RFC 6890 and later) that are not globally reachable, and the IPv6 forms
 * that carry an IPv4 address, which are judged by that address.
 *
 * Thread: any; nothing here keeps a state.
 */
#ifndef POND_NODE_REACH_NETWORK_RULES_H
#define POND_NODE_REACH_NETWORK_RULES_H

#include "node/node.h"

#include <sys/socket.h>

enum network_class {
    NETWORK_PUBLIC,
    NETWORK_PRIVATE,  /* local networks: RFC 1918, shared, link-local, ULA */
    NETWORK_LOOPBACK, /* this machine: 127/8, ::1, 0.0.0.0, :: */
    NETWORK_OTHER,    /* multicast, reserved, not IP: never */
};

/* What kind of address it is; NETWORK_OTHER for what is not IP. Ports don't
 * count. */
enum network_class network_class_of(const struct sockaddr *address);

/* True if a task may connect to address under this rule. */
bool network_is_allowed(enum node_network rule, const struct sockaddr *address);

/* The same for a base URL that a peer has published. An address in numbers is
 * held to the rule. A name is let through: what is asked of peers are only
 * blocks by their hash, and only verified ones are taken. */
bool network_url_is_allowed(enum node_network rule, const char *url);

/* "public", "private", "loopback" to the rule. ERR_INVALID names the three. */
int network_rule_parse(const char *text, enum node_network *out);

#endif
