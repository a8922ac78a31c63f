/*
 * JSON-RPC 2.0 over the ledger, at each commitment: Solana's method names,
 * shapes and error codes, and K2's five task methods. This is the part without
 * sockets: the text of a request in, the text of the answer out.
 *
 * Every request reads one snapshot (ledger.h) and never waits for the writer.
 * The methods stand in tables, one file a family (rpc_account.c, …); a new
 * method is a function and a line in its table (rpc_request.h).
 */
#ifndef POND_SETTLEMENT_RPC_RPC_H
#define POND_SETTLEMENT_RPC_RPC_H

#include "base/buffer.h"
#include "crypto/key.h"

struct rpc;
struct ledger;
struct mempool;
struct performance;
struct cluster_view;
struct slot_control;
struct snapshot_watch;

/* Bytes of the largest request body: Solana's own limit is 50 KiB; a batch of
 * a hundred sendTransaction is larger, so a batch may have four times that. */
#define RPC_BODY_MAX (200 * 1024)

/* Values in it (json_check_values()). A body full of addresses has a quarter;
 * one of nothing but empty objects would take a thread 40 ms. */
#define RPC_VALUES_MAX 20000

/* Requests in one batch. */
#define RPC_BATCH_MAX 200

/* Bytes of an answer, also of a batch's: a larger answer becomes an error. Each
 * thread that answers may hold one answer in memory. */
#define RPC_ANSWER_MAX (64u << 20)

struct rpc_options {
    struct ledger *ledger;   /* borrowed */
    struct mempool *mempool; /* borrowed; NULL: sendTransaction is refused */
    struct performance *performance;  /* borrowed; NULL: no samples */
    struct snapshot_watch *snapshots; /* borrowed; NULL: there are none */
    struct pubkey identity;           /* of the validator that answers */
    const char *address;          /* host:port of this RPC, borrowed; or NULL */
    const struct keypair *faucet; /* borrowed; pays requestAirdrop; NULL: that
                                     method is refused */
    struct slot_control *control; /* borrowed; NULL: slots can't be bent */
    /* What is known of the validators; borrowed. NULL: what the genesis says.
     */
    struct cluster_view *cluster;
};

struct rpc *rpc_new(const struct rpc_options *options);
void rpc_free(struct rpc *rpc); /* NULL is allowed */

/* Does this node keep up with its network? As Solana's GET /health answers:
 * "ok", "behind", or "unknown" if nothing has become final for long. Thread:
 * any. */
const char *rpc_health(const struct rpc *rpc);

/* Answer the request (or batch) in body; the JSON text is appended to answer,
 * nothing at all if body holds only notifications. Never fails: an error of the
 * request becomes its answer. Thread: any number at once. */
void rpc_handle(struct rpc *rpc, struct bytes body, struct buffer *answer);

/* The same for bodies that came at the same time. The signatures in all of them
 * are checked together, which costs each a fraction of a check of its own.
 * answers[i] gets the answer to bodies[i]. */
void rpc_handle_all(struct rpc *rpc, const struct bytes *bodies, size_t count,
                    struct buffer *answers);

#endif
