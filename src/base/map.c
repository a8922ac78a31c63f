/*
 * Linear probing in a table that is at most 3/4 full: a search goes from place
 * to place, and the stored hash distinguishes most other keys without reading
 * them. A removal shifts the following entries back and leaves no tombstone, so
 * a table that changes much (mempool, pending blocks) never needs cleaning.
 *
 * Keys are allocated one by one. Keys inside the table would save that, but
 * they differ in length, and most are hashes of 32 bytes and more.
 *
 * A table grows when it must and never shrinks; growing moves all entries at
 * once, so a put costs a constant on average but now and then as much as the
 * table is long.
 *
 * Invariants:
 * 1. capacity is a power of two, and count ≤ 3/4 of it: a search always ends at
 *    a free place.
 * 2. Between the home of an entry (hash & mask) and its place no place is free.
 * 3. A place holds an entry exactly if its value is not NULL. A free place is
 *    all zero.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <xxhash.h>

/* A power of two; half a kilobyte, as many maps stay almost empty. */
#define CAPACITY_MIN 16

struct entry {
    /* The whole hash of the key. It is compared before the key, and growing
     * needs no hashing. */
    uint64_t hash;
    /* Owned. */
    uint8_t *key;
    size_t key_size;
    /* The caller's. NULL if the place is free. */
    void *value;
};

struct map {
    struct entry *entries;
    /* The number of places; a power of two. */
    size_t capacity;
    /* The number of entries. */
    size_t count;
    /* Secret and drawn for each table. Keys come from outside, and an attacker
     * who knew the hashes could send keys that all meet in one place. */
    uint64_t seed;
};

struct map *map_new(void)
{
    struct map *map = mem_zero(1, sizeof(*map));
    map->capacity = CAPACITY_MIN;
    map->entries = mem_zero(map->capacity, sizeof(*map->entries));
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

/* Where key stands, or the free place where it would be put. Ends because a
 * place is always free (1). */
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

/* Double the table. Keys move by pointer and hashes are stored, so no key is
 * read. No comparison is needed, because each key exists once. */
static void grow(struct map *map)
{
    struct entry *old = map->entries;
    size_t old_capacity = map->capacity;
    CHECK(old_capacity <= SIZE_MAX / 2);
    map->capacity *= 2;
    map->entries = mem_zero(map->capacity, sizeof(*map->entries));
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
    /* This comes before the search, because a move would make its result stale.
     * If key exists already, the table may grow without need. */
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

/* Close the gap at place hole: move back each later entry that could stand
 * there, i.e. whose home is not between the hole and itself. Each move makes a
 * new hole further on. The walk ends at the first free place, because no entry
 * after that place was pushed past the hole. All distances are modulo the
 * capacity, because runs wrap around the end. */
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
    /* The place itself is cleared by closing the gap. */
    free(entry->key);
    close_gap(map, (size_t)(entry - map->entries));
    map->count--;
    return value;
}

/* Places in order, which is no order of keys. The key is the table's own copy:
 * valid until it is removed. */
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
