/*
 * One place for each value of a hash, the newest answer in it: rows that are
 * asked for often come back soon after another has taken their place. Answers
 * "there is none" are kept like others. Values are not copied, they stay where
 * the base has them.
 */
#include "settlement/row_cache.h"

#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>
#include <xxhash.h>

/* A power of two. Each transaction asks for some rows that nobody asks for
 * again: with so many places they take that of a frequent one in one of a
 * hundred transactions. */
#define PLACES 256

/* Keys of accounts, and of a task's stakes and submissions. */
#define KEY_SIZE_MAX 80

/* size 0: free. */
struct place {
    uint8_t size;
    bool is_there;
    uint8_t key[KEY_SIZE_MAX];
    struct bytes value;
};

struct row_cache {
    struct state_base base;
    struct place places[PLACES];
};

struct row_cache *row_cache_new(const struct state_base *base)
{
    struct row_cache *cache = mem_zero(1, sizeof *cache);
    cache->base = *base;
    return cache;
}

void row_cache_free(struct row_cache *cache)
{
    free(cache);
}

bool row_cache_get(struct row_cache *cache, struct bytes key,
                   struct bytes *value)
{
    CHECK(key.size > 0);
    if (key.size > KEY_SIZE_MAX)
        return cache->base.get(cache->base.user, key, value);
    uint64_t hash = XXH3_64bits(key.data, key.size);
    struct place *place = &cache->places[hash % PLACES];
    if (!bytes_equal(bytes_make(place->key, place->size), key)) {
        place->is_there = cache->base.get(cache->base.user, key, &place->value);
        place->size = (uint8_t)key.size;
        memcpy(place->key, key.data, key.size);
    }
    if (place->is_there)
        *value = place->value;
    return place->is_there;
}
