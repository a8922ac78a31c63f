/*
 * An arena: memory for one request, block or call, freed whole. Allocations are
 * aligned to 16 bytes and never fail (memory.h). Nothing in it is freed alone,
 * and nothing in it may be given to free().
 *
 * Zero-initialise it: {0} is an empty arena, which holds no memory yet. What
 * was allocated stays where it is until arena_free() or arena_reset().
 *
 * Thread: not thread-safe; one arena, one owner.
 */
#ifndef POND_BASE_ARENA_H
#define POND_BASE_ARENA_H

#include "base/bytes.h"

struct arena {
    /* The newest; NULL in an empty arena. */
    struct arena_chunk *chunk;
    /* Handed out so far, rounded up to the alignment; for limits. */
    size_t used_bytes;
};

/* Uninitialised memory of size bytes (CHECKed against nonsense, so that a
 * length from outside must be limited before). */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, all zero. */
void *arena_zero(struct arena *arena, size_t size);
/* A copy of size bytes at data, which may be NULL if size is 0. */
void *arena_copy(struct arena *arena, const void *data, size_t size);
struct bytes arena_bytes(struct arena *arena, struct bytes bytes);
/* A C string: the text and a NUL. A NUL inside text is copied like any byte and
 * ends the C string early. Refuse it before, if that matters. */
char *arena_text(struct arena *arena, struct bytes text);
/* printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Free everything; the arena is empty and can be used again. */
void arena_free(struct arena *arena);

/* The same, and nothing of what it held stays readable: for secrets. */
void arena_wipe(struct arena *arena);

/* Forget everything but keep the newest chunk for the next use. */
void arena_reset(struct arena *arena);

#endif
