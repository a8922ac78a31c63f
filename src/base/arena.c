#include "base/arena.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A typical request fits the first chunk; later ones double up to the limit,
 * so that a large request costs few calls and a small one little memory. */
#define CHUNK_SIZE_MIN 4096
#define CHUNK_SIZE_MAX (1024 * 1024)
#define ALIGNMENT 16

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of memory */
    size_t used;
    _Alignas(ALIGNMENT) uint8_t memory[];
};

static void add_chunk(struct arena *arena, size_t wanted)
{
    size_t size = arena->chunk ? arena->chunk->size * 2 : CHUNK_SIZE_MIN;
    if (size > CHUNK_SIZE_MAX)
        size = CHUNK_SIZE_MAX;
    if (size < wanted)
        size = wanted;
    struct arena_chunk *chunk = mem_alloc(sizeof *chunk + size);
    chunk->older = arena->chunk;
    chunk->size = size;
    chunk->used = 0;
    arena->chunk = chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    CHECK(size <= SIZE_MAX / 2);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!arena->chunk || arena->chunk->size - arena->chunk->used < size)
        add_chunk(arena, size);
    void *result = arena->chunk->memory + arena->chunk->used;
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
