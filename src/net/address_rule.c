/*
 * The tables hold the ranges as the registries print them, and the first range
 * that matches decides. An IPv4 address in no range is public. An IPv6 address
 * in no range is public only within 2000::/3, because IANA has given out no
 * other.
 *
 * So a new registration of IANA needs a new line here, for IPv6 only within
 * 2000::/3.
 *
 * Link-local addresses count as private; a cloud's metadata service has one.
 * The default rule allows no private address, and an operator who opens local
 * networks to tasks opens that service as well.
 */
#include "net/address_rule.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum address_class {
    ADDRESS_PUBLIC,
    /* Local networks: RFC 1918, shared, link-local, unique local; and a
     * cloud's services for its own machines. */
    ADDRESS_PRIVATE,
    /* This machine: 127/8, ::1, 0.0.0.0, :: */
    ADDRESS_LOOPBACK,
    /* Multicast, reserved, not IP: never. */
    ADDRESS_OTHER,
};

/* In the host's order of bytes; bits: 1 … 32, so that the shift is defined. */
struct range4 {
    uint32_t first;
    unsigned bits;
    enum address_class class;
};

/* In the network's order of bytes; what follows the prefix is zero. */
struct range6 {
    uint8_t first[16];
    unsigned bits;
    enum address_class class;
};

/* IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771). */
static const struct range4 ranges4[] = {
    {0x00000000, 8, ADDRESS_LOOPBACK}, /* "this network": Linux connects
                                          0.0.0.0 to this machine */
    {0x7f000000, 8, ADDRESS_LOOPBACK}, /* loopback */
    {0x0a000000, 8, ADDRESS_PRIVATE},  /* RFC 1918 */
    {0xac100000, 12, ADDRESS_PRIVATE}, /* RFC 1918 */
    {0xc0a80000, 16, ADDRESS_PRIVATE}, /* RFC 1918 */
    {0x64400000, 10, ADDRESS_PRIVATE}, /* shared, RFC 6598 */
    {0xa9fe0000, 16, ADDRESS_PRIVATE}, /* link-local, cloud metadata */
    {0xa83f8110, 32, ADDRESS_PRIVATE}, /* 168.63.129.16: public by its range,
                                          but Azure's service for its own
                                          machines */
    {0xc0000000, 24, ADDRESS_OTHER},   /* protocol assignments */
    {0xc0000200, 24, ADDRESS_OTHER},   /* TEST-NET-1 */
    {0xc0586300, 24, ADDRESS_OTHER},   /* 6to4 relay, deprecated */
    {0xc6120000, 15, ADDRESS_PRIVATE}, /* benchmarking */
    {0xc6336400, 24, ADDRESS_OTHER},   /* TEST-NET-2 */
    {0xcb007100, 24, ADDRESS_OTHER},   /* TEST-NET-3 */
    {0xe0000000, 4, ADDRESS_OTHER},    /* multicast */
    {0xf0000000, 4, ADDRESS_OTHER},    /* reserved, broadcast */
};

/* IANA IPv6 Special-Purpose Address Registry, and multicast (RFC 4291). The
 * forms that carry IPv4 addresses are looked at before. */
static const struct range6 ranges6[] = {
    {{[15] = 1}, 128, ADDRESS_LOOPBACK},
    {{0}, 128, ADDRESS_LOOPBACK},
    {{0x00}, 8, ADDRESS_OTHER},                    /* reserved by the IETF */
    {{0x01, 0x00}, 64, ADDRESS_OTHER},             /* discard-only */
    {{0x20, 0x01, 0x00}, 23, ADDRESS_OTHER},       /* protocol assignments */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, ADDRESS_OTHER}, /* documentation */
    {{0x3f, 0xff}, 20, ADDRESS_OTHER},             /* documentation */
    {{0x5f, 0x00}, 16, ADDRESS_OTHER},             /* SRv6 SIDs */
    {{0xfc}, 7, ADDRESS_PRIVATE},                  /* unique local */
    {{0xfe, 0x80}, 10, ADDRESS_PRIVATE},           /* link-local */
    {{0xfe, 0xc0}, 10, ADDRESS_PRIVATE},           /* site-local, deprecated */
    {{0xff}, 8, ADDRESS_OTHER},                    /* multicast */
};

/* The registry's ranges don't overlap, so the order doesn't matter. */
static enum address_class class_of_ipv4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(ranges4) / sizeof(ranges4[0]); i++) {
        uint32_t mask = ~(uint32_t)0 << (32 - ranges4[i].bits);

        if ((address & mask) == ranges4[i].first)
            return ranges4[i].class;
    }
    return ADDRESS_PUBLIC;
}

