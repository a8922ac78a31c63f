/*
 * One connection through a proxy: the program's side, the host's side, and what
 * was read from one and not yet taken by the other. Inside net/proxy.h.
 */
#ifndef POND_NET_PROXY_LINK_H
#define POND_NET_PROXY_LINK_H

#include "net/proxy.h"
#include "net/stream.h"

struct proxy_link;

/* What a link asks of its proxy. */
struct proxy_owner {
    uv_loop_t *loop;
    const struct proxy_options *options;
    /* Bytes that may pass until the next tick. May go below zero by a block. */
    int64_t bytes_left;
    uint64_t bytes, refused;
    struct proxy_link *links; /* all that live */
    size_t link_count, query_count;
};

/* Serve a connection, which is taken over. With is_refused it is told that
 * there are too many. */
void proxy_link_new(struct proxy_owner *owner, enum proxy_kind kind, int socket,
                    bool is_refused);

/* Some time has passed, and bytes_left may be more. May end links. */
void proxy_link_tick_all(struct proxy_owner *owner, uint64_t now_ms);

void proxy_link_free_all(struct proxy_owner *owner);

#endif
