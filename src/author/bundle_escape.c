/*
 * One character that is not ASCII makes the engine keep a whole bundle in two
 * bytes a character.
 */
#include "author/bundle.h"

/* Bytes that are no UTF-8 can't come from esbuild. They are left as they are.
 */
static uint32_t read_character(struct bytes text, size_t size)
{
    uint32_t value = text.data[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        value = value << 6 | (text.data[i] & 0x3fu);
    return value;
}

/* A character above U+FFFF becomes a surrogate pair, which regular expressions
 * read as one character where they have the flag u, and as two where the
 * character would be two as well. */
void bundle_escape(struct bytes source, struct buffer *out)
{
    while (source.size) {
        size_t plain = 0;
        while (plain < source.size && source.data[plain] < 0x80)
            plain++;
        buffer_bytes(out, bytes_make(source.data, plain));
        source = bytes_make(source.data + plain, source.size - plain);
        if (!source.size)
            return;
        size_t size = bytes_utf8_sequence(source);
        if (!size) {
            buffer_bytes(out, bytes_make(source.data, 1));
            size = 1;
        } else {
            uint32_t value = read_character(source, size);
            if (value >= 0x10000) {
                value -= 0x10000;
                buffer_format(out, "\\u%04x", 0xd800u + (value >> 10));
                value = 0xdc00u + (value & 0x3ffu);
            }
            buffer_format(out, "\\u%04x", value);
        }
        source = bytes_make(source.data + size, source.size - size);
    }
}
