/*
 * From the threads that make, execute and agree on blocks to the loop.
 *
 * The inbox has no limit: what is in it are references to blocks, and the loop
 * is late by milliseconds. Votes and stages are many, and few ask for them, so
 * they are dropped at once while nobody does.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>

enum telling_kind { TELLING_NEWS, TELLING_STAGE, TELLING_VOTE };

/* What is on its way. */
struct telling {
    struct inbox_item item;
    enum telling_kind kind;
    struct ledger_news news; /* one reference */
    enum pubsub_stage stage;
    uint64_t slot;
    uint64_t parent_slot;
    uint64_t unix_ms;
    char *why; /* NULL: none */
    struct pubkey vote_account;
    struct hash hash;
    struct signature signature;
};

static void telling_free(struct telling *telling)
{
    ledger_branch_release(telling->news.branch);
    free(telling->why);
    free(telling);
}

static void put(struct pubsub *pubsub, const struct telling *telling)
{
    struct telling *copy = mem_zero(1, sizeof(*copy));
    *copy = *telling;
    inbox_put(pubsub->inbox, &copy->item);
}

static bool is_wanted(struct pubsub *pubsub, enum subscription_kind kind)
{
    return atomic_load(&pubsub->wanted) & 1u << kind;
}

/* ---- Any thread ---- */

void pubsub_published(struct pubsub *pubsub, const struct ledger_news *news)
{
    struct telling telling = {.kind = TELLING_NEWS, .news = *news};
    ledger_branch_retain(news->branch);
    put(pubsub, &telling);
}

void pubsub_tell_stage(struct pubsub *pubsub, enum pubsub_stage stage,
                       uint64_t slot, uint64_t parent_slot, uint64_t unix_ms,
                       const char *why)
{
    struct telling telling = {.kind = TELLING_STAGE,
                              .stage = stage,
                              .slot = slot,
                              .parent_slot = parent_slot,
                              .unix_ms = unix_ms};
    CHECK(stage != PUBSUB_DEAD || why);
    if (!is_wanted(pubsub, SUBSCRIPTION_SLOTS_UPDATES))
        return;
    if (why)
        telling.why = mem_text(why);
    put(pubsub, &telling);
}

void pubsub_tell_vote(struct pubsub *pubsub, const struct pubkey *vote_account,
                      uint64_t slot, const struct hash *hash,
                      const struct signature *signature)
{
    struct telling telling = {.kind = TELLING_VOTE,
                              .slot = slot,
                              .vote_account = *vote_account,
                              .hash = *hash,
                              .signature = *signature};
    if (is_wanted(pubsub, SUBSCRIPTION_VOTE))
        put(pubsub, &telling);
}

/* ---- The loop's ---- */

void pubsub_take(void *user, struct inbox_item *item)
{
    struct pubsub *pubsub = user;
    struct telling *telling = INBOX_OF(item, struct telling, item);
    switch (telling->kind) {
    case TELLING_NEWS:
        pubsub_notify_news(pubsub, &telling->news);
        break;
    case TELLING_STAGE:
        pubsub_notify_stage(pubsub, telling->stage, telling->slot,
                            telling->parent_slot, telling->unix_ms,
                            telling->why);
        break;
    case TELLING_VOTE:
        pubsub_notify_vote(pubsub, &telling->vote_account, telling->slot,
                           &telling->hash, &telling->signature);
        break;
    }
    telling_free(telling);
}

void pubsub_drop(struct pubsub *pubsub)
{
    struct inbox_item *item = inbox_drain(pubsub->inbox);
    while (item) {
        struct telling *telling = INBOX_OF(item, struct telling, item);
        item = item->next;
        telling_free(telling);
    }
}
