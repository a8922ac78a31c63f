/*
 * Source maps (ECMA-426): from where in the author's sources a place of a
 * bundle comes. For what can't run scripts: the library of tasks has a reader
 * of its own (runtime/js/source_map.js).
 *
 * Thread: one at a time for each map.
 */
#ifndef POND_BASE_SOURCE_MAP_H
#define POND_BASE_SOURCE_MAP_H

#include "base/bytes.h"

/* A larger map is not read: it would take longer than its reader has. */
#define SOURCE_MAP_SIZE_MAX (32u << 20)

struct source_map;

/* Read the map of a data: URL in base64, as bundles have it at their end.
 * ERR_NOT_FOUND for another URL, ERR_LIMIT, ERR_INVALID. */
int source_map_open(struct bytes url, struct source_map **out);
void source_map_close(struct source_map *map); /* NULL is allowed */

/* Where the piece comes from that a place of the bundle is in; lines and
 * columns count from 1. False, and nothing changes, if that is not known.
 * *source is the name without the dots and slashes at its beginning, borrowed
 * from the map. */
bool source_map_find(const struct source_map *map, uint64_t *line,
                     uint64_t *column, const char **source);

#endif