/* Whole bytes first, then the rest of the one that is cut. */
static bool has_prefix(const uint8_t *address, const uint8_t *prefix,
                       unsigned bits)
{
    if (memcmp(address, prefix, bits / 8))
        return false;
    if (bits % 8 == 0)
        return true;
    return (address[bits / 8] ^ prefix[bits / 8]) >> (8 - bits % 8) == 0;
}

/* The IPv4 address that an IPv6 one carries: mapped (::ffff:0:0/96), compatible
 * (::/96, deprecated), NAT64 (64:ff9b::/96, RFC 6052) and 6to4 (2002::/16, RFC
 * 3056). A connection to such an address may end at the IPv4 address, so the
 * rule has to check that one. */
static bool carried_ipv4(const uint8_t *address, uint32_t *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t compatible[12] = {0};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t six_to_four[2] = {0x20, 0x02};

    if (!memcmp(address, mapped, 12) || !memcmp(address, nat64, 12)) {
        *out = u32be_read(address + 12);
        return true;
    }
    /* ::0 and ::1 are addresses of their own. */
    if (!memcmp(address, compatible, 12) && u32be_read(address + 12) > 1) {
        *out = u32be_read(address + 12);
        return true;
    }
    if (!memcmp(address, six_to_four, 2)) {
        *out = u32be_read(address + 2);
        return true;
    }
    return false;
}

/* Forms that carry IPv4 come first: ::ffff:127.0.0.1 is in no range of its
 * own. */
static enum address_class class_of_ipv6(const uint8_t *address)
{
    uint32_t ipv4;

    if (carried_ipv4(address, &ipv4))
        return class_of_ipv4(ipv4);
    for (size_t i = 0; i < sizeof(ranges6) / sizeof(ranges6[0]); i++)
        if (has_prefix(address, ranges6[i].first, ranges6[i].bits))
            return ranges6[i].class;
    /* Only 2000::/3 is given out for global unicast so far. */
    return address[0] >> 5 == 1 ? ADDRESS_PUBLIC : ADDRESS_OTHER;
}

/* What is not IP can't be judged, and is not let through. */
static enum address_class class_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;

        return class_of_ipv4(ntohl(in->sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

        return class_of_ipv6(in6->sin6_addr.s6_addr);
    }
    return ADDRESS_OTHER;
}

/* ADDRESS_OTHER is in no rule. */
static bool allows_public(void *user, const struct sockaddr *address)
{
    return class_of(address) == ADDRESS_PUBLIC;
}

static bool allows_private(void *user, const struct sockaddr *address)
{
    return class_of(address) <= ADDRESS_PRIVATE;
}

static bool allows_loopback(void *user, const struct sockaddr *address)
{
    return class_of(address) <= ADDRESS_LOOPBACK;
}

const struct address_rule address_rule_any = {0};
const struct address_rule address_rule_public = {.allows = allows_public};
const struct address_rule address_rule_private = {.allows = allows_private};
const struct address_rule address_rule_loopback = {.allows = allows_loopback};

/* The bytes of an address, an IPv4 one as the IPv6 one that is mapped to it.
 * False for what is not IP. */
static bool bytes_of(const struct sockaddr *address, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;

        memcpy(out, mapped, 12);
        memcpy(out + 12, &in->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

        memcpy(out, &in6->sin6_addr, 16);
    }
    return address->sa_family == AF_INET || address->sa_family == AF_INET6;
}

static bool allows_one(void *user, const struct sockaddr *address)
{
    uint8_t one[16], other[16];

    return bytes_of(user, one) && bytes_of(address, other) &&
           !memcmp(one, other, sizeof(one));
}

struct address_rule address_rule_only(const struct sockaddr_storage *address)
{
    return (struct address_rule){.allows = allows_one, .user = (void *)address};
}

bool address_rule_allows(const struct address_rule *rule,
                         const struct sockaddr *address)
{
    CHECK(rule && address);
    return !rule->allows || rule->allows(rule->user, address);
}

/* address_rule_any has no name: a task's fetch is never free of rules. */
static const struct {
    const char *name;
    const struct address_rule *rule;
} rules[] = {
    {"public", &address_rule_public},
    {"private", &address_rule_private},
    {"loopback", &address_rule_loopback},
};

int address_rule_parse(const char *text, const struct address_rule **out)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!strcmp(text, rules[i].name)) {
            *out = rules[i].rule;
            return 0;
        }
    }
    return err_set(ERR_INVALID,
                   "\"%.40s\" is no network rule: public, private or loopback",
                   text);
}

const char *address_rule_name(const struct address_rule *rule)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].rule == rule)
            return rules[i].name;
    return NULL;
}
