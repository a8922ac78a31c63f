/*
 * Subscriptions and connections. Those that wait for one key (account,
 * signature) stand in a map by it, so that a block costs what it touches and
 * not what is subscribed to.
 */
#include "settlement/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

#define PUBSUB_MAGIC 0x50554253u

struct bytes subscription_map_key(const struct subscription *subscription)
{
    if (subscription->kind == SUBSCRIPTION_SIGNATURE)
        return bytes_make(subscription->signature.bytes, 64);
    return pubkey_bytes(&subscription->key);
}

struct map *subscription_map(struct pubsub *pubsub, enum subscription_kind kind)
{
    switch (kind) {
    case SUBSCRIPTION_ACCOUNT:
        return pubsub->accounts;
    case SUBSCRIPTION_SIGNATURE:
        return pubsub->signatures;
    default:
        return NULL;
    }
}

static void unlink_same(struct subscription *subscription)
{
    struct pubsub *pubsub = subscription->connection->pubsub;
    struct map *map = subscription_map(pubsub, subscription->kind);
    struct subscription *next = subscription->same_next;
    if (next)
        next->same_previous = subscription->same_previous;
    if (subscription->same_previous)
        subscription->same_previous->same_next = next;
    else if (!map)
        pubsub->kinds[subscription->kind] = next;
    else if (next)
        map_put(map, subscription_map_key(subscription), next);
    else
        map_remove(map, subscription_map_key(subscription));
    CHECK(pubsub->counts[subscription->kind] > 0);
    pubsub->counts[subscription->kind]--;
}

void subscription_end(struct subscription *subscription)
{
    struct connection *connection = subscription->connection;
    struct subscription **at = &connection->subscriptions;
    while (*at != subscription) {
        CHECK(*at); /* it is among its connection's */
        at = &(*at)->next;
    }
    *at = subscription->next;
    connection->count--;
    unlink_same(subscription);
    arena_free(&subscription->arena);
    free(subscription);
}

/* ---- Connections ---- */

static void free_if_done(struct pubsub *pubsub)
{
    if (pubsub->server || pubsub->connections)
        return;
    CHECK(map_count(pubsub->accounts) == 0);
    CHECK(map_count(pubsub->signatures) == 0);
    map_free(pubsub->accounts);
    map_free(pubsub->signatures);
    pubsub->magic = 0;
    free(pubsub);
}

static void on_opened(void *user, struct websocket *websocket)
{
    struct connection *connection = mem_zero(1, sizeof *connection);
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

static void on_closed(void *user, struct websocket *websocket, int rc)
{
    struct connection *connection = user;
    struct pubsub *pubsub = connection->pubsub;
    /* The analyzer does not follow that what has ended left the list. */
    while (connection->subscriptions)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        subscription_end(connection->subscriptions);
    free(connection);
    CHECK(pubsub->connections > 0);
    pubsub->connections--;
    free_if_done(pubsub);
}

struct pubsub *pubsub_new(uv_loop_t *loop, const struct rpc_options *options)
{
    struct pubsub *pubsub = mem_zero(1, sizeof *pubsub);
    pubsub->magic = PUBSUB_MAGIC;
    pubsub->options = *options;
    pubsub->accounts = map_new();
    pubsub->signatures = map_new();
    const struct websocket_server_options server = {
        .limits = {.message_max_bytes = RPC_BODY_MAX},
        .events = {.opened = on_opened,
                   .message = on_message,
                   .closed = on_closed},
        .user = pubsub,
        .connections_max = PUBSUB_CONNECTIONS_MAX,
    };
    pubsub->server = websocket_server_new(loop, &server);
    return pubsub;
}

void pubsub_close(struct pubsub *pubsub)
{
    if (!pubsub)
        return;
    CHECK_MAGIC(pubsub, PUBSUB_MAGIC);
    websocket_server_close(pubsub->server);
    pubsub->server = NULL;
    free_if_done(pubsub);
}

void pubsub_accept(struct pubsub *pubsub, struct http_exchange *exchange)
{
    CHECK_MAGIC(pubsub, PUBSUB_MAGIC);
    websocket_server_accept(pubsub->server, exchange);
}
