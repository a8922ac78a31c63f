/*
 * What a program behind the proxy (net/proxy.h) asks for, as bytes. Pure.
 *
 * PROXY_LINES: "host port\n", then the connection's own data; or "name srv\n"
 * and "name txt\n" for a name's records (net/name_query.h).
 * PROXY_HTTP (RFC 9110, 9.3.6; RFC 9112, 3.2): "CONNECT host:port HTTP/1.1",
 * or a request with an absolute http URL, which is made one for that host: the
 * target in origin form, no fields that were for the proxy, "Connection:
 * close", so that the server ends the connection after its answer.
 */
#ifndef POND_NET_PROXY_REQUEST_H
#define POND_NET_PROXY_REQUEST_H

#include "net/name_query.h"
#include "net/url.h"

enum proxy_kind { PROXY_LINES, PROXY_HTTP };

/* A line, or a head with its empty line. What browsers take for one field. */
#define PROXY_HEAD_MAX 16384

struct proxy_request {
    /* Lower case, without brackets. */
    char host[URL_HOST_SIZE];
    uint16_t port; /* 0: records are asked for */
    enum name_records records;
    /* CONNECT: it waits for an answer before its data. */
    bool is_tunnel;
    /* How many bytes it took of what came. */
    size_t size;
    /* What goes to the host first: the rewritten head. Empty but for an
     * absolute URL. */
    struct buffer head;
};

/* Parse what came so far. ERR_BUSY: not all of it is here; ERR_INVALID,
 * ERR_LIMIT: give up. With 0 out->head has to be freed. */
int proxy_request_parse(enum proxy_kind kind, struct bytes came,
                        struct proxy_request *out);

#endif
