/*
 * Inside state: the rows of a layer, for state.c's reading and its cursors.
 *
 * Two structures hold the same row records. A hash table answers point reads,
 * which are nearly all reads; a skip list keeps the order for cursors and for
 * the flush. A row never moves, so a cursor stays valid while rows are put
 * before or after it, and frozen layers are read without locks.
 *
 * Rows get into the list many at a time, when the order is next needed: most
 * layers need it once, some never.
 */
#ifndef POND_SETTLEMENT_STATE_STATE_LAYER_H
#define POND_SETTLEMENT_STATE_STATE_LAYER_H

#include "settlement/state/state.h"

/* 4^12 rows before the top level of the skip list gets crowded. */
#define STATE_LEVELS_MAX 12

struct state_row {
    uint64_t hash;
    uint64_t order; /* the key's first 8 bytes, big-endian: compared first */
    struct state_row *older; /* put before this one */
    const uint8_t *value;
    uint32_t value_size;
    uint32_t value_capacity;
    bool deleted;
    bool is_new; /* nothing below the layer has the key */
    uint8_t key_size;
    uint8_t level_count;
    struct state_row *next[]; /* level_count pointers, then the key */
};

static inline struct bytes state_row_key(const struct state_row *row)
{
    return bytes_make(&row->next[row->level_count], row->key_size);
}

/* XXH3 under the process' seed. */
uint64_t state_key_hash(struct bytes key);

/* The row with that key, also a deleted one; NULL if the layer has no such row.
 */
const struct state_row *state_layer_find(const struct state_layer *layer,
                                         struct bytes key, uint64_t hash);

/* The first row whose key is ≥ start (beyond: > start), or NULL. In a frozen
 * layer, next[0] of a row that was found so is the row that follows. */
const struct state_row *state_layer_seek(const struct state_layer *layer,
                                         struct bytes start, bool beyond);

/* Put a change's row, or mark it deleted. Its is_new counts only if the layer
 * has no row with that key yet. The layer must not be frozen (CHECKed). */
void state_layer_put(struct state_layer *layer,
                     const struct state_change *change, uint64_t hash);

/* Drop all rows of a layer that is not frozen (CHECKed). */
void state_layer_clear(struct state_layer *layer);
bool state_layer_is_frozen(const struct state_layer *layer);

/* The cursor of state_cursor_open(). The layers and the base must outlive it.
 */
struct state_cursor *state_cursor_open_layers(struct state_layer *const *layers,
                                              size_t count,
                                              const struct state_base *base,
                                              struct bytes prefix,
                                              struct bytes start);

#endif
