/*
 * What a base (state.h) answered for the rows asked for last. A block's
 * transactions ask for the same few rows again and again which none of them
 * changes, and so no layer has: a task's account, the record of its round. The
 * way down the tree costs some 1,400 instructions, a look here a tenth.
 *
 * For a base that doesn't change while the cache is used. Thread: the base's.
 */
#ifndef POND_SETTLEMENT_ROW_CACHE_H
#define POND_SETTLEMENT_ROW_CACHE_H

#include "settlement/state.h"

struct row_cache;

/* base is copied. */
struct row_cache *row_cache_new(const struct state_base *base);
void row_cache_free(struct row_cache *cache); /* NULL is allowed */

/* The base's get() for a row, or what it answered before. */
bool row_cache_get(struct row_cache *cache, struct bytes key,
                   struct bytes *value);

#endif
