/*
 * Comparing runs of bytes, and the reader that all input from outside goes
 * through. Each reader_* function checks before it moves, and moves nothing
 * when it fails; a parser built of them can't read past its input, whatever the
 * input says about lengths.
 */
#include "base/bytes.h"

#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>

/* memcmp() must not see NULL, even with size 0; an empty run may have it. */
int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

bool bytes_begin_with(struct bytes whole, struct bytes beginning)
{
    if (whole.size < beginning.size)
        return false;
    return bytes_equal(bytes_make(whole.data, beginning.size), beginning);
}

/* Eight at a time, then one: a short text in a field of 512 bytes has some 450
 * bytes of padding. */
struct bytes bytes_trim_right(struct bytes whole, uint8_t pad)
{
    uint64_t eight = pad * UINT64_C(0x0101010101010101);
    while (whole.size >= 8 && u64le_read(whole.data + whole.size - 8) == eight)
        whole.size -= 8;
    while (whole.size && whole.data[whole.size - 1] == pad)
        whole.size--;
    return whole;
}

size_t bytes_utf8_sequence(struct bytes text)
{
    CHECK(text.size > 0);
    uint8_t first = text.data[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    /* 0x80 … 0xbf continue a sequence and can't begin one; 0xc0 and 0xc1 could
     * only begin overlong forms, 0xf5 and up lie past U+10FFFF. */
    if (first < 0xc2 || first > 0xf4 || text.size < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text.data[i] & 0xc0) != 0x80)
            return 0;
    uint8_t second = text.data[1];
    /* The second byte decides about the rest: overlong after 0xe0 and 0xf0, a
     * surrogate after 0xed, above U+10FFFF after 0xf4. */
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

/* Eight at a time while they are ASCII, which nearly all text is. */
bool bytes_is_utf8(struct bytes text)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    while (text.size) {
        if (text.size >= 8 && !(u64le_read(text.data) & high_bits)) {
            text.data += 8;
            text.size -= 8;
            continue;
        }
        size_t length = bytes_utf8_sequence(text);
        if (!length)
            return false;
        text.data += length;
        text.size -= length;
    }
    return true;
}

int reader_take(struct reader *reader, size_t size, struct bytes *value)
{
    if (reader->left.size < size)
        return err_set(ERR_INVALID, "%zu bytes wanted, %zu left", size,
                       reader->left.size);
    *value = bytes_make(reader->left.data, size);
    /* NULL plus 0 is undefined; an empty reader may hold NULL. */
    if (size)
        reader->left.data += size;
    reader->left.size -= size;
    return 0;
}

int reader_copy(struct reader *reader, void *where, size_t size)
{
    struct bytes value;
    int status = reader_take(reader, size, &value);
    if (!status && size)
        memcpy(where, value.data, size);
    return status;
}

int reader_u8(struct reader *reader, uint8_t *value)
{
    return reader_copy(reader, value, 1);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type can't stand in them. */
#define READER_NUMBER(name, type)                                              \
    int reader_##name(struct reader *reader, type *value)                      \
    {                                                                          \
        struct bytes raw;                                                      \
        int status = reader_take(reader, sizeof(*value), &raw);                \
        if (!status)                                                           \
            *value = name##_read(raw.data);                                    \
        return status;                                                         \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

READER_NUMBER(u16le, uint16_t)
READER_NUMBER(u32le, uint32_t)
READER_NUMBER(u64le, uint64_t)
READER_NUMBER(u32be, uint32_t)
READER_NUMBER(u64be, uint64_t)

int reader_varint(struct reader *reader, uint64_t *value)
{
    /* Nine bytes carry 63 bits, the multiformats limit. */
    uint64_t result = 0;
    for (size_t i = 0; i < 9; i++) {
        if (i == reader->left.size)
            return err_set(ERR_INVALID, "varint is cut off");
        uint8_t byte = reader->left.data[i];
        result |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (byte == 0 && i > 0)
            return err_set(ERR_INVALID, "varint is not minimal");
        reader->left.data += i + 1;
        reader->left.size -= i + 1;
        *value = result;
        return 0;
    }
    return err_set(ERR_INVALID, "varint is longer than 9 bytes");
}

int reader_end(const struct reader *reader)
{
    if (reader->left.size)
        return err_set(ERR_INVALID, "%zu bytes too many", reader->left.size);
    return 0;
}
