#include "base/buffer.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
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
    return buffer->data ? buffer->data + buffer->size : NULL;
}

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

const char *buffer_string(struct buffer *buffer)
{
    *buffer_reserve(buffer, 1) = '\0';
    return (const char *)buffer->data;
}
