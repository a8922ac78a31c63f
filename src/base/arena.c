/*
 * Chunks in a list, newest first, each a plain run of memory that is handed out
 * from the front. An allocation is a comparison and two additions; freeing is
 * one free() a chunk, however many objects the request made, and nothing that
 * was parsed can be forgotten or freed twice.
 *
 * What this deliberately does not do: free a single object, grow the last one
 * in place, or look for room in an older chunk. When a chunk can't hold the
 * next object its rest is given up. Chunks double, so what is given up that way
 * stays in proportion to what is used.
 *
 * Invariants:
 * 1. chunk is the newest; older links lead to the first and end in NULL.
 * 2. used ≤ size in each chunk, and used is a multiple of ALIGNMENT, so that
 *    every address handed out is aligned.
 * 3. used_bytes is the sum of the rounded sizes handed out since the arena was
 *    last empty. Limits on what a request may cost are checked against it.
 */
#include "base/arena.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A typical request fits the first chunk; later ones double up to the limit, so
 * that a large request costs few calls and a small one little memory. The first
 * is a page; the limit is where another malloc() a chunk no longer shows beside
 * filling it. */
#define CHUNK_SIZE_MIN 4096
#define CHUNK_SIZE_MAX (1024 * 1024)
/* What malloc() guarantees on 64-bit machines: enough for any C type. */
#define ALIGNMENT 16

/* A chunk is one malloc(): this head and the memory after it. */
struct arena_chunk {
    struct arena_chunk *older;
    /* Bytes of memory. */
    size_t size;
    /* Bytes of it handed out, from the front. */
    size_t used;
    /* Aligned inside the struct, so that the head takes a multiple of ALIGNMENT
     * and places count from an aligned start. */
    _Alignas(ALIGNMENT) uint8_t memory[];
};

/* Put a new chunk in front that has room for wanted bytes. wanted is already
 * rounded to ALIGNMENT; a chunk made for one huge object is as large as that
 * object and makes the next one no larger than CHUNK_SIZE_MAX. */
static void add_chunk(struct arena *arena, size_t wanted)
{
    size_t size = arena->chunk ? arena->chunk->size * 2 : CHUNK_SIZE_MIN;
    CHECK(wanted % ALIGNMENT == 0);
    if (size > CHUNK_SIZE_MAX)
        size = CHUNK_SIZE_MAX;
    if (size < wanted)
        size = wanted;
    struct arena_chunk *chunk = mem_alloc(sizeof(*chunk) + size);
    chunk->older = arena->chunk;
    chunk->size = size;
    chunk->used = 0;
    arena->chunk = chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    CHECK(size <= SIZE_MAX / 2);
    /* The CHECK above keeps the rounding, and the chunk's head in add_chunk(),
     * from running over. A size of 0 takes no room but is still given an
     * address, which is never read through. */
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!arena->chunk || arena->chunk->size - arena->chunk->used < size)
        add_chunk(arena, size);
    void *result = arena->chunk->memory + arena->chunk->used;
    CHECK((uintptr_t)result % ALIGNMENT == 0);
    arena->chunk->used += size;
    arena->used_bytes += size;
    return result;
}

void *arena_zero(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

struct bytes arena_bytes(struct arena *arena, struct bytes bytes)
{
    return bytes_make(arena_copy(arena, bytes.data, bytes.size), bytes.size);
}

char *arena_text(struct arena *arena, struct bytes text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

/* Formats twice: once to learn the length, once into memory of that size. A
 * guess that is mostly right would save the first pass, but would leave its
 * surplus in the arena for as long as the request lives. */
char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

/* This chunk and all older ones. A loop and not a recursion: a long list must
 * not cost stack. */
static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
}

void arena_free(struct arena *arena)
{
    free_chunks(arena->chunk);
    *arena = (struct arena){0};
}

void arena_wipe(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunk; chunk; chunk = chunk->older)
        explicit_bzero(chunk->memory, chunk->used);
    arena_free(arena);
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *newest = arena->chunk;
    if (!newest)
        return;
    /* The newest is not always the largest, but it is as large as what the
     * last requests wanted. */
    free_chunks(newest->older);
    newest->older = NULL;
    newest->used = 0;
    arena->used_bytes = 0;
}
