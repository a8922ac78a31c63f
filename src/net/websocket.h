/*
 * WebSocket connections (RFC 6455) with text messages, either end, on a libuv
 * loop. Framing is wslay's. The out queue is bounded: a peer that reads too
 * slowly is dropped, so that it can't hold memory. Each end pings an idle peer
 * and drops it if nothing comes back.
 *
 * A websocket exists from websocket_connect() (client) or the opened event
 * (server) until its closed event has returned. The user decides whether to
 * connect again, from the closed event, after a pause.
 *
 * Extensions (compression) are neither offered nor accepted, so a message costs
 * no memory beyond its bytes. Binary messages are delivered like text.
 *
 * Thread: the loop's, for all calls and callbacks.
 */
#ifndef POND_NET_WEBSOCKET_H
#define POND_NET_WEBSOCKET_H

#include "base/buffer.h"
#include "net/address_rule.h"
#include <uv.h>

struct websocket;

/* 0 stands for the default. A peer that goes beyond a limit is dropped. */
struct websocket_limits {
    /* The limit on a received message; 0 means 1 MiB. */
    size_t message_max_bytes;
    /* Waiting to be sent; 0: 8 MiB. */
    size_t queue_max_bytes;
    /* Silence before a ping; dropped after twice that; 0: 20 s. */
    unsigned ping_ms;
    /* Client: for connection and handshake; 0: 10 s. */
    unsigned connect_ms;
};

struct websocket_events {
    /* The connection stands. May be NULL. */
    void (*opened)(void *user, struct websocket *websocket);
    /* A whole text or binary message. */
    void (*message)(void *user, struct websocket *websocket,
                    struct bytes message);
    /* The end, exactly once for each connection, also after
     * websocket_close(); the websocket is gone afterwards. status 0: closed in
     * good order; ERR_FULL: too slow a reader; ERR_NETWORK, ERR_TIMEOUT,
     * ERR_INVALID, ERR_LIMIT otherwise, err_text() says more. Never called
     * from inside another websocket_* call. */
    void (*closed)(void *user, struct websocket *websocket, int status);
};

/* Connect as a client to a ws:// URL. Failure to connect comes through
 * closed. limits NULL: the defaults. ERR_INVALID, ERR_UNSUPPORTED for a URL it
 * can't use, ERR_NETWORK for a host that can't be looked up at all: then there
 * is no websocket. */
int websocket_connect(uv_loop_t *loop, const char *url,
                      const struct websocket_limits *limits,
                      const struct websocket_events *events, void *user,
                      struct websocket **out);

/* As above, for what is not the operator's own endpoint: ws:// and wss://
 * (TLS), under a rule about addresses. rule is copied; protocols: the
 * subprotocols that are offered, "a, b", or NULL. A certificate that does not
 * hold and an address that the rule forbids end it with ERR_DENIED. */
struct websocket_target {
    const char *url;
    const struct address_rule *rule;
    const char *protocols;
};
int websocket_connect_to(uv_loop_t *loop, const struct websocket_target *target,
                         const struct websocket_limits *limits,
                         const struct websocket_events *events, void *user,
                         struct websocket **out);

/* The subprotocol that the server chose, once it is open; "" for none. */
const char *websocket_protocol(const struct websocket *websocket);

/* Inside message(): whether it was sent as binary, not as text. */
bool websocket_message_is_binary(const struct websocket *websocket);

/* What the peer's goodbye said, if one came (RFC 6455, 7.4.1); code 1005 for
 * one without a code, 1006 and no text before or without a goodbye. Valid until
 * closed() returns; the text is UTF-8. */
uint16_t websocket_peer_goodbye(const struct websocket *websocket,
                                struct bytes *reason);

/* As websocket_send(). */
int websocket_send_binary(struct websocket *websocket, struct bytes data);

/* Read no more until it is called with false, so that the peer has to wait. A
 * message that has come already is still delivered. */
void websocket_pause(struct websocket *websocket, bool is_paused);

/* As websocket_close(), with a code that an application may send (1000, 3000 to
 * 4999; CHECKed) or 0 for none, and a reason of at most 123 bytes of UTF-8. */
void websocket_close_with(struct websocket *websocket, uint16_t code,
                          struct bytes reason);

/* Queue a text message (valid UTF-8); it leaves in the loop's next turn, many
 * in one system call. ERR_CLOSED if the connection is not open, ERR_FULL if the
 * message did not fit: then the peer is being dropped. */
int websocket_send(struct websocket *websocket, struct bytes text);

/* Bytes queued and not yet handed to the system. */
size_t websocket_queued_bytes(const struct websocket *websocket);

/* Say goodbye and end: what is queued is still sent if the peer takes it
 * within a second. */
void websocket_close(struct websocket *websocket);

/* Set the user of one connection's callbacks. At first it is that of the
 * options or of websocket_connect(). */
void websocket_set_user(struct websocket *websocket, void *user);

#endif
