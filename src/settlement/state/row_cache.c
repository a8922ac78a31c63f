/*
 * Two generations of rows, each with memory of its own that only grows. A row
 * that is found in the older one is copied into the younger. When the younger
 * is full it becomes the older, and the older one is dropped whole. So a row
 * that is read often stays, no row is moved or freed while a block executes,
 * and no list has to be kept in order of use.
 *
 * Missing rows are not kept: a missing row is rarely read twice, and each
 * transfer to a new account would add one.
 */
#include "settlement/state/row_cache.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/random.h"
#include <stdlib.h>
#include <xxhash.h>

#define GENERATIONS 2
#define GENERATION_BYTES (ROW_CACHE_BYTES_MAX / GENERATIONS)

/* A power of two; some four places a row, so that a missing row mostly costs
 * one look. */
#define CHAINS 65536

/* Longer values, such as a distribution list's data, are few and seldom read;
 * each would push out hundreds of others. */
#define VALUE_SIZE_MAX 4096

struct row {
    struct row *next; /* of its chain */
    uint64_t hash;
    uint32_t value_size;
    uint8_t key_size;
    bool is_stale;   /* the value changed; its place is kept for the new one */
    uint8_t bytes[]; /* the key, then the value */
};

struct generation {
    struct row **chains; /* CHAINS; NULL until the first row */
    struct arena arena;
};

struct row_cache {
    struct state_base base;  /* read if no generation has the row */
    struct state_base front; /* what row_cache_base() returns */
    uint64_t
        seed; /* secret, so that nobody can choose keys of a single chain */
    struct generation young, old;
};

/* The newest row with that key; it may be stale. */
static struct row *find(const struct generation *generation, struct bytes key,
                        uint64_t hash)
{
    if (!generation->chains)
        return NULL;
    struct row *row = generation->chains[hash % CHAINS];
    while (row && (row->hash != hash ||
                   !bytes_equal(bytes_make(row->bytes, row->key_size), key)))
        row = row->next;
    return row;
}

static struct bytes value_of(const struct row *row)
{
    return bytes_make(row->bytes + row->key_size, row->value_size);
}

static bool is_full(const struct generation *generation)
{
    return generation->arena.used_bytes >= GENERATION_BYTES;
}

/* Keep a row if there is room; returns its value, which is the given one if the
 * row was not kept. stale: the row of that key, or NULL. An account that pays
 * in each block gets a new value of the same size each time: in the old place
 * it takes no more memory. */
static struct bytes keep(struct row_cache *cache, struct row *stale,
                         struct bytes key, uint64_t hash, struct bytes value)
{
    struct generation *young = &cache->young;
    if (stale && stale->value_size == value.size) {
        if (value.size)
            memcpy(stale->bytes + stale->key_size, value.data, value.size);
        stale->is_stale = false;
        return value_of(stale);
    }
    if (is_full(young) || value.size > VALUE_SIZE_MAX)
        return value;
    if (!young->chains)
        young->chains = mem_zero(CHAINS, sizeof(struct row *));
    struct row *row =
        arena_alloc(&young->arena, sizeof(*row) + key.size + value.size);
    struct row **chain = &young->chains[hash % CHAINS];
    row->next = *chain;
    row->hash = hash;
    row->key_size = (uint8_t)key.size;
    row->value_size = (uint32_t)value.size;
    row->is_stale = false;
    memcpy(row->bytes, key.data, key.size);
    if (value.size)
        memcpy(row->bytes + key.size, value.data, value.size);
    *chain = row;
    return value_of(row);
}

static uint64_t hash_of(const struct row_cache *cache, struct bytes key)
{
    return XXH3_64bits_withSeed(key.data, key.size, cache->seed);
}

static bool get(void *user, struct bytes key, struct bytes *value)
{
    struct row_cache *cache = user;
    CHECK(key.size > 0 && key.size <= STATE_KEY_SIZE_MAX);
    uint64_t hash = hash_of(cache, key);
    struct row *young = find(&cache->young, key, hash);
    if (young && !young->is_stale) {
        *value = value_of(young);
        return true;
    }
    const struct row *old = young ? NULL : find(&cache->old, key, hash);
    if (old && !old->is_stale)
        *value = value_of(old);
    else if (!cache->base.get(cache->base.user, key, value))
        return false;
    *value = keep(cache, young, key, hash, *value);
    return true;
}

static void *cursor_open(void *user, struct bytes start)
{
    struct row_cache *cache = user;
    return cache->base.cursor_open(cache->base.user, start);
}

static void generation_drop(struct generation *generation)
{
    arena_free(&generation->arena);
    free(generation->chains);
    *generation = (struct generation){0};
}

struct row_cache *row_cache_new(void)
{
    struct row_cache *cache = mem_zero(1, sizeof(*cache));
    cache->seed = random_seed();
    cache->base = STATE_BASE_EMPTY;
    return cache;
}

void row_cache_free(struct row_cache *cache)
{
    if (!cache)
        return;
    generation_drop(&cache->young);
    generation_drop(&cache->old);
    free(cache);
}

void row_cache_begin(struct row_cache *cache, const struct state_base *base)
{
    cache->base = *base;
    cache->front = (struct state_base){.user = cache,
                                       .get = get,
                                       .cursor_open = cursor_open,
                                       .cursor_next = base->cursor_next,
                                       .cursor_close = base->cursor_close};
    if (!is_full(&cache->young))
        return;
    generation_drop(&cache->old);
    cache->old = cache->young;
    cache->young = (struct generation){0};
}

const struct state_base *row_cache_base(const struct row_cache *cache)
{
    CHECK(cache->front.get);
    return &cache->front;
}

static void forget(const struct generation *generation, struct bytes key,
                   uint64_t hash)
{
    struct row *row = find(generation, key, hash);
    if (row)
        row->is_stale = true;
}

/* New rows were in no base, so the cache does not have them. */
void row_cache_change(struct row_cache *cache, const struct state_layer *layer)
{
    struct state_change change;
    const void *position = NULL;
    while (state_layer_next_put(layer, &position, &change)) {
        if (change.is_new)
            continue;
        uint64_t hash = hash_of(cache, change.key);
        forget(&cache->young, change.key, hash);
        forget(&cache->old, change.key, hash);
    }
}
