#include "peer/peer_address.h"

#include "base/bytes.h"
#include "base/error.h"
#include <arpa/inet.h>

static int no_address(const char *text)
{
    return err_set(ERR_INVALID,
                   "\"%.100s\" is no address of a peer; write it "
                   "as HOST:PORT, an IPv6 one as [HOST]:PORT",
                   text);
}

static bool parse_port(const char *text, uint16_t *out)
{
    unsigned value = 0;
    if (!*text || strlen(text) > 5)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = 10 * value + (unsigned)(*text - '0');
    }
    *out = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

/* Of names only the form is looked at; whether it exists shows at the dial. */
static bool is_host(struct bytes host, bool is_bracketed)
{
    struct in6_addr v6;
    char text[sizeof(((struct peer_address *)0)->host)];
    if (!host.size || host.size >= sizeof(text))
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    if (is_bracketed)
        return inet_pton(AF_INET6, text, &v6) == 1;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 127 || strchr(":/[]@", *at))
            return false;
    return true;
}

void peer_address_map(const struct in_addr *v4, struct in6_addr *out)
{
    memset(out, 0, sizeof(*out));
    memset(out->s6_addr + 10, 0xff, 2);
    memcpy(out->s6_addr + 12, v4, sizeof(*v4));
}

/* Zero if it is a name. */
static struct in6_addr number_of(const char *host)
{
    struct in6_addr v6 = {0};
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        peer_address_map(&v4, &v6);
    else if (inet_pton(AF_INET6, host, &v6) != 1)
        memset(&v6, 0, sizeof(v6));
    return v6;
}

int peer_address_parse(const char *text, struct peer_address *out)
{
    const char *colon = strrchr(text, ':');
    bool is_bracketed = text[0] == '[';
    if (!colon || !parse_port(colon + 1, &out->port))
        return no_address(text);
    struct bytes host = bytes_make(text, (size_t)(colon - text));
    if (is_bracketed) {
        if (host.size < 2 || host.data[host.size - 1] != ']')
            return no_address(text);
        host = bytes_make(host.data + 1, host.size - 2);
    }
    if (!is_host(host, is_bracketed))
        return no_address(text);
    memcpy(out->host, host.data, host.size);
    out->host[host.size] = '\0';
    out->number = number_of(out->host);
    return 0;
}
