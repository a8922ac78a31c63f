/*
 * What a base (state.h) answered for the rows asked for lately, from one view
 * of the disk to the next. Who executes blocks asks for the same rows again and
 * again: a task's account and the record of its round with each submission, the
 * stakes and accounts of its nodes once a round. The way down the tree costs
 * some 1,400 instructions and, where the rows are many, a dozen cache misses; a
 * look here a tenth.
 *
 * The rule that keeps it right: a row that a block changes is read from the
 * block's layer, until row_cache_change() has told the cache of that block;
 * and views from then on hold the block. So what the cache has of the row in
 * between is hidden, and afterwards gone.
 *
 * Takes at most ROW_CACHE_BYTES_MAX. Thread: one.
 */
#ifndef POND_SETTLEMENT_STATE_ROW_CACHE_H
#define POND_SETTLEMENT_STATE_ROW_CACHE_H

#include "settlement/state/state.h"

/* 20,000 nodes of one task, each with its account and its stake. */
#define ROW_CACHE_BYTES_MAX (8 << 20)

struct row_cache;

struct row_cache *row_cache_new(void);
void row_cache_free(struct row_cache *cache); /* NULL is allowed */

/* Ask this base from now on. It is copied, and holds all that was changed so
 * far. Values that the cache returned before are valid no more. */
void row_cache_begin(struct row_cache *cache, const struct state_base *base);

/* The base with the cache before it, from row_cache_begin() on. Its values are
 * valid as long as those of the base, its cursors are those of the base. */
const struct state_base *row_cache_base(const struct row_cache *cache);

/* Forget the rows of a block that is in the bases to come, and whose layer will
 * be looked into no more. Blocks come in order, none left out. */
void row_cache_change(struct row_cache *cache, const struct state_layer *layer);

#endif
