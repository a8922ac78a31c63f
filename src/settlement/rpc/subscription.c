/*
 * Subscriptions. Those that wait for one key (account, signature) stand in a
 * map by it, so that a block costs what it touches and not what is subscribed
 * to.
 *
 * The other kinds (slots, logs, programs) are lists, since nearly every block
 * concerns each of them. A program's filters are looked at one after the other:
 * an index over them would have to understand them.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include <stdlib.h>

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

void subscription_note_wanted(struct pubsub *pubsub,
                              enum subscription_kind kind)
{
    size_t count = 0;
    for (int level = 0; level < LEDGER_LEVELS; level++)
        count += pubsub->counts[kind][level];
    if (count)
        atomic_fetch_or(&pubsub->wanted, 1u << kind);
    else
        atomic_fetch_and(&pubsub->wanted, ~(1u << kind));
}

/* Take it out of the list of its kind or key. The map holds the first of a
 * key's list, so the next one takes its place, or the key goes. */
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
    size_t *count = &pubsub->counts[subscription->kind][subscription->level];
    CHECK(*count > 0);
    (*count)--;
    subscription_note_wanted(pubsub, subscription->kind);
    if (subscription->wants_received)
        pubsub->received_count--;
}

/* Take it out of both lists and free it. Its id is unknown from here on. */
void subscription_end(struct subscription *subscription)
{
    CHECK(subscription->connection->count > 0);
    struct connection *connection = subscription->connection;
    struct subscription **at = &connection->subscriptions;
    while (*at != subscription) {
        CHECK(*at); /* it is in the list of its connection */
        at = &(*at)->next;
    }
    *at = subscription->next;
    connection->count--;
    unlink_same(subscription);
    arena_free(&subscription->arena);
    free(subscription);
}
