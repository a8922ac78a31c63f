/*
 * One allocation that grows by half again, so that n appended bytes cost a
 * constant number of copies each. Half and not double: the memory given back by
 * the earlier, smaller runs can then hold a later one.
 *
 * Invariants:
 * 1. size ≤ capacity ≤ SIZE_MAX / 2, so sums of two sizes don't run over.
 * 2. data is NULL just when capacity is 0.
 *
 * A buffer does not shrink: a reused one keeps the memory that its largest use
 * needed. Free a buffer that held something large and is kept for long.
 */
#include "base/buffer.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A first allocation that most numbers, keys and short texts fit. */
#define FIRST_CAPACITY 64

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
    /* A size from outside has been limited long before; a sum that runs over
     * here is a mistake of the program. */
    CHECK(size <= SIZE_MAX / 2 && buffer->size <= SIZE_MAX / 2 - size);
    size_t wanted = buffer->size + size;
    if (wanted > buffer->capacity) {
        /* Growing by half again keeps the cost of n appends linear in n. */
        size_t capacity = buffer->capacity + buffer->capacity / 2;
        if (capacity < FIRST_CAPACITY)
            capacity = FIRST_CAPACITY;
        if (capacity < wanted)
            capacity = wanted;
        buffer->data = mem_resize(buffer->data, capacity);
        buffer->capacity = capacity;
    }
    /* NULL plus 0 is undefined in C, however harmless: say NULL. */
    return buffer->data ? buffer->data + buffer->size : NULL;
}

/* data may stand in the buffer itself only if there is room already: growing
 * moves the buffer. */
void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (!size)
        return;
    memcpy(buffer_reserve(buffer, size), data, size);
    buffer->size += size;
}

void buffer_bytes(struct buffer *buffer, struct bytes bytes)
{
    buffer_append(buffer, bytes.data, bytes.size);
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_u8(struct buffer *buffer, uint8_t value)
{
    *buffer_reserve(buffer, 1) = value;
    buffer->size += 1;
}

void buffer_u16le(struct buffer *buffer, uint16_t value)
{
    u16le_write(buffer_reserve(buffer, 2), value);
    buffer->size += 2;
}

void buffer_u32le(struct buffer *buffer, uint32_t value)
{
    u32le_write(buffer_reserve(buffer, 4), value);
    buffer->size += 4;
}

void buffer_u64le(struct buffer *buffer, uint64_t value)
{
    u64le_write(buffer_reserve(buffer, 8), value);
    buffer->size += 8;
}

void buffer_u32be(struct buffer *buffer, uint32_t value)
{
    u32be_write(buffer_reserve(buffer, 4), value);
    buffer->size += 4;
}

void buffer_u64be(struct buffer *buffer, uint64_t value)
{
    u64be_write(buffer_reserve(buffer, 8), value);
    buffer->size += 8;
}

void buffer_varint(struct buffer *buffer, uint64_t value)
{
    while (value >= 0x80) {
        /* Seven bits a byte, lowest first; the top bit says that more follow.
         */
        buffer_u8(buffer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    buffer_u8(buffer, (uint8_t)value);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    size_t size = (size_t)length;
    /* vsnprintf wants room for the NUL; it isn't counted in size. */
    char *at = (char *)buffer_reserve(buffer, size + 1);
    va_start(arguments, format);
    vsnprintf(at, size + 1, format, arguments);
    va_end(arguments);
    buffer->size += size;
}

void buffer_resize(struct buffer *buffer, size_t size)
{
    if (size > buffer->size)
        memset(buffer_reserve(buffer, size - buffer->size), 0,
               size - buffer->size);
    buffer->size = size;
}

/* Moves what remains. Cheap for the queues it serves, which are short and
 * mostly emptied whole; a long queue would keep a read position instead. */
void buffer_consume(struct buffer *buffer, size_t count)
{
    CHECK(count <= buffer->size);
    if (count)
        memmove(buffer->data, buffer->data + count, buffer->size - count);
    buffer->size -= count;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    buffer_free(buffer);
}

const char *buffer_string(struct buffer *buffer)
{
    *buffer_reserve(buffer, 1) = '\0';
    return (const char *)buffer->data;
}
