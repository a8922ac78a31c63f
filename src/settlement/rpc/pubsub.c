/*
 * Connections. pubsub_request.c reads what clients say on them, subscription.c
 * keeps what they subscribed to, pubsub_published.c finds what is new, and
 * pubsub_notify.c, pubsub_accounts.c and pubsub_slots.c write what is sent to
 * them. HTTP upgrades and what there is to tell come in on other threads
 * (pubsub_accept(), pubsub_inbox.c); everything else is on the loop's, so there
 * are no locks.
 *
 * Anybody may connect, so there are limits: on connections, subscriptions of
 * each, bytes of a message, and bytes that a client leaves unread, after which
 * the client is dropped.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

#define PUBSUB_MAGIC 0x50554253u

/* The server may be closed before the last connection is, or after. */
static void free_if_done(struct pubsub *pubsub)
{
    if (pubsub->server || pubsub->connections || pubsub->inbox)
        return;
    CHECK(map_count(pubsub->accounts) == 0);
    CHECK(map_count(pubsub->signatures) == 0);
    map_free(pubsub->accounts);
    map_free(pubsub->signatures);
    for (int level = 0; level < LEDGER_LEVELS; level++)
        ledger_branch_release(pubsub->shown[level]);
    pubsub->magic = 0;
    free(pubsub);
}

/* The socket's user was this pubsub; from here on it is the connection.
 */
static void on_opened(void *user, struct websocket *websocket)
{
    struct connection *connection = mem_zero(1, sizeof(*connection));
    connection->pubsub = user;
    connection->pubsub->connections++;
    connection->websocket = websocket;
    websocket_set_user(websocket, connection);
}

static void on_message(void *user, struct websocket *websocket,
                       struct bytes message)
{
    pubsub_request(user, message);
}

/* All subscriptions go with their connection. */
static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct connection *connection = user;
    struct pubsub *pubsub = connection->pubsub;
    /* The analyzer does not see that an ended subscription has left the list.
     */
    while (connection->subscriptions)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        subscription_end(connection->subscriptions);
    free(connection);
    CHECK(pubsub->connections > 0);
    pubsub->connections--;
    free_if_done(pubsub);
}

/* A message may be as large as a request of the RPC. */
struct pubsub *pubsub_new(uv_loop_t *loop, const struct rpc_options *options)
{
    struct pubsub *pubsub = mem_zero(1, sizeof(*pubsub));
    pubsub->magic = PUBSUB_MAGIC;
    pubsub->options = *options;
    pubsub->accounts = map_new();
    pubsub->signatures = map_new();
    for (int level = 0; level < LEDGER_LEVELS; level++)
        pubsub->shown[level] =
            ledger_tip_branch(options->ledger, (enum ledger_level)level);
    for (size_t i = 0; i < PUBSUB_SLOTS_TOLD; i++)
        pubsub->told[i].slot = UINT64_MAX;
    const struct websocket_server_options server = {
        .limits = {.message_max_bytes = RPC_BODY_MAX,
                   .queue_max_bytes = PUBSUB_QUEUE_MAX},
        .events = {.opened = on_opened,
                   .message = on_message,
                   .closed = on_closed},
        .user = pubsub,
        .connections_max = PUBSUB_CONNECTIONS_MAX,
    };
    pubsub->server = websocket_server_new(loop, &server);
    pubsub->inbox = inbox_new(loop, pubsub_take, pubsub);
    return pubsub;
}

static void on_inbox_closed(void *user)
{
    struct pubsub *pubsub = user;
    pubsub->inbox = NULL;
    free_if_done(pubsub);
}

void pubsub_close(struct pubsub *pubsub)
{
    if (!pubsub)
        return;
    CHECK_MAGIC(pubsub, PUBSUB_MAGIC);
    websocket_server_close(pubsub->server);
    pubsub->server = NULL;
    pubsub_drop(pubsub);
    inbox_close(pubsub->inbox, on_inbox_closed, pubsub);
}

void pubsub_accept(struct pubsub *pubsub, struct http_exchange *exchange)
{
    CHECK_MAGIC(pubsub, PUBSUB_MAGIC);
    websocket_server_accept(pubsub->server, exchange);
}
