/*
 * The messages a block processed, by hash: what makes each transaction take
 * effect once. One writer until its block is frozen; then the set is frozen
 * too, compact, and shared by the banks that descend from it (atomic reference
 * count).
 *
 * Of a hash the set keeps the first MESSAGE_KEY_SIZE bytes. Two messages that
 * agree in them count as one: who makes such a pair, in 2^64 hashes, has one of
 * the two refused; to have another's message refused takes 2^128. The length is
 * part of the chain's rules, since all must refuse the same.
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

/* hash must not be in the set yet, nor the set frozen. */
void message_set_add(struct message_set *set, const struct hash *hash);

/* Nothing is added after this. NULL is allowed, and twice is. */
void message_set_freeze(struct message_set *set);

/* A frozen set as bytes: its keys, in ascending order. NULL: none. */
void message_set_write(const struct message_set *set, struct buffer *out);

/* The frozen set that was written so. ERR_CORRUPT if these are not whole keys
 * in ascending order, each once. */
int message_set_read(struct bytes keys, struct message_set **out);

/* Do two frozen sets hold the same? NULL is the empty set. */
bool message_set_equal(const struct message_set *a,
                       const struct message_set *b);

#endif
