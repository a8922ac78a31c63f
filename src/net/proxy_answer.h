/*
 * What a proxy (net/proxy.h) says to a program whose connection is not let
 * through, or fails. Pure.
 */
#ifndef POND_NET_PROXY_ANSWER_H
#define POND_NET_PROXY_ANSWER_H

#include "net/proxy_request.h"

/* koii_preload.js has a Node error for each. */
enum proxy_answer {
    PROXY_OPEN,
    PROXY_NO_HOST,     /* the name has no address */
    PROXY_REFUSED,     /* nobody listens there */
    PROXY_DENIED,      /* this node does not let the task connect there */
    PROXY_SILENT,      /* no answer in time */
    PROXY_TOO_MANY,    /* connections of the task */
    PROXY_UNREACHABLE, /* no way to the host, or not understood */
};

/* "no such host", for people. */
const char *proxy_answer_text(enum proxy_answer answer);

/* Append a refusal: one byte for PROXY_LINES, a whole HTTP answer that ends the
 * connection for PROXY_HTTP. */
void proxy_answer_write(enum proxy_kind kind, enum proxy_answer answer,
                        struct buffer *out);

#endif
