/*
 * A skip list over a layer's rows (state_layer.h), in the order of their keys.
 * The rows hold its pointers; the list owns nothing, and {0} is an empty list.
 *
 * Thread: any, one at a time; any number while nobody changes the list.
 */
#ifndef POND_SETTLEMENT_STATE_STATE_LIST_H
#define POND_SETTLEMENT_STATE_STATE_LIST_H

#include "settlement/state/state_layer.h"

struct state_list {
    struct state_row *first[STATE_LEVELS_MAX];
    unsigned levels; /* levels in use; first[i] is NULL from there on */
};

/* A key's first 8 bytes as a number that compares as they do. Short keys are
 * padded with zeros, so equal numbers don't mean equal keys. */
uint64_t state_list_order(struct bytes key);

/* How many levels a row gets; hash: the hash of its key. */
uint8_t state_list_levels(uint64_t hash);

/* Put newest and the rows older than it in, up to end (not included). The list
 * must have none of their keys. Costs sorting them, and a step of some levels
 * for each. */
void state_list_add(struct state_list *list, struct state_row *newest,
                    const struct state_row *end);

/* The first row whose key is ≥ start (beyond: > start), or NULL. An empty start
 * is before all keys. Cost: O(log n) rows read. */
const struct state_row *state_list_seek(const struct state_list *list,
                                        struct bytes start, bool beyond);

#endif
