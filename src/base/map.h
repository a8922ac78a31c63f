/*
 * A hash table from byte keys to pointers, open addressing over XXH3. The
 * keys are copied; the values belong to the caller. The seed is drawn at
 * random for each table, so that no outsider can aim at collisions. So the
 * order of iteration varies.
 *
 * Not thread-safe.
 */
#ifndef POND_BASE_MAP_H
#define POND_BASE_MAP_H

#include "base/bytes.h"

struct map;

struct map *map_new(void);
void map_free(struct map *map); /* NULL is allowed */
size_t map_count(const struct map *map);

/* The value, or NULL. */
void *map_get(const struct map *map, struct bytes key);

/* Put value (not NULL) at key; returns the value that was there, or NULL. */
void *map_put(struct map *map, struct bytes key, void *value);

/* Take it out; returns the value that was there, or NULL. */
void *map_remove(struct map *map, struct bytes key);

/* Walk: start with *position = 0; false at the end. The map must not change
 * between calls: a removal moves other entries, past the walk or before it. */
bool map_next(const struct map *map, size_t *position, struct bytes *key,
              void **value);

#endif
