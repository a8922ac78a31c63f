/*
 * A skip list over a layer's rows (state_layer.h), in the order of their keys.
 * The rows hold its pointers; it owns nothing, and {0} is an empty one.
 *
 * Thread: one changes it while nobody else reads.
 */
#ifndef POND_SETTLEMENT_STATE_STATE_LIST_H
#define POND_SETTLEMENT_STATE_STATE_LIST_H

#include "settlement/state/state_layer.h"

struct state_list {
    struct state_row *first[STATE_LEVELS_MAX];
    unsigned levels; /* levels in use; first[i] is NULL from there on */
};

/* A key's first 8 bytes as a number that compares as they do. Short keys are
 * filled up with zeros, so equal numbers say nothing yet. */
uint64_t state_list_order(struct bytes key);

/* How many levels a row gets; hash: of its key. */
uint8_t state_list_levels(uint64_t hash);

/* Put rows in: newest and those older than it, up to end (not included). None
 * of their keys may be there yet. Costs what sorting them costs, and a step of
 * some levels for each. */
void state_list_add(struct state_list *list, struct state_row *newest,
                    const struct state_row *end);

/* The first row whose key is ≥ start (beyond: > start), or NULL. An empty start
 * is before all keys. Cost: O(log n) rows looked at. */
const struct state_row *state_list_seek(const struct state_list *list,
                                        struct bytes start, bool beyond);

#endif
