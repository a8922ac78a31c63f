/*
 * URLs as this program meets them: absolute http, https, ws and wss ones to
 * connect to, and the target of a request that came in (path and query).
 * Generic syntax: RFC 3986. Nothing here allocates but through the buffers
 * that the caller gives.
 */
#ifndef POND_NET_URL_H
#define POND_NET_URL_H

#include "base/buffer.h"

#define URL_HOST_SIZE 256 /* a DNS name has at most 253 bytes (RFC 1035) */
#define URL_SIZE_MAX 8192 /* what servers commonly accept as request line */

/* The parts of an absolute URL. A connection goes to host and port; target is
 * what the request line names. */
struct url {
    /* "http", "https", "ws" or "wss". */
    char scheme[6];
    /* Lower case; an IPv6 address has no brackets. */
    char host[URL_HOST_SIZE];
    /* Given, or the scheme's own. */
    uint16_t port;
    bool host_is_ipv6;
    /* Path and query, inside the text; empty: "/". */
    struct bytes target;
};

/* Parse an absolute URL. A fragment is left out; a user name is refused, for
 * secrets do not belong in addresses. ERR_INVALID names the text. */
int url_parse(struct bytes text, struct url *out);

/* "host:port", with brackets around an IPv6 address, appended. */
void url_authority(const struct url *url, struct buffer *out);

/* Undo percent-encoding (RFC 3986, 2.1). ERR_INVALID for a broken escape, an
 * encoded NUL, or bytes that are not UTF-8. plus_is_space: as forms and
 * queries have it. */
int url_decode(struct bytes text, bool plus_is_space, struct buffer *out);

/* Percent-encode all but the unreserved characters (RFC 3986, 2.3). */
void url_encode(struct bytes text, struct buffer *out);

/* Split a request's target at its first '?'; neither half has it. */
void url_split(struct bytes target, struct bytes *path, struct bytes *query);

/* The next "name=value" of a query, still encoded. *rest is what follows;
 * begin with the whole query. False at the end; empty parts are skipped. */
bool url_query_next(struct bytes *rest, struct bytes *name,
                    struct bytes *value);

/* The first value of name in a query, decoded and appended to out.
 * ERR_NOT_FOUND without a text; ERR_INVALID as url_decode(). */
int url_query_get(struct bytes query, const char *name, struct buffer *out);

#endif
