/*
 * PubSub: Solana's subscriptions over WebSocket. Clients subscribe to slots,
 * roots, votes, signatures, accounts, programs' accounts, logs and blocks, and
 * are notified when a block has reached their commitment. A subscriber that
 * reads too slowly is dropped (websocket.h), never waited for.
 *
 * What there is to tell comes from any thread, and is told on the loop in the
 * order in which it came. Thread of the other functions: the loop's.
 */
#ifndef POND_SETTLEMENT_RPC_PUBSUB_H
#define POND_SETTLEMENT_RPC_PUBSUB_H

#include "settlement/rpc/rpc.h"
#include <uv.h>

struct pubsub;
struct ledger_news;
struct http_exchange;

/* The most subscriptions of one connection, and the most connections. */
#define PUBSUB_SUBSCRIPTIONS_MAX 1024
#define PUBSUB_CONNECTIONS_MAX 512

struct pubsub *pubsub_new(uv_loop_t *loop, const struct rpc_options *options);

/* Close all connections; the loop must run on until the handles are closed. No
 * thread may tell anything from here on; what was not told yet is dropped. */
void pubsub_close(struct pubsub *pubsub); /* NULL is allowed */

/* Take over an HTTP exchange that asks for an upgrade. Thread: any. */
void pubsub_accept(struct pubsub *pubsub, struct http_exchange *exchange);

/* ---- What there is to tell. Thread: any ---- */

/* Tips that clients see have moved. All news of ledger_publish(), in its order;
 * the caller keeps its reference. */
void pubsub_published(struct pubsub *pubsub, const struct ledger_news *news);

/* What happens to a slot before clients see its block: Solana's words. */
enum pubsub_stage {
    PUBSUB_FIRST_SHRED, /* the first bytes of its block came from another */
    PUBSUB_COMPLETED,   /* all of them are here */
    PUBSUB_CREATED,     /* it is being executed */
    PUBSUB_DEAD,        /* it is no valid block */
};

/* parent_slot: of CREATED. why: of DEAD. unix_ms: now. COMPLETED and CREATED
 * that were not told before the block is shown are told then. */
void pubsub_tell_stage(struct pubsub *pubsub, enum pubsub_stage stage,
                       uint64_t slot, uint64_t parent_slot, uint64_t unix_ms,
                       const char *why);

/* A verified notarize vote; hash: of the block. */
void pubsub_tell_vote(struct pubsub *pubsub, const struct pubkey *vote_account,
                      uint64_t slot, const struct hash *hash,
                      const struct signature *signature);

#endif
