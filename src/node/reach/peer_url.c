/*
 * A peer's URL becomes the beginning of a request's URL. A query in it would
 * swallow the path that is appended, and so let a stranger choose the whole
 * request that this node makes; a fragment would cut the path off.
 */
#include "node/reach/peer_url.h"

#include "base/check.h"
#include "base/error.h"
#include "net/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static int parse(const char *text, struct url *out)
{
    int status = url_parse(bytes_text(text), out);

    /* "http" and "https" both begin so. */
    if (!status && strncmp(out->scheme, "http", 4) != 0)
        status = err_set(ERR_INVALID,
                         "%.200s: a peer's address is an http or "
                         "https URL",
                         text);
    if (!status && strpbrk(text, "?#"))
        status = err_set(ERR_INVALID,
                         "%.200s: a peer's address has neither query nor "
                         "fragment",
                         text);
    return status;
}

int peer_url_check(const char *url)
{
    struct url parsed;

    CHECK(url);
    return parse(url, &parsed);
}

/* url_parse() has taken the brackets off an IPv6 address. No name is looked up
 * here, because this runs on the loop's thread. */
bool peer_url_is_allowed(const struct address_rule *rule, const char *url)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct url parsed;

    if (parse(url, &parsed))
        return false;
    if (inet_pton(AF_INET, parsed.host, &in.sin_addr) == 1)
        return address_rule_allows(rule, (struct sockaddr *)&in);
    if (inet_pton(AF_INET6, parsed.host, &in6.sin6_addr) == 1)
        return address_rule_allows(rule, (struct sockaddr *)&in6);
    return true;
}
