/*
 * The messages a block processed, by hash: what makes each transaction take
 * effect once. One writer until its block is frozen, then immutable and shared
 * by the banks that descend from it (atomic reference count).
 */
#ifndef POND_SETTLEMENT_MESSAGE_SET_H
#define POND_SETTLEMENT_MESSAGE_SET_H

#include "crypto/key.h"

struct message_set;

struct message_set *message_set_new(void); /* one reference */
struct message_set *message_set_retain(struct message_set *set);
void message_set_release(struct message_set *set); /* NULL is allowed */

/* NULL is the empty set. */
bool message_set_has(const struct message_set *set, const struct hash *hash);
size_t message_set_count(const struct message_set *set);

/* In the order they were added. index < count (CHECKed). */
const struct hash *message_set_at(const struct message_set *set, size_t index);

/* hash must not be in the set yet. */
void message_set_add(struct message_set *set, const struct hash *hash);

#endif
