/*
 * An arena: memory for one request, block or call, freed whole. Allocations
 * are aligned to 16 bytes and never fail (memory.h). Not thread-safe: one
 * arena, one owner.
 */
#ifndef POND_BASE_ARENA_H
#define POND_BASE_ARENA_H

#include "base/bytes.h"

struct arena {
    struct arena_chunk *chunk; /* newest; NULL in an empty arena */
    size_t used_bytes;         /* handed out so far */
};

void *arena_alloc(struct arena *arena, size_t size);
void *arena_zero(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
struct bytes arena_bytes(struct arena *arena, struct bytes bytes);
char *arena_text(struct arena *arena, struct bytes text); /* adds the NUL */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Free everything; the arena is empty and can be used again. */
void arena_free(struct arena *arena);

/* Forget everything but keep the newest chunk for the next use. */
void arena_reset(struct arena *arena);

#endif
