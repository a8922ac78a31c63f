/*
 * Transactions that an endpoint took from its clients, until they are in a
 * final block or too old to get into one: so that none is lost with the block
 * of a fork that lost, or with a leader that was absent. Who forwards them to
 * leaders walks the list, again for each of them.
 *
 * When it is full, the lowest fee leaves for a higher one. Who sent that one is
 * not told, and may send it again.
 *
 * Pure: no clock, thread or lock; one owner.
 */
#ifndef POND_SETTLEMENT_CHAIN_KEPT_LIST_H
#define POND_SETTLEMENT_CHAIN_KEPT_LIST_H

#include "base/bytes.h"
#include "crypto/key.h"

struct kept_list;

/* limit ≥ 1: how many are kept. */
struct kept_list *kept_list_new(size_t limit);
void kept_list_free(struct kept_list *list); /* NULL is allowed */

size_t kept_list_count(const struct kept_list *list);

/* Keep a parsed transaction's wire bytes, which are copied, with the fee that
 * counts for it. last_height: the height of the last block that may have it.
 * ERR_EXISTS; ERR_FULL: there is no room, and all pay as much or more. */
int kept_list_add(struct kept_list *list, struct bytes wire, uint64_t fee,
                  uint64_t last_height);

/* Is there room for one of that fee, be it that of the lowest? */
bool kept_list_has_room(const struct kept_list *list, uint64_t fee);

/* Forget it, if it is kept. */
void kept_list_remove(struct kept_list *list, const struct signature *id);

/* A block of that height is final: forget those that no later one may have. */
void kept_list_expire(struct kept_list *list, uint64_t height);

struct kept_item {
    struct bytes wire; /* borrowed until the list changes */
    uint64_t fee;
};

/* False: it is not kept. */
bool kept_list_find(const struct kept_list *list, const struct signature *id,
                    struct kept_item *out);

/* The next one in the order in which they came, after the one of the number
 * *after, which is set to its number; 0: from the first on. False: there is
 * none. */
bool kept_list_next(const struct kept_list *list, uint64_t *after,
                    struct kept_item *out);

#endif
