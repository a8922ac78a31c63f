/*
 * PubSub: Solana's subscriptions over WebSocket. Clients subscribe to slots,
 * roots, signatures, accounts, programs' accounts and logs, and are notified
 * when a block is final. A subscriber that reads too slowly is dropped
 * (websocket.h), never waited for.
 *
 * Thread: its loop's.
 */
#ifndef POND_SETTLEMENT_RPC_PUBSUB_H
#define POND_SETTLEMENT_RPC_PUBSUB_H

#include "settlement/rpc/rpc.h"
#include <uv.h>

struct pubsub;
struct bank;
struct http_exchange;

/* The most subscriptions of one connection, and the most connections. */
#define PUBSUB_SUBSCRIPTIONS_MAX 1024
#define PUBSUB_CONNECTIONS_MAX 512

struct pubsub *pubsub_new(uv_loop_t *loop, const struct rpc_options *options);

/* Close all connections; the loop must run on until the handles are closed. */
void pubsub_close(struct pubsub *pubsub); /* NULL is allowed */

/* Take over an HTTP exchange that asks for an upgrade. Thread: any. */
void pubsub_accept(struct pubsub *pubsub, struct http_exchange *exchange);

/* A block is final and views show it. Blocks come in order. */
void pubsub_final(struct pubsub *pubsub, const struct bank *bank);

#endif
