/*
 * What the parts of PubSub share. Only pubsub*.c include this.
 */
#ifndef POND_SETTLEMENT_RPC_PUBSUB_INTERNAL_H
#define POND_SETTLEMENT_RPC_PUBSUB_INTERNAL_H

#include "base/map.h"
#include "net/inbox.h"
#include "net/websocket_server.h"
#include "settlement/rpc/pubsub.h"
#include "settlement/rpc/rpc_account.h"
#include "settlement/rpc/rpc_filters.h"
#include "settlement/rpc/rpc_transaction.h"

/* Bytes that a client may leave unread before it is dropped, and bytes of one
 * notification: a larger one would drop its subscriber. */
#define PUBSUB_QUEUE_MAX (8u << 20)
#define PUBSUB_NOTIFICATION_MAX (PUBSUB_QUEUE_MAX - 65536)

/* More than are under way at any time. */
#define PUBSUB_SLOTS_TOLD 256

enum subscription_kind {
    SUBSCRIPTION_ACCOUNT,
    SUBSCRIPTION_BLOCK,
    SUBSCRIPTION_LOGS,
    SUBSCRIPTION_PROGRAM,
    SUBSCRIPTION_ROOT,
    SUBSCRIPTION_SIGNATURE,
    SUBSCRIPTION_SLOT,
    SUBSCRIPTION_SLOTS_UPDATES,
    SUBSCRIPTION_VOTE,
    SUBSCRIPTION_KINDS,
};

struct connection;

/*
 * One subscription. Invariants:
 *
 * 1. It is in its connection's list, and in one other list: that of its key in
 *    the kind's map, or that of its kind.
 * 2. id is unique in this process and never used again.
 * 3. config.object is NULL, because the request's JSON is gone. The fields hold
 *    what was read of the options.
 */
struct subscription {
    uint64_t id;
    enum subscription_kind kind;
    enum ledger_level level; /* the commitment; kinds without one: processed */
    struct connection *connection;
    struct subscription *next; /* of the connection */

    /* Of the same kind (slot, root, logs, program) or the same key in the
     * kind's map (account, signature); doubly linked. */
    struct subscription *same_previous;
    struct subscription *same_next;

    struct signature signature; /* signature */
    struct pubkey key;          /* account, program; logs,
                                   blocks: mentioned */
    bool wants_received;        /* signature: is to be notified when it comes,
                                   and was not yet */
    bool has_key;               /* logs, blocks: only those that mention key */
    bool is_mentioned;          /* blocks: the newest block names key */
    struct rpc_transaction_options block; /* blocks: what they show */
    struct rpc_config config;   /* account, program: encoding, slice */
    struct rpc_filters filters; /* program */
    struct arena arena;         /* of the filters' bytes */
};

/* A client's WebSocket; it lives from on_opened() to on_closed(). count is the
 * length of its list of subscriptions. */
struct connection {
    struct pubsub *pubsub;
    struct websocket *websocket;
    struct subscription *subscriptions;
    size_t count;
};

/*
 * Invariants:
 *
 * 1. counts[kind][level] is the number of subscriptions of a kind: what has no
 *    subscribers costs a block nothing. received_count: of those with
 *    wants_received.
 * 2. The maps hold the first subscription of a key's list, and no empty list.
 * 3. It is freed when server is NULL, connections is 0 and the inbox is closed,
 *    in any order.
 * 4. shown are the tips that subscribers have been notified of.
 * 5. wanted has a bit for each kind that has subscribers. Other threads read
 *    it, so that nothing is brought here that nobody wants.
 */
struct pubsub {
    unsigned magic;
    struct rpc_options options;
    struct websocket_server *server; /* NULL: closing */
    size_t connections;
    uint64_t next_id;
    struct subscription *kinds[SUBSCRIPTION_KINDS]; /* slot, root, … */
    struct map *accounts;   /* key -> first struct subscription */
    struct map *signatures; /* signature -> first struct subscription */
    size_t counts[SUBSCRIPTION_KINDS][LEDGER_LEVELS];
    size_t received_count;
    atomic_uint wanted;
    struct inbox *inbox;                        /* NULL: closed */
    struct ledger_branch *shown[LEDGER_LEVELS]; /* one reference each */
    /* The stages that were told of the newest slots: bits of pubsub_stage. */
    struct {
        uint64_t slot;
        unsigned stages;
    } told[PUBSUB_SLOTS_TOLD];
};

/* Take what threads have put into the inbox; drop it. */
void pubsub_take(void *user, struct inbox_item *item);
void pubsub_drop(struct pubsub *pubsub);

/* On the loop, in pubsub_published.c and pubsub_slots.c. */
void pubsub_notify_news(struct pubsub *pubsub, const struct ledger_news *news);
void pubsub_notify_stage(struct pubsub *pubsub, enum pubsub_stage stage,
                         uint64_t slot, uint64_t parent_slot, uint64_t unix_ms,
                         const char *why);
void pubsub_notify_vote(struct pubsub *pubsub,
                        const struct pubkey *vote_account, uint64_t slot,
                        const struct hash *hash,
                        const struct signature *signature);

/* After a subscription has come or gone. */
void subscription_note_wanted(struct pubsub *pubsub,
                              enum subscription_kind kind);

/* The key under which a subscription stands in its kind's map. */
struct bytes subscription_map_key(const struct subscription *subscription);
struct map *subscription_map(struct pubsub *pubsub,
                             enum subscription_kind kind);
void subscription_end(struct subscription *subscription);

/* Notify the subscriber of a signature that has reached its level already,
 * which ends the subscription. Called after the subscription's own answer. */
void pubsub_tell_if_there(struct subscription *subscription);

/* A notification under construction. The writers need request; text is used
 * again for the next notification. */
struct notification {
    struct rpc_request request;
    struct buffer text;
};

/* Write up to and including "result":, whose value the caller writes; then
 * write the rest and send it to the subscriber. */
void notification_open(struct notification *notification,
                       struct rpc_request *request, const char *method);
void notification_send(struct notification *notification,
                       struct rpc_request *request,
                       const struct subscription *subscription);

/* The context of a notification: without the API's version, because on Solana
 * only answers name it. rpc_close_context() ends it. */
void notification_context(struct json_writer *out, uint64_t slot);

/* A block that has reached a level. */
struct pubsub_block {
    enum ledger_level level;
    struct executed_block *block;
    const struct bank_info *info;
    struct ledger_view *view; /* ledger_view_open_branch(); shows the block */
    uint64_t root;            /* the newest final slot */
};

/* Each notifies the subscribers of the block's level. */
void pubsub_notify_slots(struct pubsub *pubsub,
                         const struct pubsub_block *shown);
void pubsub_notify_blocks(struct pubsub *pubsub,
                          const struct pubsub_block *shown);
void pubsub_notify_records(struct pubsub *pubsub,
                           const struct pubsub_block *shown);

/* Those of the accounts that a block touched, of their state in a view, as of
 * that slot. is_reverted: the block is not on the chain any more. */
void pubsub_notify_accounts(struct pubsub *pubsub, enum ledger_level level,
                            struct ledger_view *view,
                            const struct executed_block *block, uint64_t slot,
                            bool is_reverted);

/* Answer the text of a request on a connection. */
void pubsub_request(struct connection *connection, struct bytes text);

#endif
