/*
 * The address that a node publishes on chain for its peers: a base URL, written
 * by a stranger. Pure.
 *
 * What a name resolves to is not known here: the rule is asked again on the
 * socket (net/address_rule.h). Thread: any.
 */
#ifndef POND_NODE_REACH_PEER_URL_H
#define POND_NODE_REACH_PEER_URL_H

#include "net/address_rule.h"

/* http or https, with neither user name nor query nor fragment: nothing but a
 * place to ask for blocks. ERR_INVALID. */
int peer_url_check(const char *url);

/* False for an address in numbers that the rule forbids, and for what
 * peer_url_check() refuses: such a peer need not take a place among the
 * sources. */
bool peer_url_is_allowed(const struct address_rule *rule, const char *url);

#endif
