/*
 * A cache of rows read lately from a base (state.h), which lives on from one
 * view of the disk to the next. Executing blocks reads the same rows again and
 * again: a task's account and the record of its round with each submission, the
 * stakes and accounts of its nodes once a round. The way down the tree costs
 * some 1,400 instructions and, if the rows are many, a dozen cache misses; a
 * look here costs a tenth.
 *
 * The rule that keeps the cache right: a row that a block changes is read from
 * the block's layer until row_cache_change() is called for that block, and
 * views from then on hold the block. So the layer hides the row's old value in
 * the cache, and row_cache_change() forgets it.
 *
 * A cache takes at most ROW_CACHE_BYTES_MAX. Thread: one.
 */
#ifndef POND_SETTLEMENT_STATE_ROW_CACHE_H
#define POND_SETTLEMENT_STATE_ROW_CACHE_H

#include "settlement/state/state.h"

/* Room for 20,000 nodes of one task, each with its account and its stake. */
#define ROW_CACHE_BYTES_MAX (8 << 20)

struct row_cache;

struct row_cache *row_cache_new(void);
void row_cache_free(struct row_cache *cache); /* NULL is allowed */

/* Read from this base from now on. base is copied, and must hold the blocks
 * that row_cache_change() got so far. Values that the cache returned before are
 * no longer valid. */
void row_cache_begin(struct row_cache *cache, const struct state_base *base);

/* The base with the cache in front of it; call row_cache_begin() first
 * (CHECKed). Its values are valid as long as those of the base; its cursors are
 * those of the base. */
const struct state_base *row_cache_base(const struct row_cache *cache);

/* Forget the rows of a block that later bases hold, and whose layer will no
 * longer be read. Blocks come in order, and none is left out. */
void row_cache_change(struct row_cache *cache, const struct state_layer *layer);

#endif
