/*
 * Which addresses a program may connect to. Pure.
 *
 * Every HTTP client and every connecting stream is made with a rule, and the
 * rule is asked about the address that a socket is about to connect to: after
 * name resolution, and for every redirect anew. So it does not matter how an
 * address is written ("127.1", "0x7f.1", "localhost"), nor that a name resolves
 * to something else the second time ("DNS rebinding").
 *
 * Not public are all ranges of IANA's special-purpose address registries
 * (RFC 6890 and later) that are not globally reachable, and the IPv6 forms
 * that carry an IPv4 address, which are judged by that address.
 *
 * Thread: any.
 */
#ifndef POND_NET_ADDRESS_RULE_H
#define POND_NET_ADDRESS_RULE_H

#include <stdbool.h>
#include <sys/socket.h>

/* allows NULL: every address, and a proxy that the environment names
 * (http_proxy) is used. With a function, no proxy is used, because the address
 * asked about would be the proxy's. allows is called on the thread
 * that connects. */
struct address_rule {
    bool (*allows)(void *user, const struct sockaddr *address);
    void *user;
};

/* For addresses that the operator or the program itself names: a settlement
 * endpoint, a gateway, this machine's own node. */
extern const struct address_rule address_rule_any;

/* For addresses that strangers name. Each includes the one before it. */
extern const struct address_rule address_rule_public;
extern const struct address_rule address_rule_private;
extern const struct address_rule address_rule_loopback;

/* That of one machine alone, at whatever port, in whichever form it is written.
 * address is borrowed as long as the rule is used. */
struct address_rule address_rule_only(const struct sockaddr_storage *address);

bool address_rule_allows(const struct address_rule *rule,
                         const struct sockaddr *address);

/* "public", "private", "loopback" to the rule of that name. ERR_INVALID names
 * the three. */
int address_rule_parse(const char *text, const struct address_rule **out);

/* And back; NULL for a rule without a name. Static. */
const char *address_rule_name(const struct address_rule *rule);

#endif
