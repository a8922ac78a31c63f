/*
 * A run of bytes that another object owns, and a checked reader over it.
 *
 * Bytes from outside are never read by pointer arithmetic at the call site:
 * they go through a struct reader, which refuses to run past the end.
 */
#ifndef POND_BASE_BYTES_H
#define POND_BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
};

/* No copy: the result is as valid as data. */
static inline struct bytes bytes_make(const void *data, size_t size)
{
    return (struct bytes){.data = data, .size = size};
}

/* The text without its NUL. */
static inline struct bytes bytes_text(const char *text)
{
    return bytes_make(text, strlen(text));
}

/* Do not compare secrets: a longer common beginning takes more time. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

/* As memcmp. If one is the beginning of the other, the shorter is less. */
int bytes_compare(struct bytes a, struct bytes b);

/* An empty beginning is the beginning of everything. */
bool bytes_begin_with(struct bytes whole, struct bytes beginning);

/* whole without the bytes at its right end that equal pad. */
struct bytes bytes_trim_right(struct bytes whole, uint8_t pad);

/* Length of the UTF-8 sequence at the front of text, which is not empty; 0 if
 * it is malformed: overlong forms, surrogates and code points past U+10FFFF
 * are. */
size_t bytes_utf8_sequence(struct bytes text);

/* True if the bytes are well-formed UTF-8 (RFC 3629). */
bool bytes_is_utf8(struct bytes text);

/*
 * The reader. Every reader_* call returns 0, or ERR_INVALID with a text that
 * says how many bytes were missing; after a failure nothing was consumed.
 */
struct reader {
    struct bytes left; /* what is not read yet */
};

/* A reader over bytes, which stay where they are while it is used. */
static inline struct reader reader_make(struct bytes bytes)
{
    return (struct reader){.left = bytes};
}

/* The next number, in the byte order of its name. */
int reader_u8(struct reader *reader, uint8_t *value);
int reader_u16le(struct reader *reader, uint16_t *value);
int reader_u32le(struct reader *reader, uint32_t *value);
int reader_u64le(struct reader *reader, uint64_t *value);
int reader_u32be(struct reader *reader, uint32_t *value);
int reader_u64be(struct reader *reader, uint64_t *value);

/* The next size bytes, still inside the reader's own memory. */
int reader_take(struct reader *reader, size_t size, struct bytes *value);

/* The next size bytes, copied to where. */
int reader_copy(struct reader *reader, void *where, size_t size);

/* An unsigned LEB128 varint (multiformats "unsigned-varint": at most 9 bytes,
 * minimal encoding required). */
int reader_varint(struct reader *reader, uint64_t *value);

/* 0 if everything was read, else ERR_INVALID with the number left over. */
int reader_end(const struct reader *reader);

/* Little- and big-endian numbers in memory of any alignment. Here and not in
 * bytes.c: each is one instruction, and a call would cost ten. */
static inline void u16le_write(uint8_t *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof(value));
}

static inline void u32le_write(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

static inline void u64le_write(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

static inline void u32be_write(uint8_t *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, sizeof(value));
}

static inline void u64be_write(uint8_t *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, sizeof(value));
}

static inline uint16_t u16le_read(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return le16toh(value);
}

static inline uint32_t u32le_read(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static inline uint64_t u64le_read(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

static inline uint32_t u32be_read(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return be32toh(value);
}

static inline uint64_t u64be_read(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return be64toh(value);
}

#endif
