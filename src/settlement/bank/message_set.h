/*
 * The messages that a block processed, by hash: so each transaction takes
 * effect once. One thread writes until the block is frozen; then the set is
 * frozen too, compact, and shared by the banks that descend from it (atomic
 * reference count).
 *
 * The set keeps the first MESSAGE_KEY_SIZE bytes of a hash, and messages that
 * agree in them count as one. Somebody can make such a pair with 2^64 hashes,
 * and then one of the two is refused; getting another's message refused takes
 * 2^128 hashes. The length is part of the chain's rules, since all validators
 * must refuse the same.
 */
#ifndef POND_SETTLEMENT_BANK_MESSAGE_SET_H
#define POND_SETTLEMENT_BANK_MESSAGE_SET_H

#include "crypto/key.h"

#define MESSAGE_KEY_SIZE 16

struct message_set;

struct message_set *message_set_new(void); /* one reference */
struct message_set *message_set_retain(struct message_set *set);
void message_set_release(struct message_set *set); /* NULL is allowed */

/* NULL is the empty set. */
bool message_set_has(const struct message_set *set, const struct hash *hash);
size_t message_set_count(const struct message_set *set);

/* Add a hash that is not in the set (CHECKed) to a set that is not frozen
 * (CHECKed). */
void message_set_add(struct message_set *set, const struct hash *hash);

/* End adding. NULL is allowed, and so is a set that is frozen already. */
void message_set_freeze(struct message_set *set);

/* Append a frozen set as bytes: its keys in ascending order. NULL is the empty
 * set. */
void message_set_write(const struct message_set *set, struct buffer *out);

/* The inverse: a frozen set with one reference. ERR_CORRUPT unless keys are
 * whole keys in ascending order, each once. */
int message_set_read(struct bytes keys, struct message_set **out);

/* Whether two frozen sets hold the same keys. NULL is the empty set. */
bool message_set_equal(const struct message_set *a,
                       const struct message_set *b);

#endif
