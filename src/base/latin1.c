/*
 * U+0080 to U+00FF take two bytes in UTF-8, of which the first is 0xC2 or 0xC3:
 * it holds the two high bits of the byte, the second one the six low ones.
 */
#include "base/latin1.h"

#include "base/error.h"

void latin1_to_utf8(struct bytes bytes, struct buffer *out)
{
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t byte = bytes.data[i];

        if (byte >= 0x80) {
            buffer_u8(out, 0xc0 | byte >> 6);
            byte = 0x80 | (byte & 0x3f);
        }
        buffer_u8(out, byte);
    }
}

int latin1_from_utf8(struct bytes utf8, struct buffer *out)
{
    size_t begin = out->size;

    for (size_t i = 0; i < utf8.size; i++) {
        uint8_t byte = utf8.data[i];

        if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xc3 || i + 1 == utf8.size) {
                out->size = begin;
                return err_set(ERR_INVALID,
                               "a character above U+00FF is no byte");
            }
            byte = (uint8_t)(byte << 6) | (utf8.data[++i] & 0x3f);
        }
        buffer_u8(out, byte);
    }
    return 0;
}
