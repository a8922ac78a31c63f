/*
 * Linear probing in a table that is at most 3/4 full; removal shifts the
 * entries behind it back instead of leaving tombstones, so a table that sees
 * much coming and going never needs cleaning.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <xxhash.h>

#define CAPACITY_MIN 16 /* a power of two */

struct entry {
    uint64_t hash;
    uint8_t *key; /* owned */
    size_t key_size;
    void *value; /* NULL: the place is free */
};

struct map {
    struct entry *entries;
    size_t capacity; /* a power of two */
    size_t count;
    uint64_t seed;
};

struct map *map_new(void)
{
    struct map *map = mem_zero(1, sizeof *map);
    map->capacity = CAPACITY_MIN;
    map->entries = mem_zero(map->capacity, sizeof *map->entries);
    map->seed = random_seed();
    return map;
}

void map_free(struct map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->capacity; i++)
        free(map->entries[i].key);
    free(map->entries);
    free(map);
}

size_t map_count(const struct map *map)
{
    return map->count;
}

/* Where key stands, or the free place where it would be put. */
static struct entry *find(const struct map *map, uint64_t hash,
                          struct bytes key)
{
    size_t mask = map->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct entry *entry = &map->entries[i];
        if (!entry->value)
            return entry;
        if (entry->hash == hash &&
            bytes_equal(bytes_make(entry->key, entry->key_size), key))
            return entry;
    }
}

static uint64_t hash_of(const struct map *map, struct bytes key)
{
    return XXH3_64bits_withSeed(key.data, key.size, map->seed);
}

static void grow(struct map *map)
{
    struct entry *old = map->entries;
    size_t old_capacity = map->capacity;
    map->capacity *= 2;
    map->entries = mem_zero(map->capacity, sizeof *map->entries);
    size_t mask = map->capacity - 1;
    for (size_t i = 0; i < old_capacity; i++) {
        if (!old[i].value)
            continue;
        size_t at = old[i].hash & mask;
        while (map->entries[at].value)
            at = (at + 1) & mask;
        map->entries[at] = old[i];
    }
    free(old);
}

void *map_get(const struct map *map, struct bytes key)
{
    return find(map, hash_of(map, key), key)->value;
}

void *map_put(struct map *map, struct bytes key, void *value)
{
    CHECK(value);
    if ((map->count + 1) * 4 > map->capacity * 3)
        grow(map);
    uint64_t hash = hash_of(map, key);
    struct entry *entry = find(map, hash, key);
    void *before = entry->value;
    if (!before) {
        entry->hash = hash;
        entry->key = mem_copy(key.data, key.size);
        entry->key_size = key.size;
        map->count++;
    }
    entry->value = value;
    return before;
}

/* Close the gap at place hole: move back each entry behind it that could
 * stand there, i.e. whose home is not between the hole and itself. */
static void close_gap(struct map *map, size_t hole)
{
    size_t mask = map->capacity - 1;
    for (size_t i = (hole + 1) & mask; map->entries[i].value;
         i = (i + 1) & mask) {
        size_t home = map->entries[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole] = (struct entry){0};
}

void *map_remove(struct map *map, struct bytes key)
{
    struct entry *entry = find(map, hash_of(map, key), key);
    void *value = entry->value;
    if (!value)
        return NULL;
    free(entry->key);
    close_gap(map, (size_t)(entry - map->entries));
    map->count--;
    return value;
}

bool map_next(const struct map *map, size_t *position, struct bytes *key,
              void **value)
{
    while (*position < map->capacity) {
        struct entry *entry = &map->entries[(*position)++];
        if (!entry->value)
            continue;
        *key = bytes_make(entry->key, entry->key_size);
        *value = entry->value;
        return true;
    }
    return false;
}
