/*
 * Subscriptions and connections. Those that wait for one key (account,
 * signature) stand in a map by it, so that a block costs what it touches and
 * not what is subscribed to.
 *
 * The other kinds (slots, logs, programs) are lists, since nearly every block
 * concerns each of them. A program's filters are looked at one after the other:
 * an index over them would have to understand them.
 *
 * Three files: this one has the structures and their lives, pubsub_request.c
 * what clients say, pubsub_notify.c what they are told. HTTP upgrades come in
 * on another thread (pubsub_accept()); everything else is on the loop's, so
 * there are no locks.
 *
 * Limits, since anybody may connect: connections, subscriptions of each, bytes
 * of a message, and bytes that a client leaves unread, at which it is dropped.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

#define PUBSUB_MAGIC 0x50554253u

/* Borrowed from the subscription, which therefore must not change its key. */
struct bytes subscription_map_key(const struct subscription *subscription)
{
    CHECK(subscription->kind == SUBSCRIPTION_ACCOUNT ||
          subscription->kind == SUBSCRIPTION_SIGNATURE);
    if (subscription->kind == SUBSCRIPTION_SIGNATURE)
        return bytes_make(subscription->signature.bytes, 64);
    return pubkey_bytes(&subscription->key);
}

/* NULL for kinds that are kept as plain lists. */
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

/* Out of the list of its kind or key. The first of a key's list is what the map
 * holds, so the next one takes its place, or the key goes. */
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

/* Out of both lists, and freed. The id is not known any more from here on. */
void subscription_end(struct subscription *subscription)
{
    CHECK(subscription->connection->count > 0);
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

/* The server may be closed before the last connection is, or after. */
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

/* The server's user was this pubsub; from here on the connection's is its own.
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
    /* The analyzer does not follow that what has ended left the list. */
    while (connection->subscriptions)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        subscription_end(connection->subscriptions);
    free(connection);
    CHECK(pubsub->connections > 0);
    pubsub->connections--;
    free_if_done(pubsub);
}

/* A message is as large as a request of the RPC may be, for it is one. */
struct pubsub *pubsub_new(uv_loop_t *loop, const struct rpc_options *options)
{
    struct pubsub *pubsub = mem_zero(1, sizeof(*pubsub));
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
