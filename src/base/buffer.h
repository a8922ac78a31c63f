/*
 * A growing run of bytes that its holder owns. Zero-initialise it ({0} is empty
 * and holds no memory), append, free it with buffer_free(). Appending never
 * fails (memory.h), but may move the bytes: a pointer or view into the buffer
 * is valid until the next change only.
 *
 * Thread: not thread-safe.
 */
#ifndef POND_BASE_BUFFER_H
#define POND_BASE_BUFFER_H

#include "base/bytes.h"

struct buffer {
    /* NULL while nothing was ever reserved. */
    uint8_t *data;
    /* Bytes that count; a caller that wrote into reserved room adds to it. */
    size_t size;
    /* Bytes allocated. */
    size_t capacity;
};

/* Append size bytes at data; data may be NULL if size is 0. */
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_bytes(struct buffer *buffer, struct bytes bytes);
/* Append a C string, without its NUL. */
void buffer_text(struct buffer *buffer, const char *text);
/* Append a number, little- or big-endian as the name says. */
void buffer_u8(struct buffer *buffer, uint8_t value);
void buffer_u16le(struct buffer *buffer, uint16_t value);
void buffer_u32le(struct buffer *buffer, uint32_t value);
void buffer_u64le(struct buffer *buffer, uint64_t value);
void buffer_u32be(struct buffer *buffer, uint32_t value);
void buffer_u64be(struct buffer *buffer, uint64_t value);

/* Append an unsigned LEB128 varint: one byte for each seven bits. From 2^63 on
 * that is ten bytes, which protobuf takes and reader_varint() refuses. */
void buffer_varint(struct buffer *buffer, uint64_t value);

/* printf at the end. Nothing in the arguments may point into the buffer. */
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for at least size more bytes; returns where they begin. The caller
 * writes there and then adds what it wrote to buffer->size. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);

/* Make it exactly size bytes long; new bytes are zero. */
void buffer_resize(struct buffer *buffer, size_t size);

/* Drop count bytes at the front. */
void buffer_consume(struct buffer *buffer, size_t count);

/* Empty, memory kept. */
static inline void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

/* Free the memory; the buffer is empty and can be used again. */
void buffer_free(struct buffer *buffer);
/* The same for what was a secret. Memory that the buffer has grown out of is
 * not reached. */
void buffer_wipe(struct buffer *buffer);

/* The contents, valid until the next change. */
static inline struct bytes buffer_view(const struct buffer *buffer)
{
    return bytes_make(buffer->data, buffer->size);
}

/* The contents as a C string, valid until the next change; the NUL is not
 * counted in size. */
const char *buffer_string(struct buffer *buffer);

#endif
