/*
 * The way of one task's programs to the network: a proxy in the node, on
 * listeners that lie in the task's own network, which has no other way out.
 *
 * Every connection is made here, under an address rule (net/address_rule.h),
 * and names are looked up here alone: the rule is asked about the address that
 * the socket is about to connect to. Ports, connections and bytes are limited
 * for each task.
 *
 * On a PROXY_LINES listener (net/proxy_request.h) the first byte of the answer
 * is an enum proxy_answer; after PROXY_OPEN come the host's bytes, or the
 * records as JSON. On a PROXY_HTTP listener it is a status line.
 *
 * Thread: its loop's.
 */
#ifndef POND_NET_PROXY_H
#define POND_NET_PROXY_H

#include "net/address_rule.h"
#include "net/proxy_answer.h"
#include <uv.h>

/* A host that the node itself answers for. */
struct proxy_host {
    /* Lower case; "*.name" stands for all names below name. */
    const char *name;
    uint16_t port; /* 0: any */
    /* Where the connection goes instead, whatever the rule is. */
    const char *to_host;
    uint16_t to_port;
};

/* All is borrowed until proxy_free(). */
struct proxy_options {
    const struct address_rule *rule;
    const struct proxy_host *hosts;
    size_t host_count;
    /* The ports that may be connected to; NULL: all but that of mail (25),
     * which is what stolen machines are used for. */
    const uint16_t *ports;
    size_t port_count;
    /* Whom to ask for the records of names, in place of the machine's
     * resolvers; or NULL. */
    const struct sockaddr_in *name_server;
    /* At once; 0: PROXY_CONNECTIONS. */
    size_t connections_max;
    /* In both directions together; 0: PROXY_BYTES_PER_S. */
    uint64_t bytes_per_s;
    /* A connection that was not let through, or failed; from the loop. The
     * proxy must not be freed there. NULL is allowed. */
    void (*refused)(void *user, const char *host, uint16_t port,
                    enum proxy_answer answer);
    void *user;
};

#define PROXY_CONNECTIONS 128
#define PROXY_BYTES_PER_S (16u << 20)

struct proxy *proxy_new(uv_loop_t *loop, const struct proxy_options *options);

/* Serve the connections that come on a listening socket, which is taken over.
 */
void proxy_listen(struct proxy *proxy, enum proxy_kind kind, int listener);

struct proxy_statistics {
    size_t connections; /* now */
    uint64_t opened;
    uint64_t refused;
    uint64_t bytes; /* in both directions */
};
void proxy_statistics(const struct proxy *proxy, struct proxy_statistics *out);

/* Ends all connections. Nothing is called afterwards. NULL is allowed. */
void proxy_free(struct proxy *proxy);

#endif
